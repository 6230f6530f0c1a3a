"""`/console/api/backlogs`: what subscribers were told and still wait for."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.exchanges import ids_of
from parlance.console.guard import API
from parlance.contract.views import MOST_COUNTED
from parlance.model.ids import to_text

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_MOST = 100


class Backlogs:
    """The one call."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The call."""
        return [Route(f"{API}backlogs", self.backlogs, methods=["GET"])]

    async def backlogs(self, request: Request) -> Response:
        """The backlog of each `subscription` named, by id; counts end at `most`. `dead` are those of all."""
        store = self._engine.store
        found: dict[str, dict[str, Any]] = {
            to_text(each.subscription_id): {
                "due": each.due,
                "dead": each.dead,
                "oldest": each.oldest,
                "last_at": each.last_at,
                "last_state": each.last_state,
                "last_status": each.last_status,
                "last_error": each.last_error,
            }
            for each in await store.backlogs(ids_of(request, "subscription", _MOST))
        }
        return JSONResponse(
            {"now": self._engine.clock.now(), "most": MOST_COUNTED, "dead": await store.dead_letters(), "items": found}
        )

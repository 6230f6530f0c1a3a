"""`/console/api/messages/{id}/waiting`: why a message has not left yet."""

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.guard import API
from parlance.contract.moments import Pending, Waiting
from parlance.model.ids import to_text
from parlance.model.sender import Sender

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_AHEAD = 500
"""Of a long queue so much is looked at, to find the chat's earlier messages."""


class WaitingCalls:
    """The one call."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The call."""
        return [Route(f"{API}messages/{{id}}/waiting", self.waiting, methods=["GET"])]

    async def waiting(self, request: Request) -> Response:
        """The message's place in the outbox, null when it is in none, and what holds it, each `by` a word."""
        store, now = self._engine.store, self._engine.clock.now()
        message_id = self._engine.intake.read_id(request.path_params["id"])
        message = None if message_id is None else await store.message(message_id)
        if message is None:
            raise HTTPException(404, "There is no such message.")
        rows = await store.pending(message.sender_id, message.id - 1, 1)
        sender = await store.sender(message.sender_id)
        if sender is None or not rows or rows[0].message_id != message.id:
            return JSONResponse({"now": now, "place": None, "reasons": []})
        row = rows[0]
        return JSONResponse({"now": now, "place": _place(row), "reasons": await self._reasons(sender, row, now)})

    async def _reasons(self, sender: Sender, row: Pending, now: int) -> list[dict[str, Any]]:
        """What holds a message, the most telling first."""
        if row.state is Waiting.MARKED:
            return [{"by": "way"}]
        found: list[dict[str, Any]] = []
        if sender.held:
            found.append({"by": "sender", "why": sender.held})
        route = sender.by_id(row.route_id) or sender.route
        if route.held:
            found.append({"by": "route", "carrier": route.carrier, "why": route.held})
        until = self._engine.dispatch.cooling(sender).get(route.id)
        if until is not None:
            found.append({"by": "cooling", "carrier": route.carrier, "until": until})
        if row.state is Waiting.UNSURE:
            return [{"by": "unsure", "since": row.since, "until": row.due_at}]
        if row.due_at > now:
            found.append({"by": "retry", "until": row.due_at, "tries": row.attempt})
        ahead = await self._ahead(sender, row)
        if ahead is not None:
            found.append({"by": "chat", "message": to_text(ahead.message_id), "state": ahead.state.value})
        return found or [await self._pace(sender, row)]

    async def _ahead(self, sender: Sender, row: Pending) -> Pending | None:
        """The message of the same chat that goes first; within a chat one goes at a time."""
        for each in await self._engine.store.pending(sender.id, 0, _AHEAD):
            if each.message_id >= row.message_id:
                return None
            if each.customer_id == row.customer_id:
                return each
        return None

    async def _pace(self, sender: Sender, row: Pending) -> dict[str, Any]:
        """The pace that the message keeps, where nothing else holds it."""
        carrier = self._engine.carriers.get(sender.route.carrier)
        dialect = self._engine.dialects.get(row.dialect)
        document = await self._engine.store.document(sender.id, row.dialect) if dialect else {}
        limits = carrier.limits(sender.route) if carrier else None
        return {
            "by": "pace",
            "per_second": limits.per_second if limits else None,
            "gap": max(limits.gap if limits else 0, dialect.policy(document).gap if dialect else 0),
            "pair": limits.pair.interval if limits and limits.pair else None,
        }


def _place(row: Pending) -> dict[str, Any]:
    return {
        "state": row.state.value,
        "due_at": row.due_at,
        "expires_at": row.expires_at,
        "attempt": row.attempt,
        "part": row.part,
        "since": row.since or None,
    }

"""`/admin/v1/ledger`: what vendors priced, by account and month."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ConfigDict, with_config
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from parlance.model.fault import Malformed
from parlance.web import shapes
from parlance.web.forms import answer, read_query
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine


@with_config(ConfigDict(extra="forbid"))
class Line(TypedDict):
    """So many messages were priced alike; the words are the vendor's, `billable` null where it did not say."""

    month: str
    account: str
    sender: str
    carrier: str
    category: str
    pricing_model: str
    type: str
    billable: bool | None
    messages: int


class LedgerCalls:
    """The ledger, over the engine's doors."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The call."""
        return [Route("/admin/v1/ledger", self.show, methods=["GET"])]

    @documented(Call(query=("month", "account"), gives={200: shapes.Page[Line]}))
    async def show(self, request: Request) -> Response:
        """Priced messages of a month (`2026-11`, UTC; else the present one), as the carriers' callbacks stated them."""
        query = read_query(request, "month", "account")
        month = _read_month(query.get("month", ""), self._engine.clock.now())
        since, until = _bounds(month)
        found = await self._engine.store.priced(since, until)
        items: list[Line] = [
            {
                "month": f"{month:%Y-%m}",
                "account": each.account,
                "sender": each.sender,
                "carrier": each.carrier,
                "category": each.category,
                "pricing_model": each.model,
                "type": each.type,
                "billable": each.billable,
                "messages": each.messages,
            }
            for each in found
            if query.get("account", each.account) == each.account
        ]
        return answer({"items": items, "next": None})


def _read_month(text: str, now: int) -> datetime:
    if not text:
        return datetime.fromtimestamp(now / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        read = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        read = None
    if read is None or not 2020 <= read.year < 2093 or text != f"{read:%Y-%m}":
        raise Malformed("month", "month", "A month is written 2026-11.")
    return read


def _bounds(month: datetime) -> tuple[int, int]:
    """The month's first moment and the next one's, in Unix milliseconds."""
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return int(month.timestamp() * 1000), int(following.timestamp() * 1000)

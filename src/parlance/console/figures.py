"""What the gateway did over time, read from its event log when someone looks.

Nothing is counted while nobody watches. Ids tell when they were minted, so the log can be entered anywhere, and from a
message's acceptance to any later event it took the difference of two ids. Where more happened in an interval than is
read, its first events stand for all of it.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.guard import API
from parlance.model.event import Event, EventKind
from parlance.model.fault import Fault
from parlance.model.ids import compose, minted_at

if TYPE_CHECKING:
    from parlance.engine.house import Engine

SPANS = {"15m": 900_000, "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000}
"""The lengths of time that can be looked at (milliseconds)."""

INTERVALS = 60
_SAMPLE = 400
_KEPT = 2_000
_SETTLED = 5_000
"""An interval that ended this long ago changes no more (milliseconds)."""

_LEFT = frozenset({EventKind.DEPARTED, EventKind.SENT})
_COUNTED = {
    EventKind.RECEIVED: "received",
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.FAILED: "failed",
    EventKind.UNSURE: "unsure",
}


@dataclass(slots=True)
class Interval:
    """What happened from `at` on: events by word, and the milliseconds messages took, from being accepted on.

    `estimated`: only the first events were read.
    """

    at: int
    counts: dict[str, int] = field(default_factory=dict)
    queued: list[int] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    estimated: bool = False

    def take(self, event: Event) -> None:
        """Count one event."""
        word = _COUNTED.get(event.kind)
        if word == "failed" and event.failure is not None and event.failure.fault is Fault.EXPIRED:
            word = "expired"
        if word:
            self.counts[word] = self.counts.get(word, 0) + 1
        if event.message_id is None or event.kind is EventKind.RECEIVED:
            return
        took = max(0, minted_at(event.id) - minted_at(event.message_id))
        if event.kind in _LEFT:
            self.queued.append(took)
        elif event.kind is EventKind.DELIVERED:
            self.delivered.append(took)

    def stretch(self, covered: int, length: int) -> None:
        """Let what was read in the first `covered` milliseconds stand for all `length` of them."""
        self.estimated = True
        self.counts = {word: round(count * length / max(1, covered)) for word, count in self.counts.items()}

    def show(self) -> dict[str, Any]:
        """The interval, JSON-ready."""
        return {
            "at": self.at,
            "counts": self.counts,
            "queued_ms": _quantiles(self.queued),
            "delivered_ms": _quantiles(self.delivered),
            "estimated": self.estimated,
        }


class Figures:
    """The calls."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._kept: OrderedDict[tuple[int, int], Interval] = OrderedDict()

    def routes(self) -> list[Route]:
        """The calls."""
        return [Route(f"{API}figures", self.figures, methods=["GET"])]

    async def figures(self, request: Request) -> Response:
        """How things stand now, and what happened in the last `span`, interval by interval."""
        span = SPANS.get(request.query_params.get("span", ""), SPANS["15m"])
        length = span // INTERVALS
        now = self._engine.clock.now()
        newest = now - now % length
        series = [await self._interval(newest - length * place, length, now) for place in reversed(range(INTERVALS))]
        depths = await self._engine.store.depths()
        oldest = min((each.oldest for each in depths if each.oldest is not None), default=None)
        return JSONResponse(
            {
                "now": now,
                "length_ms": length,
                "ready": sum(each.ready for each in depths),
                "unsure": sum(each.unsure for each in depths),
                "oldest_ms": None if oldest is None else max(0, now - oldest),
                "dead_letters": await self._engine.store.dead_letters(),
                "ever": bool(await self._engine.store.events(0, 1)),
                "series": [each.show() for each in series],
            }
        )

    async def _interval(self, at: int, length: int, now: int) -> Interval:
        if (kept := self._kept.get((at, length))) is not None:
            self._kept.move_to_end((at, length))
            return kept
        first, behind = compose(at, 0, 0), compose(at + length, 0, 0)
        page = await self._engine.store.events(first - 1, _SAMPLE)
        found = Interval(at)
        for event in page:
            if event.id < behind:
                found.take(event)
        if len(page) == _SAMPLE and page[-1].id < behind:
            found.stretch(minted_at(page[-1].id) - at, min(length, now - at))
        if at + length + _SETTLED < now:
            self._kept[(at, length)] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def _quantiles(times: Iterable[int]) -> dict[str, int] | None:
    ordered = sorted(times)
    if not ordered:
        return None
    last = len(ordered) - 1
    return {"p50": ordered[last // 2], "p95": ordered[round(last * 0.95)], "most": ordered[last]}

"""What vendors and people say of messages joins the line here: callbacks, resolutions, moved clocks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from parlance.contract.moments import HeardReport, Resolution, Written
from parlance.contract.provider import Carrier, Dialect
from parlance.contract.store import Store
from parlance.contract.world import Clock, Ids
from parlance.model.address import fold
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Text
from parlance.model.outcome import Incoming, Report, StateReport
from parlance.model.sender import Route, Sender
from parlance.model.wire import WireRequest, WireResponse

_log = structlog.get_logger("settle")


class Settle:
    """The way in for news of messages."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        dialects: Mapping[str, Dialect],
        carriers: Mapping[str, Carrier],
        written: Callable[[Written], None],
        clock_moved: Callable[[Id | None], Awaitable[None]],
        reload: Callable[[Id], Awaitable[None]],
    ) -> None:
        """`written` is told what each moment set in motion, `clock_moved` whose due times have shifted.

        `reload` reads a sender's queue anew.
        """
        self._store = store
        self._clock = clock
        self._ids = ids
        self._dialects = dialects
        self._carriers = carriers
        self._written = written
        self._clock_moved = clock_moved
        self._reload = reload

    async def callback(self, carrier: str, token: str, request: WireRequest) -> WireResponse:
        """A vendor calls a route's callback address; answered only after what it said is stored.

        404 for an address that is none, 401 when it is not the vendor, 400 when it cannot be read, 503 when it cannot
        be stored (vendors then repeat it).
        """
        found = await self._store.route_by_token(carrier, token) if carrier in self._carriers else None
        if found is None:
            return WireResponse(404)
        sender, route = found
        spoken = self._carriers[carrier]
        if not spoken.authentic(request, route):
            _log.warning("callback refused: not authentic", carrier=carrier, sender=sender.number)
            return WireResponse(401)
        try:
            heard = spoken.hear(request, route)
            await self._hear_all(await self._addressed(request, sender, route, heard.reports))
        except Refusal as refusal:
            if refusal.fault is Fault.UNAVAILABLE:
                return WireResponse(503, headers={"retry-after": "1"})
            _log.warning("callback not understood", carrier=carrier, sender=sender.number, fault=refusal.fault)
            return WireResponse(400)
        return heard.answer

    async def hear(self, sender: Sender, route: Route, reports: tuple[Report, ...]) -> Written:
        """Write what a vendor reported of a route; returns after the commit."""
        return await self._hear_all([(sender, route, report) for report in reports])

    async def _hear_all(self, reports: Sequence[tuple[Sender, Route, Report]]) -> Written:
        if not reports:
            return Written()
        now = self._clock.now()
        joining: dict[Id, Sequence[str]] = {}
        heard = []
        for sender, route, report in reports:
            if sender.id not in joining:
                words = [await self._joining(sender, name) for name in self._dialects]
                joining[sender.id] = [word for word in words if word]
            opens = _opens(report, joining[sender.id])
            heard.append(HeardReport(sender, route, report, self._new_id(report), now, opens=opens))
        written = await self._store.hear(heard)
        self._written(written)
        for sender, _, report in reports:
            if isinstance(report, StateReport):
                # What was held may go now.
                await self._reload(sender.id)
        return written

    async def _addressed(
        self, request: WireRequest, sender: Sender, route: Route, reports: Sequence[Report]
    ) -> Sequence[tuple[Sender, Route, Report]]:
        """Whose reports these are: a vendor's app has one address for all its numbers.

        Only senders of the same account are spoken for, and only where the vendor signed for them too. What is about
        none of ours is left out.
        """
        known: dict[str, tuple[Sender, Route] | None] = {"": (sender, route), fold(route.number): (sender, route)}
        found = []
        for report in reports:
            number = fold(report.number)
            if number not in known:
                known[number] = await self._neighbour(request, sender, route, report.number)
                if known[number] is None:
                    _log.warning("callback for a number that is not ours", carrier=route.carrier, sender=sender.number)
            whose = known[number]
            if whose is not None:
                found.append((*whose, report))
        return found

    async def _neighbour(
        self, request: WireRequest, sender: Sender, route: Route, number: str
    ) -> tuple[Sender, Route] | None:
        spoken = self._carriers[route.carrier]
        for other in await self._store.senders_by_route(sender.account_id, route.carrier, number):
            for way in other.routes:
                if way.carrier == route.carrier and fold(way.number) == fold(number) and spoken.authentic(request, way):
                    return other, way
        return None

    async def _joining(self, sender: Sender, dialect: str) -> str:
        """The word that opens windows of this number in a dialect, empty when any message does."""
        joining = self._dialects[dialect].policy(await self._store.document(sender.id, dialect)).opens_with
        return joining[1] if joining and joining[0] == sender.number else ""

    def _new_id(self, report: Report) -> Id:
        tag = getattr(report, "tag", None)
        return tag if tag is not None else self._ids.mint()

    async def resolve(self, message_id: Id, resolution: Resolution) -> None:
        """A person settles an unsure message.

        Raises `Refusal(UNKNOWN_MESSAGE)`, or `Refusal(BAD_VALUE)` when the message is not unsure.
        """
        message = await self._store.message(message_id)
        if message is None:
            raise Refusal(Fault.UNKNOWN_MESSAGE)
        sender = await self._store.sender(message.sender_id)
        now = self._clock.now()
        at = now + (sender.clock_offset if sender else 0)
        self._written(await self._store.resolve(message_id, resolution, now, at))

    async def move_clock(self, sender_id: Id | None, advance: int) -> None:
        """Move the sandbox clock of one sender, or of all (None), by `advance` milliseconds."""
        await self._store.move_clock(sender_id, advance)
        await self._clock_moved(sender_id)

    async def reset_clock(self, sender_id: Id | None) -> None:
        """Set moved sandbox clocks back to the real time."""
        await self._store.reset_clock(sender_id)
        await self._clock_moved(sender_id)


def _opens(report: Report, words: Sequence[str]) -> bool:
    """Whether what a customer wrote opens their window: anything, unless the number asks for a word."""
    if not words or not isinstance(report, Incoming):
        return True
    said = report.content.body.strip().casefold() if isinstance(report.content, Text) else ""
    return any(said == word.strip().casefold() for word in words)

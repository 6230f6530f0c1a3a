"""By which route a message leaves: the sender's active one, or a backup where that cannot send it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parlance.contract.moments import Pending
from parlance.contract.provider import Carrier
from parlance.contract.store import Store
from parlance.engine.drive import Driven
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message, Template
from parlance.model.outcome import Unsure
from parlance.model.sender import Route, Sender
from parlance.rules import content, window

COOL_AFTER = 3
"""So many tries in a row without an answer, and a route cools down."""

COOL_FIRST = 30_000
COOL_LONGEST = 600_000

ANOTHER_MAY = frozenset(
    {Fault.CARRIER_REFUSED, Fault.CARRIER_CREDENTIAL, Fault.LOW_BALANCE, Fault.NOT_AUTHORIZED, Fault.NOT_SAYABLE}
)
"""Refusals that are about the carrier: another one may well take the message."""


@dataclass(slots=True)
class _Failing:
    """Tries in a row that got no answer, and until when the route is left alone for them (real time)."""

    tries: int = 0
    until: int = 0


class Ways:
    """Chooses routes. A sender without backups has no choice, and pays nothing for it."""

    def __init__(self, store: Store, carriers: Mapping[str, Carrier]) -> None:
        self._store = store
        self._carriers = carriers
        self._failing: dict[Id, _Failing] = {}

    def of(self, sender: Sender, row: Pending, now: int) -> Route | None:
        """The route by which a message is to leave now, None while there is none."""
        if row.part:
            # Parts of one message never change their route.
            route = sender.by_id(row.route_id)
            return None if route is None or route.held else route
        return next(iter(self._open(sender, row.route_id, now)), None)

    def _open(self, sender: Sender, first: Id, now: int) -> Sequence[Route]:
        """Routes that are not held, from `first` on, in their order; those that cool down come last."""
        ways = sender.ways
        start = next((place for place, way in enumerate(ways) if way.id == first), 0)
        working = [way for way in ways[start:] if not way.held]
        return sorted(working, key=lambda way: self._cools(way, now))

    def _cools(self, route: Route, now: int) -> bool:
        failing = self._failing.get(route.id)
        return failing is not None and failing.until > now

    async def by_route(
        self, sender: Sender, picked: Iterable[tuple[Pending, Route]], now: int
    ) -> Sequence[tuple[Route, Sequence[Pending]]]:
        """Sort what goes now by route; what would lose by the routes left to it is left out."""
        groups: dict[Id, tuple[Route, list[Pending]]] = {}
        for row, route in picked:
            way: Route | None = route
            if not (route.active or row.doomed or row.part):
                way = await self.fitting(sender, row, now)
            if way is not None:
                groups.setdefault(way.id, (way, []))[1].append(row)
        return list(groups.values())

    async def fitting(self, sender: Sender, row: Pending, now: int) -> Route | None:
        """Like `of`, for a message that will not leave by the active route: one that loses nothing by it."""
        message = await self._store.message(row.message_id)
        if message is None or row.part:
            return self.of(sender, row, now)
        return await self._first_fitting(sender, message, self._open(sender, row.route_id, now), now)

    async def after(self, sender: Sender, message: Message, refused: Route, now: int) -> Route | None:
        """The next route for a message that this one refused, None when no other will do."""
        ways = sender.ways
        place = next((place for place, way in enumerate(ways) if way.id == refused.id), len(ways))
        if message.part or place + 1 >= len(ways):
            return None
        later = [way for way in self._open(sender, ways[place + 1].id, now) if way.id != refused.id]
        return await self._first_fitting(sender, message, later, now)

    async def _first_fitting(self, sender: Sender, message: Message, ways: Iterable[Route], now: int) -> Route | None:
        for way in ways:
            if way.active or (self._says(message, way) and await self._may_write(sender, message, way, now)):
                return way
        return None

    def _says(self, message: Message, route: Route) -> bool:
        capabilities = self._carriers[route.carrier].capabilities
        try:
            content.check(
                message.content,
                quoting=message.quote is not None,
                capabilities=capabilities,
                carrier=route.carrier,
                strict=route.strict,
            )
        except Refusal:
            return False
        return True

    async def _may_write(self, sender: Sender, message: Message, route: Route, now: int) -> bool:
        """Whether the customer's window with a route of another number is open; the same number changes nothing."""
        if route.number == sender.route.number or isinstance(message.content, Template):
            return True
        last = await self._store.last_written(sender.id, route.number, message.customer_id)
        return last is not None and now + sender.clock_offset < last + window.LENGTH

    def note(self, sender: Sender, route: Route, driven: Driven, now: int) -> None:
        """Learn from a try how a route fares; only where there is another to go to."""
        if len(sender.ways) == 1 or not (driven.outcome is None or isinstance(driven.outcome, Unsure)):
            self._failing.pop(route.id, None)
            return
        failing = self._failing.setdefault(route.id, _Failing())
        failing.tries += 1
        if failing.tries >= COOL_AFTER:
            failing.until = now + min(COOL_LONGEST, COOL_FIRST << min(failing.tries - COOL_AFTER, 10))

    def cooling(self, sender: Sender, now: int) -> Mapping[Id, int]:
        """Routes of a sender that cool down, and until when."""
        return {way.id: self._failing[way.id].until for way in sender.ways if self._cools(way, now)}

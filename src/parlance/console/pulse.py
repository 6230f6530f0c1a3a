"""What just happened, for pages that are open: one look at the event log serves all of them.

Nothing is read while nobody watches. Who cannot follow because too much happens is told that something was missed, and
looks for itself.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parlance.contract.world import Clock
from parlance.model.address import AddressKind, fold
from parlance.model.event import Event
from parlance.model.fault import Refusal
from parlance.model.ids import Id, to_text

if TYPE_CHECKING:
    from parlance.contract.store import Store
    from parlance.contract.world import Ids

POLL = 250
"""How often the log is looked at (milliseconds)."""

_PAGE = 500
_PAGES = 4
"""How much of the log one look follows; what is beyond it is missed."""

_MOST_WAITING = 200


@dataclass(slots=True, eq=False)
class Watcher:
    """An open page. `number` limits what it is told of to one customer's phone, empty: everything."""

    number: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[dict[str, Any]] = field(default_factory=list)
    missed: bool = False
    clocks: dict[str, int] | None = None

    def take(self) -> dict[str, Any]:
        """What happened since this was last asked."""
        told: dict[str, Any] = {"events": self.events, "missed": self.missed}
        if self.clocks is not None:
            told["clocks"] = self.clocks
        self.events, self.missed, self.clocks = [], False, None
        self.wake.clear()
        return told


class Pulse:
    """Looks at the log for everybody who watches."""

    def __init__(self, store: "Store", clock: Clock, ids: "Ids") -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None
        self._cursor: Id = 0
        self._clocks: dict[str, int] = {}

    @contextmanager
    def watch(self, number: str) -> Iterator[Watcher]:
        """Be told what happens from now on, as long as the context lasts; the clocks are told at once."""
        watcher = Watcher(fold(number))
        self._watchers.add(watcher)
        if self._task is None:
            self._cursor, self._clocks = self._ids.mint(), {}
            self._task = asyncio.create_task(self._run(), name="console pulse")
        else:
            watcher.clocks = self._clocks
            watcher.wake.set()
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            if not self._watchers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        never = asyncio.Event()
        first = True
        while True:
            try:
                await self._look(first=first)
                first = False
            except Refusal:
                # The store is away for a moment; whoever watches looks for itself when it is back.
                self._miss()
            await self._clock.wait(never, self._clock.now() + POLL)

    async def _look(self, *, first: bool) -> None:
        clocks = {to_text(each) if each else "": shift for each, shift in (await self._store.clock_offsets()).items()}
        if first or clocks != self._clocks:
            self._clocks = clocks
            for watcher in self._watchers:
                watcher.clocks = clocks
                watcher.wake.set()
        for _ in range(_PAGES):
            page = await self._store.events(self._cursor, _PAGE)
            for event in page:
                self._tell(event)
            if page:
                self._cursor = page[-1].id
            if len(page) < _PAGE:
                return
        self._cursor = self._ids.mint()
        self._miss()

    def _tell(self, event: Event) -> None:
        shown: dict[str, Any] | None = None
        number = _number(event)
        for watcher in self._watchers:
            if watcher.number and watcher.number != number:
                continue
            shown = shown or _show(event)
            if len(watcher.events) < _MOST_WAITING:
                watcher.events.append(shown)
            else:
                watcher.missed = True
            watcher.wake.set()

    def _miss(self) -> None:
        for watcher in self._watchers:
            watcher.missed = True
            watcher.wake.set()


def _number(event: Event) -> str:
    """The phone of the customer whom the event is about."""
    if event.customer is None or event.customer.address.kind is not AddressKind.PHONE:
        return ""
    return fold(event.customer.address.value)


def _show(event: Event) -> dict[str, Any]:
    """What pages need to know of an event: never its content."""
    return {
        "id": to_text(event.id),
        "kind": event.kind.value,
        "at": event.at,
        "sender": to_text(event.sender_id),
        "message": to_text(event.message_id) if event.message_id else None,
        "customer": str(event.customer.address) if event.customer else None,
        "dialect": event.dialect,
    }

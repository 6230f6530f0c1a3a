"""A phone book, a registry, a clock and a door that live in dictionaries."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from parlance.contract.phones import Behaviour, PhoneBook, PhoneCallback, PhoneMessage
from parlance.contract.registry import Registry
from parlance.formats.sandbox import read_reports
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id, compose
from parlance.model.message import Stage
from parlance.model.outcome import Report
from parlance.model.sender import Route, Sender, TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.phones import Phones
from parlance.rules.lifecycle import join

NOW = 1_800_000_000_000
SENDER_ID = compose(NOW, 1, 1)
ROUTE = Route(compose(NOW, 1, 2), SENDER_ID, "sandbox", "972770000111", callback_token="tok")
SENDER = Sender(SENDER_ID, 5, "demo", "972770000111", "Demo", 1, NOW, (ROUTE,), clock_offset=0)


class ManualClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = NOW
        self._ticks: set[asyncio.Event] = set()

    def now(self) -> int:
        return self.time

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        while not wake.is_set() and (until is None or self.time < until):
            tick = asyncio.Event()
            self._ticks.add(tick)
            tasks = [asyncio.create_task(each.wait()) for each in (wake, tick)]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._ticks.discard(tick)
                for task in tasks:
                    task.cancel()

    def advance(self, millis: int) -> None:
        self.time += millis
        for tick in self._ticks:
            tick.set()


class CountedIds:
    def __init__(self) -> None:
        self._count = 100

    def mint(self) -> Id:
        self._count += 1
        return compose(NOW, 1, self._count)


class Book:
    """A phone book in memory."""

    def __init__(self) -> None:
        self.bubbles: dict[Id, PhoneMessage] = {}
        self.debts: dict[Id, PhoneCallback] = {}
        self.habits: dict[str, Behaviour] = {}
        self.broken = False
        self.screens = 0

    def _check(self) -> None:
        if self.broken:
            raise Refusal(Fault.UNAVAILABLE)

    async def behaviour(self, number: str) -> Behaviour:
        return self.habits.get(number, Behaviour(number))

    async def set_behaviour(self, behaviour: Behaviour) -> None:
        self.habits[behaviour.number] = behaviour

    async def take(self, message: PhoneMessage, owed: Sequence[PhoneCallback]) -> bool:
        self._check()
        if message.id in self.bubbles:
            return False
        self.bubbles[message.id] = message
        self.debts |= {each.id: each for each in owed}
        return True

    async def bubble(self, message_id: Id) -> PhoneMessage | None:
        return self.bubbles.get(message_id)

    async def screen(self, number: str, sender_id: Id | None, after: Id, limit: int) -> Sequence[PhoneMessage]:
        self.screens += 1
        found = sorted(
            (
                each
                for each in self.bubbles.values()
                if each.number == number and each.id > after and sender_id in {None, each.sender_id}
            ),
            key=lambda each: each.id,
        )
        return found[:limit]

    async def reach(self, message_ids: Sequence[Id], stage: Stage, owed: Sequence[PhoneCallback]) -> None:
        for message_id in message_ids:
            bubble = self.bubbles[message_id]
            self.bubbles[message_id] = replace(bubble, stage=join(bubble.stage, stage).stage)
        self.debts |= {each.id: each for each in owed}

    async def phones(self) -> Sequence[str]:
        return sorted({each.number for each in self.bubbles.values()})

    async def owed(self, now: int, limit: int) -> tuple[Sequence[PhoneCallback], int | None]:
        self._check()
        ordered = sorted(self.debts.values(), key=lambda each: (each.due_at, each.id))
        later = [each.due_at for each in ordered if each.due_at > now]
        return [each for each in ordered if each.due_at <= now][:limit], min(later, default=None)

    async def paid(self, callback_ids: Sequence[Id]) -> None:
        for callback_id in callback_ids:
            self.debts.pop(callback_id, None)

    def shift(self, millis: int) -> None:
        """What moving the clock forward does to what is owed."""
        self.debts = {key: replace(each, due_at=each.due_at - millis) for key, each in self.debts.items()}


class People:
    """The part of the registry that the network reads."""

    def __init__(self) -> None:
        self.senders: dict[Id, Sender] = {SENDER_ID: SENDER}
        self.records: list[TemplateRecord] = []

    async def sender(self, sender_id: Id) -> Sender | None:
        return self.senders.get(sender_id)

    async def templates(self, account_id: Id | None = None, name: str = "") -> Sequence[TemplateRecord]:
        return [each for each in self.records if each.account_id == account_id and each.name == name]


class Door:
    """Keeps what comes through; answers with the statuses in `answers`, then with 200."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, WireRequest]] = []
        self.answers: list[int | Exception] = []

    async def __call__(self, carrier: str, token: str, request: WireRequest) -> WireResponse:
        self.calls.append((carrier, token, request))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return WireResponse(answer)

    @property
    def reports(self) -> list[Report]:
        return [report for _, _, request in self.calls for report in read_reports(request.body)]

    @property
    def stages(self) -> list[Any]:
        return [getattr(report, "stage", None) for report in self.reports]


@dataclass
class World:
    book: Book = field(default_factory=Book)
    people: People = field(default_factory=People)
    clock: ManualClock = field(default_factory=ManualClock)
    door: Door = field(default_factory=Door)

    def __post_init__(self) -> None:
        book: PhoneBook = self.book
        self.phones = Phones(book, cast("Registry", self.people), self.clock, CountedIds(), self.door)


async def until(condition: Callable[[], bool]) -> None:
    """Let other tasks run until a condition holds."""
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the condition never came to hold")


async def settle_down() -> None:
    """Let other tasks run until they have nothing more to do."""
    for _ in range(50):
        await asyncio.sleep(0)

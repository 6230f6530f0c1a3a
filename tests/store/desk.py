"""A store with one sender, and short ways to do what the engine does with it."""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parlance.contract.moments import DeliveryFilter, Draft, Facts, HeardReport, Settlement, Verdict, Written
from parlance.contract.registry import NewKey, NewRoute, NewSubscription
from parlance.contract.world import Clock, Ids
from parlance.model.address import Address, phone
from parlance.model.command import QuoteRef
from parlance.model.event import EventKind
from parlance.model.ids import Id
from parlance.model.message import Content, Message, Stage, Text
from parlance.model.outcome import Incoming, Report, StatusReport
from parlance.model.sender import Account, Sender, Statuses, Subscription
from parlance.store.doors import Doors
from parlance.store.postgres import PostgresStore
from parlance.store.sqlite import SqliteStore
from store import server

NOW = 1_764_000_000_000
DAY = 86_400_000
MOST_WAIT = 30.0
"""Seconds after which a test that waits has failed."""
KEY = "a secret key"
DANA = phone("972501234567")
EVERYTHING = frozenset(EventKind)


class StoppedClock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.millis = NOW

    def now(self) -> int:
        return self.millis

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        await wake.wait()


class CountedIds:
    """Ids in a row."""

    def __init__(self, first: Id = 1_000_001) -> None:
        self._next = itertools.count(first)

    def mint(self) -> Id:
        return next(self._next)


def postgres(folder: Path, ids: Ids, clock: Clock, secret_key: str) -> Doors:
    """A store in the database that stands for this folder."""
    return PostgresStore(server.url_of(folder), ids, clock, secret_key)


Engine = Callable[[Path, Ids, Clock, str], Doors]
ENGINES: Mapping[str, Engine] = {"postgres": postgres, "sqlite": SqliteStore}


def allow(_: Facts) -> Verdict:
    return Verdict()


@dataclass
class Desk:
    """The store under test and what was set up in it."""

    store: Doors
    clock: StoppedClock
    ids: CountedIds
    account: Account
    sender: Sender

    async def add_sender(self, number: str, *, carrier: str = "sandbox", keys: Sequence[NewKey] = ()) -> Sender:
        ordinal = await self.store.next_ordinal()
        return await self.store.add_sender(self.account, number, "", NewRoute(carrier, number, {}), keys, ordinal)

    async def refresh(self) -> Sender:
        found = await self.store.sender(self.sender.id)
        assert found is not None
        self.sender = found
        return found

    def draft(self, content: Content | None = None, to: Address = DANA, **more: Any) -> Draft:
        now = self.clock.now()
        at = now + self.sender.clock_offset
        plain = Draft(self.ids.mint(), self.sender, to, content or Text("hi"), "", at, now, now + DAY)
        return replace(plain, **{"dialect": "one", **more})

    async def accept(self, content: Content | None = None, to: Address = DANA, **more: Any) -> Message:
        return (await self.store.accept(self.draft(content, to, **more), allow)).message

    async def claim(self, *messages: Message, mark: bool = True) -> list[int]:
        """The numbers of the attempts."""
        ids = [message.id for message in messages]
        return [each.attempt for each in await self.store.claim(self.sender, ids, self.clock.now(), mark=mark)]

    def settlement(self, message: Message, **more: Any) -> Settlement:
        now = self.clock.now()
        plain = Settlement(message.id, message.sender_id, self.sender.route.id, 1, now, now, now, "sent")
        return replace(plain, **more)

    async def send(self, message: Message, external_id: str, stage: Stage = Stage.SENT) -> Written:
        """Claim a message and settle it as sent."""
        assert await self.claim(message) == [1]
        return await self.store.settle(self.settlement(message, external_id=external_id, stage=stage, departed=True))

    async def hear(self, *reports: Report) -> Written:
        now = self.clock.now()
        sender = await self.refresh()
        heard = [
            HeardReport(sender, sender.route, report, getattr(report, "tag", None) or self.ids.mint(), now)
            for report in reports
        ]
        return await self.store.hear(heard)

    async def status(self, external_id: str, stage: Stage | None, **more: Any) -> Written:
        return await self.hear(StatusReport(external_id, stage, self.clock.now(), **more))

    async def write(self, external_id: str, content: Content | None = None, **more: Any) -> Message:
        """A customer writes."""
        facts: dict[str, Any] = {"peer": DANA, "at": self.clock.now(), **more}
        written = await self.hear(Incoming(external_id, content=content or Text("hello"), **facts))
        return await self.message(written.messages[0])

    async def message(self, message_id: Id) -> Message:
        found = await self.store.message(message_id)
        assert found is not None
        return found

    async def stage(self, message: Message) -> Stage:
        return (await self.message(message.id)).stage

    async def subscribe(self, **more: Any) -> Subscription:
        facts: dict[str, Any] = {"dialect": "one", "url": "https://example.test/hook", "events": EVERYTHING, **more}
        return await self.store.add_subscription(NewSubscription(facts.pop("sender_id", self.sender.id), **facts))

    async def told(self, subscription: Subscription) -> list[EventKind]:
        """The kinds of events written out to a subscription, in order of number."""
        deliveries = await self.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
        assert [each.number for each in deliveries] == list(range(1, len(deliveries) + 1))
        return [each.event.kind for each in deliveries]

    async def waiting(self) -> list[tuple[Id, str]]:
        return [(row.message_id, row.state.value) for row in await self.store.pending(self.sender.id, 0, 1000)]

    async def notes(self, message: Message) -> list[str]:
        """The notes of what was only kept, and of events that carry one."""
        history = await self.store.history(message.id)
        return [str(moment.detail["note"]) for moment in history if "note" in moment.detail]


def quote(message: Message) -> QuoteRef:
    return QuoteRef("as the client wrote it", message.id)


ALL = Statuses.ALL

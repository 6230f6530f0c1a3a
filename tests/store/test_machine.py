"""Random operations on the store and on a small dictionary model give the same answers."""

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState, Keep, Resolution, Waiting
from parlance.contract.registry import NewRoute
from parlance.model.address import phone
from parlance.model.event import KIND_OF_STAGE, EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Message, Stage, Text
from parlance.model.sender import Subscription
from parlance.rules.lifecycle import join
from parlance.store.doors import Doors
from store import server
from store.desk import ALL, ENGINES, NOW, CountedIds, Desk, StoppedClock, allow

T = TypeVar("T")
REPORTED = st.sampled_from([Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED])
CUSTOMERS = st.sampled_from(["5511987654321", "551187654321", "972501234567", "972501234568"])


@dataclass
class Known:
    """What the model knows of one outgoing message. `waits` None: it is not in the outbox."""

    message: Message
    stage: Stage = Stage.ACCEPTED
    waits: Waiting | None = Waiting.READY
    attempt: int = 0
    external: str = ""
    departed: bool = False
    told: list[EventKind] = field(default_factory=list)


class StoreMachine(RuleBasedStateMachine):
    """One sender, one subscription to everything."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.model: dict[int, Known] = {}
        self.keys: dict[str, tuple[bytes, int]] = {}
        self.early: dict[str, list[Stage]] = {}
        self.customers: dict[str, int] = {}
        self.windows: dict[int, int] = {}
        self.incoming: dict[str, int] = {}
        self.told: list[tuple[int, EventKind]] = []
        self.states: list[DeliveryState] = []

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(doing)

    @initialize(engine=st.sampled_from(sorted(ENGINES)))
    def open(self, engine: str) -> None:
        self.clock, self.ids = StoppedClock(), CountedIds()
        self.desk, self.subscription = self.run(self._open(engine))

    async def _open(self, engine: str) -> tuple[Desk, Subscription]:
        store = ENGINES[engine](Path(self.folder.name), self.ids, self.clock, "k")
        await store.open()
        account = await store.account("demo")
        sender = await store.add_sender(account, "972770000111", "", NewRoute("sandbox", "", {}), [], 1)
        desk = Desk(store, self.clock, self.ids, account, sender)
        return desk, await desk.subscribe(statuses=ALL)

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.run(self.desk.store.close())
        server.drop(Path(self.folder.name))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    def one(self, data: st.DataObject, *waiting: Waiting) -> Known:
        fitting = [each for each in self.model.values() if each.waits in waiting or not waiting]
        return data.draw(st.sampled_from(fitting))

    def has(self, *waiting: Waiting) -> bool:
        return any(each.waits in waiting for each in self.model.values())

    def tell(self, known: Known, kind: EventKind) -> None:
        self.told.append((known.message.id, kind))
        self.states.append(DeliveryState.DUE)

    def depart(self, known: Known) -> None:
        if not known.departed:
            known.departed = True
            self.tell(known, EventKind.DEPARTED)

    def reach(self, known: Known, stage: Stage) -> None:
        if join(known.stage, stage).changed:
            known.stage = stage
            if stage in KIND_OF_STAGE:
                self.tell(known, KIND_OF_STAGE[stage])

    def report(self, known: Known, stage: Stage) -> None:
        if known.stage in {Stage.ACCEPTED, Stage.SENDING, Stage.UNSURE}:
            known.waits = None
            if stage is not Stage.FAILED:
                self.depart(known)
        self.reach(known, stage)

    @rule(to=CUSTOMERS, key=st.sampled_from(["", "", "a", "b"]), body=st.sampled_from(["x", "y"]))
    def accept(self, to: str, key: str, body: str) -> None:
        draft = self.desk.draft(Text(body), phone(to), key=key, fingerprint=body.encode())
        if key in self.keys and self.keys[key][0] != body.encode():
            with pytest.raises(Refusal) as refused:
                self.run(self.desk.store.accept(draft, allow))
            assert refused.value.fault is Fault.DUPLICATE
            return
        stored = self.run(self.desk.store.accept(draft, allow))
        if key in self.keys:
            assert stored.repeated
            assert (body.encode(), stored.message.id) == self.keys[key]
            return
        assert not stored.repeated
        if key:
            self.keys[key] = (body.encode(), stored.message.id)
        person = self.customers.setdefault(phone(to).alias, stored.message.customer_id)
        assert stored.message.customer_id == person
        self.model[stored.message.id] = Known(stored.message)

    @precondition(lambda self: self.has(Waiting.READY))
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        known = self.one(data, Waiting.READY)
        known.attempt += 1
        assert self.run(self.desk.claim(known.message)) == [known.attempt]
        known.waits = Waiting.MARKED
        known.stage = join(known.stage, Stage.SENDING).stage

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), ends=st.sampled_from(["sent", "failed", "busy", "unsure"]))
    def settle(self, data: st.DataObject, ends: str) -> None:
        known = self.one(data)
        external = f"w{known.message.id}" if ends == "sent" else ""
        every: dict[str, dict[str, Any]] = {
            "sent": {"stage": Stage.SENT, "departed": True, "external_id": external},
            "failed": {"stage": Stage.FAILED},
            "busy": {"retreat": True, "keep": Keep(Waiting.READY, NOW)},
            "unsure": {"stage": Stage.UNSURE, "keep": Keep(Waiting.UNSURE, NOW)},
        }
        facts = every[ends]
        settlement = self.desk.settlement(known.message, attempt=known.attempt, outcome=ends, **facts)
        written = self.run(self.desk.store.settle(settlement))
        waited = known.waits is not None
        assert ((self.desk.sender.id, known.message.id) in written.released) == (not waited or "keep" not in facts)
        if waited:
            known.waits = facts["keep"].state if "keep" in facts else None
            if ends == "busy" and known.stage in {Stage.SENDING, Stage.UNSURE}:
                known.stage = Stage.ACCEPTED
        if external and known.stage not in {Stage.FAILED, Stage.CANCELLED}:
            self.depart(known)
        if waited and "stage" in facts:
            self.reach(known, facts["stage"])
        if external:
            known.external = external
            for stage in self.early.pop(external, []):
                self.report(known, stage)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), stage=REPORTED, tagged=st.booleans())
    def status(self, data: st.DataObject, stage: Stage, tagged: bool) -> None:
        known = self.one(data)
        external = f"w{known.message.id}"
        tag = known.message.id if tagged else None
        written = self.run(self.desk.status(external, stage, tag=tag))
        if tagged or known.external:
            assert written.messages == (known.message.id,)
            known.external = external
            self.report(known, stage)
        else:
            assert written.messages == (0,)
            self.early.setdefault(external, []).append(stage)

    @rule(peer=CUSTOMERS, number=st.integers(0, 5), age=st.integers(0, 1000))
    def write(self, peer: str, number: int, age: int) -> None:
        external = f"in-{number}"
        message = self.run(self.desk.write(external, peer=phone(peer), at=NOW - age))
        if external in self.incoming:
            assert message.id == self.incoming[external]
            return
        self.incoming[external] = message.id
        person = self.customers.setdefault(phone(peer).alias, message.customer_id)
        assert message.customer_id == person
        self.windows[person] = max(self.windows.get(person, 0), NOW - age)
        self.told.append((message.id, EventKind.RECEIVED))
        self.states.append(DeliveryState.DUE)

    @rule()
    def crash(self) -> None:
        marked = [each for each in self.model.values() if each.waits is Waiting.MARKED]
        assert self.run(self.desk.store.recover(NOW)) == len(marked)
        for known in sorted(marked, key=lambda each: each.message.id):
            known.waits = Waiting.UNSURE
            if known.stage in {Stage.ACCEPTED, Stage.SENDING}:
                self.reach(known, Stage.UNSURE)

    @precondition(lambda self: self.has(Waiting.UNSURE))
    @rule(data=st.data(), resolution=st.sampled_from(Resolution))
    def resolve(self, data: st.DataObject, resolution: Resolution) -> None:
        known = self.one(data, Waiting.UNSURE)
        self.run(self.desk.store.resolve(known.message.id, resolution, NOW, NOW))
        if resolution is Resolution.RESEND:
            known.waits, known.stage = Waiting.READY, Stage.ACCEPTED
            return
        known.waits = None
        if resolution is Resolution.SENT:
            self.depart(known)
        self.reach(known, Stage.SENT if resolution is Resolution.SENT else Stage.FAILED)

    @rule()
    def cancel(self) -> None:
        ready = [each for each in self.model.values() if each.waits is Waiting.READY]
        written = self.run(self.desk.store.cancel(self.desk.sender.id, None, NOW, NOW))
        assert {message_id for _, message_id in written.released} == {each.message.id for each in ready}
        for known in ready:
            known.waits, known.stage = None, Stage.CANCELLED

    @precondition(lambda self: bool(self.told))
    @rule(data=st.data(), state=st.sampled_from(DeliveryState))
    def deliver(self, data: st.DataObject, state: DeliveryState) -> None:
        number = data.draw(st.integers(1, len(self.told)))
        self.run(self.desk.store.delivered([DeliveryResult(self.subscription.id, number, state, NOW, due_at=NOW)]))
        self.states[number - 1] = state

    @rule()
    def replay_dead_letters(self) -> None:
        dead = self.states.count(DeliveryState.DEAD)
        count, _ = self.run(self.desk.store.replay(DeliveryFilter(state="dead"), NOW))
        assert count == dead
        self.states = [DeliveryState.DUE if state is DeliveryState.DEAD else state for state in self.states]

    @invariant()
    def the_store_agrees(self) -> None:
        if hasattr(self, "desk"):
            self.run(self._compare(self.desk.store))

    async def _compare(self, store: Doors) -> None:
        waiting = await store.pending(self.desk.sender.id, 0, 1000)
        assert [(row.message_id, row.state, row.attempt) for row in waiting] == [
            (id_, known.waits, known.attempt) for id_, known in sorted(self.model.items()) if known.waits
        ]
        for id_, known in self.model.items():
            assert (await self.desk.message(id_)).stage is known.stage
        deliveries = await store.deliveries(DeliveryFilter(limit=10_000))
        assert [(each.event.message_id, each.event.kind) for each in deliveries] == self.told
        assert [each.state for each in deliveries] == self.states
        due = [number for number, state in enumerate(self.states, 1) if state is DeliveryState.DUE]
        assert [each.number for each in await store.due_deliveries(self.subscription.id, NOW, 10_000)] == due
        windows = await store.windows(self.desk.sender, "", 100)
        assert sorted(each.last_written for each in windows) == sorted(self.windows.values())


StoreMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStore = StoreMachine.TestCase

"""What a group does together is what its members would have done one after the other, row for row."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from parlance.contract.moments import (
    DeliveryResult,
    DeliveryState,
    Draft,
    Facts,
    HeardReport,
    Keep,
    Settlement,
    Verdict,
    Waiting,
)
from parlance.contract.registry import NewRoute
from parlance.formats.people import user_id
from parlance.model.address import Address, AddressKind, phone
from parlance.model.command import QuoteRef
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Contacts, Content, Reaction, Receipt, Stage, Template, Text
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import TemplateRecord
from parlance.store.postgres import PostgresStore
from store import server
from store.desk import ALL, DANA, KEY, NOW, CountedIds, Desk, StoppedClock
from store.nodes import hold, node
from toys import until

OTHER = phone("972500000009")
CARD = Contacts((ContactCard("Dana", phones=(Phone("+972 50-123-4567"), Phone("+972500000009"))),))


class Scene:
    """One desk, whose operations of a phase go together, or one by one."""

    def __init__(self, desk: Desk, store: PostgresStore, *, together: bool) -> None:
        self.desk = desk
        self.store = store
        self.together = together
        self.results: list[Any] = []
        self.undone = 0
        assert store._group is not None
        store._group._undone = self._undo
        self._crowds = dict(store._group._crowds)
        store._group._crowds = self._crowds if together else {}

    def _undo(self) -> None:
        self.undone += 1

    async def phase(self, *doing: Coroutine[Any, Any, Any]) -> list[Any]:
        """Do all of this in one transaction."""
        group = self.store._group
        assert group is not None
        held = await hold(self.store)
        tasks = []
        for each in doing:
            # One after the other into the queue, so that both ways know the same order.
            before = group._queue.qsize()
            tasks.append(asyncio.create_task(each))
            await until(lambda before=before: group._queue.qsize() == before + 1)
        commits = group.commits
        await held.let_go()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert (group.commits - commits, self.undone) == (2, 0), "the group fell apart"
        self.results.append([_told(each) for each in results])
        return list(results)


def _told(result: Any) -> Any:
    return (result.fault, result.field) if isinstance(result, Refusal) else result


@pytest.fixture(params=["together", "one by one"])
async def scene(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Scene]:
    store = node(server.url_of(tmp_path), clock, KEY, 1_000_001)
    await store.open()
    account = await store.account("demo")
    sender = await store.add_sender(account, "972770000111", "Demo", NewRoute("sandbox", "", {}), [], 1)
    ids = CountedIds(2_000_001)
    yield Scene(Desk(store, clock, ids, account, sender), store, together=request.param == "together")
    await store.close()
    server.drop(tmp_path)


KEPT: dict[str, list[Any]] = {}
"""What each test found in each way; the second one to come compares."""


def _same(name: str, scene: Scene, tmp_path: Path) -> None:
    results, rows = KEPT.setdefault(name, [scene.results, server.rows(tmp_path)])
    assert scene.results == results
    for table, found in server.rows(tmp_path).items():
        assert [(one, other) for one, other in zip(found, rows[table], strict=True) if one != other] == [], table


def judge(facts: Facts) -> Verdict:
    if facts.credit == 0:
        raise Refusal(Fault.LOW_BALANCE)
    window = None if facts.last_written is None else facts.last_written + 1
    if facts.templates:
        return Verdict(window, content=Template(facts.templates[0].name, facts.templates[0].language))
    return Verdict(window, doomed=Failure(Fault.NOT_SAYABLE, "1", 'as "said"\\') if facts.quote_known else None)


def refuse(_: Facts) -> Verdict:
    raise Refusal(Fault.WINDOW_CLOSED, "to")


async def _three(scene: Scene) -> list[Any]:
    """Three messages that were sent."""
    desk = scene.desk
    messages = [await desk.accept(to=to) for to in (DANA, OTHER, DANA)]
    await desk.claim(*messages)
    return messages


async def test_accepts(scene: Scene, tmp_path: Path) -> None:
    desk, store = scene.desk, scene.store
    await desk.write("in-1", name="Dana")
    first = await desk.accept(key="used", fingerprint=b"f")
    await store.add_template(TemplateRecord(0, desk.account.id, "hello", "en_US", "UTILITY", "approved", "Hello"))
    ours = Address(AddressKind.USER, user_id(desk.account.id, OTHER))
    stranger = desk.draft()
    drafts: list[tuple[Draft, Any]] = [
        (desk.draft(), judge),
        (desk.draft(to=OTHER, refs={"a": 'q"\\\x1a\0'}), judge),
        (desk.draft(to=OTHER), judge),
        (desk.draft(to=ours), judge),
        (desk.draft(to=phone("5511987654321")), judge),
        (desk.draft(to=phone("551187654321"), dropped=("x",)), judge),
        (desk.draft(), refuse),
        (desk.draft(to=phone("972500000010")), refuse),
        (desk.draft(key="used", fingerprint=b"f"), judge),
        (desk.draft(key="used", fingerprint=b"g"), judge),
        (desk.draft(key="new", fingerprint=b"f"), judge),
        (desk.draft(key="new", fingerprint=b"f"), judge),
        (desk.draft(key="new", fingerprint=b"g"), judge),
        (desk.draft(quote=QuoteRef("q", first.id)), judge),
        (desk.draft(to=OTHER, quote=QuoteRef("q", first.id)), judge),
        (desk.draft(Template("hello")), judge),
        (desk.draft(CARD), judge),
        (Draft(stranger.id, _removed(desk), DANA, Text("x"), "one", NOW, NOW, NOW), judge),
    ]
    await scene.phase(*(store.accept(draft, by) for draft, by in drafts))
    desk.clock.millis = NOW + 8 * 86_400_000
    await scene.phase(
        store.accept(desk.draft(key="used", fingerprint=b"h"), judge),
        store.accept(desk.draft(key="used", fingerprint=b"h"), judge),
        store.accept(desk.draft(key="other", fingerprint=b"h"), judge),
    )
    await store.set_credit(desk.account.id, 2)
    await scene.phase(
        store.accept(desk.draft(Receipt(first.id)), judge), *(store.accept(desk.draft(), judge) for _ in range(3))
    )
    _same("accepts", scene, tmp_path)


def _removed(desk: Desk) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(desk.sender, id=77)


async def test_claims(scene: Scene, tmp_path: Path) -> None:
    desk, store = scene.desk, scene.store
    incoming = await desk.write("in-1", peer=OTHER)
    other = await desk.add_sender("972770000222", carrier="elsewhere")
    many = Contacts(CARD.cards * 3)
    contents: list[Content] = [Text("x"), CARD, many, Reaction(incoming.id, "x"), Receipt(incoming.id)]
    messages = [await desk.accept(content) for content in contents]
    messages.append(await desk.accept(quote=QuoteRef("q", incoming.id)))
    doomed = (await store.accept(desk.draft(), lambda _: Verdict(doomed=Failure(Fault.EXPIRED)))).message
    ids = [message.id for message in (*messages, doomed)]
    theirs = Desk(store, desk.clock, desk.ids, desk.account, other)
    foreign = await theirs.accept()
    await scene.phase(
        store.claim(desk.sender, ids[:3], NOW, mark=True, cards=1),
        store.claim(desk.sender, ids[2:], NOW + 1, mark=True),
        store.claim(desk.sender, [4711, ids[0]], NOW, mark=True),
        store.claim(other, [foreign.id, ids[1]], NOW, mark=True),
        store.claim(other, [], NOW, mark=True),
    )
    _same("claims", scene, tmp_path)


async def test_settlements(scene: Scene, tmp_path: Path) -> None:
    desk, store = scene.desk, scene.store
    for dialect in ("one", "two"):
        await desk.subscribe(dialect=dialect, statuses=ALL)
    one, two, three = await _three(scene)
    quoting = await desk.accept(quote=QuoteRef("q", (await desk.write("in-1")).id))
    await desk.claim(quoting)
    await desk.status("w2", Stage.DELIVERED)
    await desk.status("w2", Stage.READ)
    await scene.phase(
        store.settle(desk.settlement(one, external_id='w"1\\', stage=Stage.SENT, departed=True, wa_id="972501234567")),
        store.settle(desk.settlement(one, external_id="again", stage=Stage.SENT, departed=True)),
        store.settle(desk.settlement(two, external_id="w2", stage=Stage.SENT, departed=True)),
        store.settle(
            desk.settlement(three, outcome="unsure", stage=Stage.UNSURE, keep=Keep(Waiting.UNSURE, NOW + 5), status=500)
        ),
        store.settle(desk.settlement(three, attempt=0, outcome="absent", retreat=True, keep=Keep(Waiting.READY, NOW))),
        store.settle(desk.settlement(quoting, external_id="w2", stage=Stage.SENT, departed=True)),
        store.settle(Settlement(4711, desk.sender.id, desk.sender.route.id, 1, NOW, NOW, NOW, "sent", external_id="x")),
        store.settle(
            desk.settlement(three, attempt=2, stage=Stage.FAILED, failure=Failure(Fault.WINDOW_CLOSED, "131047"))
        ),
    )
    _same("settlements", scene, tmp_path)


async def test_reports(scene: Scene, tmp_path: Path) -> None:
    desk, store = scene.desk, scene.store
    await desk.subscribe(statuses=ALL)
    one, two, three = await _three(scene)
    for message in (one, two):
        await store.settle(desk.settlement(message, external_id=f"w{message.id}", stage=Stage.SENT, departed=True))

    def heard(*reports: Report) -> Coroutine[Any, Any, Any]:
        found = [HeardReport(desk.sender, desk.sender.route, each, _new_id(desk, each), NOW) for each in reports]
        return store.hear(found)

    def status(called: str, stage: Stage | None, **more: Any) -> StatusReport:
        return StatusReport(called, stage, NOW, **more)

    def incoming(called: str, **more: Any) -> Incoming:
        return Incoming(called, **{"peer": DANA, "content": Text("hi"), "at": NOW, **more})

    await scene.phase(
        heard(status(f"w{one.id}", Stage.DELIVERED), status(f"w{one.id}", Stage.READ)),
        heard(status(f"w{one.id}", Stage.DELIVERED), status(f"w{two.id}", None, word="odd")),
        heard(status(f"w{two.id}", Stage.FAILED, failure=Failure(Fault.NOT_ON_WHATSAPP, "131026"))),
        heard(status("w3", Stage.DELIVERED, tag=three.id), status("w3", Stage.READ)),
        heard(status("nobody's", Stage.READ), status("nobody's", Stage.DELIVERED)),
        heard(incoming("in-1", name="Dana", quote_external=f"w{one.id}"), status("in-1", Stage.READ)),
        heard(incoming("in-1"), incoming("in-2", content=Reaction(0, "x", f"w{one.id}"))),
        heard(incoming("in-3", peer=phone("972500000077"), aliases=(Address(AddressKind.USER, "IL.1"),))),
        heard(incoming("in-4", peer=Address(AddressKind.USER, "IL.1"), name='\x1a"\0'), incoming("")),
        heard(StateReport("authorized", NOW), StateReport("yellowCard", NOW, "held")),
        heard(),
    )
    _same("reports", scene, tmp_path)


def _new_id(desk: Desk, report: Report) -> int:
    return getattr(report, "tag", None) or desk.ids.mint()


async def test_results_of_telling(scene: Scene, tmp_path: Path) -> None:
    desk, store = scene.desk, scene.store
    subscription = await desk.subscribe()
    for place in range(4):
        await desk.send(await desk.accept(), f"w{place}")

    def result(number: int, state: DeliveryState, **more: Any) -> DeliveryResult:
        return DeliveryResult(subscription.id, number, state, NOW + number, **more)

    def told(*results: DeliveryResult) -> Coroutine[Any, Any, None]:
        return store.delivered(results)

    await scene.phase(
        told(result(1, DeliveryState.DONE, status=200), result(2, DeliveryState.DUE, error='"no"', due_at=NOW + 99)),
        told(result(3, DeliveryState.SKIPPED)),
        told(result(4, DeliveryState.DEAD, status=500, error="x"), result(99, DeliveryState.DONE)),
        told(),
    )
    await scene.phase(
        told(result(5, DeliveryState.DUE, due_at=NOW + 5)), told(result(5, DeliveryState.DONE, status=204))
    )
    await scene.phase(
        told(result(6, DeliveryState.DUE, due_at=NOW + 5, pause=True)), told(result(7, DeliveryState.DONE))
    )
    _same("telling", scene, tmp_path)


async def test_other_operations_share_the_transaction(scene: Scene, tmp_path: Path) -> None:
    desk, store = scene.desk, scene.store
    results: Sequence[Any] = await scene.phase(
        store.accept(desk.draft(), judge), store.set_credit(desk.account.id, 5), store.accept(desk.draft(), judge)
    )
    assert [type(each).__name__ for each in results] == ["Stored", "Account", "Stored"]
    assert (await store.accounts())[0].credit == (3 if scene.together else 4)

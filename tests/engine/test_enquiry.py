"""What clients may look at, fetch, forward and set up."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.house import CUSTOMER, DAY, NUMBER, OTHER, House, house
from parlance.contract.provider import Capabilities, Policy
from parlance.contract.world import NeverLeft
from parlance.model.address import phone
from parlance.model.command import (
    AddTemplate,
    ChangeSettings,
    ClearQueue,
    CountDeliveries,
    DropDelivery,
    FindCustomer,
    Forward,
    Forwarded,
    Found,
    Journal,
    ListNumbers,
    ListTemplates,
    Numbers,
    QuoteRef,
    ReadJournal,
    ReadQueue,
    RemoveTemplate,
    SendMessage,
    TakeDelivery,
    Taken,
    Templates,
)
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Stage, Text
from parlance.model.sender import TemplateRecord
from parlance.model.wire import WireRequest
from toys import ToyCarrier, ToyDialect, answered, until

PULLED = ToyDialect(Policy(url="", events=frozenset({EventKind.RECEIVED, EventKind.UNSURE, EventKind.STATE})))


async def _ask(home: House, command: Any) -> Any:
    sender = await home.engine.store.sender(home.sender.id)
    assert sender is not None
    return await home.engine.intake.handle("toy", sender, command)


async def _fault(home: House, command: Any) -> Fault:
    with pytest.raises(Refusal) as caught:
        await _ask(home, command)
    return caught.value.fault


async def test_the_queue_is_shown_in_order_and_cleared(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.engine.store.change_route(home.sender.route.id, held="repairs")
        sent = [await home.send(str(index), str(972550000400 + index)) for index in range(3)]
        shown = await _ask(home, ReadQueue(limit=2))
        assert isinstance(shown, Journal)
        assert ([message.content for message in shown.messages], shown.count) == ([Text("0"), Text("1")], 3)
        cleared = await _ask(home, ClearQueue())
        assert isinstance(cleared, Journal)
        assert cleared.count == 3
        assert (await _ask(home, ReadQueue())).count == 0
        for each in sent:
            assert (await home.message(each.message.id)).stage is Stage.CANCELLED
        await home.engine.store.change_route(home.sender.route.id, held="")
        await home.engine.dispatch.reload(home.sender.id)
        last = await home.send("after")
        await home.reaches(last, Stage.SENT)
        await home.asked(1)


async def test_journals(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.customer_writes("hi", CUSTOMER, id="a")
        home.clock.advance(3_600_000)
        first = await home.send("one")
        await home.send("two", OTHER)
        both = await _ask(home, ReadJournal(phone(CUSTOMER)))
        assert [each.content for each in both.messages] == [Text("one"), Text("hi")]
        assert both.customers[first.message.customer_id].address == phone(CUSTOMER)
        assert len((await _ask(home, ReadJournal(direction="out", age=DAY))).messages) == 2
        assert len((await _ask(home, ReadJournal(direction="in", age=60_000))).messages) == 0
        assert len((await _ask(home, ReadJournal(phone(CUSTOMER), limit=1))).messages) == 1
        assert (await _ask(home, ReadJournal(phone(CUSTOMER), limit=0))).messages == ()
        assert (await _ask(home, ReadJournal(phone("15550100999")))).messages == ()
        one = await _ask(home, ReadJournal(phone(CUSTOMER), message=QuoteRef("x", first.message.id)))
        assert one.messages == (await home.message(first.message.id),)
        for unknown in (
            ReadJournal(phone(OTHER), message=QuoteRef("x", first.message.id)),
            ReadJournal(message=QuoteRef("x", 7)),
            ReadJournal(message=QuoteRef("x", None)),
        ):
            assert await _fault(home, unknown) is Fault.UNKNOWN_MESSAGE


async def test_a_quote_stands_beside_its_answer(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        first = await home.send("one")
        await home.send("two", quote=f"{first.message.id:016x}")
        shown = await _ask(home, ReadJournal(direction="out"))
        assert list(shown.quoted) == [first.message.id]


async def test_pulled_events_stay_until_dropped(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=PULLED) as home:
        assert (await _ask(home, TakeDelivery())).event is None
        await home.customer_writes("one", id="a")
        await home.customer_writes("two", id="b")
        first = await _ask(home, TakeDelivery())
        assert isinstance(first, Taken)
        assert (first.number, (await _ask(home, TakeDelivery())).number) == (1, 1)
        assert first.event is not None
        assert first.event.content == Text("one")
        assert (await _ask(home, CountDeliveries())).count == 2
        assert (await _ask(home, DropDelivery(1))).count == 1
        assert (await _ask(home, DropDelivery(1))).count == 0
        assert (await _ask(home, TakeDelivery())).number == 2
        assert (await _ask(home, DropDelivery(None))).count == 1
        assert home.hooks.asked == []


async def test_a_long_poll_ends_with_the_event_or_the_time(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=PULLED) as home:
        polling = asyncio.ensure_future(_ask(home, TakeDelivery(5_000)))
        await home.settled()
        await home.customer_writes("one")
        assert (await asyncio.wait_for(polling, 5)).number == 1
        await _ask(home, DropDelivery(None))
        polling = asyncio.ensure_future(_ask(home, TakeDelivery(5_000)))
        await home.settled()
        home.clock.advance(5_000)
        assert (await asyncio.wait_for(polling, 5)).event is None


async def test_what_is_old_or_has_no_words_is_passed_over(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=PULLED) as home:
        await home.customer_writes("old", id="a")
        home.clock.advance(DAY)
        await home.customer_writes("young", id="b")
        young = await _ask(home, TakeDelivery())
        assert young.event.content == Text("young")
        home.vendor.script = [answered(500)]
        await home.reaches(await home.send(), Stage.UNSURE)
        await home.customer_writes("new", id="c")
        await _ask(home, DropDelivery(young.number))
        assert (await _ask(home, TakeDelivery())).event.content == Text("new")


async def test_pushed_events_cannot_be_pulled(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=PULLED) as home:
        await _ask(home, ChangeSettings({"url": "http://127.0.0.1:9/"}))
        assert await _fault(home, TakeDelivery()) is Fault.BAD_VALUE
        assert await _fault(home, DropDelivery(1)) is Fault.BAD_VALUE
        assert (await _ask(home, CountDeliveries())).count == 0


async def test_forwarding_sends_known_messages_on(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.customer_writes("please pass on")
        found = await _ask(home, ReadJournal(phone(CUSTOMER)))
        reference = QuoteRef("x", found.messages[0].id)
        forwarded = await _ask(home, Forward(phone(OTHER), phone(CUSTOMER), (reference, reference)))
        assert isinstance(forwarded, Forwarded)
        assert [message.content for message in forwarded.messages] == [Text("please pass on")] * 2
        await home.asked(2)
        wrong = Forward(phone(OTHER), phone(OTHER), (reference,))
        assert await _fault(home, wrong) is Fault.UNKNOWN_MESSAGE
        await home.asked(2)


async def test_finding_somebody(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        await home.customer_writes()
        found = await _ask(home, FindCustomer(phone(CUSTOMER)))
        assert isinstance(found, Found)
        assert found.exists
        assert found.customer is not None
        assert found.customer.country == "IL"
        assert (await _ask(home, FindCustomer(phone(OTHER)))).customer is None


async def test_templates_and_numbers(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        record = TemplateRecord(0, 0, "hello", "en", "UTILITY", "approved", "Hi")
        added = await _ask(home, AddTemplate(record))
        assert isinstance(added, Templates)
        await _ask(home, AddTemplate(TemplateRecord(0, 0, "hello", "he", "UTILITY", "approved", "Hi")))
        assert len((await _ask(home, ListTemplates())).templates) == 2
        assert (await _ask(home, RemoveTemplate(id=added.templates[0].id))).templates[0].language == "en"
        assert len((await _ask(home, RemoveTemplate("hello"))).templates) == 1
        assert await _fault(home, RemoveTemplate("hello")) is Fault.UNKNOWN_TEMPLATE
        assert await _fault(home, RemoveTemplate()) is Fault.UNKNOWN_TEMPLATE
        numbers = await _ask(home, ListNumbers())
        assert isinstance(numbers, Numbers)
        assert [each.id for each in numbers.senders] == [home.sender.id]


async def test_a_webhook_must_prove_itself(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        proof = WireRequest("GET", "http://127.0.0.1:9/?challenge=7")
        change = ChangeSettings({"url": "http://127.0.0.1:9/"}, proof, b"7")
        home.hooks.script = [answered(200, 8), answered(403, 7)]
        assert await _fault(home, change) is Fault.BAD_URL
        assert await _fault(home, change) is Fault.BAD_URL
        assert await home.engine.store.subscriptions(home.sender.id) == ()
        home.hooks.script = [answered(200, 7)]
        await _ask(home, change)
        (own,) = await home.engine.store.subscriptions(home.sender.id)
        assert own.url == "http://127.0.0.1:9/"


class _Stateful(ToyDialect):
    def policy(self, document: Any) -> Policy:
        state = document.get("state", "on")
        events = frozenset({EventKind.STATE})
        return Policy(url="http://127.0.0.1:9/", events=events, state=state, held="" if state == "on" else state)


async def test_a_state_holds_the_queue_and_is_told(tmp_path: Path) -> None:
    async with house(tmp_path, dialect=_Stateful()) as home:
        await _ask(home, ChangeSettings({"state": "off"}))
        sent = await home.send()
        await home.settled()
        assert home.vendor.asked == []
        assert len(home.hooks.asked) == 1
        await _ask(home, ChangeSettings({"state": "off"}))
        await _ask(home, ChangeSettings({"state": "on"}))
        await home.reaches(sent, Stage.SENT)
        await until(lambda: len(home.hooks.asked) == 2)


async def test_a_paced_dialect_sends_one_by_one_and_the_rest_goes_on(tmp_path: Path) -> None:
    dialect = ToyDialect(Policy(gap=500, late=frozenset({Fault.UNKNOWN_QUOTE})))
    async with house(tmp_path, dialect=dialect) as home:
        gate = asyncio.Event()

        async def slow(request: WireRequest) -> Any:
            await gate.wait()
            return answered(200, {"id": "x"})

        home.vendor.script = [slow]
        for index in range(3):
            await home.send(str(index), str(972550000400 + index))
        await home.asked(1)
        home.clock.advance(2_000)
        await home.asked(1)
        gate.set()
        await home.asked(2)
        home.clock.advance(499)
        await home.asked(2)
        home.clock.advance(1)
        await home.asked(3)
        doomed = await home.send("never", quote="no such message")
        await home.reaches(doomed, Stage.FAILED)
        await home.asked(3)


async def test_carriers_that_can_be_asked_are(tmp_path: Path) -> None:
    carrier = ToyCarrier(Capabilities(text_limit=10, find=True))
    async with house(tmp_path, carrier=carrier, running=False) as home:
        home.vendor.script = [answered(404), answered(200), NeverLeft("connection refused")]
        command = FindCustomer(phone(CUSTOMER))
        assert [(await _ask(home, command)).exists for _ in range(2)] == [False, True]
        assert await _fault(home, command) is Fault.UNAVAILABLE


async def test_a_number_may_ask_for_a_word_before_its_windows_open(tmp_path: Path) -> None:
    joining = ToyDialect(Policy(opens_with=(NUMBER, "Willow Moon")))
    carrier = ToyCarrier(Capabilities(text_limit=100, knows_windows=True))
    async with house(tmp_path, carrier=carrier, dialect=joining, running=False) as home:
        await home.customer_writes("hello", id="a")
        assert await _fault(home, SendMessage(phone(CUSTOMER), Text("hi"))) is Fault.WINDOW_NEVER_OPENED
        await home.customer_writes(" willow MOON ", id="b")
        await home.send()
        home.clock.advance(DAY - 1)
        await home.customer_writes("hello again", id="c")
        home.clock.advance(DAY - 1)
        await home.send()
        home.clock.advance(1)
        await home.customer_writes("too late", id="d")
        assert await _fault(home, SendMessage(phone(CUSTOMER), Text("hi"))) is Fault.WINDOW_CLOSED

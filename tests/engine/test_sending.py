"""Messages go out: once, in order, and honestly."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.house import CUSTOMER, DAY, OTHER, House, house, texts, toy_id
from parlance.contract.moments import Pending, Resolution, Waiting
from parlance.contract.provider import Capabilities, Limits, PairLimit
from parlance.contract.world import Exchanged, NeverLeft, NoAnswer
from parlance.engine.options import EngineOptions
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Stage
from parlance.model.wire import WireRequest
from toys import HandClock, ToyCarrier, answered, taken, until

LOOKING = Capabilities(text_limit=4096, look_up=True)
REPEATABLE = Capabilities(text_limit=4096, idempotent_send=True)


async def test_a_message_is_sent_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        sent = await home.send()
        message = await home.reaches(sent, Stage.SENT)
        assert texts(await home.asked(1)) == ["hello"]
        assert message.failure is None
        assert not await home.engine.store.depths()
        assert [(each.what, each.detail.get("outcome")) for each in await home.history(sent)][:2] == [
            ("accepted", None),
            ("attempt", "sent"),
        ]


async def test_it_is_marked_before_the_first_byte_leaves(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        states: list[Waiting] = []

        async def look(request: WireRequest) -> Exchanged:
            rows = await home.engine.store.pending(home.sender.id, 0, 10)
            states.extend(row.state for row in rows)
            return taken(request)

        home.vendor.script = [look]
        await home.reaches(await home.send(), Stage.SENT)
        assert states == [Waiting.MARKED]


async def test_busy_is_tried_again_when_the_vendor_said(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [answered(429, retry_after="7")]
        sent = await home.send()
        await home.asked(1)
        assert (await home.message(sent.message.id)).stage is Stage.ACCEPTED
        home.clock.advance(6_999)
        await home.asked(1)
        home.clock.advance(1)
        await home.reaches(sent, Stage.SENT)
        await home.asked(2)


async def test_what_never_left_goes_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [NeverLeft("connection refused")] * 2
        sent = await home.send()
        await home.asked(1)
        home.clock.advance(1_200)
        await home.asked(2)
        home.clock.advance(2_400)
        await home.reaches(sent, Stage.SENT)
        outcomes = [each.detail["outcome"] for each in await home.history(sent) if each.what == "attempt"]
        assert outcomes == ["never_left", "never_left", "sent"]


async def test_a_refusal_is_final(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [answered(400)]
        message = await home.reaches(await home.send(), Stage.FAILED)
        assert message.failure is not None
        assert (message.failure.fault, message.failure.code) == (Fault.NOT_ON_WHATSAPP, "131026")
        home.clock.advance(DAY)
        await home.asked(1)


@pytest.mark.parametrize("answer", [NoAnswer("reset"), answered(500), answered(200, "no id"), answered(302)])
async def test_what_may_have_left_is_never_sent_again(tmp_path: Path, answer: Exchanged) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [answer]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        for _ in range(6):
            home.clock.advance(DAY // 8)
            await home.asked(1)
        assert (await home.message(sent.message.id)).stage is Stage.UNSURE


async def test_unsure_is_settled_by_a_status(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [NoAnswer("reset")]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        assert (await home.callback(tag=f"{sent.message.id:016x}", stage="delivered")).status == 200
        await home.reaches(sent, Stage.DELIVERED)
        assert not await home.engine.store.depths()


async def test_unsure_is_settled_by_a_look_up(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(LOOKING)) as home:
        home.vendor.script = [NoAnswer("reset"), answered(200, {"id": "found-1"})]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        home.clock.advance(60_000)
        await home.reaches(sent, Stage.SENT)
        assert [request.method for request in await home.asked(2)] == ["POST", "GET"]
        await home.callback(id="found-1", stage="read")
        await home.reaches(sent, Stage.READ)


async def test_absence_is_believed_only_when_old_enough(tmp_path: Path) -> None:
    options = EngineOptions(request_limit=60_000)
    async with house(tmp_path, carrier=ToyCarrier(LOOKING), options=options) as home:
        home.vendor.script = [NoAnswer("reset"), answered(404), answered(404)]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        home.clock.advance(60_000)
        await home.asked(2)
        assert (await home.message(sent.message.id)).stage is Stage.UNSURE
        home.clock.advance(60_000)
        await home.reaches(sent, Stage.SENT)
        assert [request.method for request in await home.asked(4)] == ["POST", "GET", "GET", "POST"]


async def test_unsure_is_settled_by_a_harmless_repeat(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(REPEATABLE)) as home:
        home.vendor.script = [NoAnswer("reset")]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        home.clock.advance(60_000)
        await home.reaches(sent, Stage.SENT)
        first, second = await home.asked(2)
        assert json.loads(first.body)["id"] == json.loads(second.body)["id"]


@pytest.mark.parametrize(
    ("resolution", "stage", "asked"),
    [(Resolution.SENT, Stage.SENT, 1), (Resolution.FAILED, Stage.FAILED, 1), (Resolution.RESEND, Stage.SENT, 2)],
)
async def test_unsure_is_settled_by_a_person(tmp_path: Path, resolution: Resolution, stage: Stage, asked: int) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [NoAnswer("reset")]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        await home.engine.settle.resolve(sent.message.id, resolution)
        await home.reaches(sent, stage)
        await home.asked(asked)
        with pytest.raises(Refusal) as caught:
            await home.engine.settle.resolve(sent.message.id, resolution)
        assert caught.value.fault is Fault.BAD_VALUE


async def test_unsure_ends_and_a_later_delivery_wins(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [NoAnswer("reset")]
        sent = await home.send()
        await home.reaches(sent, Stage.UNSURE)
        home.clock.advance(DAY)
        message = await home.reaches(sent, Stage.FAILED)
        assert message.failure is not None
        assert message.failure.fault is Fault.OUTCOME_UNKNOWN
        await home.callback(tag=f"{sent.message.id:016x}", stage="delivered")
        await home.reaches(sent, Stage.DELIVERED)
        assert any(each.detail.get("note") == "overruled" for each in await home.history(sent))
        await home.asked(1)


async def test_a_chat_stays_in_order_and_others_go_on(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [answered(429, retry_after="5")]
        await home.send("one")
        await home.asked(1)
        second = await home.send("two")
        other = await home.send("else", OTHER)
        await home.reaches(other, Stage.SENT)
        assert texts(await home.asked(2)) == ["one", "else"]
        home.clock.advance(5_000)
        await home.reaches(second, Stage.SENT)
        assert texts(await home.asked(4)) == ["one", "else", "one", "two"]


async def test_an_unsure_message_holds_its_chat_for_a_minute(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [NoAnswer("reset")]
        await home.reaches(await home.send("one"), Stage.UNSURE)
        second = await home.send("two")
        home.clock.advance(59_999)
        await home.asked(1)
        home.clock.advance(1)
        await home.reaches(second, Stage.SENT)


async def test_a_settled_message_frees_its_chat(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [NoAnswer("reset")]
        first = await home.send("one")
        await home.reaches(first, Stage.UNSURE)
        second = await home.send("two")
        await home.asked(1)
        await home.callback(tag=f"{first.message.id:016x}", stage="delivered")
        await home.reaches(second, Stage.SENT)


async def test_a_message_past_its_time_expires(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.otherwise = NeverLeft("connection refused")
        sent = await home.send(ttl=10_000)
        await home.asked(1)
        for _ in range(10):
            home.clock.advance(2_000)
            await home.settled()
        message = await home.reaches(sent, Stage.EXPIRED)
        assert message.failure is not None
        assert message.failure.fault is Fault.EXPIRED


async def test_a_refused_account_holds_the_route_until_it_is_repaired(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.script = [answered(401)]
        first = await home.send("one")

        async def held() -> bool:
            sender = await home.engine.store.sender(home.sender.id)
            return sender is not None and sender.route.held == "190: expired"

        await until(held)
        second = await home.send("two", OTHER)
        home.clock.advance(3_600_000)
        await home.asked(1)
        assert (await home.message(first.message.id)).stage is Stage.ACCEPTED
        await home.engine.store.change_route(home.sender.route.id, held="")
        await home.engine.dispatch.reload(home.sender.id)
        await home.reaches(first, Stage.SENT)
        await home.reaches(second, Stage.SENT)


async def test_a_held_route_still_lets_messages_expire(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.engine.store.change_route(home.sender.route.id, held="repairs")
        sent = await home.send(ttl=5_000)
        await home.settled()
        home.clock.advance(5_000)
        await home.reaches(sent, Stage.EXPIRED)
        assert home.vendor.asked == []


async def test_after_a_crash_marked_messages_are_unsure_and_the_rest_goes(tmp_path: Path) -> None:
    clock = HandClock()
    async with house(tmp_path, clock=clock, running=False) as home:
        first = await home.send("one")
        second = await home.send("two", OTHER)
        sender = await home.engine.store.sender(home.sender.id)
        assert sender is not None
        await home.engine.store.claim(sender, [first.message.id], clock.now(), mark=True)
    clock.advance(1_000)
    async with house(tmp_path, clock=clock, running=False) as home:
        assert await home.engine.store.recover(clock.now()) == 1
        home.start()
        await home.reaches(second, Stage.SENT)
        assert (await home.message(first.message.id)).stage is Stage.UNSURE
        assert texts(await home.asked(1)) == ["two"]


async def test_a_gap_paces_departures(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(pace=Limits(gap=500))) as home:
        for index in range(3):
            await home.send(str(index), str(972550000400 + index))
        await home.asked(1)
        home.clock.advance(499)
        await home.asked(1)
        home.clock.advance(2)
        await home.asked(2)
        home.clock.advance(501)
        assert texts(await home.asked(3)) == ["0", "1", "2"]


async def test_a_pair_limit_holds_one_chat_only(tmp_path: Path) -> None:
    async with house(tmp_path, carrier=ToyCarrier(pace=Limits(pair=PairLimit(6_000, 2)))) as home:
        for index in range(4):
            await home.send(str(index))
        await home.send("else", OTHER)
        assert sorted(texts(await home.asked(3))) == ["0", "1", "else"]
        home.clock.advance(6_001)
        assert texts(await home.asked(4))[-1] == "2"
        home.clock.advance(6_001)
        assert texts(await home.asked(5))[-1] == "3"


async def test_no_more_than_in_flight_are_under_way(tmp_path: Path) -> None:
    async with house(tmp_path, options=EngineOptions(in_flight=4)) as home:
        gate = asyncio.Event()
        most = under_way = 0

        async def slow(request: WireRequest) -> Exchanged:
            nonlocal most, under_way
            under_way += 1
            most = max(most, under_way)
            await gate.wait()
            under_way -= 1
            return taken(request)

        home.vendor.otherwise = slow
        sent = [await home.send(str(index), str(972550000400 + index)) for index in range(12)]
        await until(lambda: under_way == 4)
        await home.settled()
        marked = [row for row in await home.engine.store.pending(home.sender.id, 0, 50) if row.state is Waiting.MARKED]
        assert len(marked) == 4
        gate.set()
        for each in sent:
            await home.reaches(each, Stage.SENT)
        assert most == 4


async def test_more_than_a_page_waits_in_the_store(tmp_path: Path) -> None:
    async with house(tmp_path, running=False) as home:
        sent = [await home.send(str(index), str(972550001000 + index % 40)) for index in range(1_200)]
        home.start()
        await until(lambda: len(home.vendor.asked) == 1_200, seconds=30)
        for each in sent[-40:]:
            await home.reaches(each, Stage.SENT)
        for customer in range(40):
            said = [
                int(json.loads(r.body)["text"])
                for r in home.vendor.asked
                if json.loads(r.body)["to"].endswith(f"{1000 + customer:04d}")
            ]
            assert said == sorted(said)
        assert len(set(texts(home.vendor.asked))) == 1_200


async def test_a_status_before_the_answer_is_not_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as home:

        async def early(request: WireRequest) -> Exchanged:
            await home.callback(id=f"toy-{json.loads(request.body)['id']}", stage="delivered")
            return taken(request)

        home.vendor.script = [early]
        sent = await home.send()
        await home.reaches(sent, Stage.DELIVERED)
        await home.callback(id=toy_id(sent), stage="delivered")
        await home.callback(id=toy_id(sent), stage="read")
        await home.reaches(sent, Stage.READ)
        told = [each for each in await home.history(sent) if each.what == "event" and not each.detail.get("note")]
        assert [each.detail["kind"] for each in told if each.detail["kind"] != "message.departed"] == [
            "message.sent",
            "message.delivered",
            "message.read",
        ]


async def test_stopping_lets_what_is_under_way_end(tmp_path: Path) -> None:
    clock = HandClock()
    async with house(tmp_path, clock=clock) as home:
        gate = asyncio.Event()

        async def slow(request: WireRequest) -> Exchanged:
            await gate.wait()
            return taken(request)

        home.vendor.otherwise = slow
        sent = await home.send()
        await home.asked(1)
        stopping = asyncio.ensure_future(home.engine.dispatch.stop(5_000))
        await home.send("later", OTHER)
        gate.set()
        await stopping
        assert (await home.message(sent.message.id)).stage is Stage.SENT
        await home.asked(1)


async def test_quotes_are_mapped_to_the_carriers_ids(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.customer_writes(id="vendor-77")
        incoming = await home.engine.store.message_by_external(home.sender.route.id, "vendor-77")
        assert incoming is not None
        first = await home.send("an answer", quote=f"{incoming.id:016x}")
        await home.reaches(first, Stage.SENT)
        second = await home.send("and more", quote=f"toy{first.message.id:016x}")
        await home.reaches(second, Stage.SENT)
        quotes = [json.loads(request.body).get("quote") for request in home.vendor.asked]
        assert quotes == ["vendor-77", toy_id(first)]
        assert incoming.peer.value == CUSTOMER


@pytest.mark.parametrize(("writes_again", "stage", "asked"), [(False, Stage.FAILED, 1), (True, Stage.SENT, 2)])
async def test_the_window_is_looked_at_again_when_a_message_leaves(
    tmp_path: Path, writes_again: bool, stage: Stage, asked: int
) -> None:
    async with house(tmp_path) as home:
        await home.customer_writes()
        home.clock.advance(DAY - 5_000)
        home.vendor.script = [answered(429, retry_after="6")]
        sent = await home.send()
        await home.asked(1)
        if writes_again:
            await home.customer_writes(id="in-2")
        home.clock.advance(6_000)
        message = await home.reaches(sent, stage)
        await home.asked(asked)
        assert (message.failure is not None) == (stage is Stage.FAILED)
        if message.failure is not None:
            assert message.failure.fault is Fault.WINDOW_CLOSED


async def test_what_is_accepted_while_the_store_is_read_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        was_read, go_on = _reads_slowly(home, monkeypatch)
        first = await home.send("first")
        await was_read.wait()
        second = await home.send("second")
        go_on.set()
        await home.reaches(first, Stage.SENT)
        await home.reaches(second, Stage.SENT)
        assert texts(home.vendor.asked) == ["first", "second"]


async def test_what_is_accepted_after_a_hold_waits_though_the_store_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        was_read, go_on = _reads_slowly(home, monkeypatch)
        await home.engine.dispatch.reload(home.sender.id)
        await was_read.wait()
        await home.engine.store.change_sender(home.sender.id, held="not now")
        held = await home.send("not yet")
        go_on.set()
        await home.asked(0)
        assert (await home.message(held.message.id)).stage is Stage.ACCEPTED
        await home.engine.store.change_sender(home.sender.id, held="")
        await home.engine.dispatch.reload(home.sender.id)
        await home.reaches(held, Stage.SENT)


def _reads_slowly(home: House, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Let the queue be read only when the second event is set; the first one says that it has been."""
    read, was_read, go_on = home.engine.store.pending, asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> Sequence[Pending]:
        rows = await read(*given)
        was_read.set()
        await go_on.wait()
        return rows

    monkeypatch.setattr(home.engine.store, "pending", slowly)
    return was_read, go_on


async def test_the_pace_is_kept_across_a_restart(tmp_path: Path) -> None:
    clock, pair = HandClock(), PairLimit(interval=6_000, burst=3)
    carrier = ToyCarrier(pace=Limits(pair=pair))
    async with house(tmp_path, carrier=carrier, clock=clock) as home:
        for text in ("one", "two", "three"):
            await home.reaches(await home.send(text), Stage.SENT)
    async with house(tmp_path, carrier=carrier, clock=clock) as home:
        fourth, elsewhere = await home.send("four"), await home.send("elsewhere", OTHER)
        await home.reaches(elsewhere, Stage.SENT)
        await home.asked(1)
        clock.advance(5_999)
        await home.asked(1)
        clock.advance(2)
        await home.reaches(fourth, Stage.SENT)


async def test_a_burst_to_one_number_leaves_in_order_at_whatsapps_pace(tmp_path: Path) -> None:
    carrier = ToyCarrier(pace=Limits(per_second=80, pair=PairLimit(interval=6_000, burst=45)))
    async with house(tmp_path, carrier=carrier) as home:
        sent = [await home.send(str(number), ttl=DAY) for number in range(500)]

        async def lent() -> bool:
            home.clock.advance(13)
            return len(home.vendor.asked) >= 45

        await until(lent)
        await home.asked(45)
        for count in range(46, 501):
            home.clock.advance(6_001)
            await until(lambda count=count: len(home.vendor.asked) >= count)
            assert len(home.vendor.asked) == count
        await home.reaches(sent[-1], Stage.SENT)
        assert texts(home.vendor.asked) == [str(number) for number in range(500)]


async def test_a_vendor_may_be_busy_only_so_often(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.otherwise = answered(423)
        sent = await home.send()
        for tries in (1, 2, 3):
            await home.asked(tries)
            home.clock.advance(10_000)
        message = await home.reaches(sent, Stage.FAILED)
        await home.asked(3)
        assert message.failure is not None
        assert (message.failure.fault, message.failure.detail) == (Fault.CARRIER_REFUSED, "busy again")

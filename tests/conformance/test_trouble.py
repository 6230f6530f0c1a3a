"""Vendors that are busy, out of reach, or silent at the wrong moment: nothing is lost, and nothing is sent twice."""

import pytest

from conformance.acts import (
    DAY,
    MINUTE,
    Keeper,
    Trouble,
    answers,
    answers_nothing,
    cannot_be_reached,
    drops_the_line,
    is_busy,
    says,
    told_to,
)
from conformance.cards import card
from conformance.line import Line, plain
from conformance.manners import PAIRS
from conformance.scenarios import How, expected
from conformance.town import Onward, fresh_number, until
from parlance.contract.moments import Resolution
from parlance.contract.world import Exchanged
from parlance.model.fault import Fault
from parlance.model.message import Contacts, Stage, Text
from parlance.model.wire import WireRequest, WireResponse

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)


async def test_29_a_busy_vendor_gets_it_again_and_the_customer_gets_it_once(own: Line) -> None:
    dana, trouble = fresh_number(), Trouble(is_busy(own.carrier.name), 2)
    await own.opened(dana)
    with own.vendor(trouble):
        name = await own.sent(Text("Hi"), dana)
        await own.hears(name, Stage.DELIVERED)
    await own.quiet()
    await own.screen(dana)
    assert await own.outcomes(name) == ["busy", "busy", "sent"]
    assert own.statuses(name).count(Stage.DELIVERED) == 1


async def test_30_what_never_left_goes_later_once(own: Line) -> None:
    dana, trouble = fresh_number(), Trouble(cannot_be_reached, 2)
    await own.opened(dana)
    with own.vendor(trouble):
        name = await own.sent(Text("Hi"), dana)
        await own.hears(name, Stage.DELIVERED)
    await own.quiet()
    await own.screen(dana)
    assert await own.outcomes(name) == ["never_left", "never_left", "sent"]


async def test_31_after_a_5xx_nothing_is_sent_again_blindly(own: Line) -> None:
    dana, trouble = fresh_number(), Trouble(answers(WireResponse(503)))
    await own.opened(dana)
    with own.vendor(trouble):
        name = await own.sent(Text("Hi"), dana)
        await own.reaches(name, Stage.UNSURE)
        assert await own.came(dana) == []
        own.clock.skip(10 * MINUTE)
        if expected(31, own.dialect, own.carrier).how is How.WITHOUT:
            await own.sent(Text("Next"), dana)
            # The chat goes on without it.
            (shown,) = await own.screen(dana)
            assert plain(shown.content) == Text("Next")
            assert (await own.kept(name)).stage is Stage.UNSURE
            await own.ours.engine.settle.resolve(own.id_of(name), Resolution.RESEND)
        await own.hears(name, Stage.DELIVERED)
    own.clock.skip(10 * MINUTE)
    await own.quiet()
    texts = [plain(each.content) for each in await own.came(dana)]
    assert texts.count(Text("Hi")) == 1
    assert own.statuses(name).count(Stage.DELIVERED) == 1


async def test_32_a_message_whose_answer_was_lost_is_there_once_and_its_truth_is_found(own: Line) -> None:
    dana, trouble = fresh_number(), Trouble(drops_the_line)
    await own.opened(dana)
    by_hand = expected(32, own.dialect, own.carrier).how is How.WITHOUT
    with own.vendor(trouble):
        name = await own.sent(Text("Hi"), dana)
        await own.screen(dana)
        if by_hand:
            await own.reaches(name, Stage.UNSURE)
        own.clock.skip(10 * MINUTE)
        if by_hand:
            await own.quiet()
            assert (await own.kept(name)).stage is Stage.UNSURE
            await own.ours.engine.settle.resolve(own.id_of(name), Resolution.SENT)
            await own.reaches(name, Stage.SENT)
        else:
            await own.hears(name, Stage.DELIVERED)
    own.clock.skip(DAY)
    await own.quiet()
    (shown,) = await own.screen(dana)
    assert plain(shown.content) == Text("Hi")
    told_to(own, name, Stage.SENT if by_hand else Stage.DELIVERED)


async def test_33_unsure_ends_after_a_day_and_a_late_receipt_still_wins(own: Line) -> None:
    dana, keeper = fresh_number(), Keeper()
    asked = 0

    async def silent(request: WireRequest, onward: Onward) -> Exchanged:
        nonlocal asked
        asked += 1
        return await (drops_the_line if asked == 1 else answers_nothing)(request, onward)

    await own.opened(dana)
    with own.vendor(silent):
        with own.callbacks(keeper):
            name = await own.sent(Text("Hi"), dana)
            await own.screen(dana)
            await own.reaches(name, Stage.UNSURE)
            await own.quiet()
            own.clock.skip(DAY)
            report = await own.hears(name, Stage.FAILED)
        assert report.failure is not None
        assert report.failure.fault == own.dialect.heard_of(Fault.OUTCOME_UNKNOWN)
        kept = await own.kept(name)
        assert kept.failure is not None
        assert kept.failure.fault is Fault.OUTCOME_UNKNOWN
        for request in keeper.kept:
            await own.call_back(request)
        if own.carrier.manners.tagged:
            await own.hears(name, Stage.DELIVERED)
            history = await own.ours.store.history(own.id_of(name))
            assert "overruled" in [each.detail.get("note") for each in history]
        own.clock.skip(DAY)
        await own.quiet()
    assert own.statuses(name).count(Stage.FAILED) == 1
    await own.screen(dana)
    late = Stage.DELIVERED if own.carrier.manners.tagged else Stage.FAILED
    assert (await own.kept(name)).stage is late


async def test_34_messages_of_a_chat_arrive_in_order(own: Line) -> None:
    dana, noa, trouble = fresh_number(), fresh_number(), Trouble(is_busy(own.carrier.name))
    texts = [f"{place}." for place in range(1, 6)]
    await own.opened(dana)
    await own.opened(noa)
    with own.vendor(trouble):
        names = [await own.sent(Text(text), dana) for text in texts]
        await until(lambda: trouble.met, "the first one had to wait")
        await own.sent(Text("beside"), noa)
        for name in names:
            await own.hears(name, Stage.DELIVERED)
    shown = await own.screen(dana, len(texts))
    assert [plain(each.content) for each in shown] == [Text(text) for text in texts]
    await own.screen(noa)


async def test_47_every_card_arrives_once_though_the_answer_to_a_part_is_lost(own: Line) -> None:
    dana, wanted = fresh_number(), expected(47, own.dialect, own.carrier)
    await own.opened(dana)
    in_parts = wanted.how is How.PARTS
    trouble = Trouble(drops_the_line, behind=int(in_parts))
    cards = tuple(card(name, fresh_number()) for name in ("Noa", "Adam", "Lea"))
    with own.vendor(trouble):
        name = await says(own, wanted, Contacts(cards), dana)
        if name is None:
            return
        await until(lambda: trouble.met, "an answer was lost")
        if expected(32, own.dialect, own.carrier).how is How.WITHOUT:
            await own.reaches(name, Stage.UNSURE)
            await own.ours.engine.settle.resolve(own.id_of(name), Resolution.SENT)
        own.clock.skip(10 * MINUTE)
        shown = await own.screen(dana, len(cards) if in_parts else 1)
    own.clock.skip(10 * MINUTE)
    await own.quiet()
    assert len(await own.came(dana)) == len(shown)
    came = [each for bubble in shown if isinstance(bubble.content, Contacts) for each in bubble.content.cards]
    assert [each.formatted for each in came] == ["Noa", "Adam", "Lea"]

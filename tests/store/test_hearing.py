"""What callbacks say."""

import pytest

from parlance.contract.moments import DeliveryFilter, HeardReport
from parlance.contract.views import MessageFilter
from parlance.model.address import Address, AddressKind, phone
from parlance.model.event import Customer, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import to_text
from parlance.model.message import Direction, Message, Reaction, Stage, Text
from parlance.model.outcome import Incoming, StateReport, StatusReport
from parlance.model.sender import Subscription
from store.desk import DANA, DAY, NOW, Desk

USER = Address(AddressKind.USER, "IL.1234567890123456")
LID = Address(AddressKind.LID, "99887766")


async def _last_told(desk: Desk, subscription: Subscription) -> EventKind | None:
    kinds = await desk.told(subscription)
    return kinds[-1] if kinds else None


async def test_statuses_move_a_message_forward_and_carry_what_the_vendor_said(desk: Desk) -> None:
    subscription = await desk.subscribe(events=frozenset({EventKind.DELIVERED}))
    message = await desk.accept()
    await desk.send(message, "w1")
    pricing, talk = {"billable": True}, {"id": "c1"}
    written = await desk.hear(
        StatusReport("w1", Stage.DELIVERED, NOW + 50, "delivered", pricing=pricing, conversation=talk)
    )
    assert written.messages == (message.id,)
    assert written.subscriptions == {subscription.id}
    (delivery,) = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    event = delivery.event
    assert (event.at, event.pricing, event.conversation) == (NOW + 50, pricing, talk)


async def test_repeats_and_late_arrivals_are_kept_and_told_to_nobody(desk: Desk) -> None:
    subscription = await desk.subscribe(events=frozenset({EventKind.DELIVERED, EventKind.READ}))
    message = await desk.accept()
    await desk.send(message, "w1")
    for stage in (Stage.READ, Stage.READ, Stage.DELIVERED):
        await desk.status("w1", stage)
    assert await desk.stage(message) is Stage.READ
    assert await desk.told(subscription) == [EventKind.READ]
    assert await desk.notes(message) == ["absorbed", "absorbed"]


async def test_contradictions_are_recorded_and_arrival_wins(desk: Desk) -> None:
    subscription = await desk.subscribe(events=frozenset({EventKind.DELIVERED, EventKind.FAILED}))
    first, second = await desk.accept(), await desk.accept()
    await desk.send(first, "w1")
    await desk.send(second, "w2")
    failure = Failure(Fault.CARRIER_REFUSED, "1", "no")
    await desk.status("w1", Stage.FAILED, failure=failure)
    assert (await desk.message(first.id)).failure == failure
    await desk.status("w1", Stage.DELIVERED)
    assert (await desk.message(first.id)).failure is None
    assert await desk.notes(first) == ["overruled"]
    await desk.status("w2", Stage.DELIVERED)
    await desk.status("w2", Stage.FAILED, failure=failure)
    assert await desk.stage(second) is Stage.DELIVERED
    assert await desk.notes(second) == ["conflict"]
    assert await desk.told(subscription) == [EventKind.FAILED, EventKind.DELIVERED, EventKind.DELIVERED]


async def test_an_unknown_word_is_kept(desk: Desk) -> None:
    message = await desk.accept()
    await desk.send(message, "w1")
    await desk.status("w1", None, word="teleported")
    (note,) = [moment for moment in await desk.store.history(message.id) if moment.what == "note"]
    assert dict(note.detail) == {"note": "unknown", "at": NOW, "word": "teleported", "external_id": "w1"}
    assert await desk.stage(message) is Stage.SENT


@pytest.mark.parametrize("stage", [Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED])
async def test_a_status_settles_an_unsure_message(desk: Desk, stage: Stage) -> None:
    message = await desk.accept()
    await desk.claim(message)
    await desk.store.recover(NOW)
    written = await desk.status("w1", stage, tag=message.id)
    assert written.released == ((desk.sender.id, message.id),)
    assert await desk.waiting() == []
    assert await desk.stage(message) is stage
    # The carrier's id was learned on the way.
    assert (await desk.status("w1", Stage.READ)).messages == (message.id,)


async def test_a_status_short_of_sent_leaves_the_outbox_alone(desk: Desk) -> None:
    message = await desk.accept()
    await desk.claim(message)
    assert (await desk.status("w1", Stage.SENDING, tag=message.id)).released == ()
    assert await desk.waiting() == [(message.id, "marked")]


async def test_a_tag_of_another_sender_is_not_believed(desk: Desk) -> None:
    other = await desk.add_sender("972770000222")
    message = await desk.accept()
    report = StatusReport("w1", Stage.READ, NOW, tag=message.id)
    written = await desk.store.hear([HeardReport(other, other.route, report, desk.ids.mint(), NOW)])
    assert written.messages == (0,)
    assert await desk.stage(message) is Stage.ACCEPTED


async def test_two_early_statuses_of_one_tag_are_both_kept(desk: Desk) -> None:
    written = await desk.hear(
        StatusReport("w1", Stage.SENT, NOW, tag=77), StatusReport("w1", Stage.DELIVERED, NOW, tag=77)
    )
    assert written.messages == (0, 0)
    message = await desk.accept()
    await desk.send(message, "w1")
    assert await desk.stage(message) is Stage.DELIVERED


async def test_an_incoming_message_is_stored_told_and_opens_the_window(desk: Desk) -> None:
    subscription = await desk.subscribe(dialect="two")
    message = await desk.write("in-1", Text("shalom"), at=NOW - 3, name="Dana", aliases=(USER,), forwarded=True)
    assert message == Message(
        message.id,
        Direction.IN,
        desk.sender.id,
        message.customer_id,
        "972770000111",
        DANA,
        Text("shalom"),
        "",
        NOW - 3,
        Stage.DELIVERED,
    )
    (delivery,) = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    event = delivery.event
    assert event.customer == Customer(message.customer_id, DANA, "IL.1234567890123456", "Dana", "IL")
    assert (event.kind, event.content, event.forwarded) == (EventKind.RECEIVED, Text("shalom"), True)
    (window,) = await desk.store.windows(desk.sender, "", 10)
    assert (window.customer, window.last_written, window.until) == (DANA.value, NOW - 3, NOW - 3 + 86_400_000)
    assert await desk.store.message_by_external(desk.sender.route.id, "in-1") == message


async def test_the_same_incoming_message_twice_is_one(desk: Desk) -> None:
    subscription = await desk.subscribe()
    first, again = await desk.write("in-1"), await desk.write("in-1")
    assert first == again
    assert await desk.told(subscription) == [EventKind.RECEIVED]
    assert await desk.notes(first) == ["absorbed"]


async def test_messages_without_an_id_of_the_carrier_are_not_taken_for_one(desk: Desk) -> None:
    assert (await desk.write("")).id != (await desk.write("")).id


async def test_a_tag_names_the_message(desk: Desk) -> None:
    message = await desk.write("4242", tag=4242)
    assert message.id == 4242


async def test_an_older_message_does_not_shorten_the_window(desk: Desk) -> None:
    await desk.write("in-1", at=NOW)
    await desk.write("in-2", at=NOW - 1000)
    (window,) = await desk.store.windows(desk.sender, "", 10)
    assert window.last_written == NOW


async def test_a_message_that_may_not_open_a_window_still_prolongs_one(desk: Desk) -> None:
    async def write(external_id: str, at: int, *, opens: bool) -> list[int]:
        report = Incoming(external_id, DANA, Text("x"), at)
        await desk.store.hear([HeardReport(desk.sender, desk.sender.route, report, desk.ids.mint(), NOW, opens=opens)])
        return [each.last_written for each in await desk.store.windows(desk.sender, "", 10)]

    assert await write("in-1", NOW - 2 * DAY, opens=False) == []
    assert await write("in-2", NOW - 2 * DAY, opens=True) == [NOW - 2 * DAY]
    assert await write("in-3", NOW - DAY, opens=False) == [NOW - 2 * DAY]
    assert await write("in-4", NOW - DAY - 1, opens=False) == [NOW - DAY - 1]


async def test_a_reaction_opens_no_window_and_finds_its_target(desk: Desk) -> None:
    ours = await desk.accept()
    await desk.send(ours, "w1")
    reaction = await desk.write("in-1", Reaction(0, "❤", "w1"))
    assert reaction.content == Reaction(ours.id, "❤", "w1")
    assert await desk.store.windows(desk.sender, "", 10) == []


async def test_a_quote_brings_back_what_the_caller_gave_with_the_quoted_message(desk: Desk) -> None:
    subscription = await desk.subscribe(events=frozenset({EventKind.RECEIVED}))
    ours = await desk.accept(refs={"ref": "r1"})
    await desk.send(ours, "w1")
    by_carrier = await desk.write("in-1", quote_external="w1")
    by_us = await desk.write("in-2", quote_external=to_text(ours.id))
    unknown = await desk.write("in-3", quote_external="nobody")
    assert [by_carrier.quote, by_us.quote, unknown.quote] == [ours.id, ours.id, None]
    assert unknown.quote_external == "nobody"
    deliveries = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    assert [(each.event.quote, dict(each.event.quote_refs)) for each in deliveries] == [
        (ours.id, {"ref": "r1"}),
        (ours.id, {"ref": "r1"}),
        (None, {}),
    ]


async def test_a_customer_is_found_by_any_address_and_their_name_is_learned(desk: Desk) -> None:
    hidden = await desk.write("in-1", peer=LID)
    both = await desk.write("in-2", peer=LID, aliases=(DANA,), name="Dana")
    by_phone = await desk.accept(to=DANA)
    assert hidden.customer_id == both.customer_id == by_phone.customer_id


async def test_two_who_turn_out_to_be_one_share_window_and_queue(desk: Desk) -> None:
    queued = await desk.accept(to=DANA)
    hidden = await desk.write("in-1", peer=LID, at=NOW - 5)
    assert hidden.customer_id != queued.customer_id
    both = await desk.write("in-2", Reaction(0, "x"), peer=LID, aliases=(DANA, USER))
    assert both.customer_id == hidden.customer_id
    for address in (DANA, LID, USER):
        assert (await desk.accept(to=address)).customer_id == hidden.customer_id
    assert {row.customer_id for row in await desk.store.pending(desk.sender.id, 0, 10)} == {hidden.customer_id}
    assert [each.last_written for each in await desk.store.windows(desk.sender, "", 10)] == [NOW - 5]


async def test_the_first_callback_of_a_route_is_remembered(desk: Desk) -> None:
    assert desk.sender.route.heard_since is None
    await desk.write("in-1")
    assert (await desk.refresh()).route.heard_since == NOW
    desk.clock.millis += 1000
    await desk.write("in-2")
    assert (await desk.refresh()).route.heard_since == NOW


async def test_a_state_report_holds_the_route_and_is_told_when_it_changes(desk: Desk) -> None:
    subscription = await desk.subscribe()
    for _ in range(2):
        await desk.hear(StateReport("notAuthorized", NOW, held="not authorized"))
    assert (await desk.refresh()).route.held == "not authorized"
    await desk.hear(StateReport("authorized", NOW))
    assert (await desk.refresh()).route.held == ""
    deliveries = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    assert [(each.event.kind, each.event.state) for each in deliveries] == [
        (EventKind.STATE, "notAuthorized"),
        (EventKind.STATE, "authorized"),
    ]


async def test_reports_of_one_callback_are_answered_in_their_order(desk: Desk) -> None:
    message = await desk.accept()
    await desk.send(message, "w1")
    written = await desk.hear(
        StatusReport("w1", Stage.READ, NOW),
        StatusReport("nobody", Stage.READ, NOW),
        StateReport("authorized", NOW),
        Incoming("in-1", phone("972500000003"), Text("x"), NOW),
    )
    (incoming,) = await desk.store.messages(MessageFilter(direction="in"))
    assert written.messages == (message.id, 0, 0, incoming.id)

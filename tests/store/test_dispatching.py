"""Claims, outcomes, and what people do with the outbox."""

from dataclasses import replace
from typing import Any

import pytest

from parlance.contract.moments import DeliveryFilter, Keep, Pending, Resolution, Waiting
from parlance.formats.people import user_id
from parlance.model.address import phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Contacts, Message, Reaction, Receipt, Stage, Text
from store.desk import ALL, DANA, DAY, NOW, Desk, quote


async def test_a_mark_is_kept_and_a_marked_message_is_not_claimed_again(desk: Desk) -> None:
    message = await desk.accept()
    assert await desk.claim(message) == [1]
    assert await desk.waiting() == [(message.id, "marked")]
    assert await desk.stage(message) is Stage.SENDING
    assert await desk.claim(message) == []


async def test_a_claim_without_mark_writes_nothing_and_settle_stores_the_attempt(desk: Desk) -> None:
    message = await desk.accept()
    assert await desk.claim(message, mark=False) == [1]
    assert await desk.waiting() == [(message.id, "ready")]
    later = Keep(Waiting.READY, NOW + 1000)
    written = await desk.store.settle(desk.settlement(message, outcome="busy", retreat=True, keep=later))
    row = Pending(
        message.id, desk.sender.id, message.customer_id, Waiting.READY, NOW + 1000, NOW + DAY, 1, dialect="one"
    )
    assert written.requeued == (row,)
    assert written.released == ()
    assert await desk.store.pending(desk.sender.id, 0, 1) == [row]
    assert await desk.claim(message, mark=False) == [2]


async def test_only_what_is_ready_is_claimed(desk: Desk) -> None:
    first, second = await desk.accept(), await desk.accept()
    await desk.claim(first)
    claimed = await desk.store.claim(desk.sender, [first.id, second.id, 77], NOW, mark=True)
    assert [(each.message.id, each.attempt) for each in claimed] == [(second.id, 1)]


async def test_sent_ends_the_wait_and_is_told(desk: Desk) -> None:
    subscription = await desk.subscribe()
    message = await desk.accept(refs={"ref": "r"})
    written = await desk.send(message, "w1")
    assert written.subscriptions == {subscription.id}
    assert written.released == ((desk.sender.id, message.id),)
    assert await desk.stage(message) is Stage.SENT
    assert await desk.waiting() == []
    deliveries = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    customer = Customer(message.customer_id, DANA, user_id(desk.account.id, DANA), "", "IL")
    facts: dict[str, Any] = {
        "at": NOW,
        "sender_id": desk.sender.id,
        "number": "972770000111",
        "message_id": message.id,
        "customer": customer,
        "dialect": "one",
        "refs": {"ref": "r"},
    }
    events = [each.event for each in deliveries]
    assert events == [
        Event(events[0].id, EventKind.DEPARTED, content=Text("hi"), **facts),
        Event(events[1].id, EventKind.SENT, **facts),
    ]
    assert events[0].id < events[1].id
    assert [(each.number, each.due_at, each.created_at, each.tries) for each in deliveries] == [
        (1, NOW, NOW, 0),
        (2, NOW, NOW, 0),
    ]
    assert await desk.store.events(0, 10) == events


async def test_a_subscription_gets_what_it_asked_for(desk: Desk) -> None:
    own = await desk.subscribe(dialect="one", events=frozenset({EventKind.SENT}))
    foreign = await desk.subscribe(dialect="two", events=frozenset({EventKind.SENT}))
    all_of_them = await desk.subscribe(dialect="two", events=frozenset({EventKind.SENT}), statuses=ALL)
    written = await desk.send(await desk.accept(), "w1")
    assert written.subscriptions == {own.id, all_of_them.id}
    assert await desk.told(foreign) == []
    assert await desk.told(all_of_them) == [EventKind.SENT]


async def test_a_refused_message_fails_with_its_reason(desk: Desk) -> None:
    subscription = await desk.subscribe()
    message = await desk.accept()
    await desk.claim(message)
    failure = Failure(Fault.NOT_ON_WHATSAPP, "131026", "undeliverable")
    await desk.store.settle(desk.settlement(message, outcome="refused", stage=Stage.FAILED, failure=failure))
    assert (await desk.message(message.id)).failure == failure
    (delivery,) = await desk.store.deliveries(DeliveryFilter(subscription_id=subscription.id))
    assert (delivery.event.kind, delivery.event.failure) == (EventKind.FAILED, failure)


async def test_retreat_goes_back_to_accepted_and_a_found_message_leaves_unsure_behind(desk: Desk) -> None:
    message = await desk.accept()
    await desk.claim(message)
    keep = Keep(Waiting.UNSURE, NOW + 60_000)
    await desk.store.settle(desk.settlement(message, outcome="unsure", stage=Stage.UNSURE, keep=keep))
    assert await desk.stage(message) is Stage.UNSURE
    (row,) = await desk.store.pending(desk.sender.id, 0, 1)
    assert (row.state, row.due_at, row.since) == (Waiting.UNSURE, NOW + 60_000, NOW)
    desk.clock.millis += 60_000
    still = desk.settlement(message, attempt=0, outcome="still_unsure", keep=Keep(Waiting.UNSURE, NOW + 120_000))
    await desk.store.settle(still)
    assert (await desk.store.pending(desk.sender.id, 0, 1))[0].since == NOW
    found = desk.settlement(
        message, outcome="found", external_id="w1", stage=Stage.SENDING, retreat=True, departed=True
    )
    await desk.store.settle(found)
    assert await desk.stage(message) is Stage.SENDING
    assert await desk.waiting() == []


async def test_absent_makes_an_unsure_message_ready_again(desk: Desk) -> None:
    message = await desk.accept()
    await desk.claim(message)
    unsure = Keep(Waiting.UNSURE, NOW)
    await desk.store.settle(desk.settlement(message, outcome="unsure", stage=Stage.UNSURE, keep=unsure))
    ready = Keep(Waiting.READY, NOW)
    await desk.store.settle(desk.settlement(message, attempt=0, outcome="absent", retreat=True, keep=ready))
    assert await desk.stage(message) is Stage.ACCEPTED
    assert await desk.claim(message) == [2]


async def test_a_callback_that_was_faster_than_the_answer_has_the_last_word(desk: Desk) -> None:
    subscription = await desk.subscribe()
    message = await desk.accept()
    await desk.claim(message)
    heard = await desk.status("w1", Stage.DELIVERED, tag=message.id)
    assert heard.released == ((desk.sender.id, message.id),)
    keep = Keep(Waiting.UNSURE, NOW + 60_000)
    settled = desk.settlement(message, outcome="unsure", external_id="w1", stage=Stage.UNSURE, keep=keep)
    written = await desk.store.settle(settled)
    assert written.released == ((desk.sender.id, message.id),)
    assert written.requeued == ()
    assert await desk.stage(message) is Stage.DELIVERED
    assert await desk.waiting() == []
    assert await desk.told(subscription) == [EventKind.DEPARTED, EventKind.DELIVERED]
    attempts = [moment for moment in await desk.store.history(message.id) if moment.what == "attempt"]
    assert [moment.detail["outcome"] for moment in attempts] == ["unsure"]


async def test_departure_is_told_once_however_it_became_known(desk: Desk) -> None:
    subscription = await desk.subscribe(events=frozenset({EventKind.DEPARTED}))
    message = await desk.accept()
    await desk.claim(message)
    await desk.status("w1", Stage.SENT, tag=message.id)
    await desk.store.settle(desk.settlement(message, external_id="w1", stage=Stage.SENT, departed=True))
    assert await desk.told(subscription) == [EventKind.DEPARTED]


async def test_statuses_that_came_too_early_join_when_the_id_is_known(desk: Desk) -> None:
    subscription = await desk.subscribe()
    message = await desk.accept()
    assert (await desk.status("w1", Stage.READ)).messages == (0,)
    assert (await desk.status("w1", Stage.DELIVERED)).messages == (0,)
    await desk.send(message, "w1")
    assert await desk.stage(message) is Stage.READ
    assert await desk.told(subscription) == [EventKind.DEPARTED, EventKind.SENT, EventKind.READ]
    assert await desk.notes(message) == ["absorbed"]
    # They joined once: the next message under another id starts afresh.
    other = await desk.accept()
    await desk.send(other, "w2")
    assert await desk.stage(other) is Stage.SENT


async def test_unclaimed_statuses_wait_seven_days(desk: Desk) -> None:
    message = await desk.accept()
    await desk.status("w1", Stage.DELIVERED)
    await desk.store.sweep(NOW + 7 * DAY)
    await desk.send(message, "w1")
    assert await desk.stage(message) is Stage.SENT


async def test_a_quote_is_named_as_the_carrier_knows_it(desk: Desk) -> None:
    incoming = await desk.write("in-1")
    ours = await desk.accept()
    await desk.send(ours, "w1")
    answers = [await desk.accept(quote=quote(incoming)), await desk.accept(quote=quote(ours))]
    claimed = await desk.store.claim(desk.sender, [each.id for each in answers], NOW, mark=True)
    assert [(each.message.quote, each.message.quote_external) for each in claimed] == [
        (incoming.id, "in-1"),
        (ours.id, "w1"),
    ]


async def test_reactions_and_receipts_name_their_target(desk: Desk) -> None:
    incoming = await desk.write("in-1")
    reaction, receipt = await desk.accept(Reaction(incoming.id, "👍")), await desk.accept(Receipt(incoming.id))
    claimed = await desk.store.claim(desk.sender, [reaction.id, receipt.id], NOW, mark=True)
    assert [each.message.content for each in claimed] == [
        Reaction(incoming.id, "👍", "in-1"),
        Receipt(incoming.id, target_external="in-1"),
    ]


async def test_another_carriers_id_is_not_used_for_a_quote(desk: Desk) -> None:
    ours = await desk.accept()
    await desk.send(ours, "w1")
    answer = await desk.accept(quote=quote(ours))
    elsewhere = await desk.add_sender("972770000222")
    moved = replace(desk.sender, routes=elsewhere.routes)
    (claimed,) = await desk.store.claim(moved, [answer.id], NOW, mark=False)
    assert claimed.message.quote_external == ""


@pytest.mark.parametrize(("content", "told"), [("reaction", [EventKind.FAILED]), ("receipt", [])])
async def test_reactions_and_receipts_are_told_only_when_a_reaction_fails(
    desk: Desk, content: str, told: list[EventKind]
) -> None:
    incoming = await desk.write("in-1")
    subscription = await desk.subscribe()
    for number, stage in enumerate([Stage.SENT, Stage.FAILED]):
        made = Reaction(incoming.id, "👍") if content == "reaction" else Receipt(incoming.id)
        await desk.send(await desk.accept(made), f"w{number}", stage)
    assert await desk.told(subscription) == told


async def test_after_a_crash_marked_messages_are_unsure_and_others_go_again(desk: Desk) -> None:
    subscription = await desk.subscribe()
    marked, ready = await desk.accept(), await desk.accept()
    await desk.claim(marked)
    desk.clock.millis += 5_000
    assert await desk.store.recover(desk.clock.now()) == 1
    assert await desk.waiting() == [(marked.id, "unsure"), (ready.id, "ready")]
    (row, _) = await desk.store.pending(desk.sender.id, 0, 2)
    assert (row.since, row.due_at, row.attempt) == (NOW + 5_000, NOW + 5_000, 1)
    assert await desk.stage(marked) is Stage.UNSURE
    assert await desk.told(subscription) == [EventKind.UNSURE]
    assert await desk.store.recover(desk.clock.now()) == 0


@pytest.mark.parametrize(
    ("resolution", "stage", "told"),
    [
        (Resolution.SENT, Stage.SENT, [EventKind.UNSURE, EventKind.DEPARTED, EventKind.SENT]),
        (Resolution.FAILED, Stage.FAILED, [EventKind.UNSURE, EventKind.FAILED]),
        (Resolution.RESEND, Stage.ACCEPTED, [EventKind.UNSURE]),
    ],
)
async def test_a_person_settles_an_unsure_message(
    desk: Desk, resolution: Resolution, stage: Stage, told: list[EventKind]
) -> None:
    subscription = await desk.subscribe()
    message = await desk.accept()
    await desk.claim(message)
    await desk.store.recover(NOW)
    written = await desk.store.resolve(message.id, resolution, NOW + 9, NOW + 9)
    assert await desk.stage(message) is stage
    assert await desk.told(subscription) == told
    if resolution is Resolution.RESEND:
        row = Pending(
            message.id, desk.sender.id, message.customer_id, Waiting.READY, NOW + 9, NOW + DAY, 1, dialect="one"
        )
        assert (written.requeued, written.released) == ((row,), ())
        assert await desk.claim(message) == [2]
    else:
        assert (written.requeued, written.released) == ((), ((desk.sender.id, message.id),))
        assert await desk.waiting() == []


async def test_only_unsure_messages_are_settled_by_hand(desk: Desk) -> None:
    message = await desk.accept()
    for message_id, fault in ((message.id, Fault.BAD_VALUE), (12345, Fault.UNKNOWN_MESSAGE)):
        with pytest.raises(Refusal) as refused:
            await desk.store.resolve(message_id, Resolution.SENT, NOW, NOW)
        assert refused.value.fault is fault


async def test_cancelled_messages_leave_in_silence(desk: Desk) -> None:
    subscription = await desk.subscribe()
    first, second, marked = await desk.accept(), await desk.accept(), await desk.accept()
    await desk.claim(marked)
    some = await desk.store.cancel(desk.sender.id, [first.id, marked.id, 99], NOW, NOW)
    assert some.released == ((desk.sender.id, first.id),)
    rest = await desk.store.cancel(desk.sender.id, None, NOW, NOW)
    assert rest.released == ((desk.sender.id, second.id),)
    assert await desk.waiting() == [(marked.id, "marked")]
    assert (await desk.message(first.id)).failure == Failure(Fault.CANCELLED)
    assert await desk.stage(second) is Stage.CANCELLED
    assert await desk.told(subscription) == []
    assert await desk.notes(first) == ["cancelled"]


async def _in_parts(desk: Desk, count: int) -> Message:
    """A message of so many cards, of which each part but the last has left."""
    message = await desk.accept(content=Contacts(tuple(ContactCard(f"Card {number}") for number in range(count))))
    route = desk.sender.route
    for part in range(count):
        (claimed,) = await desk.store.claim(desk.sender, [message.id], NOW, mark=True, cards=1)
        assert (claimed.message.part, claimed.message.parts, claimed.attempt) == (part, count, part + 1)
        assert claimed.message.content == Contacts((ContactCard(f"Card {part}"),))
        if part + 1 < count:
            keep = Keep(Waiting.READY, NOW, part + 1, route.id)
            done = desk.settlement(
                message, attempt=part + 1, part=part, external_id=f"p{part}", stage=Stage.SENDING, keep=keep
            )
            (kept,) = (await desk.store.settle(done)).requeued
            assert (kept.state, kept.part, kept.route_id) == (Waiting.READY, part + 1, route.id)
    return message


async def test_a_message_in_parts_is_as_far_as_its_slowest_part(desk: Desk) -> None:
    subscription = await desk.subscribe(events=frozenset({EventKind.SENT, EventKind.DELIVERED, EventKind.FAILED}))
    message = await _in_parts(desk, 2)
    await desk.status("p0", Stage.DELIVERED)
    assert await desk.stage(message) is Stage.SENDING
    await desk.store.settle(desk.settlement(message, attempt=2, part=1, external_id="p1", stage=Stage.SENT))
    assert await desk.stage(message) is Stage.SENT
    await desk.status("p1", Stage.DELIVERED)
    assert await desk.stage(message) is Stage.DELIVERED
    assert await desk.told(subscription) == [EventKind.SENT, EventKind.DELIVERED]


async def test_a_failed_part_fails_the_message_and_is_named(desk: Desk) -> None:
    message = await _in_parts(desk, 2)
    await desk.store.settle(desk.settlement(message, attempt=2, part=1, external_id="p1", stage=Stage.SENT))
    await desk.status("p1", Stage.FAILED, failure=Failure(Fault.NOT_ON_WHATSAPP, "131026", "gone"))
    failure = (await desk.message(message.id)).failure
    assert failure == Failure(Fault.NOT_ON_WHATSAPP, "131026", "part 2 of 2: gone")


async def test_an_unsure_part_that_left_after_all_lets_the_next_one_go(desk: Desk) -> None:
    message = await _in_parts(desk, 3)
    keep = Keep(Waiting.UNSURE, NOW + 60_000, 2, desk.sender.route.id)
    unsure = desk.settlement(message, attempt=3, part=2, stage=Stage.UNSURE, keep=keep)
    assert (await desk.store.settle(unsure)).requeued[0].state is Waiting.UNSURE
    heard = await desk.status("p0", Stage.READ)
    assert (heard.requeued, heard.released) == ((), ()), "it says nothing of the part in doubt"
    assert await desk.stage(message) is Stage.UNSURE
    heard = await desk.status("late", Stage.DELIVERED, tag=message.id, part=2)
    assert heard.released == ((desk.sender.id, message.id),), "the last part: nothing is left to go"
    assert await desk.waiting() == []


async def test_a_middle_part_heard_of_while_its_answer_is_under_way(desk: Desk) -> None:
    message = await desk.accept(content=Contacts((ContactCard("A"), ContactCard("B"))))
    await desk.store.claim(desk.sender, [message.id], NOW, mark=True, cards=1)
    heard = await desk.status("p0", Stage.DELIVERED, tag=message.id, part=0)
    assert (heard.requeued, heard.released) == ((), ())
    keep = Keep(Waiting.UNSURE, NOW + 60_000, 0, desk.sender.route.id)
    written = await desk.store.settle(desk.settlement(message, part=0, stage=Stage.UNSURE, keep=keep))
    assert [(row.state, row.part) for row in written.requeued] == [(Waiting.READY, 1)]
    assert await desk.stage(message) is Stage.SENDING


@pytest.mark.parametrize(("resolution", "part"), [(Resolution.SENT, 1), (Resolution.RESEND, 0)])
async def test_a_person_settles_an_unsure_part(desk: Desk, resolution: Resolution, part: int) -> None:
    message = await desk.accept(content=Contacts((ContactCard("A"), ContactCard("B"))))
    await desk.store.claim(desk.sender, [message.id], NOW, mark=True, cards=1)
    keep = Keep(Waiting.UNSURE, NOW + 60_000, 0, desk.sender.route.id)
    await desk.store.settle(desk.settlement(message, part=0, stage=Stage.UNSURE, keep=keep))
    written = await desk.store.resolve(message.id, resolution, NOW, NOW)
    assert [(row.state, row.part) for row in written.requeued] == [(Waiting.READY, part)]


async def test_a_carrier_that_finds_the_window_shut_corrects_us(desk: Desk) -> None:
    await desk.store.open_windows(desk.sender, [(DANA, NOW - 1_000)])
    message = await desk.accept()
    await desk.claim(message)
    shut = Failure(Fault.WINDOW_CLOSED, "131047")
    await desk.store.settle(desk.settlement(message, started_at=NOW, stage=Stage.FAILED, failure=shut))
    last = await desk.store.last_written(desk.sender.id, desk.sender.number, message.customer_id)
    assert last == NOW - DAY
    await desk.store.open_windows(desk.sender, [(DANA, NOW + 1)])
    later = await desk.accept()
    await desk.status("x", Stage.FAILED, tag=later.id, failure=shut)
    last = await desk.store.last_written(desk.sender.id, desk.sender.number, message.customer_id)
    assert last == NOW + 1, "the customer wrote after that refusal"


async def test_a_number_the_carrier_resolved_names_the_same_customer(desk: Desk) -> None:
    brazil = phone("5511987654321")
    message = await desk.accept(to=brazil)
    await desk.claim(message)
    await desk.store.settle(desk.settlement(message, external_id="e", wa_id="4915112345678", stage=Stage.SENT))
    again = await desk.accept(to=phone("4915112345678"))
    assert again.customer_id == message.customer_id
    card = ContactCard("B", phones=(Phone("+55 (11) 98765-4321"), Phone("+1 650 555 0100"), Phone("1", wa_id="2")))
    cards = await desk.accept(content=Contacts((card,)))
    (claimed,) = await desk.store.claim(desk.sender, [cards.id], NOW, mark=True)
    assert isinstance(claimed.message.content, Contacts)
    assert [each.wa_id for each in claimed.message.content.cards[0].phones] == ["4915112345678", None, "2"]


async def test_settling_a_message_nobody_knows_does_nothing(desk: Desk) -> None:
    message = await desk.accept()
    stranger = desk.settlement(message, message_id=4711, stage=Stage.SENT)
    assert (await desk.store.settle(stranger)).released == ((desk.sender.id, 4711),)
    assert await desk.stage(message) is Stage.ACCEPTED

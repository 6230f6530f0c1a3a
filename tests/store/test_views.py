"""Reads for journals, admin and console."""

import json
from dataclasses import replace

from parlance.contract.moments import DeliveryResult, DeliveryState, Keep, Waiting
from parlance.contract.views import Depth, MessageFilter
from parlance.formats.people import user_id
from parlance.model.address import phone
from parlance.model.event import Customer, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import to_text
from parlance.model.message import Reaction, Receipt, Stage, Text
from store.desk import DANA, DAY, NOW, Desk, quote

OTHER = phone("972500000002")


async def _found(desk: Desk, picked: MessageFilter) -> list[int]:
    return [message.id for message in await desk.store.messages(picked)]


async def test_messages_by_filter(desk: Desk) -> None:
    mine, theirs = await desk.accept(), await desk.accept(to=OTHER)
    answer = await desk.write("in-1", at=NOW + 9)
    await desk.send(theirs, "w1")
    second = await desk.add_sender("972770000222")
    desk.sender, first = second, desk.sender
    elsewhere = await desk.accept(at=NOW + 10)
    every = [mine.id, theirs.id, answer.id, elsewhere.id]
    assert await _found(desk, MessageFilter()) == every
    assert await _found(desk, MessageFilter(newest=True, limit=2)) == [elsewhere.id, answer.id]
    assert await _found(desk, MessageFilter(newest=True, after=answer.id)) == [theirs.id, mine.id]
    assert await _found(desk, MessageFilter(after=theirs.id, limit=1)) == [answer.id]
    assert await _found(desk, MessageFilter(sender_id=first.id)) == every[:3]
    assert await _found(desk, MessageFilter(stage="sent")) == [theirs.id]
    assert await _found(desk, MessageFilter(direction="in")) == [answer.id]
    assert await _found(desk, MessageFilter(since=NOW + 9)) == [answer.id, elsewhere.id]
    assert await _found(desk, MessageFilter(sender_id=4711)) == []


async def test_a_customer_is_named_in_any_form(desk: Desk) -> None:
    message = await desk.accept(to=phone("5511987654321"))
    await desk.accept(to=OTHER)
    names = ["5511987654321", "+551187654321", "phone:551187654321", user_id(desk.account.id, message.peer)]
    for name in names:
        assert await _found(desk, MessageFilter(customer=name)) == [message.id]
    assert await _found(desk, MessageFilter(customer="nobody")) == []


async def test_the_last_incoming_message_of_a_customer(desk: Desk) -> None:
    assert await desk.store.last_incoming(desk.sender.id, DANA) is None
    await desk.write("in-1")
    last = await desk.write("in-2", Text("last"))
    await desk.write("in-3", Reaction(last.id, "x"))
    await desk.write("in-4", peer=OTHER)
    await desk.accept()
    assert await desk.store.last_incoming(desk.sender.id, DANA) == last
    assert await desk.store.last_incoming(4711, DANA) is None


async def test_a_message_by_the_carriers_id(desk: Desk) -> None:
    message = await desk.accept()
    await desk.send(message, "w1")
    route_id = desk.sender.route.id
    assert await desk.store.message_by_external(route_id, "w1") == await desk.message(message.id)
    assert await desk.store.message_by_external(route_id, "w2") is None
    assert await desk.store.message_by_external(route_id + 1, "w1") is None


async def test_history_tells_everything_in_order_of_real_time(desk: Desk) -> None:
    await desk.store.move_clock(desk.sender.id, DAY)
    await desk.refresh()
    incoming = await desk.write("in-1")
    subscription = await desk.subscribe(events=frozenset({EventKind.SENT, EventKind.FAILED}))
    message = await desk.accept(Text("not for history"), dropped=("cards[0].birthday",), quote=quote(incoming))
    await desk.claim(message)
    desk.clock.millis = NOW + 10
    busy = desk.settlement(message, started_at=NOW + 5, outcome="busy", status=429, detail="slow down", retreat=True)
    await desk.store.settle(replace(busy, keep=Keep(Waiting.READY, NOW + 10)))
    await desk.claim(message)
    desk.clock.millis = NOW + 20
    await desk.store.settle(desk.settlement(message, attempt=2, external_id="w1", stage=Stage.SENT, at=NOW + 20 + DAY))
    desk.clock.millis = NOW + 30
    await desk.store.delivered([DeliveryResult(subscription.id, 1, DeliveryState.DEAD, NOW + 30, 500, "answered 500")])
    desk.clock.millis = NOW + 40
    await desk.status("w1", Stage.SENT, word="sent")
    failure = Failure(Fault.NOT_ON_WHATSAPP, "131026", "gone")
    await desk.status("w1", Stage.FAILED, failure=failure)
    history = await desk.store.history(message.id)
    line = {"subscription": to_text(subscription.id), "number": 1}
    shown = [(moment.at, moment.what, dict(moment.detail)) for moment in history]
    assert shown[0] == (
        NOW,
        "accepted",
        {
            "kind": "text",
            "customer": DANA.value,
            "at": NOW + DAY,
            "dialect": "one",
            "window_until": None,
            "dropped": ["cards[0].birthday"],
            "quote": to_text(incoming.id),
        },
    )
    tried = {"attempt": 1, "part": 0, "started_at": NOW + 5, "ended_at": NOW + 10, "outcome": "busy", "status": 429}
    assert shown[1] == (NOW + 10, "attempt", {**tried, "detail": "slow down", "carrier": "sandbox"})
    assert [(at, what) for at, what, _ in shown[2:]] == [
        (NOW + 20, "attempt"),
        (NOW + 20, "event"),
        (NOW + 20, "delivery"),
        (NOW + 30, "try"),
        (NOW + 40, "note"),
        (NOW + 40, "event"),
        (NOW + 40, "delivery"),
    ]
    assert shown[3][2] == {"id": shown[3][2]["id"], "kind": "message.sent", "at": NOW + 20 + DAY}
    assert shown[4][2] == {
        **line, "kind": "message.sent", "state": "dead", "tries": 1, "dialect": "one", "url": subscription.url,
    }  # fmt: skip
    assert shown[5][2] == {**line, "state": "dead", "status": 500, "error": "answered 500"}
    assert shown[6][2] == {"note": "absorbed", "at": NOW + 40, "word": "sent", "stage": "sent", "external_id": "w1"}
    assert shown[7][2]["fault"] == "not_on_whatsapp"
    assert "not for history" not in json.dumps(shown)
    assert await desk.store.history(4711) == []


async def test_an_incoming_messages_history_begins_with_its_arrival(desk: Desk) -> None:
    message = await desk.write("in-1", at=NOW - 5)
    first, second = await desk.store.history(message.id)
    assert (first.at, first.what, first.detail["external_id"]) == (NOW, "received", "in-1")
    assert (second.what, second.detail["kind"]) == ("event", "message.received")


async def test_the_event_log_leaves_out_what_was_only_kept(desk: Desk) -> None:
    message = await desk.accept()
    await desk.send(message, "w1")
    await desk.status("w1", Stage.SENT)
    await desk.write("in-1")
    second = await desk.add_sender("972770000222")
    first, desk.sender = desk.sender, second
    await desk.write("in-1")
    events = await desk.store.events(0, 10)
    assert [(event.kind, event.sender_id) for event in events] == [
        (EventKind.DEPARTED, first.id),
        (EventKind.SENT, first.id),
        (EventKind.RECEIVED, first.id),
        (EventKind.RECEIVED, second.id),
    ]
    assert await desk.store.events(events[0].id, 2) == events[1:3]
    assert await desk.store.events(0, 10, second.id) == events[3:]


async def test_depths_count_what_waits(desk: Desk) -> None:
    assert await desk.store.depths() == []
    first = await desk.accept()
    desk.clock.millis += 5
    await desk.accept()
    await desk.claim(first)
    await desk.store.recover(NOW)
    assert await desk.store.depths() == [Depth(desk.sender.id, 1, 1, NOW)]


async def test_conversations_are_customers_written_to(desk: Desk) -> None:
    await desk.accept()
    await desk.accept()
    await desk.accept(to=OTHER, at=NOW - 1)
    incoming = await desk.write("in-1", peer=phone("972500000003"))
    await desk.accept(Receipt(incoming.id), to=incoming.peer)
    assert await desk.store.conversations(desk.sender.id, NOW - 1) == 2
    assert await desk.store.conversations(desk.sender.id, NOW) == 1


async def test_what_waits_and_who_is_who(desk: Desk) -> None:
    first, second, third = await desk.accept(), await desk.accept(to=OTHER), await desk.accept()
    await desk.claim(first)
    assert await desk.store.queued(desk.sender.id, 1) == ([second], 2)
    assert await desk.store.queued(desk.sender.id, 9) == ([second, third], 2)
    dana = Customer(first.customer_id, DANA, user_id(desk.account.id, DANA), "", "IL")
    assert await desk.store.customer(desk.account.id, DANA) == dana
    assert await desk.store.customer(desk.account.id, phone("1")) is None
    known = await desk.store.customers([first.customer_id, second.customer_id, 4711])
    assert set(known) == {first.customer_id, second.customer_id}
    assert known[first.customer_id] == dana

"""Looking for messages among many, and how senders and subscriptions fare."""

import pytest

from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.views import Attempt, Backlog, MessageFilter
from parlance.model.address import phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.event import EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import Id, compose
from parlance.model.message import Contacts, Stage, Text
from parlance.store import searching
from store.desk import DAY, NOW, Desk


async def _look(desk: Desk, **picked: object) -> tuple[list[Id], Id | None]:
    found = await desk.store.search(MessageFilter(newest=True, **picked))  # type: ignore[arg-type]
    return [message.id for message in found.messages], found.next


@pytest.mark.parametrize("newest", [True, False])
async def test_a_look_pages_to_the_end(desk: Desk, newest: bool) -> None:
    ids = [(await desk.accept()).id for _ in range(5)]
    ids = ids[::-1] if newest else ids
    first = await desk.store.search(MessageFilter(limit=2, newest=newest))
    assert ([message.id for message in first.messages], first.next) == (ids[:2], ids[1])
    rest = await desk.store.search(MessageFilter(limit=3, newest=newest, after=ids[1]))
    assert ([message.id for message in rest.messages], rest.next) == (ids[2:], None)


@pytest.mark.parametrize("newest", [True, False])
@pytest.mark.parametrize("picked", [{"dialect": "rare"}, {"text": "rare"}])
async def test_a_look_ends_after_its_span_and_says_where(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, newest: bool, picked: dict[str, str]
) -> None:
    monkeypatch.setattr(searching, "SPAN", 3)
    ids = [(await desk.accept()).id for _ in range(7)]
    rare = await desk.accept(Text("a RARE word"), dialect="rare")
    rare_first = [rare.id] if newest else []
    order = [rare.id, *ids[::-1]] if newest else [*ids, rare.id]
    seen: list[Id] = []
    after, stops = 0, []
    while True:
        found = await desk.store.search(MessageFilter(newest=newest, after=after, **picked))  # type: ignore[arg-type]
        seen += [message.id for message in found.messages]
        if found.next is None:
            break
        after = found.next
        stops.append(after)
    assert seen == [rare.id]
    assert stops == [order[2], order[5]]
    first = await desk.store.search(MessageFilter(newest=newest, **picked))  # type: ignore[arg-type]
    assert [message.id for message in first.messages] == rare_first


async def test_a_look_at_what_may_hold_a_word_is_bounded_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_BATCH", 2)
    monkeypatch.setattr(searching, "_BATCHES", 2)
    first = await desk.accept(Text("a body"))
    others = [(await desk.accept(Text("hi"))).id for _ in range(5)]
    # Every text's JSON holds the word as a field's name; only the first says it.
    assert await _look(desk, text="body") == ([], others[1])
    assert await _look(desk, text="body", after=others[1]) == ([first.id], None)
    assert await _look(desk, text="hi", limit=3) == (others[:1:-1], others[2])


async def test_a_word_is_found_wherever_it_is_said(desk: Desk) -> None:
    card = ContactCard("Dr. Éva Quill", first="Éva", phones=(Phone("+972 55-000-0333", wa_id="972550000333"),))
    contact = (await desk.accept(Contacts((card,)))).id
    text = (await desk.accept(Text('He said "100%"_\nשלום\\ ПРИВЕТ'))).id
    for word, ids in {
        "éva": [contact],
        "ÉVA QUILL": [contact],
        "000-0333": [contact],
        "972550000333": [contact],
        '"100%"_': [text],
        "%": [text],
        "_": [text],
        "\n": [text],
        "שלום": [text],
        "привет": [text],
        "\\": [text],
        "HE SAID": [text],
        "contacts": [],
        "text": [],
        "wa_id": [],
        "100x": [],
        "!": [],
    }.items():
        assert (word, (await _look(desk, text=word))[0]) == (word, ids)


async def test_messages_by_dialect_carrier_and_time(desk: Desk) -> None:
    ids = [compose(NOW + 1_000 * place, 0, 0) for place in range(3)]
    for id_, dialect in zip(ids, ("one", "two", "one"), strict=True):
        await desk.accept(id=id_, dialect=dialect)
    assert (await _look(desk, dialect="two"))[0] == [ids[1]]
    assert (await _look(desk, stored_since=NOW + 1_000))[0] == [ids[2], ids[1]]
    assert (await _look(desk, stored_until=NOW + 1_000))[0] == [ids[0]]
    assert (await _look(desk, stored_until=NOW + 1_001, stored_since=NOW + 1))[0] == [ids[1]]
    assert (await _look(desk, stored_until=1 << 53))[0] == ids[::-1]
    assert (await _look(desk, stored_until=1))[0] == []
    assert (await _look(desk, carrier="sandbox"))[0] == []


async def test_a_carrier_took_refused_or_brought(desk: Desk) -> None:
    taken, refused, waiting = await desk.accept(), await desk.accept(), await desk.accept()
    await desk.send(taken, "w1")
    await desk.claim(refused)
    failure = Failure(Fault.CARRIER_REFUSED, "7")
    await desk.store.settle(desk.settlement(refused, outcome="refused", stage=Stage.FAILED, failure=failure))
    brought = await desk.write("in-1")
    assert (await _look(desk, carrier="sandbox"))[0] == [brought.id, refused.id, taken.id]
    assert (await _look(desk, carrier="other"))[0] == []
    assert waiting.id in (await _look(desk))[0]


async def test_what_is_unsure_is_found_however_long_ago(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SPAN", 2)
    unsure = await desk.accept(Text("which"))
    await desk.claim(unsure)
    await desk.store.recover(NOW)
    for _ in range(6):
        await desk.accept()
    assert await _look(desk, stage="unsure") == ([unsure.id], None)
    assert await _look(desk, stage="unsure", text="which", sender_id=desk.sender.id) == ([unsure.id], None)
    assert await _look(desk, stage="unsure", sender_id=4711) == ([], None)
    assert await _look(desk, stage="unsure", after=unsure.id) == ([], None)
    assert (await _look(desk, stage="accepted", text="which"))[0] == []


async def test_a_customer_is_looked_for_in_a_span(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SPAN", 2)
    other = await desk.accept(to=phone("972500000002"))
    last = [(await desk.accept()).id for _ in range(2)]
    assert await _look(desk, customer="972500000002") == ([], last[0])
    assert await _look(desk, customer="972500000002", after=last[0]) == ([other.id], None)


async def test_tries_at_a_senders_last_messages(desk: Desk) -> None:
    first, second, third = [await desk.accept() for _ in range(3)]
    for message, outcome, at in ((first, "sent", 1), (second, "busy", 3), (third, "unsure", 2)):
        await desk.claim(message)
        done = desk.settlement(message, outcome=outcome, ended_at=NOW + at, status=429, detail="slow", stage=None)
        await desk.store.settle(done)
    route_id = desk.sender.route.id
    tries = [Attempt(second.id, route_id, NOW + 3, "busy", 429, "slow")]
    tries += [Attempt(third.id, route_id, NOW + 2, "unsure", 429, "slow")]
    assert await desk.store.attempts(desk.sender.id, 2) == tries
    assert len(await desk.store.attempts(desk.sender.id, 3)) == 3
    assert await desk.store.attempts(4711, 3) == []


async def test_the_last_states_of_senders(desk: Desk) -> None:
    await desk.accept()
    await desk.write("in-1")
    first, other = desk.sender, await desk.add_sender("972770000222")
    assert await desk.store.states([first.id, other.id], 5) == []
    await desk.store.change_route(first.route.id, held="no credit")
    desk.clock.millis += DAY
    await desk.store.change_route(first.route.id, held="")
    await desk.store.change_route(other.route.id, held="no credit")
    newest, last, before = await desk.store.states([first.id, other.id], 5)
    assert (newest.kind, newest.state, newest.sender_id) == (EventKind.STATE, "held", other.id)
    assert (last.state, last.at, last.sender_id) == ("working", NOW + DAY, first.id)
    assert (before.state, before.at) == ("held", NOW)
    assert await desk.store.states([first.id], 1) == [last]
    assert await desk.store.states([4711], 5) == []


async def test_how_subscriptions_fare(desk: Desk) -> None:
    quiet, busy = await desk.subscribe(events=frozenset({EventKind.STATE})), await desk.subscribe()
    await desk.write("in-1")
    desk.clock.millis += 5
    for name in ("in-2", "in-3", "in-4"):
        await desk.write(name)
    results = [
        DeliveryResult(busy.id, 1, DeliveryState.DONE, NOW + 9, 200),
        DeliveryResult(busy.id, 2, DeliveryState.DEAD, NOW + 8, 500, "answered 500"),
    ]
    await desk.store.delivered(results)
    assert await desk.store.backlogs([busy.id, quiet.id]) == [
        Backlog(busy.id, 2, 1, NOW + 5, NOW + 8, "dead", 500, "answered 500"),
        Backlog(quiet.id, 0, 0),
    ]


async def test_deliveries_backwards(desk: Desk) -> None:
    first, second = await desk.subscribe(), await desk.subscribe()
    for name in ("in-1", "in-2"):
        await desk.write(name)
    every = [(each.id, number) for each in (second, first) for number in (2, 1)]
    found = await desk.store.deliveries(DeliveryFilter(newest=True))
    assert [(each.subscription_id, each.number) for each in found] == every
    rest = await desk.store.deliveries(DeliveryFilter(newest=True, after=every[0], limit=2))
    assert [(each.subscription_id, each.number) for each in rest] == every[1:3]

"""What operators set up."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.registry import Key, NewKey, NewRoute, NewSubscription, Scope
from parlance.model.address import phone
from parlance.model.event import EventKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Stage
from parlance.model.sender import Account, Route, Sender, Statuses, Subscription, TemplateRecord
from parlance.store.doors import Doors
from store import server
from store.desk import DANA, DAY, NOW, Desk

HOOK = "https://example.test/hook"


async def _refused(doing: Any) -> tuple[Fault, str]:
    with pytest.raises(Refusal) as refused:
        await doing
    return refused.value.fault, refused.value.field


async def test_an_account_is_made_once(desk: Desk) -> None:
    again = await desk.store.account("demo")
    assert again == desk.account == Account(desk.account.id, "demo", 1, NOW)
    other = await desk.store.account("other")
    assert other.ordinal == 2
    assert await desk.store.accounts() == [desk.account, other]


async def test_a_sender_is_as_it_was_added(desk: Desk) -> None:
    route = desk.sender.route
    assert desk.sender == Sender(
        desk.sender.id,
        desk.account.id,
        "demo",
        "972770000111",
        "Demo",
        1,
        NOW,
        (Route(route.id, desk.sender.id, "sandbox", "972770000111", callback_token=route.callback_token),),
    )
    assert len(route.callback_token) == 32
    assert await desk.store.sender(desk.sender.id) == desk.sender
    assert await desk.store.sender(4711) is None
    assert await desk.store.document(desk.sender.id, "two") == {"app_secret": "s"}
    assert await desk.store.document(desk.sender.id, "three") == {}


async def test_senders_are_listed_and_found_by_number(desk: Desk) -> None:
    second = await desk.add_sender("972770000222")
    other = await desk.store.account("other")
    same = await desk.store.add_sender(other, "972770000222", "", NewRoute("sandbox", "", {}), [], 3)
    assert [each.id for each in await desk.store.senders(0, 2)] == [desk.sender.id, second.id]
    assert [each.id for each in await desk.store.senders(second.id, 9)] == [same.id]
    assert await desk.store.senders_of("972770000222") == [second, same]
    assert await desk.store.senders_of("972770000333") == []
    assert await desk.store.senders_of_account(desk.account.id) == [desk.sender, second]
    assert await desk.store.senders_of_account(other.id) == [same]


async def test_held_senders_are_found_among_all(desk: Desk) -> None:
    store = desk.store
    second, third = await desk.add_sender("972770000222"), await desk.add_sender("972770000333")
    assert await store.held_senders(9) == (0, [])
    await store.change_sender(third.id, held="not now")
    await store.change_route(second.route.id, held="repairs")
    # A route by which nothing leaves holds nothing back.
    await store.set_route(desk.sender.id, NewRoute("spare", "", {}, backup=True))
    spare = next(each for each in (await desk.refresh()).routes if each.carrier == "spare")
    await store.change_route(spare.id, held="repairs")
    count, held = await store.held_senders(9)
    assert (count, [each.id for each in held]) == (2, [second.id, third.id])
    assert (await store.held_senders(1))[0] == 2
    assert [each.id for each in (await store.held_senders(1))[1]] == [second.id]
    await store.change_sender(third.id, held="")
    assert (await store.held_senders(0)) == (1, [])


async def test_ordinals_are_never_given_twice(desk: Desk) -> None:
    assert await desk.store.next_ordinal() == 2
    second = await desk.add_sender("972770000222")
    await desk.store.remove_sender(second.id)
    assert await desk.store.next_ordinal() == 3
    route = NewRoute("sandbox", "", {})
    adding = desk.store.add_sender(desk.account, "972770000333", "", route, [], 1)
    assert await _refused(adding) == (Fault.DUPLICATE, "ordinal")


async def test_what_another_sender_has_is_refused_and_nothing_is_written(desk: Desk) -> None:
    route = NewRoute("sandbox", "", {})
    same_number = desk.store.add_sender(desk.account, "972770000111", "", route, [], 2)
    assert await _refused(same_number) == (Fault.DUPLICATE, "number")
    keys = [NewKey("three", "", "fresh"), NewKey("two", "", "secret-2")]
    same_key = desk.store.add_sender(desk.account, "972770000222", "", route, keys, 2)
    assert await _refused(same_key) == (Fault.DUPLICATE, "two")
    assert await desk.store.senders_of("972770000222") == []
    assert await desk.store.find_key("three", "fresh") is None
    assert await desk.store.next_ordinal() == 2
    # The same secret under another dialect is another credential.
    other = NewKey("three", "", "secret-2")
    assert (await desk.add_sender("972770000222", keys=[other])).number == "972770000222"


async def test_a_change_is_seen_at_once(desk: Desk) -> None:
    changed = await desk.store.change_sender(desk.sender.id, held="yellowCard")
    assert changed == replace(desk.sender, held="yellowCard")
    assert await desk.store.sender(desk.sender.id) == changed
    renamed = await desk.store.change_sender(desk.sender.id, name="New", held="")
    assert renamed == replace(desk.sender, name="New")
    assert await _refused(desk.store.change_sender(4711, name="x")) == (Fault.UNKNOWN_SENDER, "")


async def test_a_removed_sender_leaves_its_messages_and_nothing_waiting(desk: Desk) -> None:
    subscription = await desk.subscribe()
    sent, ready, marked = await desk.accept(), await desk.accept(), await desk.accept()
    await desk.send(sent, "w1")
    await desk.claim(marked)
    token = desk.sender.route.callback_token
    await desk.store.remove_sender(desk.sender.id)
    assert await desk.store.sender(desk.sender.id) is None
    assert await desk.store.find_key("one", "secret-1") is None
    assert not await desk.store.knows_public("one", "public-1")
    assert await desk.store.route_by_token("sandbox", token) is None
    assert await desk.store.subscription(subscription.id) is None
    assert await desk.store.due_subscriptions(NOW) == ([], None)
    assert await desk.store.busy_senders() == []
    assert await desk.stage(sent) is Stage.SENT
    assert await desk.stage(ready) is Stage.CANCELLED
    assert (await desk.message(marked.id)).failure == Failure(Fault.OUTCOME_UNKNOWN)


async def test_keys_are_found_by_their_secret_alone(desk: Desk) -> None:
    key = await desk.store.find_key("one", "secret-1")
    assert key is not None
    assert key == Key(key.id, desk.sender.id, "one", "public-1", Scope.SEND, NOW)
    assert await desk.store.find_key("one", "secret-1") == key
    assert await desk.store.find_key("two", "secret-1") is None
    assert await desk.store.find_key("one", "secret-2") is None
    assert await desk.store.knows_public("one", "public-1")
    assert await desk.store.knows_public("one", "public-1")
    assert not await desk.store.knows_public("one", "public-2")
    assert [each.dialect for each in await desk.store.keys(desk.sender.id)] == ["one", "two"]


def _every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir()) + server.every_byte(folder)


async def test_secrets_stand_nowhere_in_the_files(desk: Desk, tmp_path: Path) -> None:
    route = NewRoute("elsewhere", "", {"token": "route-secret", "url": "https://v.example"}, frozenset({"token"}))
    set_route = await desk.store.set_route(desk.sender.id, route)
    assert set_route.settings == {"token": "route-secret", "url": "https://v.example"}
    await desk.subscribe(secret="signing-secret", webhook_secret="whsec_hidden")
    await desk.store.configure(desk.sender.id, "one", {"password": "document-secret"}, None)
    await desk.store.close()
    written = _every_byte(tmp_path)
    assert b"https://v.example" in written
    for secret in (b"route-secret", b"signing-secret", b"whsec_hidden", b"document-secret", b"secret-1"):
        assert secret not in written


async def test_old_keys_end_when_new_ones_have_taken_over(desk: Desk) -> None:
    new = NewKey("two", "public-2", "secret-3", {"app_secret": "t"}, Scope.READ)
    await desk.store.add_keys(desk.sender.id, [new], NOW + 1000)
    assert await desk.store.document(desk.sender.id, "two") == {"app_secret": "t"}
    for secret in ("secret-2", "secret-3"):
        assert await desk.store.find_key("two", secret) is not None
    desk.clock.millis = NOW + 1000
    assert await desk.store.find_key("two", "secret-2") is None
    found = await desk.store.find_key("two", "secret-3")
    assert found is not None
    assert (found.scope, found.ends_at) == (Scope.READ, None)
    assert (await desk.store.find_key("one", "secret-1")) is not None
    assert [each.dialect for each in await desk.store.keys(desk.sender.id)] == ["one", "two"]
    # What has ended is free for others.
    other = await desk.add_sender("972770000222", keys=[NewKey("two", "", "secret-2")])
    again = await desk.store.find_key("two", "secret-2")
    assert again is not None
    assert again.sender_id == other.id


async def test_keys_may_stay_beside_new_ones_or_be_ended_one_by_one(desk: Desk) -> None:
    await desk.store.add_keys(desk.sender.id, [NewKey("one", "", "secret-4")], None)
    old = await desk.store.find_key("one", "secret-1")
    assert old is not None
    await desk.store.end_key(desk.sender.id + 1, old.id, NOW)
    assert await desk.store.find_key("one", "secret-1") == old
    await desk.store.end_key(desk.sender.id, old.id, NOW)
    assert await desk.store.find_key("one", "secret-1") is None
    assert await desk.store.find_key("one", "secret-4") is not None
    other = await desk.add_sender("972770000222")
    taking = desk.store.add_keys(other.id, [NewKey("one", "", "secret-4")], None)
    assert await _refused(taking) == (Fault.DUPLICATE, "one")
    assert await _refused(desk.store.add_keys(4711, [], None)) == (Fault.UNKNOWN_SENDER, "")


async def test_a_route_of_the_same_carrier_is_changed_and_keeps_its_token(desk: Desk) -> None:
    first = await desk.store.set_route(desk.sender.id, NewRoute("elsewhere", "", {"a": "1"}))
    assert [(each.carrier, each.active) for each in (await desk.refresh()).routes] == [
        ("sandbox", False),
        ("elsewhere", True),
    ]
    await desk.write("in-1")
    await desk.store.change_route(first.id, held="credential", strict=True)
    held = (await desk.refresh()).route
    assert (held.held, held.strict, held.heard_since) == ("credential", True, NOW)
    same = await desk.store.set_route(desk.sender.id, NewRoute("elsewhere", "", {"b": "2"}))
    assert same == replace(first, settings={"b": "2"}, heard_since=NOW)
    other = await desk.store.set_route(desk.sender.id, NewRoute("elsewhere", "972770000999", {}))
    assert (other.number, other.heard_since, other.callback_token) == ("972770000999", None, first.callback_token)
    back = await desk.store.set_route(desk.sender.id, NewRoute("sandbox", "", {}, strict=True))
    assert (back.position, back.strict) == (0, True)
    assert (await desk.refresh()).route == back
    assert await _refused(desk.store.set_route(4711, NewRoute("sandbox", "", {}))) == (Fault.UNKNOWN_SENDER, "")


async def test_a_token_leads_to_its_route(desk: Desk) -> None:
    elsewhere = await desk.store.set_route(desk.sender.id, NewRoute("elsewhere", "", {}))
    sender = await desk.refresh()
    for _ in range(2):
        assert await desk.store.route_by_token("elsewhere", elsewhere.callback_token) == (sender, elsewhere)
    assert await desk.store.route_by_token("sandbox", elsewhere.callback_token) is None
    assert await desk.store.route_by_token("elsewhere", "") is None


def _new(desk: Desk, **more: Any) -> NewSubscription:
    plain = NewSubscription(desk.sender.id, "one", HOOK, frozenset({"message.sent"}))
    return replace(plain, **more)


async def test_a_subscription_is_as_it_was_added_and_changed(desk: Desk) -> None:
    new = _new(desk, statuses="all", secret="s", webhook_secret="whsec_x", settings={"retry": False})
    added = await desk.store.add_subscription(new)
    assert added == Subscription(
        added.id,
        desk.sender.id,
        "one",
        HOOK,
        frozenset({EventKind.SENT}),
        Statuses.ALL,
        "s",
        "whsec_x",
        {"retry": False},
    )
    assert await desk.store.subscription(added.id) == added
    assert await desk.store.subscriptions(desk.sender.id) == (added,)
    other = await desk.add_sender("972770000222")
    theirs = await desk.store.add_subscription(replace(new, sender_id=other.id))
    assert await desk.store.subscriptions() == [added, theirs]
    changed = await desk.store.change_subscription(added.id, _new(desk, url=f"{HOOK}/2"))
    assert changed == Subscription(added.id, desk.sender.id, "one", f"{HOOK}/2", frozenset({EventKind.SENT}))
    assert await desk.store.subscription(added.id) == changed
    assert await _refused(desk.store.change_subscription(4711, new)) == (Fault.UNKNOWN_MESSAGE, "subscription")
    assert await _refused(desk.store.add_subscription(replace(new, sender_id=4711))) == (Fault.UNKNOWN_SENDER, "")


async def test_a_removed_subscription_is_told_nothing_more(desk: Desk) -> None:
    kept, removed = await desk.subscribe(), await desk.subscribe()
    await desk.send(await desk.accept(), "w1")
    await desk.store.delivered([DeliveryResult(removed.id, 1, DeliveryState.DONE, NOW)])
    await desk.store.remove_subscription(removed.id)
    await desk.store.remove_subscription(4711)
    assert [each.number for each in await desk.store.deliveries(DeliveryFilter(subscription_id=removed.id))] == [1]
    assert await desk.store.replay(DeliveryFilter(subscription_id=removed.id), NOW) == (0, frozenset())
    written = await desk.send(await desk.accept(), "w2")
    assert written.subscriptions == {kept.id}


@pytest.mark.parametrize("document", [{}, {"webhookUrl": HOOK, "delay": 500}])
async def test_a_dialects_own_subscription_follows_its_settings(desk: Desk, document: Mapping[str, Any]) -> None:
    by_hand = await desk.subscribe(events=frozenset({EventKind.RECEIVED}))
    await desk.store.configure(desk.sender.id, "one", document, _new(desk))
    assert await desk.store.document(desk.sender.id, "one") == document
    (own,) = [each for each in await desk.store.subscriptions(desk.sender.id) if each.own]
    await desk.send(await desk.accept(), "w1")
    await desk.store.configure(desk.sender.id, "one", {}, _new(desk, url=""))
    (moved,) = [each for each in await desk.store.subscriptions(desk.sender.id) if each.own]
    assert moved == replace(own, url="")
    assert [each.number for each in await desk.store.due_deliveries(own.id, NOW, 9)] == [1]
    await desk.store.configure(desk.sender.id, "two", {}, None)
    assert len(await desk.store.subscriptions(desk.sender.id)) == 2
    await desk.store.configure(desk.sender.id, "one", {}, None)
    assert await desk.store.subscriptions(desk.sender.id) == (by_hand,)
    assert await desk.store.due_deliveries(own.id, NOW, 9) == []
    assert await _refused(desk.store.configure(4711, "one", {}, None)) == (Fault.UNKNOWN_SENDER, "")


async def test_templates_are_replaced_by_name_and_language(desk: Desk) -> None:
    record = TemplateRecord(0, desk.account.id, "hello", "en_US", "UTILITY", "approved", "Hello {{1}}")
    first = await desk.store.add_template(record)
    assert first == replace(record, id=first.id, created_at=NOW)
    button = {"type": "QUICK_REPLY", "text": "Yes"}
    second = await desk.store.add_template(
        replace(record, header="text", header_text="Hi", footer="f", buttons=(button,), status="paused")
    )
    assert second.id == first.id
    hebrew = await desk.store.add_template(replace(record, language="he"))
    other = await desk.store.add_template(replace(record, name="bye"))
    assert await desk.store.templates() == (other, second, hebrew)
    assert await desk.store.templates(desk.account.id, "hello") == (second, hebrew)
    assert await desk.store.templates(4711) == ()
    assert await desk.store.remove_template(hebrew.id)
    assert not await desk.store.remove_template(hebrew.id)
    assert await desk.store.templates(name="hello") == (second,)


async def test_windows_are_learned_and_later_times_win(desk: Desk) -> None:
    rows = [(DANA, NOW - 5), (phone("972500000002"), NOW - DAY), (DANA, NOW - 9)]
    assert await desk.store.open_windows(desk.sender, rows) == 2
    assert await desk.store.open_windows(desk.sender, [(DANA, NOW)]) == 1
    assert [(each.customer, each.last_written) for each in await desk.store.windows(desk.sender, "", 10)] == [
        ("972500000002", NOW - DAY),
        (DANA.value, NOW),
    ]
    (after,) = await desk.store.windows(desk.sender, "972500000002", 10)
    assert after.customer == DANA.value


async def test_cached_reads_do_not_touch_the_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read_all(store: Doors) -> list[object]:
        return [
            await store.sender(desk.sender.id),
            await store.find_key("one", "secret-1"),
            await store.knows_public("one", "public-1"),
            await store.document(desk.sender.id, "two"),
            await store.route_by_token("sandbox", desk.sender.route.callback_token),
            await store.subscriptions(desk.sender.id),
        ]

    first = await read_all(desk.store)

    async def fail(*_: object) -> None:
        raise AssertionError("a cached read went to the disk")

    monkeypatch.setattr(desk.store, "_read", fail)
    assert await read_all(desk.store) == first

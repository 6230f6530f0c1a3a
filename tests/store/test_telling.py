"""Deliveries and the sandbox's clocks."""

import pytest

from parlance.contract.moments import DeliveryFilter, DeliveryResult, DeliveryState, Keep, Waiting
from parlance.contract.phones import PhoneCallback, PhoneMessage
from parlance.contract.registry import NewRoute
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Direction, Stage, Text
from parlance.model.sender import Subscription
from store.desk import DAY, NOW, Desk

SENT = frozenset({EventKind.SENT})


async def _told(desk: Desk, count: int, **more: object) -> Subscription:
    """A subscription that has this many deliveries to be told."""
    subscription = await desk.subscribe(**{"events": SENT, **more})
    for number in range(count):
        await desk.send(await desk.accept(), f"w{subscription.id}-{number}")
    return subscription


async def _due(desk: Desk, subscription: Subscription, now: int, limit: int = 100) -> list[int]:
    return [each.number for each in await desk.store.due_deliveries(subscription.id, now, limit)]


def _result(subscription: Subscription, number: int, state: DeliveryState, **more: int | str | bool) -> DeliveryResult:
    return DeliveryResult(subscription.id, number, state, NOW, **more)  # type: ignore[arg-type]


async def test_deliveries_fall_due_at_once_and_in_order(desk: Desk) -> None:
    assert await desk.store.due_subscriptions(NOW) == ([], None)
    subscription = await _told(desk, 3)
    assert await desk.store.due_subscriptions(NOW - 1) == ([], NOW)
    assert await desk.store.due_subscriptions(NOW) == ([subscription.id], None)
    assert await _due(desk, subscription, NOW) == [1, 2, 3]
    assert await _due(desk, subscription, NOW, limit=2) == [1, 2]
    assert await _due(desk, subscription, NOW - 1) == []
    assert await desk.store.due_count(subscription.id) == 3


async def test_numbers_count_within_each_subscription(desk: Desk) -> None:
    first = await _told(desk, 2)
    second = await _told(desk, 1)
    assert await desk.told(first) == [EventKind.SENT] * 3
    assert await desk.told(second) == [EventKind.SENT]
    assert await desk.store.due_subscriptions(NOW) == ([first.id, second.id], None)


async def test_what_was_told_is_done_with(desk: Desk) -> None:
    subscription = await _told(desk, 2)
    await desk.store.delivered([_result(subscription, 1, DeliveryState.DONE, status=200)])
    assert await _due(desk, subscription, NOW) == [2]
    (done,) = await desk.store.deliveries(DeliveryFilter(state="done"))
    assert (done.number, done.tries, done.last_status, done.last_error, done.done_at) == (1, 1, 200, "", NOW)


async def test_a_failed_try_is_due_again_later(desk: Desk) -> None:
    subscription = await _told(desk, 2)
    again = _result(subscription, 1, DeliveryState.DUE, status=500, error="answered 500", due_at=NOW + 60_000)
    await desk.store.delivered([again])
    assert await _due(desk, subscription, NOW) == [2]
    assert await desk.store.due_subscriptions(NOW) == ([subscription.id], NOW + 60_000)
    assert await _due(desk, subscription, NOW + 60_000) == [1, 2]
    (first, _) = await desk.store.deliveries(DeliveryFilter(state="due"))
    assert (first.tries, first.last_status, first.last_error, first.done_at) == (1, 500, "answered 500", None)


async def test_a_pause_holds_the_whole_subscription(desk: Desk) -> None:
    subscription = await _told(desk, 2)
    await desk.store.delivered([_result(subscription, 1, DeliveryState.DUE, due_at=NOW + 60_000, pause=True)])
    assert await _due(desk, subscription, NOW + 59_999) == []
    assert await desk.store.due_subscriptions(NOW + 59_999) == ([], NOW + 60_000)
    assert await _due(desk, subscription, NOW + 60_000) == [1, 2]
    found = await desk.store.subscription(subscription.id)
    assert found is not None
    assert found.paused_until == NOW + 60_000


async def test_given_up_and_replayed(desk: Desk) -> None:
    subscription = await _told(desk, 3)
    for number in (1, 3):
        await desk.store.delivered([_result(subscription, number, DeliveryState.DEAD, error="refused")])
    assert await desk.store.dead_letters() == 2
    assert await desk.store.replay(DeliveryFilter(state="dead", limit=1), NOW + 5) == (2, frozenset({subscription.id}))
    assert await desk.store.dead_letters() == 0
    replayed = await desk.store.deliveries(DeliveryFilter())
    assert [(each.number, each.state, each.tries, each.due_at) for each in replayed] == [
        (1, DeliveryState.DUE, 0, NOW + 5),
        (2, DeliveryState.DUE, 0, NOW),
        (3, DeliveryState.DUE, 0, NOW + 5),
    ]


async def test_a_replay_ends_a_pause(desk: Desk) -> None:
    subscription = await _told(desk, 1)
    await desk.store.delivered([_result(subscription, 1, DeliveryState.DUE, due_at=NOW + DAY, pause=True)])
    assert await desk.store.replay(DeliveryFilter(subscription_id=subscription.id, numbers=(1, 9)), NOW) == (
        1,
        frozenset({subscription.id}),
    )
    assert await _due(desk, subscription, NOW) == [1]


async def test_what_a_dialect_has_no_words_for_is_skipped_untried(desk: Desk) -> None:
    subscription = await _told(desk, 1)
    await desk.store.delivered([_result(subscription, 1, DeliveryState.SKIPPED)])
    (skipped,) = await desk.store.deliveries(DeliveryFilter(state="skipped"))
    assert (skipped.tries, skipped.done_at) == (0, NOW)


async def test_what_nobody_pulls_is_given_up_after_a_day(desk: Desk) -> None:
    pulled, pushed = await desk.subscribe(events=SENT, url=""), await desk.subscribe(events=SENT)
    await desk.send(await desk.accept(), "w1")
    await desk.store.sweep(NOW + DAY - 1)
    assert await desk.store.dead_letters() == 0
    await desk.store.sweep(NOW + DAY)
    (dead,) = await desk.store.deliveries(DeliveryFilter(state="dead"))
    assert (dead.subscription_id, dead.last_error, dead.done_at) == (pulled.id, "nobody fetched it", NOW + DAY)
    assert await desk.store.due_subscriptions(NOW) == ([pushed.id], None)


async def test_deliveries_are_picked_by_sender_and_time(desk: Desk) -> None:
    await _told(desk, 1)
    other = await desk.add_sender("972770000222")
    desk.clock.millis = NOW + 10
    desk.sender, mine = other, desk.sender
    theirs = await _told(desk, 2)
    assert [each.subscription_id for each in await desk.store.deliveries(DeliveryFilter(sender_id=other.id))] == [
        theirs.id
    ] * 2
    assert len(await desk.store.deliveries(DeliveryFilter(sender_id=mine.id))) == 1
    assert len(await desk.store.deliveries(DeliveryFilter(since=NOW + 10))) == 2
    assert len(await desk.store.deliveries(DeliveryFilter(until=NOW + 10))) == 1
    page = await desk.store.deliveries(DeliveryFilter(after=(theirs.id, 1)))
    assert [(each.subscription_id, each.number) for each in page] == [(theirs.id, 2)]


async def test_moving_the_clock_brings_everything_nearer(desk: Desk) -> None:
    subscription = await _told(desk, 1)
    waiting = await desk.accept()
    await desk.store.settle(
        desk.settlement(waiting, outcome="busy", retreat=True, keep=Keep(Waiting.READY, NOW + 100_000))
    )
    await desk.store.delivered([_result(subscription, 1, DeliveryState.DUE, due_at=NOW + 60_000, pause=True)])
    bubble = PhoneMessage(
        1, "1", desk.sender.id, desk.sender.number, Direction.OUT, Text("x"), NOW, Stage.SENT, token="t"
    )
    await desk.store.take(bubble, [PhoneCallback(2, desk.sender.id, "t", NOW + 50_000, b"{}")])
    await desk.store.move_clock(desk.sender.id, 40_000)
    await desk.store.move_clock(None, 2_000)
    assert (await desk.refresh()).clock_offset == 42_000
    assert await desk.store.clock_offsets() == {0: 2_000, desk.sender.id: 40_000}
    (row,) = await desk.store.pending(desk.sender.id, 0, 1)
    assert (row.due_at, row.expires_at) == (NOW + 58_000, NOW + DAY - 42_000)
    assert await desk.store.due_subscriptions(NOW) == ([], NOW + 18_000)
    assert await _due(desk, subscription, NOW + 18_000) == [1]
    assert (await desk.store.owed(NOW, 10))[1] == NOW + 8_000
    await desk.store.reset_clock(desk.sender.id)
    assert (await desk.refresh()).clock_offset == 2_000
    await desk.store.reset_clock(None)
    assert (await desk.refresh()).clock_offset == 0
    (row,) = await desk.store.pending(desk.sender.id, 0, 1)
    assert (row.due_at, row.expires_at) == (NOW + 100_000, NOW + DAY)
    assert (await desk.store.owed(NOW, 10))[1] == NOW + 50_000


async def test_only_sandbox_senders_have_a_clock_to_move(desk: Desk) -> None:
    real = await desk.add_sender("972770000222", carrier="elsewhere")
    desk.sender, mine = real, desk.sender
    await desk.accept()
    await desk.store.move_clock(None, 5_000)
    assert (await desk.refresh()).clock_offset == 0
    (row,) = await desk.store.pending(real.id, 0, 1)
    assert row.due_at == NOW
    for sender_id, fault in ((real.id, Fault.BAD_VALUE), (4711, Fault.UNKNOWN_SENDER)):
        with pytest.raises(Refusal) as refused:
            await desk.store.move_clock(sender_id, 5_000)
        assert refused.value.fault is fault
    desk.sender = mine
    assert (await desk.refresh()).clock_offset == 5_000
    await desk.store.set_route(mine.id, NewRoute("elsewhere", "", {}))
    assert (await desk.refresh()).clock_offset == 0

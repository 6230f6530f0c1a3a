"""Callbacks go out when due, again when not taken, together where they can, and follow a moved clock."""

from dataclasses import replace

import pytest

from parlance.contract.phones import Behaviour, Habit
from parlance.formats.sandbox import read_reports
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import compose
from parlance.model.message import Stage
from parlance.model.outcome import StatusReport
from phones.fakes import NOW, ROUTE, SENDER, SENDER_ID, World, settle_down, until
from phones.test_network import FIRST, send

PHONE = "972501234567"


async def test_each_status_waits_for_its_delay(running: World) -> None:
    await running.phones.set_behaviour(Behaviour(PHONE, reads=Habit.AUTO, delay_ms=300))
    await send(running, PHONE)
    assert running.book.bubbles[FIRST].stage is Stage.SENT
    seen = []
    for _ in range(4):
        await settle_down()
        seen.append((running.clock.now() - NOW, list(running.door.stages), running.book.bubbles[FIRST].stage))
        running.clock.advance(300)
    assert seen == [
        (0, [], Stage.SENT),
        (300, [Stage.SENT], Stage.SENT),
        (600, [Stage.SENT, Stage.DELIVERED], Stage.DELIVERED),
        (900, [Stage.SENT, Stage.DELIVERED, Stage.READ], Stage.READ),
    ]


async def test_a_moved_clock_moves_the_statuses_and_their_times(running: World) -> None:
    await running.phones.set_behaviour(Behaviour(PHONE, delay_ms=60_000))
    await send(running, PHONE)
    await settle_down()
    assert running.door.calls == []
    running.people.senders[SENDER_ID] = replace(SENDER, clock_offset=120_000)
    running.book.shift(120_000)
    await running.phones.clock_moved()
    await until(lambda: not running.book.debts)
    reports = [each for each in running.door.reports if isinstance(each, StatusReport)]
    assert [(each.stage, each.at) for each in reports] == [
        (Stage.SENT, NOW + 60_000),
        (Stage.DELIVERED, NOW + 120_000),
    ]


async def test_statuses_are_told_in_the_senders_time(running: World) -> None:
    running.people.senders[SENDER_ID] = replace(SENDER, clock_offset=86_340_000)
    await send(running, PHONE)
    await until(lambda: not running.book.debts)
    assert {each.at for each in running.door.reports} == {NOW + 86_340_000}


@pytest.mark.parametrize("answer", [500, 404, Refusal(Fault.UNAVAILABLE), RuntimeError("broken")])
async def test_a_callback_not_taken_is_posted_again_after_a_second(running: World, answer: int | Exception) -> None:
    running.door.answers = [answer]
    await send(running, PHONE)
    await until(lambda: len(running.door.calls) == 1)
    await settle_down()
    running.clock.advance(999)
    await settle_down()
    assert len(running.door.calls) == 1
    running.clock.advance(1)
    await until(lambda: not running.book.debts)
    first, second = (read_reports(request.body) for _, _, request in running.door.calls)
    assert first == second
    await settle_down()
    assert len(running.door.calls) == 2


async def test_one_sender_that_is_not_answered_keeps_no_other_waiting(running: World) -> None:
    other = replace(SENDER, id=SENDER_ID + 1, routes=(replace(ROUTE, callback_token="other"),))
    running.people.senders[other.id] = other
    running.door.answers = [500]
    await send(running, PHONE)
    await until(lambda: len(running.door.calls) == 1)
    owed = next(iter(running.book.debts.values()))
    running.book.debts[1] = replace(owed, id=1, sender_id=other.id, token="other")
    await running.phones.clock_moved()
    await until(lambda: 1 not in running.book.debts)
    assert [token for _, token, _ in running.door.calls] == ["tok", "other"]
    assert running.clock.now() == NOW


async def test_what_is_due_together_is_posted_together(world: World) -> None:
    for place in range(3):
        await send(world, PHONE, compose(NOW, 0, place + 1))
    await world.phones._post._round()
    assert len(world.door.calls) == 1
    assert len(world.door.reports) == 6
    assert world.book.debts == {}


async def test_more_than_one_batch_is_posted(running: World) -> None:
    for place in range(200):
        await send(running, PHONE, compose(NOW, 0, place + 1))
    await until(lambda: not running.book.debts)
    assert len(running.door.reports) == 400


async def test_nobody_is_told_of_a_sender_that_is_gone(running: World) -> None:
    await running.phones.set_behaviour(Behaviour(PHONE, delay_ms=10))
    await send(running, PHONE)
    running.people.senders.clear()
    running.clock.advance(20)
    await until(lambda: not running.book.debts)
    assert running.door.calls == []


async def test_the_post_outlives_a_store_that_cannot_be_read(running: World) -> None:
    await send(running, PHONE)
    running.book.broken = True
    await settle_down()
    assert len(running.book.debts) == 2
    running.book.broken = False
    running.clock.advance(1000)
    await until(lambda: not running.book.debts)
    assert running.door.stages == [Stage.SENT, Stage.DELIVERED]


async def test_the_post_looks_for_what_others_wrote(running: World) -> None:
    await settle_down()
    donor = World()
    await send(donor, PHONE)
    running.book.bubbles |= donor.book.bubbles
    running.book.debts |= donor.book.debts
    running.clock.advance(1000)
    await until(lambda: not running.book.debts)
    assert running.door.stages == [Stage.SENT, Stage.DELIVERED]


async def test_the_door_may_be_set_late(world: World) -> None:
    other = World().door
    world.phones.door = other
    await send(world, PHONE)
    await world.phones._post._round()
    assert len(other.reports) == 2
    assert world.phones.door is other

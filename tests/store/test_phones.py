"""The memory of the sandbox's phones."""

from parlance.contract.phones import Behaviour, Habit, PhoneCallback, PhoneMessage
from parlance.model.message import Direction, Stage, Text
from store.desk import NOW, Desk

NUMBER = "972501234567"


def _bubble(desk: Desk, id_: int, number: str = NUMBER, **more: object) -> PhoneMessage:
    facts = {"stage": Stage.SENT, "quote": None, "token": "t", "name": "", **more}
    return PhoneMessage(
        id_, number, desk.sender.id, desk.sender.number, Direction.OUT, Text(f"text {id_}"), NOW, **facts  # type: ignore[arg-type]
    )  # fmt: skip


def _owed(desk: Desk, id_: int, due_at: int) -> PhoneCallback:
    return PhoneCallback(id_, desk.sender.id, "t", due_at, b'{"x": 1}')


async def test_a_behaviour_is_kept(desk: Desk) -> None:
    assert await desk.store.behaviour(NUMBER) == Behaviour(NUMBER)
    for behaviour in (Behaviour(NUMBER, Habit.NEVER, Habit.AUTO, 250), Behaviour(NUMBER, delay_ms=1)):
        await desk.store.set_behaviour(behaviour)
        assert await desk.store.behaviour(NUMBER) == behaviour
    assert await desk.store.phones() == []


async def test_a_message_is_taken_once(desk: Desk) -> None:
    bubble = _bubble(desk, 5, quote=3, name="Dana")
    assert await desk.store.take(bubble, [_owed(desk, 6, NOW)])
    assert not await desk.store.take(_bubble(desk, 5, name="other"), [_owed(desk, 7, NOW)])
    assert await desk.store.bubble(5) == bubble
    assert await desk.store.bubble(6) is None
    assert await desk.store.owed(NOW, 10) == ([_owed(desk, 6, NOW)], None)


async def test_a_screen_shows_one_phone_oldest_first(desk: Desk) -> None:
    bubbles = [_bubble(desk, id_) for id_ in (9, 7, 8)]
    for bubble in [*bubbles, _bubble(desk, 10, "972500000002")]:
        await desk.store.take(bubble, [])
    assert [each.id for each in await desk.store.screen(NUMBER, None, 0, 10)] == [7, 8, 9]
    assert [each.id for each in await desk.store.screen(NUMBER, desk.sender.id, 7, 1)] == [8]
    assert await desk.store.screen(NUMBER, 4711, 0, 10) == []
    assert await desk.store.phones() == ["972500000002", NUMBER]


async def test_a_stage_never_goes_back(desk: Desk) -> None:
    for id_ in (1, 2):
        await desk.store.take(_bubble(desk, id_), [])
    await desk.store.reach([1], Stage.READ, [])
    await desk.store.reach([1, 2, 3], Stage.DELIVERED, [_owed(desk, 4, NOW)])
    assert [each.stage for each in await desk.store.screen(NUMBER, None, 0, 10)] == [Stage.READ, Stage.DELIVERED]
    assert (await desk.store.owed(NOW, 10))[0] == [_owed(desk, 4, NOW)]


async def test_what_is_owed_comes_in_order_until_it_is_paid(desk: Desk) -> None:
    late, first, second = _owed(desk, 1, NOW + 5), _owed(desk, 2, NOW - 1), _owed(desk, 3, NOW)
    await desk.store.take(_bubble(desk, 9), [late, second, first])
    assert await desk.store.owed(NOW, 10) == ([first, second], NOW + 5)
    assert await desk.store.owed(NOW, 1) == ([first], NOW + 5)
    await desk.store.paid([2, 3])
    assert await desk.store.owed(NOW, 10) == ([], NOW + 5)
    assert await desk.store.owed(NOW + 5, 10) == ([late], None)

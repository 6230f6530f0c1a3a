"""How a message fares, told in order, once, and nothing lost on the way."""

from itertools import count

import pytest

from conformance.acts import WAY, Keeper, Listener, told_to
from conformance.line import Line
from conformance.manners import PAIRS
from conformance.scenarios import How, expected
from conformance.town import Onward, fresh_number, until
from parlance.contract.phones import Behaviour, Habit
from parlance.contract.world import Exchanged
from parlance.model.fault import Fault
from parlance.model.message import Direction, Stage, Text
from parlance.model.outcome import Incoming, Sent
from parlance.model.wire import WireRequest

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)

HOUR = 3_600_000
BY_NAME = (Stage.DELIVERED, Stage.READ, Stage.SENT)
prefixes = count(100)
"""What stands before the last six digits of a number that misbehaves."""


async def test_23_what_the_phone_does_is_told_once_and_no_more(pair: Line) -> None:
    near, far = fresh_number(), fresh_number()
    await pair.far.phones.set_behaviour(Behaviour(near, reads=Habit.AUTO))
    await pair.far.phones.set_behaviour(Behaviour(far, delivers=Habit.NEVER))
    names = []
    for number in (near, far):
        await pair.opened(number)
        names.append(await pair.sent(Text("Hi"), number))
        await pair.screen(number)
    await pair.quiet()
    told_to(pair, names[0], Stage.READ)
    told_to(pair, names[1], Stage.SENT)
    assert [(await pair.kept(name)).stage for name in names] == [Stage.READ, Stage.SENT]


async def test_24_callbacks_that_come_again_in_any_order_change_nothing(pair: Line) -> None:
    dana, keeper = fresh_number(), Keeper()
    await pair.far.phones.set_behaviour(Behaviour(dana, reads=Habit.AUTO))
    heard = Listener()
    with pair.callbacks(heard):
        await pair.opened(dana)
    with pair.callbacks(keeper):
        name = await pair.sent(Text("Hi"), dana)
        await pair.screen(dana)
        await pair.quiet()
    assert keeper.kept
    for _ in range(2):
        for request in reversed(keeper.kept):
            assert 200 <= (await pair.call_back(request)).status < 300
    await pair.hears(name, Stage.READ)
    for request in [*heard.passed, *keeper.kept, *heard.passed]:
        assert 200 <= (await pair.call_back(request)).status < 300
    await pair.quiet()
    steps = [WAY.index(stage) for stage in pair.statuses(name) if stage is not None]
    assert steps == sorted(set(steps)), "nothing goes backwards, and nothing is told twice"
    assert (await pair.kept(name)).stage is Stage.READ
    written = [each for each in await pair.stored(Direction.IN) if each.peer.value == dana]
    said = [each for each in pair.reports if isinstance(each, Incoming) and each.peer.value == dana]
    assert (len(written), len(said)) == (1, 1)


async def test_25_a_status_before_the_sends_own_answer_is_not_lost(pair: Line) -> None:
    dana, heard = fresh_number(), Listener()

    async def slowly(request: WireRequest, onward: Onward) -> Exchanged:
        answer = await onward()
        await until(lambda: heard.passed, "a callback")
        return answer

    await pair.opened(dana)
    with pair.callbacks(heard), pair.vendor(slowly):
        name = await pair.sent(Text("Hi"), dana)
        await pair.hears(name, Stage.DELIVERED)
        await pair.quiet()
    told_to(pair, name, Stage.DELIVERED)
    await pair.screen(dana)
    assert set(await pair.outcomes(name)) <= {"sent"}


async def test_26_what_a_client_could_not_be_told_is_told_later(own: Line) -> None:
    dana = fresh_number()
    await own.opened(dana)
    own.away = down = 1_000
    name = await own.sent(Text("Hi"), dana)
    (shown,) = await own.screen(dana)
    await own.far.phones.open_chat(dana, shown.id)
    await own.reaches(name, Stage.READ)
    await until(lambda: own.away < down, "a webhook that was not taken")
    assert own.statuses(name) == []
    own.away = 0
    own.clock.skip(HOUR)
    await own.hears(name, Stage.READ)
    await own.quiet()
    if await keeps_order(own):
        told_to(own, name, Stage.READ)
    assert sorted(own.statuses(name), key=str) == [stage for stage in BY_NAME if stage in own.speaks.receipts]


async def keeps_order(own: Line) -> bool:
    """Whether the API lets what follows wait for what could not be told."""
    (listening,) = [each for each in await own.ours.store.subscriptions(own.sender.id) if not each.own]
    return own.ours.engine.dialects[own.dialect.name].plan(listening).in_order


async def test_27_a_number_that_is_not_on_whatsapp_fails_and_says_why(pair: Line) -> None:
    nobody = f"972{next(prefixes)}000131"
    await pair.opened(nobody)
    outcome = await pair.send(Text("Hi"), nobody)
    # Every vendor tells of it afterwards, and every one by a word of its own.
    assert isinstance(outcome, Sent)
    name = outcome.external_id
    report = await pair.hears(name, Stage.FAILED)
    kept = await pair.kept(name)
    assert kept.failure is not None
    assert kept.failure.fault is Fault.NOT_ON_WHATSAPP
    assert report.failure is not None
    assert report.failure.fault is Fault.NOT_ON_WHATSAPP
    await pair.quiet()
    assert pair.statuses(name).count(Stage.FAILED) == 1


async def test_28_the_clients_own_id_comes_back_with_the_statuses(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    message = pair.message(Text("Hi"), dana)
    taken = await pair.put(message)
    assert isinstance(taken, Sent)
    report = await pair.hears(taken.external_id, Stage.DELIVERED)
    wanted = expected(28, pair.dialect, pair.carrier)
    assert report.tag == (message.id if wanted.how is How.YES else None)

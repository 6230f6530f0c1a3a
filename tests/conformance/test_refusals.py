"""What is refused to the client in its API's own words, and leaves nothing behind."""

from dataclasses import replace

import pytest

from conformance.acts import Listener, says, told_by_vendor, told_no
from conformance.line import Line, made_of
from conformance.manners import PAIRS
from conformance.scenarios import How, expected
from conformance.town import fresh_number
from parlance.model.address import phone
from parlance.model.fault import Fault
from parlance.model.message import Direction, Stage, Template, Text
from parlance.model.outcome import Sent

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)


async def test_35_a_number_that_is_none_is_refused(pair: Line) -> None:
    before = len(await pair.stored())
    for number in ("123", "abc", "1234567890123456789"):
        outcome = await pair.send(Text("Hi"), number)
        assert made_of(outcome) == pair.dialect.made_of(Fault.BAD_RECIPIENT), number
    assert len(await pair.stored()) == before


async def test_36_a_wrong_key_is_refused(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    before = len(await pair.stored())
    key = next(each.name for each in pair.says.settings if each.secret and each.required)
    wrong = replace(pair.client, settings={**pair.client.settings, key: pair.client.settings[key][::-1]})
    outcome = await pair.put(pair.message(Text("Hi"), dana), client=wrong)
    assert made_of(outcome) == pair.dialect.made_of(Fault.BAD_CREDENTIAL)
    assert len(await pair.stored()) == before


async def test_37_the_same_request_twice_is_one_message(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    message = pair.message(Text("Hi"), dana)
    key = f"order-{dana}"
    first, second = await pair.put(message, key=key), await pair.put(message, key=key)
    assert isinstance(first, Sent)
    assert second == first
    other = await pair.put(replace(message, content=Text("Hello")), key=key)
    assert made_of(other) == pair.dialect.made_of(Fault.DUPLICATE)
    await pair.hears(first.external_id, Stage.DELIVERED)
    assert await pair.put(message, key=key) == first
    await pair.quiet()
    await pair.screen(dana)
    mine = [each for each in await pair.stored(Direction.OUT) if each.peer == phone(dana)]
    assert len(mine) == 1


async def test_44_what_was_removed_is_refused(own: Line) -> None:
    dana, heard = fresh_number(), Listener()
    with own.callbacks(heard):
        await own.opened(dana)
    before = len(await own.stored())
    await own.ours.store.remove_sender(own.sender.id)
    outcome = await own.send(Text("Hi"), dana)
    assert made_of(outcome) == own.dialect.made_of(Fault.BAD_CREDENTIAL)
    assert [(await own.call_back(each)).status for each in heard.passed] == [404]
    assert len(await own.stored()) == before


async def test_45_a_template_that_nobody_knows_is_refused(own: Line) -> None:
    dana = fresh_number()
    await own.opened(dana)
    wanted = expected(45, own.dialect, own.carrier)
    unknown = Template("nobody_knows_it", "en_US")
    if wanted.how is How.UNSPOKEN or "template" in wanted.fields:
        assert await says(own, wanted, unknown, dana) is None
        return
    outcome = await own.send(unknown, dana)
    if wanted.how is How.REFUSED:
        await told_no(own, outcome, Fault.UNKNOWN_TEMPLATE)
    else:
        await told_by_vendor(own, outcome, Fault.UNKNOWN_TEMPLATE)
    assert await own.came(dana) == []


async def test_46_a_reply_to_what_nobody_wrote_is_refused(pair: Line) -> None:
    dana, noa = fresh_number(), fresh_number()
    await pair.opened(dana)
    elsewhere = await pair.opened(noa)
    wanted = expected(46, pair.dialect, pair.carrier)
    if "quote" in wanted.fields or wanted.how is How.UNSPOKEN:
        assert await says(pair, wanted, Text("Yes"), dana, quote=elsewhere.name) is None
        return
    # A message of another chat is none that could be quoted here.
    for name in (elsewhere.name, f"{elsewhere.name[:-4]}0000"):
        await told_no(pair, await pair.send(Text("Yes"), dana, quote=name), Fault.UNKNOWN_QUOTE)
    await pair.quiet()
    assert await pair.came(dana) == []

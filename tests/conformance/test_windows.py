"""The 24-hour window and templates: each API's own way of saying no."""

import pytest

from conformance.acts import DAY, MINUTE, Listener, says, told_by_vendor, told_no
from conformance.line import Line
from conformance.manners import PAIRS
from conformance.pairs import TEMPLATE
from conformance.scenarios import How, expected
from conformance.town import fresh_number
from parlance.model.address import phone
from parlance.model.fault import Fault
from parlance.model.message import Component, Parameter, Stage, Template, Text

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)

FILLED = Template(TEMPLATE.name, TEMPLATE.language, (Component("body", (Parameter("text", "Dana 🎉"),)),))


async def test_08_a_template_arrives_with_its_values(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    name = await says(pair, expected(8, pair.dialect, pair.carrier), FILLED, dana)
    if name is not None:
        (shown,) = await pair.screen(dana)
        assert shown.content == FILLED
        await pair.hears(name, Stage.DELIVERED)


async def test_09_a_template_reaches_who_never_wrote_and_opens_nothing(pair: Line) -> None:
    dana = fresh_number()
    name = await says(pair, expected(9, pair.dialect, pair.carrier), FILLED, dana)
    if name is not None:
        (shown,) = await pair.screen(dana)
        assert shown.content == FILLED
        await pair.hears(name, Stage.DELIVERED)
        assert await pair.window(dana) is None


async def test_10_a_customer_who_never_wrote_is_not_written_to(own: Line) -> None:
    dana, noa = fresh_number(), fresh_number()
    await own.opened(noa)
    # After that no other customer can have written without our knowing.
    own.clock.skip(DAY)
    heard = Listener()
    with own.vendor(heard):
        await told_no(own, await own.send(Text("Hi"), dana), Fault.WINDOW_NEVER_OPENED)
        await own.quiet()
    assert (heard.passed, await own.came(dana)) == ([], [])


async def test_11_a_day_after_they_wrote_a_customer_is_not_written_to(own: Line) -> None:
    dana = fresh_number()
    await own.opened(dana)
    own.clock.skip(DAY - 10 * MINUTE)
    await own.hears(await own.sent(Text("just in time"), dana), Stage.DELIVERED)
    own.clock.skip(10 * MINUTE)
    heard = Listener()
    with own.vendor(heard):
        await told_no(own, await own.send(Text("too late"), dana), Fault.WINDOW_CLOSED)
        await own.quiet()
    assert heard.passed == []
    await own.screen(dana)


async def test_12_the_carriers_refusal_corrects_our_opinion(own: Line) -> None:
    dana = fresh_number()
    await own.opened(dana)
    own.clock.skip(DAY)
    now = own.clock.now()
    # Somebody told us that the customer has written again, and the vendor knows nothing of it.
    await own.ours.store.open_windows(own.sender, [(phone(dana), now)])
    # Vendors tell the time in whole seconds.
    own.clock.skip(2_000)
    outcome = await own.send(Text("Hi"), dana)
    if own.able.knows_windows:
        await own.screen(dana)
        return
    await told_by_vendor(own, outcome, Fault.WINDOW_CLOSED)
    if not own.carrier.manners.shuts:
        assert await own.window(dana) == now
        return
    heard = Listener()
    with own.vendor(heard):
        await told_no(own, await own.send(Text("Hi again"), dana), Fault.WINDOW_CLOSED)
        await own.quiet()
    assert (heard.passed, await own.came(dana)) == ([], [])
    await own.opened(dana)
    await own.hears(await own.sent(Text("And now"), dana), Stage.DELIVERED)


async def test_13_a_customer_whom_nobody_watched_is_left_to_the_carrier(own: Line) -> None:
    dana, wanted = fresh_number(), expected(13, own.dialect, own.carrier)
    outcome = await own.send(Text("Hi"), dana)
    if wanted.how is How.REFUSED:
        await told_no(own, outcome, Fault.WINDOW_NEVER_OPENED)
        return
    await told_by_vendor(own, outcome, Fault.WINDOW_NEVER_OPENED)
    assert await own.came(dana) == []

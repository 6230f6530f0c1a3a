"""Routes that stand still, stand in for one another, or lose nothing."""

import json

import pytest

from conformance.acts import Trouble, cannot_be_reached, says
from conformance.cards import CARD
from conformance.line import Line, made_of, plain
from conformance.manners import PAIRS, Side
from conformance.pairs import OURS, VENDOR, Town, again, another, connect, enrol, lay
from conformance.scenarios import How, expected
from conformance.town import call, fresh_number, until
from parlance.model.ids import to_text
from parlance.model.message import Contacts, Direction, Stage, Text
from parlance.model.outcome import Sent, StateReport
from parlance.model.wire import WireRequest

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)


async def expire(own: Line) -> None:
    """Let the vendor know the route's credentials no more; the built-in network has none, and says that it stops."""
    if own.far is own.ours:
        report = StateReport("blocked", own.clock.now(), "The number is blocked.")
        await own.ours.engine.settle.hear(own.sender, own.route, (report,))
    else:
        await own.far.engine.setup.rotate(own.far_sender, [own.carrier.name], 0)


async def repair(own: Line) -> None:
    """Give the route new credentials, as an operator does; the network says that it goes on."""
    if own.far is own.ours:
        report = StateReport("authorized", own.clock.now())
        await own.ours.engine.settle.hear(own.sender, own.route, (report,))
        return
    name = own.carrier.name
    issued = await own.far.engine.setup.rotate(own.far_sender, [name], 0)
    settings, _ = own.carrier.manners.route(issued[name], f"http://{VENDOR}")
    key = next(each.name for each in own.carrier.carrier.settings if each.secret and each.required)
    await own.ours.engine.setup.set_route(own.sender, name, {key: settings[key]})
    await own.ours.engine.dispatch.reload(own.sender.id)


async def held(own: Line) -> str:
    return (await again(own.ours, own.sender)).route.held


async def test_38_an_expired_credential_holds_the_route_and_loses_nothing(own: Line) -> None:
    dana = fresh_number()
    await own.opened(dana)
    await expire(own)
    names = [await own.sent(Text(text), dana) for text in ("one", "two", "three")]
    why = await until(lambda: held(own), "the route is held")
    ready = await call(own.ours.site, WireRequest("GET", f"http://{OURS}/readyz"))
    parts = json.loads(ready.body)["parts"]
    assert to_text(own.sender.id) in [each["sender_id"] for each in parts["routes"]["held"]]
    secrets = [own.route.settings[each.name] for each in own.carrier.carrier.settings if each.secret and each.required]
    assert not any(secret in why for secret in secrets)
    own.clock.skip(3_600_000)
    assert [(await own.kept(name)).stage for name in names] == [Stage.ACCEPTED] * 3
    assert await own.came(dana) == []
    await repair(own)
    for name in names:
        await own.hears(name, Stage.DELIVERED)
    shown = await own.screen(dana, 3)
    assert [plain(each.content) for each in shown] == [Text("one"), Text("two"), Text("three")]
    assert await held(own) == ""


async def test_39_a_backup_carries_what_the_route_cannot(the_town: Town, own: Line) -> None:
    dana, other = fresh_number(), another(own.carrier.name)
    await own.opened(dana)
    if other == "sandbox":
        await own.ours.engine.setup.set_route(own.sender, other, {}, backup=True)
        phones, behind = own.ours.phones, own.sender
    else:
        there = await enrol(the_town.vendor, own.sender.number)
        await connect(the_town, own.sender, there, other, backup=True)
        behind = there.sender
        # To this vendor the customer has written as well: windows belong to the number.
        await the_town.vendor.phones.write(dana, behind, behind.route, Text("hello"), None, "Dana")
        phones = the_town.vendor.phones
    with own.vendor(Trouble(cannot_be_reached, 1_000)):
        name = await own.sent(Text("by the other way"), dana)
        await own.hears(name, Stage.DELIVERED)
    await expire(own)
    held_up = await own.sent(Text("and again"), dana)
    await own.hears(held_up, Stage.DELIVERED)
    shown = await phones.screen(dana, behind.id, 0, 10)
    came = [plain(each.content) for each in shown if each.direction is Direction.OUT]
    assert came == [Text("by the other way"), Text("and again")]
    assert own.far is own.ours or await own.came(dana) == []
    outcomes = await own.outcomes(name)
    assert (set(outcomes[:-1]), outcomes[-1]) == ({"never_left"}, "sent")
    history = await own.ours.store.history(own.id_of(name))
    assert Side(other).name in json.dumps([each.detail for each in history], default=str)


async def test_40_a_strict_route_refuses_any_loss(the_town: Town, dialect: str, carrier: str) -> None:
    dana = fresh_number()
    own = await lay(the_town, dialect, carrier, strict=True)
    await own.opened(dana)
    wanted = expected(40, own.dialect, own.carrier)
    name = await says(own, wanted, Contacts((CARD,)), dana)
    if wanted.how is How.REFUSED:
        assert name is None
        assert await own.came(dana) == []
        outcome = await own.send(Text("a text loses nothing"), dana)
        assert isinstance(outcome, Sent), made_of(outcome)
    await own.screen(dana)

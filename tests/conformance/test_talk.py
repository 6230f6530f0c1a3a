"""Replies, reactions and read receipts, both ways: each side names a message by an id that it knows."""

import pytest

from conformance.acts import says
from conformance.line import Line, plain
from conformance.manners import PAIRS
from conformance.scenarios import How, expected
from conformance.town import fresh_number, until
from parlance.model.ids import to_text
from parlance.model.message import Reaction, Receipt, Stage, Text
from parlance.model.outcome import Sent

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)


async def test_14_our_reply_quotes_what_the_customer_wrote(pair: Line) -> None:
    dana = fresh_number()
    asked = await pair.wrote(dana, Text("Open today?"))
    await pair.wrote(dana, Text("Hello?"))
    name = await says(pair, expected(14, pair.dialect, pair.carrier), Text("Yes"), dana, quote=asked.name)
    if name is not None:
        (shown,) = await pair.screen(dana)
        assert (plain(shown.content), shown.quote) == (Text("Yes"), asked.bubble.id)


async def test_15_the_customers_reply_names_what_it_quotes(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    message = pair.message(Text("Your table is ready"), dana)
    taken = await pair.put(message)
    assert isinstance(taken, Sent)
    await pair.hears(taken.external_id, Stage.DELIVERED)
    (shown,) = await pair.screen(dana)
    thanks = await pair.wrote(dana, Text("Thanks"), quote=shown.id)
    # A client that gave the message an id of its own may be told that one.
    known = {taken.external_id, to_text(message.id)}
    whole = expected(15, pair.dialect, pair.carrier).how is How.YES
    assert thanks.told.quote_external in (known if whole else {""})
    assert plain(thanks.told.content) == Text("Thanks")


async def test_16_our_reaction_sits_on_what_the_customer_wrote(pair: Line) -> None:
    dana = fresh_number()
    asked = await pair.wrote(dana, Text("Done!"))
    wanted = expected(16, pair.dialect, pair.carrier)
    if await says(pair, wanted, Reaction(1, "👍🏽", asked.name), dana) is None:
        return
    await says(pair, wanted, Reaction(1, "", asked.name), dana)
    shown = await pair.screen(dana, 2)
    assert [_reaction(each.content) for each in shown] == [(asked.bubble.id, "👍🏽"), (asked.bubble.id, "")]


def _reaction(content: object) -> tuple[int, str]:
    assert isinstance(content, Reaction)
    return content.target, content.emoji


async def test_17_the_customers_reaction_names_what_it_is_put_on(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    message = pair.message(Text("Your table is ready"), dana)
    taken = await pair.put(message)
    assert isinstance(taken, Sent)
    await pair.hears(taken.external_id, Stage.DELIVERED)
    (shown,) = await pair.screen(dana)
    told = (await pair.wrote(dana, Reaction(shown.id, "❤️"))).told.content
    assert isinstance(told, Reaction)
    assert told.emoji == "❤️"
    assert told.target_external in {taken.external_id, to_text(message.id)}


async def test_18_the_customer_sees_that_they_were_read(pair: Line) -> None:
    dana = fresh_number()
    asked = await pair.opened(dana)
    wanted = expected(18, pair.dialect, pair.carrier)
    if await says(pair, wanted, Receipt(1, target_external=asked.name), dana) is None:
        return

    async def read() -> bool:
        shown = await pair.far.phones.screen(dana, pair.far_sender.id, 0, 10)
        return [each.stage for each in shown] == [Stage.READ]

    await until(read, "two blue ticks")
    assert await pair.came(dana) == []

"""Every API by every carrier: what goes in at one end comes out at the other, and what is said of it comes back."""

import pytest

from conformance.pairs import PAIRS, Line, fresh_number, plain
from parlance.model.message import Stage, Text

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)


async def test_01_a_text_arrives_and_its_statuses_come_back(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    name = await pair.sent(Text("Hi *Dana*"), dana)
    (shown,) = await pair.screen(dana)
    assert plain(shown.content) == Text("Hi *Dana*")
    await pair.hears(name, Stage.DELIVERED)
    await pair.far.phones.open_chat(dana, shown.id)
    await pair.hears(name, Stage.READ)

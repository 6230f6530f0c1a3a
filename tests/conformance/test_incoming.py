"""What customers write, and what a client is told of it."""

from itertools import count

import pytest

from conformance.cards import CARD, leaves
from conformance.line import Line, plain
from conformance.manners import PAIRS
from conformance.scenarios import heard_of_card
from conformance.town import fresh_number
from parlance.model.message import Choice, Contacts, Location, Media, Text, Unknown

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)

PICTURE = Media("image", "https://media.example.com/cat.jpg", "A cat", "image/jpeg", "cat.jpg")
PLACE = Location("32.0853", "34.7818", "Office", "1 Herzl St")
ORDER = Unknown("order", {"catalog_id": "1", "product_items": [{"quantity": 2}]})

subscribers = count(2_345_678)
"""The last digits of numbers that can be written in two ways."""


def forms() -> tuple[tuple[str, str], ...]:
    """Numbers of Brazil, Mexico and Argentina, each in WhatsApp's two forms."""
    end = f"{next(subscribers):07}"
    return (f"551198{end}", f"55118{end}"), (f"521553{end}", f"52553{end}"), (f"549112{end}", f"54112{end}")


async def test_19_a_customers_text_is_told_with_their_name_and_the_time(pair: Line) -> None:
    dana = fresh_number()
    wrote = await pair.wrote(dana, Text("Hi, *Café* 😀\nfor two?"))
    assert plain(wrote.told.content) == Text("Hi, *Café* 😀\nfor two?")
    assert (wrote.told.name, wrote.told.peer.value) == ("Dana", dana)
    # Some APIs tell no time, and then it is that of the telling.
    assert 0 <= wrote.told.at - wrote.bubble.at // 1000 * 1000 < 60_000
    incoming = await pair.kept(wrote.name)
    assert (incoming.content, incoming.peer.value) == (Text("Hi, *Café* 😀\nfor two?"), dana)
    assert await pair.window(dana) == incoming.at


async def test_20_a_customers_cards_are_told(pair: Line) -> None:
    dana = fresh_number()
    told = (await pair.wrote(dana, Contacts((CARD, CARD)))).told.content
    assert isinstance(told, Contacts)
    assert len(told.cards) == 2
    fields = heard_of_card(pair.dialect, pair.carrier)
    for came in told.cards:
        assert ["".join(filter(str.isdecimal, each.phone)) for each in came.phones] == ["972527654321"]
        assert (came.formatted == CARD.formatted) is ("formatted" in fields)
        assert leaves(came) == {path: value for path, value in leaves(CARD).items() if path in fields}


async def test_21_media_are_told_by_their_address_and_strangers_are_told_too(pair: Line) -> None:
    dana = fresh_number()
    picture = (await pair.wrote(dana, PICTURE)).told.content
    assert isinstance(picture, Media)
    assert (picture.type, picture.url, picture.caption) == (PICTURE.type, PICTURE.url, PICTURE.caption)
    place = (await pair.wrote(dana, PLACE)).told.content
    assert isinstance(place, Location)
    assert (float(place.latitude), float(place.longitude)) == (32.0853, 34.7818)
    pressed = (await pair.wrote(dana, Choice("button_reply", "yes", "Yes, please"))).told.content
    assert isinstance(pressed, Choice)
    assert pressed.title == "Yes, please"
    stranger = await pair.wrote(dana, ORDER)
    assert isinstance(stranger.told.content, Unknown)
    assert isinstance((await pair.kept(stranger.name)).content, Unknown)


async def test_22_both_forms_of_a_number_are_one_customer(pair: Line) -> None:
    for place, (long, short) in enumerate(forms()):
        written, sent_to = (long, short) if place % 2 else (short, long)
        wrote = await pair.opened(written)
        name = await pair.sent(Text(f"to {sent_to}"), sent_to)
        incoming, outgoing = await pair.kept(wrote.name), await pair.kept(name)
        assert incoming.customer_id == outgoing.customer_id
        assert outgoing.window_until is not None
        await pair.screen(written)
        assert await pair.window(long) == await pair.window(short) == incoming.at

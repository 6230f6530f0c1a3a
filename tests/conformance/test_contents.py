"""What a client can send, and what the customer's phone shows of it."""

from dataclasses import replace

import pytest

from conformance.acts import says
from conformance.cards import CARD, card, carried, leaves
from conformance.line import Line, made_of, plain
from conformance.manners import PAIRS
from conformance.scenarios import How, expected, longest
from conformance.town import fresh_number
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Fault
from parlance.model.message import Contacts, Content, Stage, Text
from parlance.model.outcome import Sent

pytestmark = pytest.mark.parametrize(("dialect", "carrier"), PAIRS)

SCRIPTS = (
    "שלום *Dana*, \u200fמחיר: 12.50 ₪ \u202bعربى\u202c و English, 漢字 ไทย e\u0301 \u00e9 \ufeff\u200d\u00a0",
    "👩‍👩‍👧‍👦 🇮🇱 👍🏽 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f one\ntwo\r\nthree\tfour\u2028five",
    '"double" \'single\' \\n \\u0041 {"json": [1]} <b>&amp;</b> {{1}} {name} ${name} %s %7B <message> _a_ ~b~ ```c```',
)
NUL = "before\0after"


def one_card(content: Content) -> ContactCard:
    assert isinstance(content, Contacts)
    (found,) = content.cards
    return found


def digits(phone: Phone) -> str:
    return "".join(each for each in phone.phone if each.isdecimal())


async def test_01_a_text_arrives_and_its_statuses_come_back(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    name = await pair.sent(Text("Hi *Dana*"), dana)
    (shown,) = await pair.screen(dana)
    assert plain(shown.content) == Text("Hi *Dana*")
    await pair.hears(name, Stage.DELIVERED)
    await pair.far.phones.open_chat(dana, shown.id)
    await pair.hears(name, Stage.READ)


async def test_02_a_text_at_the_limit_arrives_whole_and_a_longer_one_is_refused(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    limit = longest(pair.dialect, pair.carrier)
    whole = f"😀{'ש' * (limit - 1)}"
    await pair.sent(Text(whole), dana)
    (shown,) = await pair.screen(dana)
    assert plain(shown.content) == Text(whole)
    outcome = await pair.send(Text(f"{whole}!"), dana)
    if limit == pair.speaks.text_limit:
        # The API's own limit is told as it tells it.
        told = pair.dialect.manners.at_once.get("own_text_limit", pair.dialect.made_of(Fault.TEXT_TOO_LONG))
    else:
        told = pair.dialect.made_of(Fault.TEXT_TOO_LONG)
        refusal = pair.refusal()
        assert (refusal.fault, refusal.field, refusal.carrier) == (Fault.TEXT_TOO_LONG, "text", pair.carrier.name)
    assert made_of(outcome) == told
    await pair.screen(dana)


async def test_03_every_script_arrives_as_it_was_sent(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    for text in SCRIPTS:
        await pair.sent(Text(text), dana)
    shown = await pair.screen(dana, len(SCRIPTS))
    assert [plain(each.content) for each in shown] == [Text(text) for text in SCRIPTS]
    outcome = await pair.send(Text(NUL), dana)
    await pair.quiet()
    texts = [plain(each.content) for each in (await pair.came(dana))[len(SCRIPTS) :]]
    assert texts == ([Text(NUL)] if isinstance(outcome, Sent) else [])


async def test_04_of_a_full_card_nothing_is_lost_silently(pair: Line) -> None:
    dana = fresh_number()
    await pair.opened(dana)
    wanted = expected(4, pair.dialect, pair.carrier)
    name = await pair.sent(Contacts((CARD,)), dana)
    (shown,) = await pair.screen(dana)
    came = one_card(shown.content)
    assert came.formatted == CARD.formatted
    assert [digits(each) for each in came.phones] == [digits(each) for each in CARD.phones]
    assert leaves(came) == carried(CARD, pair.speaks, pair.able)
    for part in ("first", "last"):
        if {part} <= pair.speaks.card_fields & pair.able.card_fields:
            assert getattr(came, part) == getattr(CARD, part)
    dropped = pair.answers[-1].headers.get("parlance-dropped", "")
    assert dropped == ",".join(wanted.fields if wanted.how is How.WITHOUT else ())
    assert (await pair.kept(name)).dropped == tuple(filter(None, dropped.split(",")))


async def test_05_many_cards_are_one_message_in_parts_where_it_must_be(pair: Line) -> None:
    dana, wanted = fresh_number(), expected(5, pair.dialect, pair.carrier)
    await pair.opened(dana)
    cards = tuple(card(name, fresh_number()) for name in ("Noa", "Adam", "Lea"))
    name = await says(pair, wanted, Contacts(cards), dana)
    if name is None:
        return
    shown = await pair.screen(dana, len(cards) if wanted.how is How.PARTS else 1)
    came = [each for bubble in shown if isinstance(bubble.content, Contacts) for each in bubble.content.cards]
    assert [(each.formatted, digits(each.phones[0])) for each in came] == [
        (each.formatted, digits(each.phones[0])) for each in cards
    ]
    await pair.hears(name, Stage.DELIVERED)
    await pair.far.phones.open_chat(dana, shown[0].id)
    if len(shown) > 1:
        await pair.quiet()
        assert (await pair.kept(name)).stage is Stage.DELIVERED, "as long as one part was not read"
        await pair.far.phones.open_chat(dana, shown[-1].id)
    await pair.hears(name, Stage.READ)
    told = [stage for stage in (Stage.SENT, Stage.DELIVERED, Stage.READ) if stage in pair.speaks.receipts]
    assert pair.statuses(name) == told
    assert await pair.outcomes(name) == ["sent"] * len(shown)


async def test_06_a_card_with_two_numbers_keeps_both_or_is_refused(pair: Line) -> None:
    dana, wanted = fresh_number(), expected(6, pair.dialect, pair.carrier)
    await pair.opened(dana)
    if wanted.how is How.UNSPOKEN:
        assert pair.speaks.card_phones == 1
        return
    two = replace(card("Noa", fresh_number()), phones=(Phone(f"+{fresh_number()}"), Phone(f"+{fresh_number()}")))
    if await says(pair, wanted, Contacts((two,)), dana) is not None:
        (shown,) = await pair.screen(dana)
        assert [digits(each) for each in one_card(shown.content).phones] == [digits(each) for each in two.phones]


async def test_07_a_card_names_the_whatsapp_id_of_whom_we_know_to_be_there(pair: Line) -> None:
    dana, noa = fresh_number(), fresh_number()
    await pair.opened(dana)
    await pair.opened(noa)
    # As people write it: an id can be told of it only by who knows them.
    written = Phone(f"+{noa[:3]} {noa[3:5]}-{noa[5:]}", "CELL")
    await pair.sent(Contacts((replace(card("Noa", noa), phones=(written,)),)), dana)
    (shown,) = await pair.screen(dana)
    (came,) = one_card(shown.content).phones
    assert (digits(came), came.wa_id) == (noa, noa)

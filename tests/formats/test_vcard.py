"""vCards in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.formats.vcard import FILE, Style, read_cards, write_card
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url

BICYCLE = ContactCard(
    "Artem Evpatoriysky Petrovich",
    first="Artem",
    middle="Evpatoriysky",
    last="Petrovich",
    phones=(Phone("+79001234568", "CELL", "79001234568"),),
    organisation=Organisation("Bicycle"),
)
WHOLE = ContactCard(
    "Dr. Dana Noa Example Jr.",
    first="Dana",
    middle="Noa",
    last="Example",
    prefix="Dr.",
    suffix="Jr.",
    phones=(Phone("+972 55-000-0222", "WORK"), Phone("+972550000333", None, "972550000333")),
    emails=(Email("dana@example.org", "WORK"), Email("noa@example.org")),
    addresses=(PostalAddress("1 Sample Road", "Haifa", "North", "3303", "Israel", None, "HOME"),),
    organisation=Organisation("Sample; Sons, Ltd", "Press", "Editor\\Chief"),
    urls=(Url("https://example.org/a,b;c", "WORK"),),
    birthday="1990-01-31",
)


def body(card: ContactCard) -> list[str]:
    return write_card(card).split("\n")[2:-1]


# ---- writing


def test_a_card_in_a_chat_is_as_it_was_observed() -> None:
    assert write_card(BICYCLE) == (
        "BEGIN:VCARD\n"
        "VERSION:3.0\n"
        "N:Petrovich;Artem;Evpatoriysky;\n"
        "FN:Artem Evpatoriysky Petrovich\n"
        "ORG:Bicycle\n"
        "TEL;type=CELL;type=VOICE;waid=79001234568:+79001234568\n"
        "END:VCARD"
    )


def test_a_company_alone_has_no_name() -> None:
    card = ContactCard("Bicycle", phones=BICYCLE.phones, organisation=Organisation("Bicycle"))
    assert body(card)[:3] == ["N:;;;", "FN:Bicycle", "ORG:Bicycle"]


def test_what_a_card_does_not_have_has_no_line() -> None:
    assert body(ContactCard("Dana", first="Dana")) == ["N:;Dana;;", "FN:Dana"]
    assert body(ContactCard("Dana", organisation=Organisation())) == ["N:;;;", "FN:Dana"]


def test_a_whole_card() -> None:
    assert body(WHOLE) == [
        "N:Example;Dana;Noa;Dr.;Jr.",
        "FN:Dr. Dana Noa Example Jr.",
        r"ORG:Sample\; Sons\, Ltd;Press",
        r"TITLE:Editor\\Chief",
        "TEL;type=WORK;type=VOICE:+972 55-000-0222",
        "TEL;waid=972550000333:+972550000333",
        "EMAIL;type=WORK;type=INTERNET:dana@example.org",
        "EMAIL:noa@example.org",
        "ADR;type=HOME:;;1 Sample Road;Haifa;North;3303;Israel",
        "URL;type=WORK:https://example.org/a,b;c",
        "BDAY:1990-01-31",
    ]


def test_no_value_can_add_a_line() -> None:
    name = "a\r\nEND:VCARD"
    card = ContactCard(
        name,
        last="b\rc",
        phones=(Phone("1\n2", 'C"E\nL;L:', "3\n"),),
        urls=(Url("https://x\r\ny"),),
        birthday="1\n2",
    )
    assert body(card) == [
        r"N:b\nc;;;",
        r"FN:a\nEND:VCARD",
        r"TEL;type=C E L L;type=VOICE;waid=3:1\n2",
        "URL:https://xy",
        "BDAY:12",
    ]


def test_a_type_that_says_voice_says_it_once() -> None:
    assert body(ContactCard("", phones=(Phone("1", "voice"),)))[-1] == "TEL;type=voice:1"


def test_a_file_has_long_lines_folded_between_characters() -> None:
    written = write_card(ContactCard("ש" * 60), FILE)
    lines = written.split("\r\n")
    assert lines[3:6] == ["FN:" + "ש" * 36, " " + "ש" * 24, "END:VCARD"]
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    assert read_cards(written)[0].formatted == "ש" * 60


def test_a_style_of_ones_own() -> None:
    assert write_card(ContactCard("Dana"), Style("\r\n")).endswith("FN:Dana\r\nEND:VCARD")


# ---- reading


@pytest.mark.parametrize("card", [BICYCLE, WHOLE])
@pytest.mark.parametrize("style", [Style(), FILE])
def test_what_was_written_is_read_again(card: ContactCard, style: Style) -> None:
    assert read_cards(write_card(card, style)) == (card,)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(lambda t: t == t.strip())
WORDS = st.none() | TEXT
# Marks that nobody sees, and an address's beginning, are not part of a number.
NUMBER = TEXT.filter(lambda text: text.isprintable() and not text.lower().startswith("tel:"))


@given(
    st.builds(
        ContactCard,
        TEXT,
        first=WORDS,
        last=WORDS,
        suffix=WORDS,
        phones=st.lists(st.builds(Phone, NUMBER), max_size=3).map(tuple),
        organisation=st.none() | st.builds(Organisation, TEXT, WORDS, WORDS),
    )
)
def test_any_words_are_read_again(card: ContactCard) -> None:
    assert read_cards(write_card(card, FILE)) == (card,)


@given(st.text() | st.lists(st.sampled_from(list('BEGINDVCARD:;,\\="\n .TL')), max_size=60).map("".join))
def test_nothing_that_is_no_card_breaks_it(text: str) -> None:
    assert read_cards(f"BEGIN:VCARD\n{text}\nEND:VCARD\n") is not None
    assert isinstance(read_cards(text), tuple)


def read(*lines: str) -> ContactCard:
    (card,) = read_cards("\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""]))
    return card


def test_a_card_of_an_address_book_with_groups_and_labels() -> None:
    card = read(
        "N:Example;Ada;;;",
        "FN:Ada Example",
        "item1.TEL;waid=72345678910:+7 234 567 8910",
        "item1.X-ABLabel:_$!<Mobile>!$_",
        "item2.EMAIL;type=INTERNET:ada@example.org",
        "item2.X-ABLabel:Club",
        "item3.TEL;type=HOME;type=pref:123",
        "item3.X-ABLabel:Other",
        "PHOTO;ENCODING=b;TYPE=JPEG:AAAA",
    )
    assert card == ContactCard(
        "Ada Example",
        first="Ada",
        last="Example",
        phones=(Phone("+7 234 567 8910", "MOBILE", "72345678910"), Phone("123", "HOME")),
        emails=(Email("ada@example.org", "CLUB"),),
    )


def test_types_in_every_way_of_writing_them() -> None:
    card = read(
        "TEL;TYPE=CELL,VOICE:1",
        'tel;type="voice,work":2',
        "TEL;HOME;VOICE:3",
        "TEL;VALUE=uri;TYPE=fax:tel:+4",
        "TEL;TYPE=PREF:5",
        'TEL;X="a:b;c":6',
    )
    assert card.phones == (
        Phone("1", "CELL"),
        Phone("2", "WORK"),
        Phone("3", "HOME"),
        Phone("+4", "FAX"),
        Phone("5"),
        Phone("6"),
    )


@pytest.mark.parametrize(("waid", "found"), [("+972", "972"), ("97a", None), ("", None), ("٣", None)])
def test_a_whatsapp_id_is_digits(waid: str, found: str | None) -> None:
    assert read(f"TEL;waid={waid}:1").phones == (Phone("1", None, found),)


def test_folded_and_escaped_values() -> None:
    card = read("FN:Da", " na\\, Ltd\\nNorth", "N:a\\;b;c\\\\;d\\", "ORG:One;Two;Three", "TITLE: Boss ")
    assert card.formatted == "Dana, Ltd\nNorth"
    assert (card.last, card.first, card.middle) == ("a;b", "c\\", "d\\")
    assert card.organisation == Organisation("One", "Two", "Boss")


def test_addresses() -> None:
    card = read("ADR;TYPE=HOME:Box 1;Floor 2;3 Road;City;;99;Land", "ADR:;;;;;;", "ADR:;;Only street")
    assert card.addresses == (
        PostalAddress("Box 1, Floor 2, 3 Road", "City", None, "99", "Land", None, "HOME"),
        PostalAddress("Only street"),
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1990-01-31", "1990-01-31"),
        ("19900131", "1990-01-31"),
        ("1990-01-31T00:00:00Z", "1990-01-31"),
        ("--0131", None),
        ("1990-02-31", None),
        ("soon", None),
    ],
)
def test_birthdays(written: str, day: str | None) -> None:
    assert read(f"BDAY:{written}").birthday == day


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["FN:Dana"], "Dana"),
        (["N:Example;Dana;;Dr.;"], "Dr. Dana Example"),
        (["ORG:Sample Ltd", "TEL:1"], "Sample Ltd"),
        (["TEL:+1"], "+1"),
        (["FN: "], ""),
    ],
)
def test_a_card_without_a_name_is_called_after_what_it_has(lines: list[str], name: str) -> None:
    assert read(*lines).formatted == name


@pytest.mark.parametrize("charset", ["UTF-8", "no-such-charset"])
def test_a_card_of_version_2_1(charset: str) -> None:
    card = read(f"N;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:=D7=9B=D7=", "=94=D7=9F;=D7=93;;;", "TEL;CELL:1")
    assert (card.last, card.first) == ("כהן", "ד")
    assert read("FN;QUOTED-PRINTABLE:=41").formatted == "A"
    assert card.phones == (Phone("1", "CELL"),)


def test_several_cards_and_what_stands_around_them() -> None:
    text = "\ufeffhello\nBEGIN:VCARD\nFN:One\nEND:VCARD\nEND:VCARD\nFN:Nobody\nbegin:vcard\rfn:Two\rno colon"
    assert [card.formatted for card in read_cards(text)] == ["One", "Two"]


@pytest.mark.parametrize("text", ["", "FN:Dana", "BEGIN:VCARD", "BEGIN:VCALENDAR\nEND:VCALENDAR"])
def test_a_text_without_cards_has_none(text: str) -> None:
    assert read_cards(text) == ()

"""Address books as phones and programs export them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import exports
from parlance.formats.vcard import ReadCard, read_file
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url


def only(data: bytes) -> ReadCard:
    (card,) = read_file(data)
    return card


def written(*properties: str, newline: str = "\r\n") -> bytes:
    return newline.join(["BEGIN:VCARD", "VERSION:3.0", *properties, "END:VCARD", ""]).encode()


def test_a_phone_from_cupertino() -> None:
    john, acme, group = read_file(exports.APPLE)
    assert john == ReadCard(
        ContactCard(
            "Dr. John Appleseed",
            first="John",
            last="Appleseed",
            prefix="Dr.",
            phones=(
                Phone("888-555-5512", "CELL"),
                Phone("+1 (888) 555-1212", "IPHONE"),
                Phone("+972 55-000-0222", "דירה"),
            ),
            emails=(Email("John-Appleseed@mac.example", "HOMEPAGE"), Email("john@orchard.example", "WORK")),
            addresses=(
                PostalAddress("3494 Kuzy Street\nUnit 4", "Atlanta", "GA", "30303", "USA", "US", "HOME"),
            ),
            organisation=Organisation("Orchard, Inc.", "Grafting", "Head Gardener"),
            urls=(Url("https://orchard.example/john", "HOMEPAGE"),),
        ),
        ("NOTE", "X-SOCIALPROFILE", "PHOTO", "BDAY"),
    )  # fmt: skip
    assert acme == ReadCard(
        ContactCard(
            "Acme Repairs", phones=(Phone("03-555-0222", "WORK"),), organisation=Organisation("Acme Repairs")
        )
    )  # fmt: skip
    assert (group.card.formatted, group.is_group, group.left_out) == ("Gardeners", True, ())


def test_the_address_book_of_a_search_engine() -> None:
    assert only(exports.GOOGLE) == ReadCard(
        ContactCard(
            "דנה כהן",
            first="דנה",
            last="כהן",
            phones=(Phone("+972 55-000-0222", "CELL"), Phone("0550000333", "סבתא")),
            emails=(Email("dana@example.org", "HOME"), Email("dana2@example.org")),
            addresses=(PostalAddress("רחוב הדוגמה 1", "חיפה", None, "3303", "ישראל", None, "HOME"),),
            organisation=Organisation('דוגמה בע"מ', None, "מנהלת"),
            urls=(Url("https://www.google.example/profiles/1", "PROFILE"),),
            birthday="1990-01-31",
        ),
        ("NICKNAME", "PHOTO"),
    )


def test_an_android_phone() -> None:
    assert only(exports.ANDROID) == ReadCard(
        ContactCard(
            "משה לוי רואה חשבון",
            first="משה",
            last="לוי",
            phones=(
                Phone("055-000-0222", "CELL"),
                Phone("+972550000333", "סבתא"),
                Phone("+972550000444", "LAKE HOUSE"),
                Phone("03-5550222", "WORK"),
            ),
            emails=(Email("moshe@example.org", "WORK"),),
            addresses=(PostalAddress("רחוב\n1", "חיפה", type="HOME"),),
            organisation=Organisation("דוגמה"),
        ),
        ("NOTE", "X-ANDROID-CUSTOM", "PHOTO"),
    )


def test_an_old_phone_with_a_picture_that_is_not_folded() -> None:
    assert only(exports.OLD_PHONE) == ReadCard(
        ContactCard("דנה כהן", first="דנה", last="כהן", phones=(Phone("0550000222", "CELL"),)), ("PHOTO",)
    )


def test_a_desktop_program_with_a_code_page_and_an_assistant() -> None:
    assert only(exports.OUTLOOK) == ReadCard(
        ContactCard(
            "Dr. Jörg Müller",
            first="Jörg",
            last="Müller",
            prefix="Dr.",
            phones=(Phone("+49 (30) 901820", "WORK"),),
            emails=(Email("joerg@example.org"),),
            addresses=(PostalAddress("Straße 1\nHof", "Berlin", None, "10115", "Deutschland", None, "WORK"),),
            organisation=Organisation("Bäckerei", "Einkauf"),
        )
    )


def test_version_4() -> None:
    simon, team = read_file(exports.VERSION_4)
    assert simon == ReadCard(
        ContactCard(
            "Simon Perreault",
            first="Simon",
            last="Perreault",
            suffix="ing. jr,M.Sc.",
            phones=(
                Phone("+1-418-656-9254", "HOME"),
                Phone("+1-418-262-6501", "CELL"),
                Phone("+1 418 555 0000", "TEXT"),
            ),
            emails=(Email("simon@example.org", "WORK"),),
            addresses=(
                PostalAddress("Suite D2-630, 2875 Laurier", "Quebec", "QC", "G1V 2M2", "Canada", None, "WORK"),
            ),
            organisation=Organisation("Viagénie"),
            urls=(Url("http://nomis80.example", "HOME"),),
        ),
        ("ANNIVERSARY", "GENDER", "KEY", "PHOTO", "BDAY"),
    )  # fmt: skip
    assert team.is_group


def test_a_card_from_a_chat_knows_its_whatsapp_id() -> None:
    assert only(exports.CHAT) == ReadCard(
        ContactCard("Dana", first="Dana", phones=(Phone("+972 55-000-0222", "MOBILE", "972550000222"),))
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    text = exports.GOOGLE.decode()
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert read_file((mark + text).encode(encoding)) == read_file(exports.GOOGLE)


def test_files_put_together_have_a_mark_before_each() -> None:
    mark = "\ufeff".encode()
    cards = read_file(mark + exports.CHAT + mark + exports.GOOGLE)
    assert [each.card.formatted for each in cards] == ["Dana", "דנה כהן"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(newline: str) -> None:
    data = written("FN:Da", " na", "TEL;TYPE=CELL:+1", newline=newline)
    assert only(data).card == ContactCard("Dana", phones=(Phone("+1", "CELL"),))


def test_a_line_folded_within_a_character() -> None:
    name = "דנה".encode()
    assert only(b"BEGIN:VCARD\r\nFN:" + name[:3] + b"\r\n " + name[3:] + b"\r\nEND:VCARD").card.formatted == "דנה"


def test_bytes_of_no_known_character_set_are_taken_for_western_ones() -> None:
    assert only(b"BEGIN:VCARD\nFN:Caf\xe9\nEND:VCARD").card.formatted == "Café"
    assert only(b"BEGIN:VCARD\nFN;CHARSET=none:Caf\xe9\x81\nEND:VCARD").card.formatted == "Café\ufffd"
    assert only(b"BEGIN:VCARD\nFN;CHARSET=hex:Caf\xe9\nEND:VCARD").card.formatted == "Café"
    assert only(b"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:Caf=E9\nEND:VCARD").card.formatted == "Café"


def test_a_value_that_breaks_off_does_not_swallow_the_cards_end() -> None:
    data = b"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:=41=\nEND:VCARD\nBEGIN:VCARD\nFN:Two\nEND:VCARD"
    assert [each.card.formatted for each in read_file(data)] == ["A", "Two"]


def test_a_folded_head_still_says_how_its_value_is_written() -> None:
    data = written("FN;CHARSET=UTF-8;", " ENCODING=QUOTED-PRINTABLE:=41=", "=42")
    assert only(data).card.formatted == "AB"


def test_a_card_without_end_ends_where_the_next_begins() -> None:
    data = b"BEGIN:VCARD\nFN:One\nBEGIN:VCARD\nFN:Two\nEND:VCARD\nEND:VCARD\n"
    assert [each.card.formatted for each in read_file(data)] == ["One", "Two"]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["NICKNAME:Dan", "ORG:Sample"], "Dan"),
        (["EMAIL:mailto:d@example.org"], "d@example.org"),
        (["TEL:tel:+1", "EMAIL:d@example.org"], "+1"),
    ],
)
def test_what_a_nameless_card_is_called(lines: list[str], name: str) -> None:
    assert only(written(*lines)).card.formatted == name


def test_bookkeeping_is_nothing_left_out() -> None:
    data = written("FN:Dana", "REV:1", "UID:2", "X-ABShowAs:PERSON", "X-APPLE-SUBLOCALITY:x", "NOTE: ", "SOUND:y")
    assert only(data).left_out == ("SOUND",)


def test_a_long_picture_takes_no_time() -> None:
    picture = "\r\n ".join(["A" * 74] * 30_000)
    found = only(written("FN:Dana", f"PHOTO;ENCODING=b;TYPE=JPEG:{picture}", "TEL:+1"))
    assert found == ReadCard(ContactCard("Dana", phones=(Phone("+1"),)), ("PHOTO",))


@given(st.binary() | st.lists(st.sampled_from([*b'BEGINDVCARD:;,\\="\n .TL\xff=Q', 0xFE, 0])).map(bytes))
def test_no_file_breaks_it(data: bytes) -> None:
    for each in read_file(b"BEGIN:VCARD\n" + data + b"\nEND:VCARD\n" + data):
        assert isinstance(each.card.formatted, str)

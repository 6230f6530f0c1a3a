"""Contact cards on their way from a file or from options."""

from pathlib import Path

import pytest
import typer

from formats import exports
from parlance.cli import cards
from parlance.cli.cards import Cards
from parlance.cli.place import Failed

LOCAL = "it begins with 0, as local numbers do: its country code is missing"
SHORT = "it is short for a number of +888: the country code may be missing"
INVITE = "will show Invite to WhatsApp, for no WhatsApp id stands with a number."


def read(folder: Path, data: bytes, country: str = "", *, on_whatsapp: bool = False) -> Cards:
    file = folder / "people.vcf"
    file.write_bytes(data)
    return cards.from_file(file, country, on_whatsapp=on_whatsapp)


def test_what_a_phone_exported_is_sent_in_the_admin_apis_form(tmp_path: Path) -> None:
    john, acme = read(tmp_path, exports.APPLE).shown
    assert john == {
        "formatted": "Dr. John Appleseed",
        "first": "John",
        "last": "Appleseed",
        "prefix": "Dr.",
        "phones": [
            {"phone": "888-555-5512", "type": "CELL"},
            {"phone": "+1 (888) 555-1212", "type": "IPHONE"},
            {"phone": "+972 55-000-0222", "type": "דירה"},
        ],
        "emails": [
            {"email": "John-Appleseed@mac.example", "type": "HOMEPAGE"},
            {"email": "john@orchard.example", "type": "WORK"},
        ],
        "addresses": [
            {
                "street": "3494 Kuzy Street\nUnit 4",
                "city": "Atlanta",
                "state": "GA",
                "zip": "30303",
                "country": "USA",
                "country_code": "US",
                "type": "HOME",
            }
        ],
        "organisation": {"company": "Orchard, Inc.", "department": "Grafting", "title": "Head Gardener"},
        "urls": [{"url": "https://orchard.example/john", "type": "HOMEPAGE"}],
    }
    assert acme["formatted"] == "Acme Repairs"


def test_what_whoever_sends_them_should_know(tmp_path: Path) -> None:
    assert read(tmp_path, exports.APPLE + exports.CHAT, "IL").remarks == (
        "Gardeners: left out, for it is a list of others.",
        f"Dr. John Appleseed: {INVITE}",
        f"Dr. John Appleseed: 888-555-5512: {SHORT}; is 9728885555512 meant?",
        "Dr. John Appleseed: left out, for contacts have no place for it: NOTE, X-SOCIALPROFILE, PHOTO, BDAY.",
        f"Acme Repairs: {INVITE}",
        f"Acme Repairs: 03-555-0222: {LOCAL}; is 97235550222 meant?",
        "Dana: will show Message.",
    )


def test_numbers_may_be_said_to_be_on_whatsapp(tmp_path: Path) -> None:
    found = read(tmp_path, exports.APPLE, on_whatsapp=True)
    assert [phone.get("wa_id") for card in found.shown for phone in card["phones"]] == [
        None,
        "18885551212",
        "972550000222",
        None,
    ]
    assert "Dr. John Appleseed: will show Message." in found.remarks
    assert f"Acme Repairs: {INVITE}" in found.remarks


def test_what_no_field_may_hold_does_not_leave(tmp_path: Path) -> None:
    data = (
        b"BEGIN:VCARD\nFN:Da\x01na\\nExample\nTEL;waid=12:+1 (888)\\n555-1212\nEMAIL:mailto:\nURL:https://a b/\n"
        b"ADR:;;One\\n  Two \\n;;;;\nORG: ;\nEND:VCARD\n"
    )
    (card,) = read(tmp_path, data).shown
    assert card == {
        "formatted": "Da na Example",
        "phones": [{"phone": "+1 (888) 555-1212"}],
        "emails": [],
        "addresses": [{"street": "One\nTwo"}],
        "urls": [{"url": "https://a%20b/"}],
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no contact"),
        (b"hello", "holds no contact"),
        (b"BEGIN:VCARD\nKIND:group\nFN:x\nEND:VCARD", "holds no contact"),
        (exports.CHAT + b"BEGIN:VCARD\nNOTE:x\nEND:VCARD", "Contact 2 of .* has no name and no number"),
    ],
)
def test_files_without_a_card(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(Failed, match=words):
        read(tmp_path, data)


def test_a_card_out_of_options() -> None:
    found = cards.from_options("Dana", ["+972 55-000-0222", "055"], "IL", on_whatsapp=True)
    assert found.shown == [
        {
            "formatted": "Dana",
            "phones": [{"phone": "+972 55-000-0222", "wa_id": "972550000222"}, {"phone": "055"}],
            "emails": [],
            "addresses": [],
            "urls": [],
        }
    ]
    assert found.remarks == ("Dana: will show Message.", f"Dana: 055: {LOCAL}.")


def test_a_card_without_number_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, b"BEGIN:VCARD\nFN:Dana\nEND:VCARD").remarks == ("Dana: has no number.",)


@pytest.mark.parametrize(("name", "phones"), [("", ["1"]), (" ", ["1"]), ("Dana", [])])
def test_options_that_make_no_card(name: str, phones: list[str]) -> None:
    with pytest.raises(typer.BadParameter):
        cards.from_options(name, phones, "", on_whatsapp=False)

"""Contact cards as they are sent: out of the files that phones export, or given in options."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from parlance.cli.numbers import read_number
from parlance.cli.place import Failed
from parlance.formats.canonical import show_content
from parlance.formats.vcard import ReadCard, read_file
from parlance.model.contact import ContactCard, Phone
from parlance.model.message import Contacts
from parlance.model.value import dataclass

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_WHATSAPP_ID = re.compile(r"[0-9]{5,20}")


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards in the form of the admin API, and what whoever sends them should know, a sentence each."""

    shown: list[dict[str, Any]]
    remarks: tuple[str, ...]


def from_file(file: Path, country: str, *, on_whatsapp: bool) -> Cards:
    """Read a vCard file whole; raises `Failed` when it holds no card that can be sent.

    With `on_whatsapp` every number in international form is sent as that of a WhatsApp user.
    """
    read = read_file(file.read_bytes())
    people = [each for each in read if not each.is_group]
    if not people:
        raise Failed(f"{file} holds no contact.")
    for place, each in enumerate(people, 1):
        if not each.card.formatted.strip():
            raise Failed(f"Contact {place} of {file} has no name and no number.")
    remarks = [f"{each.card.formatted}: left out, for it is a list of others." for each in read if each.is_group]
    return _cards(people, remarks, country, on_whatsapp=on_whatsapp)


def from_options(name: str, phones: Sequence[str], country: str, *, on_whatsapp: bool) -> Cards:
    """Make one card; raises `typer.BadParameter` when it is none."""
    if not name.strip():
        raise typer.BadParameter("the contact needs a name: --name, or a file: --vcf")
    if not phones:
        raise typer.BadParameter("the contact needs a number: --phone")
    card = ContactCard(name, phones=tuple(Phone(phone) for phone in phones))
    return _cards([ReadCard(card)], [], country, on_whatsapp=on_whatsapp)


def _cards(read: Sequence[ReadCard], remarks: list[str], country: str, *, on_whatsapp: bool) -> Cards:
    cards = []
    for each in read:
        card = _with_ids(each.card, on_whatsapp=on_whatsapp)
        cards.append(card)
        remarks += _remarks(card, each.left_out, country)
    shown = show_content(Contacts(tuple(cards)))["cards"]
    return Cards([_clean(card) for card in shown], tuple(remarks))


def _with_ids(card: ContactCard, *, on_whatsapp: bool) -> ContactCard:
    """The card with the WhatsApp ids that can be sent."""
    return replace(card, phones=tuple(replace(each, wa_id=_wa_id(each, on_whatsapp)) for each in card.phones))


def _wa_id(phone: Phone, on_whatsapp: bool) -> str | None:  # noqa: FBT001  the wish itself
    if phone.wa_id and _WHATSAPP_ID.fullmatch(phone.wa_id):
        return phone.wa_id
    number = read_number(phone.phone)
    return number.digits if on_whatsapp and number.digits and not number.doubt else None


def _remarks(card: ContactCard, left_out: Sequence[str], country: str) -> list[str]:
    name = _one_line(card.formatted)
    known = any(phone.wa_id for phone in card.phones)
    button = "Message" if known else "Invite to WhatsApp, for no WhatsApp id stands with a number"
    remarks = [f"{name}: will show {button}."]
    said = [(phone.phone, read_number(phone.phone, country).remark) for phone in card.phones if not phone.wa_id]
    remarks += [f"{name}: {number}: {remark}{'' if remark.endswith('?') else '.'}" for number, remark in said if remark]
    if not card.phones:
        remarks[0] = f"{name}: has no number."
    if left_out:
        remarks.append(f"{name}: left out, for contacts have no place for it: {', '.join(left_out)}.")
    return remarks


def _clean(value: Any, name: str = "") -> Any:
    """A card without what no field may hold: control characters, line ends but in a street, blanks in an address."""
    match value:
        case dict():
            return {key: cleaned for key, each in value.items() if (cleaned := _clean(each, key)) not in ("", None)}
        case list():
            items = [_clean(each) for each in value]
            return [each for each in items if name not in _ESSENCE or _ESSENCE[name] in each]
        case str() if name == "street":
            return re.sub(r"[^\S\n]*\n\s*", "\n", value.strip())
        case str() if name == "url":
            return _one_line(value).replace(" ", "%20")
        case str():
            return _one_line(value)
        case _:
            return value


_ESSENCE = {"phones": "phone", "emails": "email", "urls": "url"}
"""Without this an item of such a list says nothing."""


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", " ".join(text.split())).strip()

"""What a customer's message holds, by the `messageData` of a notification (spec/greenapi.md §3.1, §8.4).

What cannot be read as anything else is kept whole, under the vendor's word for it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from parlance.formats.vcard import read_cards
from parlance.model.contact import ContactCard
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Text, Unknown
from parlance.providers.greenapi import words
from parlance.providers.greenapi.wild import Wild, external_id, first, label, member, members, text

_MARKER = re.compile(r"\s*\{\{SWE[0-9]{3}\}\}\s*")
"""Stands in place of what the vendor could not read or fetch (§3.1)."""

_EXTENDED = "extendedTextMessageData"
_TEMPLATE_REPLY = "templateButtonReplyMessage"


def content_of(data: Wild) -> Content:
    """Read a content; `Unknown` for everything that has no other name here."""
    type_ = label(data, "typeMessage") or "message"
    kind = words.FILES.get(type_)
    found = _file(kind, data) if kind is not None else _READERS.get(type_, _nothing)(data)
    return Unknown(type_, dict(data)) if found is None else found


def quoted(data: Wild) -> str:
    """The vendor's id of the message that this one is about: quoted, reacted to, answered, edited or deleted."""
    inner = (each for each in data.values() if isinstance(each, dict))
    return next((found for each in inner if (found := external_id(each, "stanzaId"))), "")


def is_forwarded(data: Wild) -> bool:
    """Whether the customer passed the message on from another chat; what it quotes says nothing of that."""
    inner = (each for name, each in data.items() if isinstance(each, dict) and name != "quotedMessage")
    return any(each.get("isForwarded") is True for each in inner)


def _nothing(_data: Wild) -> None:
    """What has no reader."""


def _text(data: Wild) -> Content | None:
    return _said(first(member(data, "textMessageData"), "textMessage"))


def _extended(data: Wild) -> Content | None:
    return _said(first(member(data, _EXTENDED), "text"))


def _said(body: str) -> Content | None:
    return Text(body) if body and not _MARKER.fullmatch(body) else None


def _reaction(data: Wild) -> Content | None:
    target = quoted(data)
    said = member(data, _EXTENDED)
    return Reaction(0, first(said, "text"), target) if target and "text" in said else None


def _contact(data: Wild) -> Content | None:
    return _contacts([member(data, "contactMessageData")])


def _contact_list(data: Wild) -> Content | None:
    holder = next((each for each in data.values() if isinstance(each, dict) and "contacts" in each), {})
    return _contacts(members(holder, "contacts"))


def _contacts(given: list[Wild]) -> Content | None:
    """Cards; one that cannot be read keeps the name it is shown under."""
    cards = tuple(card for each in given for card in _cards(each))
    return Contacts(cards) if cards else None


def _cards(given: Wild) -> tuple[ContactCard, ...]:
    shown = first(given, "displayName")
    cards = read_cards(first(given, "vcard")) or ((ContactCard(shown),) if shown else ())
    return tuple(card if card.formatted else replace(card, formatted=shown) for card in cards)


def _file(kind: str, data: Wild) -> Content | None:
    said = member(data, "fileMessageData")
    if not said:
        return None
    url = first(said, "downloadUrl")
    return Media(
        kind,
        "" if _MARKER.fullmatch(url) else url,
        first(said, "caption"),
        first(said, "mimeType"),
        first(said, "fileName"),
    )


def _location(data: Wild) -> Content | None:
    said = member(data, "locationMessageData")
    latitude, longitude = text(said.get("latitude")), text(said.get("longitude"))
    if not (latitude and longitude):
        return None
    return Location(latitude, longitude, first(said, "nameLocation"), first(said, "address"))


def _button(data: Wild) -> Content | None:
    said = member(data, "buttonsResponseMessage")
    return Choice("button_reply", first(said, "selectedButtonId"), first(said, "selectedButtonText")) if said else None


def _row(data: Wild) -> Content | None:
    said = member(data, "listResponseMessage")
    return Choice("list_reply", first(said, "singleSelectReply"), first(said, "title")) if said else None


def _template_button(data: Wild) -> Content | None:
    said = member(data, _TEMPLATE_REPLY)
    return Choice("button", first(said, "selectedId"), first(said, "selectedDisplayText")) if said else None


_READERS: Mapping[str, Callable[[Wild], Content | None]] = {
    "textMessage": _text,
    "extendedTextMessage": _extended,
    "quotedMessage": _extended,
    "reactionMessage": _reaction,
    "contactMessage": _contact,
    "contactsArrayMessage": _contact_list,
    "locationMessage": _location,
    "buttonsResponseMessage": _button,
    "listResponseMessage": _row,
    "templateButtonsReplyMessage": _template_button,
    # So it stands in the vendor's example; its table has the other.
    _TEMPLATE_REPLY: _template_button,
}

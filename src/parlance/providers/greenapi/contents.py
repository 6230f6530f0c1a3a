"""What a message holds, as notifications, journals and quotes show it (spec/greenapi.md §8.4, §9, U-21)."""

import re
from collections.abc import Mapping
from typing import Any

from parlance.formats.vcard import write_card
from parlance.model.contact import ContactCard
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Template, Text
from parlance.model.value import dataclass
from parlance.providers.greenapi import words

UNREADABLE = "{{SWE001}}"
"""Stands in place of what could not be read (§3.1)."""

_LINK = re.compile(r"https?://\S", re.IGNORECASE)
_QUOTING = "quotedMessage"
_TEXT = "textMessage"


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that another one quotes: its id and author in the vendor's shapes, and what it holds if known."""

    stanza_id: str
    participant: str
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message's `typeMessage`, the name of its inner object in notifications, and that object."""

    type: str
    name: str
    inner: Mapping[str, Any]


def say(content: Content, *, outgoing: bool, forwarded: bool = False, quote: Quote | None = None) -> Said:
    """Give a content in the vendor's words; what it has none for is told as unreadable."""
    forwarding = {"forwardingScore": int(forwarded), "isForwarded": forwarded}
    stanza = quote.stanza_id if quote else ""
    match content:
        case Text(body=body) if quote is not None:
            inner = {"text": body, "stanzaId": quote.stanza_id, "participant": quote.participant}
            said = Said(_QUOTING, "extendedTextMessageData", inner)
        case Text(body=body) if outgoing or forwarded or _LINK.search(body):
            said = _extended(body, forwarding)
        case Text(body=body):
            said = _plain(body)
        case Contacts(cards=cards):
            said = _contacts(cards, forwarding)
        case Media():
            said = _file(content, forwarding)
        case Location():
            said = Said("locationMessage", "locationMessageData", _place(content) | forwarding)
        case Choice():
            said = _choice(content, stanza)
        case Reaction(emoji=emoji):
            said = Said("reactionMessage", "extendedTextMessageData", {"text": emoji})
        case Template(name=name):
            said = _plain(name, template=True)
        case _:
            said = _plain(UNREADABLE)
    return said


def _plain(body: str, *, template: bool = False) -> Said:
    return Said(_TEXT, "textMessageData", {"textMessage": body, "isTemplateMessage": template})


def _extended(body: str, forwarding: Mapping[str, Any]) -> Said:
    inner = {"text": body, "description": "", "title": "", "previewType": "None", "jpegThumbnail": "", **forwarding}
    return Said("extendedTextMessage", "extendedTextMessageData", inner)


def _contacts(cards: tuple[ContactCard, ...], forwarding: Mapping[str, Any]) -> Said:
    shown = [{"displayName": card.formatted, "vcard": write_card(card)} for card in cards]
    if len(shown) == 1:
        return Said("contactMessage", "contactMessageData", {**shown[0], **forwarding})
    return Said("contactsArrayMessage", "messageData", {"contacts": shown, **forwarding})


def _file(media: Media, forwarding: Mapping[str, Any]) -> Said:
    inner = {
        "downloadUrl": media.url,
        "caption": media.caption,
        "fileName": media.filename,
        "jpegThumbnail": "",
        "mimeType": media.mime,
        "isAnimated": False,
        **forwarding,
    }
    return Said(words.MEDIA_TYPES.get(media.type, "documentMessage"), "fileMessageData", inner)


def _place(location: Location) -> dict[str, Any]:
    return {
        "nameLocation": location.name,
        "address": location.address,
        "jpegThumbnail": "",
        "latitude": _degrees(location.latitude),
        "longitude": _degrees(location.longitude),
    }


def _degrees(text: str) -> float | str:
    return float(text) if re.fullmatch(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?", text) else text


def _choice(choice: Choice, stanza: str) -> Said:
    if choice.type == "button_reply":
        inner = {"stanzaId": stanza, "selectedButtonId": choice.id, "selectedButtonText": choice.title}
        return Said("buttonsResponseMessage", "buttonsResponseMessage", inner)
    if choice.type == "list_reply":
        chosen = {"stanzaId": stanza, "title": choice.title, "listType": 1, "singleSelectReply": choice.id}
        return Said("listResponseMessage", "listResponseMessage", chosen)
    pressed = {"stanzaId": stanza, "selectedIndex": 0, "selectedId": choice.id, "selectedDisplayText": choice.title}
    return Said("templateButtonsReplyMessage", "templateButtonReplyMessage", pressed)


# ---- in notifications


def message_data(said: Said, quote: Quote | None) -> dict[str, Any]:
    """The `messageData` of a notification."""
    data: dict[str, Any] = {"typeMessage": said.type, said.name: dict(said.inner)}
    return data if quote is None else {**data, "quotedMessage": quoted_message(quote)}


def quoted_message(quote: Quote) -> dict[str, Any]:
    """The `quotedMessage` of a reply, with the fields that its type has in a journal."""
    held = _plain("") if quote.content is None else say(quote.content, outgoing=False)
    shown = {"stanzaId": quote.stanza_id, "participant": quote.participant, "typeMessage": held.type}
    return {**shown, **journal_fields(held)}


# ---- in journals


def journal_fields(said: Said) -> dict[str, Any]:
    """The fields of a journal's entry that belong to its type (§9)."""
    match said.name:
        case "textMessageData":
            return {"textMessage": said.inner["textMessage"]}
        case "fileMessageData":
            return dict(said.inner)
        case _:
            named = {words.JOURNAL_FIELDS.get(said.name, said.name): dict(said.inner)}
            return {"textMessage": said.inner["text"], **named} if said.type == "extendedTextMessage" else named

"""The message object: what programs send, in the form that several vendors took over from WhatsApp's Cloud API.

Fields and rules: spec/cloud-api.md §2 to §8 and §19, spec/kaleyra.md §3 to §8 and §16 U6. Members that nobody knows are
passed over; a known one of the wrong JSON type is refused under its path; null in an optional one counts as left out.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from parlance.formats.meta_cards import CardPart, card_of, read_card, write_card
from parlance.formats.meta_parts import (
    MISSING,
    NOT_JSON,
    NOT_OBJECT,
    UNKNOWN_TYPE,
    WRONG_TYPE,
    WRONG_VALUE,
    Flag,
    Many,
    Packed,
    Part,
    fill,
)
from parlance.formats.meta_templates import TemplatePart, template_of, write_template
from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.message import Contacts, Content, Template, Text
from parlance.model.value import dataclass

__all__ = (
    "MISSING",
    "NOT_JSON",
    "NOT_OBJECT",
    "UNKNOWN_TYPE",
    "WRONG_TYPE",
    "WRONG_VALUE",
    "Spoken",
    "address_of",
    "digits",
    "read_card",
    "read_object",
    "write_card",
    "write_content",
)

PRODUCT: Final = "whatsapp"
TEXT_LIMIT: Final = 4_096
"""Code points in a text."""
CONTACTS_LIMIT: Final = 257
OPAQUE_LIMIT: Final = 512
"""Characters of the caller's own context."""

NOT_SERVED: Final = frozenset({"interactive", "image", "audio", "video", "document", "sticker", "location"})

_FILLING = re.compile(r"[\s()\-]")
_NUMBER = re.compile(r"\+?([1-9][0-9]{6,14})", re.ASCII)


class _Context(Part):
    message_id: str | None = None


class _Typing(Part):
    type: str


class _Envelope(Part):
    messaging_product: str
    recipient_type: str | None = None
    to: str | None = None
    recipient: str | None = None
    type: str | None = None
    context: _Context | None = None
    biz_opaque_callback_data: str | None = None
    status: str | None = None
    message_id: str | None = None
    typing_indicator: _Typing | None = None


class _TextPart(Part):
    body: str
    preview_url: Flag | None = None


class _TextHolder(Part):
    text: _TextPart


class _ContactsHolder(Part):
    contacts: Packed[Many[CardPart]]


class _TemplateHolder(Part):
    template: Packed[TemplatePart]


class _ReactionPart(Part):
    message_id: str
    emoji: str


class _ReactionHolder(Part):
    reaction: _ReactionPart


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a message object says.

    `content` None: a reaction (`reaction_to`, `emoji`), or a receipt (`status_read` is the message's id, `typing`).
    `to` and `recipient` (a business-scoped user id) stand as they were written; ids are the vendor's, unread.
    """

    content: Content | None = None
    quote: str = ""
    to: str = ""
    recipient: str = ""
    status_read: str = ""
    typing: bool = False
    opaque: str = ""
    type: str = ""
    reaction_to: str = ""
    emoji: str = ""


# ---- reading


def read_object(raw: Mapping[str, Any], *, phones_required: bool = False) -> Spoken:
    """Read a message object.

    With `phones_required` each contact needs a number. Raises `Malformed` with a path such as
    `contacts[0].name.formatted_name` and one of the kinds named here; `Refusal(UNSUPPORTED)` for what is not served;
    `EMPTY_TEXT`, `EMPTY_NAME`, `EMPTY_PHONE` for what must not be empty; `TEXT_TOO_LONG` and `BAD_VALUE` for the rest.
    """
    envelope = fill(_Envelope, raw)
    if envelope.messaging_product != PRODUCT:
        raise Malformed("messaging_product", WRONG_VALUE)
    if envelope.status is not None and envelope.type is None:
        return _receipt(envelope)
    _check_recipient_type(envelope.recipient_type or "individual")
    type_ = "text" if envelope.type is None else envelope.type
    opaque = envelope.biz_opaque_callback_data or ""
    quote = (envelope.context.message_id or "") if envelope.context else ""
    if len(opaque) > OPAQUE_LIMIT:
        raise Refusal(Fault.BAD_VALUE, "biz_opaque_callback_data")
    to, recipient = envelope.to or "", envelope.recipient or ""
    if not (to or recipient):
        raise Malformed("to", MISSING)
    if type_ == "reaction":
        reaction = fill(_ReactionHolder, raw).reaction
        if quote:
            raise Refusal(Fault.BAD_VALUE, "context", "A reaction quotes nothing.")
        target, emoji = reaction.message_id, reaction.emoji
        return Spoken(None, "", to, recipient, opaque=opaque, type=type_, reaction_to=target, emoji=emoji)
    content = _read_content(type_, raw, phones_required=phones_required)
    return Spoken(content, quote, to, recipient, opaque=opaque, type=type_)


def _receipt(envelope: _Envelope) -> Spoken:
    if envelope.status != "read":
        raise Malformed("status", WRONG_VALUE)
    if not envelope.message_id:
        raise Malformed("message_id", MISSING)
    return Spoken(status_read=envelope.message_id, typing=envelope.typing_indicator is not None, type="status")


def _check_recipient_type(given: str) -> None:
    if given == "group":
        raise Refusal(Fault.UNSUPPORTED, "recipient_type", "Groups are not served.")
    if given != "individual":
        raise Malformed("recipient_type", WRONG_VALUE)


def _read_content(type_: str, raw: Mapping[str, Any], *, phones_required: bool) -> Content:
    match type_:
        case "text":
            return _text(fill(_TextHolder, raw).text)
        case "contacts":
            return _contacts(raw, phones_required=phones_required)
        case "template":
            return template_of(fill(_TemplateHolder, raw).template, "template")
        case _ if type_ in NOT_SERVED:
            raise Refusal(Fault.UNSUPPORTED, "type", f"Messages of the type {type_} are not served.")
        case _:
            raise Malformed("type", UNKNOWN_TYPE)


def _text(part: _TextPart) -> Text:
    if not part.body:
        raise Refusal(Fault.EMPTY_TEXT, "text.body")
    if len(part.body) > TEXT_LIMIT:
        raise Refusal(Fault.TEXT_TOO_LONG, "text.body")
    return Text(part.body, part.preview_url)


def _contacts(raw: Mapping[str, Any], *, phones_required: bool) -> Contacts:
    if raw.get("contacts") is None:
        raise Malformed("contacts", MISSING)
    given = fill(_ContactsHolder, raw).contacts
    if not 1 <= len(given) <= CONTACTS_LIMIT:
        raise Refusal(Fault.BAD_VALUE, "contacts")
    cards = tuple(card_of(each, f"contacts[{place}]") for place, each in enumerate(given))
    for place, card in enumerate(cards):
        if phones_required and not card.phones:
            raise Refusal(Fault.EMPTY_PHONE, f"contacts[{place}].phones")
    return Contacts(cards)


def digits(text: str) -> str | None:
    """The digits of a number with its country code, None for others; blanks, dashes and brackets are passed over.

    A number without country code cannot be told from another country's, but for a leading 0, which no country code has.
    """
    found = _NUMBER.fullmatch(_FILLING.sub("", text))
    return found[1] if found else None


def address_of(spoken: Spoken) -> Address:
    """Whom a message is for: `to`, or else `recipient`; raises `Refusal(BAD_RECIPIENT)`."""
    if spoken.to:
        number = digits(spoken.to)
        if number is None:
            raise Refusal(Fault.BAD_RECIPIENT, "to")
        return phone(number)
    if not USER_ID.fullmatch(spoken.recipient):
        raise Refusal(Fault.BAD_RECIPIENT, "recipient")
    return Address(AddressKind.USER, spoken.recipient)


# ---- writing


def write_content(content: Content, *, first_name: bool = False) -> dict[str, Any]:
    """Write `type` and the member of its name for a text, contacts or a template; raises `Refusal(NOT_SAYABLE)`.

    `first_name` is for `write_card`.
    """
    match content:
        case Text(body=body, preview=preview):
            shown = {} if preview is None else {"preview_url": preview}
            return {"type": "text", "text": {"body": body, **shown}}
        case Contacts(cards=cards):
            return {"type": "contacts", "contacts": [write_card(each, first_name=first_name) for each in cards]}
        case Template():
            return {"type": "template", "template": write_template(content)}
        case _:
            raise Refusal(Fault.NOT_SAYABLE, content.kind)

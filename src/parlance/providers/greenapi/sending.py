"""sendMessage, sendContact and forwardMessages; and readChat.

What the queue and quotes must show again of a message stands in its `refs` under `KEY`: `type`, the method's name, and
`body`, the request with its defaults filled in (spec/greenapi.md §7).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from parlance.model.address import Address
from parlance.model.command import Accepted, Forward, Forwarded, MarkRead, QuoteRef, Reply, SendMessage
from parlance.model.contact import ContactCard, Organisation, Phone
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Contacts, Text
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import forms, wire
from parlance.providers.greenapi.cards import digits_of, names_of
from parlance.providers.greenapi.chats import read_chat
from parlance.providers.greenapi.ids import read_id, write_id

KEY: Final = "greenapi"
FORWARDING: Final = "ForwardMessages"
"""How the queue names forwardMessages (§7)."""


def to_chat(chat_id: str) -> Address:
    """Give the address of a chat id that a form has checked."""
    address = read_chat(chat_id)
    if address is None:
        raise Refusal(Fault.BAD_RECIPIENT, "chatId")
    return address


def _reference(text: str) -> QuoteRef:
    return QuoteRef(text, read_id(text))


def _quote(text: str) -> QuoteRef | None:
    """Any text may be a quoted id: one that is not ends the message later, not the request (§4.1, U-12, U-13)."""
    return _reference(text) if text else None


def _refs(method: str, body: Mapping[str, Any], **more: str) -> dict[str, Any]:
    return {KEY: {"type": method, "body": dict(body), **more}}


def read_send_message(request: WireRequest) -> SendMessage:
    """Read a text (§4.2)."""
    form = wire.read(forms.MessageForm, request)
    shown: dict[str, Any] = {"chatId": form.chat_id, "message": form.message}
    if form.quoted_message_id:
        shown["quotedMessageId"] = form.quoted_message_id
    shown |= {
        "linkPreview": form.link_preview,
        "typingTime": form.typing_time or None,
        "typePreview": form.type_preview,
    }
    if form.custom_preview is not None:
        shown["customPreview"] = form.custom_preview.model_dump(by_alias=True, exclude_unset=True)
    return SendMessage(
        to_chat(form.chat_id),
        Text(form.message, form.link_preview),
        quote=_quote(form.quoted_message_id),
        refs=_refs("sendMessage", shown),
    )


def read_send_contact(request: WireRequest) -> SendMessage:
    """Read a contact (§4.1)."""
    form = wire.read(forms.ContactForm, request)
    shown: dict[str, Any] = {"chatId": form.chat_id}
    if form.quoted_message_id:
        shown["quotedMessageId"] = form.quoted_message_id
    shown["contact"] = form.contact.model_dump(by_alias=True, exclude_defaults=True)
    if form.typing_time:
        shown["typingTime"] = form.typing_time
    return SendMessage(
        to_chat(form.chat_id),
        Contacts((_card(form.contact),)),
        quote=_quote(form.quoted_message_id),
        refs=_refs("sendContact", shown),
    )


def _card(contact: forms.ContactFields) -> ContactCard:
    """Make the card of which the vendor's vCard comes out when it is written (§4.1)."""
    names = " ".join(name for name in (contact.first_name, contact.middle_name, contact.last_name) if name)
    digits = str(contact.phone_contact)
    return ContactCard(
        names or contact.company,
        first=contact.first_name or None,
        middle=contact.middle_name or None,
        last=contact.last_name or None,
        phones=(Phone(f"+{digits}", "CELL", digits),),
        organisation=Organisation(contact.company) if contact.company else None,
    )


def contact_of(card: ContactCard) -> dict[str, Any]:
    """Give a card as the `contact` of sendContact, as far as that can say it."""
    number = next((digits_of(phone) or re.sub("[^0-9]", "", phone.phone)[:16] for phone in card.phones), "")
    return {"phoneContact": int(number or 0), **names_of(card)}


def write_sent(reply: Reply) -> WireResponse:
    """Answer a send: the message is queued, nothing more is known (§2 rule 5)."""
    if not isinstance(reply, Accepted):
        raise TypeError(f"not an accepted message: {type(reply).__name__}")
    return wire.answer({"idMessage": write_id(reply.message.id, incoming=False)})


def read_forward_messages(request: WireRequest) -> Forward:
    """Read forwardMessages (§4.3); the request's own id keeps the messages of one batch together in the queue."""
    form = wire.read(forms.ForwardForm, request)
    shown: dict[str, Any] = {"chatId": form.chat_id, "chatIdFrom": form.chat_id_from, "messages": form.messages}
    if form.typing_time:
        shown["typingTime"] = form.typing_time
    return Forward(
        to_chat(form.chat_id),
        to_chat(form.chat_id_from),
        tuple(map(_reference, form.messages)),
        _refs(FORWARDING, shown, batch=request.request_id),
    )


def write_forwarded(reply: Reply) -> WireResponse:
    """Name the new messages, in the order of the old ones (§4.3)."""
    if not isinstance(reply, Forwarded):
        raise TypeError(f"not forwarded messages: {type(reply).__name__}")
    return wire.answer({"messages": [write_id(each.id, incoming=False) for each in reply.messages]})


def read_read_chat(request: WireRequest) -> MarkRead:
    """Read readChat: up to one message, or all of the chat."""
    form = wire.read(forms.ReadForm, request)
    if form.id_message:
        return MarkRead(message=_reference(form.id_message))
    return MarkRead(peer=to_chat(form.chat_id))


def write_read(reply: Reply) -> WireResponse:
    """Answer readChat."""
    if not isinstance(reply, Accepted):
        raise TypeError(f"not an accepted receipt: {type(reply).__name__}")
    return wire.answer({"setRead": True})

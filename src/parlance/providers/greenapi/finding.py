"""checkWhatsapp and getContactInfo: what is known of somebody (spec/greenapi.md §5)."""

import re

from parlance.model.address import Address, AddressKind, phone
from parlance.model.command import FindCustomer, Found, Reply
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import forms, wire
from parlance.providers.greenapi.chats import read_chat, write_chat
from parlance.providers.greenapi.sending import to_chat

_PHONE = re.compile(r"[0-9]{11,16}")


def read_check_whatsapp(request: WireRequest) -> FindCustomer:
    """Read both generations of checkWhatsapp: `phoneNumber`, or `chatId` with digits, a number's or a hidden id."""
    form = wire.read(forms.FindForm, request)
    by_number = "phone_number" in form.model_fields_set
    if by_number and form.chat_id:
        raise wire.malformed("", "both")
    if by_number:
        return FindCustomer(_by_number(form.phone_number))
    if not form.chat_id:
        raise wire.malformed("", "neither")
    if form.chat_id.isascii() and form.chat_id.isdigit():
        return FindCustomer(_by_number(form.chat_id))
    address = read_chat(form.chat_id)
    if address is None or address.kind is AddressKind.GROUP:
        raise wire.malformed("chatId", "person_id")
    return FindCustomer(address)


def _by_number(value: object) -> Address:
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise wire.malformed("phoneNumber", "digits")
    digits = value if isinstance(value, str) else str(wire.number("phoneNumber", value))
    if not _PHONE.fullmatch(digits):
        raise wire.malformed("phoneNumber", "bad_phone")
    return phone(digits)


def read_get_contact_info(request: WireRequest) -> FindCustomer:
    """Read getContactInfo, which is not for groups."""
    address = to_chat(wire.read(forms.ChatForm, request).chat_id)
    if address.kind is AddressKind.GROUP:
        raise wire.malformed("chatId", "no_group")
    return FindCustomer(address)


def _found(reply: Reply) -> Found:
    if not isinstance(reply, Found):
        raise TypeError(f"nobody was looked for: {type(reply).__name__}")
    return reply


def write_checked(reply: Reply) -> WireResponse:
    """Answer checkWhatsapp as the live service does; the chat is the person's hidden id where that is known."""
    found = _found(reply)
    asked = found.command.peer
    known = found.customer.address if found.customer else asked
    numbers = [each for each in (asked, known) if each.kind is AddressKind.PHONE]
    chat = known if known.kind is AddressKind.LID else asked
    return wire.answer(
        {
            "existsWhatsapp": found.exists,
            "chatId": write_chat(chat) if found.exists else "",
            "username": "",
            "phoneNumber": write_chat(numbers[0]) if numbers else "",
            "fromCache": False,
        }
    )


def write_contact_info(reply: Reply) -> WireResponse:
    """Answer getContactInfo; of all its fields only the name can be known here (U-38)."""
    found = _found(reply)
    return wire.answer(
        {
            "avatar": "",
            "name": found.customer.name if found.customer else "",
            "contactName": "",
            "email": "",
            "category": "",
            "description": "",
            "products": [],
            "chatId": write_chat(found.command.peer),
            "lastSeen": None,
            "isArchive": False,
            "isDisappearing": False,
            "isMute": False,
            "messageExpiration": 0,
            "muteExpiration": None,
            "isBusiness": False,
        }
    )

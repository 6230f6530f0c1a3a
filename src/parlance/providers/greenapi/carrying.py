"""What the vendor is asked (spec/greenapi.md §1, §4, §5, §6.1, §7, §8.2, §9)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from parlance.model.address import Address, AddressKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Contacts, Message, Receipt, Text
from parlance.model.sender import Route
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest
from parlance.providers.greenapi import wire, words
from parlance.providers.greenapi.cards import names_of, number_of
from parlance.providers.greenapi.chats import write_chat

HOST: Final = "https://api.green-api.com"
"""The address that every instance answers at; its own one is quicker (§1)."""
PATIENCE: Final = 20
"""Seconds that a fetch waits for a notification at the vendor (5 to 60, §8.2)."""

_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Call:
    """A method with its body, before it is known which instance it goes to."""

    method: str
    body: Mapping[str, Any]


def request(route: Route, call: Call) -> WireRequest:
    """Post a call."""
    return WireRequest("POST", _url(route, call.method), _JSON, wire.dump(call.body))


def asking(route: Route, method: str, query: str = "", behind: str = "", verb: str = "GET") -> WireRequest:
    """Ask for something that takes no body."""
    return WireRequest(verb, _url(route, method, behind) + (f"?{query}" if query else ""))


def _url(route: Route, method: str, behind: str = "") -> str:
    base = (route.settings.get("api_url") or HOST).strip().rstrip("/")
    token = quote(route.settings.get("api_token_instance", "").strip(), safe="")
    return f"{base}{words.INSTANCE}{instance_of(route)}/{method}/{token}{behind}"


def instance_of(route: Route) -> str:
    """The instance that a route is set to."""
    return quote(route.settings.get("id_instance", "").strip(), safe="")


def chat_of(peer: Address) -> str:
    """The chat with somebody; raises `Refusal(NOT_SAYABLE)` for those the vendor has no id for."""
    if peer.kind is AddressKind.USER:
        raise Refusal(Fault.NOT_SAYABLE, "to", "Business-scoped user ids are not known here.")
    return write_chat(peer)


def sending(message: Message) -> Call:
    """Send a text or a contact; raises `Refusal` for what there is no method for."""
    chat = {"chatId": chat_of(message.peer)}
    # An id that the vendor does not know loses the message there (§4.1): what is not known to be one stays out.
    quoted = {"quotedMessageId": message.quote_external} if message.quote_external else {}
    match message.content:
        case Text(body=body, preview=preview):
            shown = {} if preview is None else {"linkPreview": preview}
            return Call("sendMessage", {**chat, "message": body, **quoted, **shown})
        case Contacts(cards=(card,)):
            names = names_of(card)
            if not names:
                raise Refusal(Fault.EMPTY_NAME, "contacts[0].name")
            return Call("sendContact", {**chat, **quoted, "contact": {"phoneContact": number_of(card), **names}})
        case Contacts(cards=cards):
            raise Refusal(Fault.NOT_SAYABLE, "contacts[1]" if cards else "contacts", "One contact goes at a time here.")
        case other:
            raise Refusal(Fault.NOT_SAYABLE, other.kind)


def reading(message: Message, receipt: Receipt) -> Call:
    """Mark a chat as read up to one message.

    Without the vendor's id of that one the method would mark all of the chat: raises `Refusal(UNKNOWN_MESSAGE)`.
    """
    if not receipt.target_external:
        raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
    return Call("readChat", {"chatId": chat_of(message.peer), "idMessage": receipt.target_external})


def finding(peer: Address) -> Call:
    """Ask whether somebody is on WhatsApp; raises `Refusal(NOT_SAYABLE)` for groups, which nobody can ask about."""
    if peer.kind is AddressKind.GROUP:
        raise Refusal(Fault.NOT_SAYABLE, "to")
    return Call("checkWhatsapp", {"chatId": chat_of(peer)})


def settling(address: str, route: Route) -> Call:
    """Have notifications posted to an address, or (where the route fetches them) kept; with all that is heard here."""
    url = "" if route.settings.get("receive") == "poll" else address
    token = route.settings.get("webhook_token", "")
    secret = {"webhookUrlToken": token} if token else {}
    return Call("setSettings", {"webhookUrl": url, **secret, **dict.fromkeys(words.SWITCHES, "yes")})

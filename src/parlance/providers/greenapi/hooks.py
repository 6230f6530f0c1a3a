"""Notifications: the same body whether it is posted or fetched (spec/greenapi.md §8)."""

from collections.abc import Mapping
from typing import Any, Final

from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure
from parlance.model.ids import Id
from parlance.model.message import Content, Reaction, Text
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.greenapi import contents, wire, words
from parlance.providers.greenapi.chats import wid, write_chat
from parlance.providers.greenapi.contents import Quote
from parlance.providers.greenapi.ids import write_id
from parlance.providers.greenapi.sending import FORWARDING, KEY

_SCHEMES: Final = ("Bearer ", "Basic ")


def announce(event: Event, to: Subscription) -> WireRequest | None:
    """Post a notification; None for events the vendor has no words for."""
    said = body(event, int(to.settings.get("idInstance", 0)))
    if said is None:
        return None
    headers = {**wire.JSON_HEADERS}
    if to.secret:
        headers["authorization"] = to.secret if to.secret.startswith(_SCHEMES) else f"Bearer {to.secret}"
    return WireRequest("POST", to.url, headers, wire.dump(said))


def body(event: Event, instance: int) -> dict[str, Any] | None:
    """Give the notification of an event, None where there are no words for it."""
    if event.kind is EventKind.STATE:
        return _state(event, instance)
    if event.message_id is None or event.customer is None:
        return None
    if event.kind in words.NEWS:
        return _status(event, instance, event.message_id, event.customer)
    if event.kind in words.WEBHOOKS and event.content is not None:
        return _message(event, instance, event.message_id, event.customer, event.content)
    return None


def _instance(event: Event, instance: int, *, authorized: bool = True) -> dict[str, Any]:
    own = wid(event.number) if authorized else ""
    return {"idInstance": instance, "wid": own, "typeInstance": "whatsapp"}


def _state(event: Event, instance: int) -> dict[str, Any] | None:
    state = words.STATES.get(event.state)
    if state is None:
        return None
    return {
        "typeWebhook": "stateInstanceChanged",
        "instanceData": _instance(event, instance, authorized=state != "notAuthorized"),
        "timestamp": event.at // 1000,
        "stateInstance": state,
    }


def word_for(failure: Failure | None, otherwise: str) -> str:
    """The status of a message: some failures have their own word."""
    return otherwise if failure is None else words.FAILURES.get(failure.fault, otherwise)


def _status(event: Event, instance: int, message_id: Id, customer: Customer) -> dict[str, Any]:
    word = word_for(event.failure, words.NEWS[event.kind])
    described = event.failure is not None and word == words.NEWS[event.kind]
    return {
        "typeWebhook": "outgoingMessageStatus",
        "chatId": write_chat(customer.address),
        "instanceData": _instance(event, instance),
        "timestamp": event.at // 1000,
        "idMessage": write_id(message_id, incoming=False),
        "status": word,
        **({"description": str(event.failure)} if described else {}),
        "sendByApi": True,
    }


def _message(event: Event, instance: int, message_id: Id, customer: Customer, content: Content) -> dict[str, Any]:
    incoming = event.kind is EventKind.RECEIVED
    chat = write_chat(customer.address)
    sender = {
        "chatId": chat,
        "sender": chat if incoming else wid(event.number),
        "chatName": customer.name,
        "senderName": customer.name if incoming else "",
        "senderContactName": "",
    }
    forwarded = event.forwarded or _ours(event.refs).get("type") == FORWARDING
    quote = _quote(event, chat, content, incoming=incoming)
    said = contents.say(content, outgoing=not incoming, forwarded=forwarded, quote=quote)
    return {
        "typeWebhook": words.WEBHOOKS[event.kind],
        "instanceData": _instance(event, instance),
        "timestamp": event.at // 1000,
        "idMessage": write_id(message_id, incoming=incoming),
        "senderData": sender,
        "messageData": contents.message_data(said, quote),
    }


def _ours(refs: Mapping[str, Any]) -> Mapping[str, Any]:
    found = refs.get(KEY)
    return found if isinstance(found, Mapping) else {}


def _quote(event: Event, chat: str, content: Content, *, incoming: bool) -> Quote | None:
    """The quoted message, as far as an event tells of it.

    It names no author: customers mostly answer what they were sent, and we what they wrote. What they were sent by this
    dialect is known from its request.
    """
    quoted = content.target if isinstance(content, Reaction) and content.target else event.quote
    if quoted is None:
        return None
    shown = _ours(event.quote_refs).get("body")
    text = shown.get("message") if isinstance(shown, Mapping) else None
    return Quote(
        write_id(quoted, incoming=not incoming),
        wid(event.number) if incoming else chat,
        Text(text) if isinstance(text, str) else None,
    )

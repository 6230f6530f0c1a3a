"""What the vendor posts to a program's webhook (spec/99digital.md §9)."""

from collections.abc import Mapping
from typing import Any

from parlance.formats import meta_errors
from parlance.formats.canonical import show_content
from parlance.model.address import AddressKind
from parlance.model.contact import ContactCard
from parlance.model.event import Customer, Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Text, Unknown
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.digital99 import wire, words
from parlance.providers.digital99.ids import write_id
from parlance.rules import window


def announce(event: Event, to: Subscription) -> WireRequest | None:
    """Tell of incoming messages, statuses and the number's state; None for events the vendor has no words for."""
    fields = _fields(event)
    return None if fields is None else WireRequest("POST", to.url, wire.JSON_HEADERS, wire.dump(fields))


def _fields(event: Event) -> dict[str, Any] | None:
    if event.kind is EventKind.STATE:
        return _notice(event)
    if event.message_id is None or event.customer is None:
        return None
    if event.kind is EventKind.RECEIVED:
        return None if event.content is None else _incoming(event, event.message_id, event.customer, event.content)
    return _status(event, event.message_id, event.customer) if event.kind in words.ACKS else None


# ---- incoming messages


def _incoming(event: Event, message_id: Id, customer: Customer, content: Content) -> dict[str, Any]:
    """Write an incoming message (§9.2); a customer who hides their number is named by their id (§14 row 25)."""
    from_id = _user_id(customer)
    number = customer.address.value if customer.address.kind is AddressKind.PHONE else None
    type_, body, caption = _said(content)
    quoted = content.target if isinstance(content, Reaction) else event.quote
    return {
        "status": "OK",
        "hook": words.HOOKS["message"],
        "unique": write_id(message_id, incoming=True),
        "from": number or from_id,
        "from_id": from_id,
        "username": None,
        "country": customer.country,
        "phone": number,
        "to": event.number,
        "senderName": customer.name,
        "type": type_,
        "body": body,
        "caption": caption,
        "isForwarded": event.forwarded,
        "timestamp": _seconds(event.at),
        "media": isinstance(content, Media),
        "quote": quoted is not None,
        "quoteUnique": False if quoted is None else write_id(quoted, incoming=event.quote_incoming),
        "profilePic": "",
        "conversationTimeLeft": _conversation_left(event),
    }


def _said(content: Content) -> tuple[str, str, str]:
    """Give type, body and caption (§9.2, §14 row 24); what nobody knows goes out as the JSON it came as."""
    match content:
        case Text(body=body):
            said = "text", body, ""
        case Media(type=kind, url=url, caption=caption):
            said = words.MEDIA_TYPES.get(kind, kind), url, caption
        case Location(latitude=latitude, longitude=longitude, name=name, address=address):
            said = "location", f"{latitude},{longitude}", ", ".join(part for part in (name, address) if part)
        case Choice(type=kind, title=title):
            said = words.CHOICE_TYPES.get(kind, kind), title, ""
        case Contacts(cards=cards):
            said = "contacts", ",".join(filter(None, map(_number_of, cards))), ""
        case Reaction(emoji=emoji):
            said = "reaction", emoji, ""
        case Unknown(type=kind, raw=raw):
            said = kind, wire.dump(raw).decode(), ""
        case _:
            said = content.kind, wire.dump(show_content(content)).decode(), ""
    return said


def _number_of(card: ContactCard) -> str:
    first = next(iter(card.phones), None)
    return "" if first is None else first.wa_id or first.phone


def _user_id(customer: Customer) -> str:
    return customer.user_id or ("" if customer.address.kind is AddressKind.PHONE else customer.address.value)


# ---- statuses and notices


def _status(event: Event, message_id: Id, customer: Customer) -> dict[str, Any]:
    """Write how an outgoing message fares (ours: §9.5)."""
    said = {
        "hook": words.HOOKS["status"],
        "unique": write_id(message_id, incoming=False),
        "from": event.number,
        "to": customer.address.value,
        "stage": words.ACKS[event.kind],
        **({} if event.failure is None else {"failure": meta_errors.told(event.failure)}),
        "time": _seconds(event.at),
        "conversation": _conversation_left(event),
    }
    return _named(said, words.STATUS_FIELDS)


def _notice(event: Event) -> dict[str, Any]:
    """Write how the number itself fares (ours: §9.5)."""
    said = {
        "hook": words.HOOKS["state"],
        "from": event.number,
        "state": event.state,
        "why": "" if event.failure is None else str(event.failure),
        "time": _seconds(event.at),
    }
    return _named(said, words.STATE_FIELDS)


def _named(said: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {"status": "OK"} | {names[meaning]: value for meaning, value in said.items()}


def _seconds(at: int) -> str:
    return str(at // 1000)


def _conversation_left(event: Event) -> str:
    """Whole minutes left of the billing conversation, "0" when the carrier named no end of one.

    Carriers that tell of it do so as `expiration_timestamp`, Unix seconds.
    """
    ends = (event.conversation or {}).get("expiration_timestamp")
    try:
        return str(window.left(int(str(ends)) * 1000, event.at))
    except ValueError:
        return "0"

"""What is posted to a program's two webhooks: incoming messages and statuses (spec/lipachat.md §8.3, §8.4)."""

import hashlib
import hmac
import math
from collections.abc import Mapping
from typing import Any

from parlance.formats import meta_errors
from parlance.formats.canonical import show_content
from parlance.model.contact import ContactCard
from parlance.model.event import Customer, Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Text, Unknown
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.lipachat import wire, words
from parlance.providers.lipachat.ids import write_id
from parlance.providers.lipachat.sending import MESSAGE_ID

STATUS_URL = "status_url"
"""The setting that says where the statuses of the sender's own subscription go; one made by hand has one address."""
_WITH_CAPTION = frozenset({"IMAGE", "VIDEO"})


def announce(event: Event, to: Subscription) -> WireRequest | None:
    """Tell of an incoming message or a status; None for all else, and for statuses that nobody wants (§12 row 23)."""
    if event.message_id is None or event.customer is None:
        return None
    if event.kind is EventKind.RECEIVED and event.content is not None:
        return _post(to.url, _incoming(event, event.message_id, event.customer, event.content), to.secret)
    url = to.settings.get(STATUS_URL, to.url) if to.own else to.url
    if event.kind not in words.STATUSES or not url:
        return None
    return _post(url, _status(event, event.message_id, event.customer), to.secret)


def _post(url: str, fields: Mapping[str, Any], secret: str) -> WireRequest:
    """Make the request; with a secret it is signed over its very bytes (§12 row 25)."""
    body = wire.dump(fields)
    headers = dict(wire.JSON_HEADERS)
    if secret:
        headers["x-hub-signature-256"] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return WireRequest("POST", url, headers, body)


# ---- incoming messages


def _incoming(event: Event, message_id: Id, customer: Customer, content: Content) -> dict[str, Any]:
    return {
        "messageId": write_id(message_id, incoming=True),
        "from": customer.address.value,
        "to": event.number,
        "profileName": customer.name,
        **_said(event, content),
    }


def _said(event: Event, content: Content) -> dict[str, Any]:
    """Give `type` and what goes with it (§8.3, §12 row 26); what has no form there goes out whole, as `raw`."""
    match content:
        case Text(body=body):
            return {"type": "TEXT", "text": body}
        case Media():
            return _media(content)
        case Location():
            return {"type": "LOCATION", "location": _place(content)}
        case Contacts(cards=cards):
            return {"type": "CONTACT", "contacts": [_card(card) for card in cards]}
        case Choice():
            return {"type": "INTERACTIVE", "interactive": _choice(content)}
        case Reaction(emoji=emoji):
            return {"type": "REACTION", "reaction": {"messageId": _target(event, content), "emoji": emoji}}
        case Unknown(type=kind, raw=raw):
            return {"type": kind.upper() or "UNKNOWN", "raw": raw}
        case _:
            return {"type": content.kind.upper(), "raw": show_content(content)}


def _media(media: Media) -> dict[str, Any]:
    kind = words.MEDIA_TYPES.get(media.type, media.type.upper())
    if kind in _WITH_CAPTION:
        return {"type": kind, kind.lower(): {"caption": media.caption or None, "url": media.url}}
    said = {"caption": media.caption} if media.caption else {}
    named = {"filename": media.filename} if media.filename else {}
    return {"type": kind, kind.lower(): {**said, "url": media.url, **named}}


def _place(place: Location) -> dict[str, Any]:
    return {
        "latitude": _coordinate(place.latitude),
        "longitude": _coordinate(place.longitude),
        "name": place.name or None,
        "address": place.address or None,
    }


def _coordinate(text: str) -> float | str:
    """A coordinate as a number, as the carrier wrote it where it is none."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def _card(card: ContactCard) -> dict[str, Any]:
    phones = [{"phone": each.phone, "type": each.type, "waId": each.wa_id} for each in card.phones]
    told = [{name: value for name, value in each.items() if value is not None} for each in phones]
    return {"name": {"formattedName": card.formatted}, "phones": told}


def _choice(choice: Choice) -> dict[str, Any]:
    kind = words.CHOICES.get(choice.type, choice.type)
    more = {"description": choice.description} if kind == "list_reply" else {}
    return {"type": kind, kind: {"id": choice.id, "title": choice.title, **more}}


def _target(event: Event, reaction: Reaction) -> str | None:
    """The message reacted to: by the program's own id where that is known, else by its `waId`."""
    if MESSAGE_ID in event.quote_refs:
        return str(event.quote_refs[MESSAGE_ID])
    return write_id(reaction.target, incoming=False) if reaction.target else None


# ---- statuses


def _status(event: Event, message_id: Id, customer: Customer) -> dict[str, Any]:
    """Write how a message fares (§8.4). One that came by another API has no `messageId`, so it is given ours."""
    status, described = words.STATUSES[event.kind]
    return {
        "messageId": event.refs.get(MESSAGE_ID) or write_id(message_id, incoming=True),
        "waId": write_id(message_id, incoming=False),
        "from": event.number,
        "to": customer.address.value,
        "status": status,
        "statusDesc": described if event.failure is None else meta_errors.told(event.failure),
        "timestamp": wire.timestamp(event.at),
    }

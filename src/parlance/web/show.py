"""What the admin API shows: ids as 16 hex digits, times in Unix milliseconds, secrets never."""

import re
from collections.abc import Mapping
from typing import Any, cast

from parlance.contract.moments import Delivery
from parlance.contract.provider import Carrier
from parlance.contract.registry import Key
from parlance.contract.views import Depth, Moment, WindowView
from parlance.formats.canonical import show_content, show_event
from parlance.model.event import Event
from parlance.model.fault import Failure
from parlance.model.ids import to_text
from parlance.model.message import Content, Message
from parlance.model.sender import Account, Route, Sender, Subscription, TemplateRecord
from parlance.web import shapes

MASK = "***"

_SECRET_NAME = re.compile(r"secret|token|password|api_?key", re.IGNORECASE)


def account(one: Account) -> shapes.Account:
    """An account."""
    return {"id": to_text(one.id), "name": one.name, "created_at": one.created_at, "credit": one.credit}


def sender(one: Sender) -> shapes.Sender:
    """A sender without its routes, keys and figures."""
    return {
        "id": to_text(one.id),
        "sender": one.number,
        "name": one.name,
        "account": one.account,
        "carrier": one.route.carrier,
        "state": "held" if one.held or one.route.held else "ok",
        "held": one.held,
        "clock_offset_ms": one.clock_offset,
        "created_at": one.created_at,
    }


def queue(depth: Depth | None) -> shapes.Queue:
    """What waits to leave."""
    if depth is None:
        return {"ready": 0, "unsure": 0, "oldest_at": None}
    return {"ready": depth.ready, "unsure": depth.unsure, "oldest_at": depth.oldest}


def route(one: Route, carrier: Carrier | None, public_url: str) -> shapes.Route:
    """A route with the address its vendor calls; secret settings masked, all of them where the carrier is not known."""
    plain = {setting.name for setting in carrier.settings if not setting.secret} if carrier else set()
    return {
        "id": to_text(one.id),
        "carrier": one.carrier,
        "number": one.number,
        "active": one.active,
        "position": one.position,
        "strict": one.strict,
        "backup": one.backup,
        "held": one.held,
        "heard_since": one.heard_since,
        "settings": {
            name: value if name in plain or not value else MASK for name, value in sorted(one.settings.items())
        },
        "callback_url": f"{public_url}/callbacks/{one.carrier}/{one.callback_token}",
    }


def key(one: Key) -> shapes.Key:
    """A credential, without the secret: only its hash is kept."""
    return {
        "id": to_text(one.id),
        "dialect": one.dialect,
        "public": one.public,
        "scope": one.scope,
        "created_at": one.created_at,
        "ends_at": one.ends_at,
    }


def window(one: WindowView, now: int) -> shapes.Window:
    """A customer's window at `now` by the sender's clock."""
    return {
        "customer": one.customer,
        "last_message_at": one.last_written,
        "open_until": one.until,
        "open": now < one.until,
    }


def template(one: TemplateRecord, account_name: str) -> shapes.Template:
    """A registered template."""
    return {
        "id": to_text(one.id),
        "account": account_name,
        "name": one.name,
        "language": one.language,
        "category": one.category,
        "status": one.status,
        "body": one.body,
        "header": one.header,
        "header_text": one.header_text,
        "footer": one.footer,
        "buttons": [dict(button) for button in one.buttons],
        "created_at": one.created_at,
    }


def content(one: Content) -> dict[str, Any]:
    """A message's content."""
    return _hexed(show_content(one), "target")


def failure(one: Failure | None) -> shapes.Failure | None:
    """Why a message failed."""
    return None if one is None else {"fault": one.fault, "code": one.code, "detail": one.detail or one.fault.message}


def message(one: Message) -> shapes.Message:
    """A message."""
    return {
        "id": to_text(one.id),
        "direction": one.direction,
        "sender_id": to_text(one.sender_id),
        "sender": one.number,
        "customer": one.peer.value,
        "customer_id": to_text(one.customer_id),
        "type": one.content.kind,
        "content": content(one.content),
        "dialect": one.dialect,
        "at": one.at,
        "stage": one.stage,
        "quote": None if one.quote is None else to_text(one.quote),
        "refs": dict(one.refs),
        "window_until": one.window_until,
        "failure": failure(one.failure),
        "dropped": list(one.dropped),
    }


def moment(one: Moment) -> shapes.Moment:
    """A line of a message's history."""
    return {"at": one.at, "what": one.what, "detail": dict(one.detail)}


def event(one: Event) -> shapes.Event:
    """An event."""
    shown = _hexed(show_event(one), "id", "sender_id", "message_id", "quote")
    for part, names in (("customer", ("id",)), ("content", ("target",))):
        if part in shown:
            shown[part] = _hexed(shown[part], *names)
    return cast("shapes.Event", shown)


def subscription(one: Subscription) -> shapes.Subscription:
    """A subscription; of its secrets only whether there are any."""
    return {
        "id": to_text(one.id),
        "sender_id": to_text(one.sender_id),
        "dialect": one.dialect,
        "url": one.url,
        "events": sorted(one.events),
        "statuses": one.statuses,
        "signed": bool(one.secret),
        "settings": masked(one.settings),
        "own": one.own,
        "paused_until": one.paused_until,
    }


def delivery_cursor(one: Delivery) -> str:
    """Where a list of deliveries goes on."""
    return f"{to_text(one.subscription_id)}-{one.number}"


def delivery(one: Delivery) -> shapes.Delivery:
    """An event's way to a subscriber."""
    return {
        "subscription_id": to_text(one.subscription_id),
        "number": one.number,
        "state": one.state,
        "tries": one.tries,
        "due_at": one.due_at,
        "created_at": one.created_at,
        "done_at": one.done_at,
        "last_status": one.last_status,
        "last_error": one.last_error,
        "event": event(one.event),
    }


def masked(document: Mapping[str, Any]) -> dict[str, Any]:
    """A dialect's settings, with values masked whose names tell of secrets."""
    return {name: _masked(name, value) for name, value in document.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    return MASK if value and isinstance(value, str) and _SECRET_NAME.search(name) else value


def _hexed(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    """Write these members, where they are ids, in hex: 64 bits do not survive every reader of JSON."""
    return {
        name: to_text(value) if name in names and isinstance(value, int) else value for name, value in shown.items()
    }

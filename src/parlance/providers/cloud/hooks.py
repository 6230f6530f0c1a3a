"""What is posted to a program's webhook (spec/cloud-api.md §11, §19): one change each, in ASCII, signed."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from parlance.formats import meta_hooks
from parlance.model.event import Event, EventKind
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.cloud import wire
from parlance.providers.cloud.ids import write_wamid
from parlance.providers.cloud.sending import OPAQUE

OBJECT: Final = "whatsapp_business_account"
HREF: Final = "/documentation/business-messaging/whatsapp/support/error-codes"
"""Where `errors[].href` leads, without a host (§11.5)."""


def announce(event: Event, to: Subscription) -> WireRequest | None:
    """Tell of an incoming message or a status; None for all else."""
    value = _value(event, to.settings.get("phone_number_id", ""))
    if value is None:
        return None
    change = {"value": value, "field": "messages"}
    envelope = {"object": OBJECT, "entry": [{"id": to.settings.get("waba_id", ""), "changes": [change]}]}
    body = wire.dump(envelope)
    return WireRequest("POST", to.url, {"content-type": "application/json", **signed(body, to.secret)}, body)


def signed(body: bytes, secret: str) -> Mapping[str, str]:
    """The header that signs these very bytes (§11.2); none without a secret."""
    if not secret:
        return {}
    return {"x-hub-signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def _value(event: Event, number_id: str) -> dict[str, Any] | None:
    if event.message_id is None or event.customer is None:
        return None
    if event.kind is EventKind.RECEIVED:
        return None if event.content is None else meta_hooks.message_value(event, number_id, write_wamid)
    if event.kind not in meta_hooks.STATUSES:
        return None
    opaque = event.refs.get(OPAQUE)
    extra = {"biz_opaque_callback_data": opaque} if opaque else {}
    message_id = write_wamid(event.message_id)
    return meta_hooks.status_value(event, number_id, message_id, contacts=True, extra=extra, href=HREF)

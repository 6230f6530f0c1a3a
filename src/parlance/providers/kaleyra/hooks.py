"""What is told to a program: statuses of what it sent, and messages that came in (spec/kaleyra.md §10.2, §10.3)."""

import json
from collections.abc import Mapping
from typing import Any

from parlance.formats import meta_hooks
from parlance.model.event import Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Media
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.kaleyra import profiles, variables, wire, words
from parlance.providers.kaleyra.ids import write_id, write_sent, write_trace_id
from parlance.providers.kaleyra.sending import PROFILE, REFS, ours


def announce(event: Event, to: Subscription) -> WireRequest | None:
    """Tell of an incoming message or a status, in the form of the profile; None for all else."""
    if event.message_id is None or event.customer is None:
        return None
    if event.kind is EventKind.RECEIVED and event.content is not None:
        payload = _incoming(event, event.message_id, to.settings)
        told = variables.of_incoming(event, event.customer, payload)
    elif event.kind in words.STATUSES:
        payload = _status(event, event.message_id, to.settings)
        told = variables.of_status(event, event.customer, payload)
    else:
        return None
    profile = _profile(event, to)
    if profile is None:
        return WireRequest("POST", to.url, wire.JSON_HEADERS, wire.dump(payload))
    method, headers = profile["http_method"], profile["headers"]
    if method not in profiles.WITH_BODY:
        return WireRequest(method, variables.fill_url(profile["url"], told, whole=True), headers)
    body = variables.fill_body(profile["body"], told) if profile["body"] else payload
    url = variables.fill_url(profile["url"], told, whole=False)
    return WireRequest(method, url, {**wire.JSON_HEADERS, **headers}, wire.dump(body))


def _profile(event: Event, to: Subscription) -> Mapping[str, Any] | None:
    """The profile that an event goes to: the one its message asked for, else the number's (§16 U17).

    None for a subscription that was made by hand: it has an address, and no form of its own.
    """
    if not to.own or not to.secret:
        return None
    kept = json.loads(to.secret)
    known: Mapping[str, Mapping[str, Any]] = kept["profiles"]
    asked = known.get(ours(event.refs).get(PROFILE, ""))
    return asked or known[kept["profile"]]


# ---- payloads


def _refs(refs: Mapping[str, Any]) -> dict[str, str]:
    """What came with a message; what did not is an empty text (§16 U9)."""
    kept = ours(refs)
    return {name: kept.get(name, "") for name in REFS}


def _incoming(event: Event, message_id: Id, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Write an incoming message; the references are those of the message that it answers (§10.3)."""
    content = event.content
    write = _write_id(event, message_id, settings.get("idForm", ""))
    value = meta_hooks.message_value(event, settings.get("phoneNumberId", ""), write)
    reply_to = "" if event.quote is None else write(event.quote)
    extra = {
        "media_url": content.url if isinstance(content, Media) else "",
        **_refs(event.quote_refs),
        "reply_to": reply_to,
        "trace_id": write_trace_id(event.id),
        "waba_id": settings.get("wabaId", ""),
    }
    return {"meta_object": {"value": value, "field": "messages"}, "extra_info": extra}


def _write_id(event: Event, message_id: Id, form: str) -> meta_hooks.WriteId:
    """Show the ids in an incoming message: its own, and that of the message it answers or reacts to."""

    def write(shown: Id) -> str:
        incoming = shown == message_id or event.quote_incoming
        return write_id(shown, incoming=True) if incoming else write_sent(shown, form)

    return write


def _status(event: Event, message_id: Id, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Write how a message fares: as WhatsApp told it, or that it was never passed on (§10.2, §16 U1, U12, U13)."""
    shown = write_sent(message_id, settings.get("idForm", ""))
    tracking = {"enable_url_tracking_body": False, "enable_url_tracking_button": False}
    who = {"message_id": shown, "waba_id": settings.get("wabaId", ""), **_refs(event.refs)}
    failure = event.failure
    if failure is not None and not failure.code and failure.fault in words.NEVER_LEFT:
        code, reason = words.NEVER_LEFT[failure.fault]
        return {
            "code": code,
            "status": words.NOT_SENT,
            "reason": reason,
            "message_id": shown,
            "extra_info": {**tracking, **who},
        }
    value = meta_hooks.status_value(event, settings.get("phoneNumberId", ""), shown, contacts=False)
    for each in value["statuses"]:
        if "pricing" in each:
            each["pricing"] = _pricing(each["pricing"])
    return {
        "meta_object": {"value": value, "field": "messages"},
        "extra_info": {"trace_id": write_trace_id(event.id), **who, **tracking},
        "status": words.STATUSES[event.kind],
        "message_id": shown,
    }


def _pricing(pricing: Mapping[str, Any]) -> dict[str, Any]:
    """What the carrier said of the price, its model in the vendor's own words (§10.2, §16 U18)."""
    model = pricing.get("pricing_model")
    return {**pricing} if model is None else {**pricing, "pricing_model": words.PRICING.get(model, model)}

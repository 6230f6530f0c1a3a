"""The vendor's HTTP API as we serve it: which method is read and answered where."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from parlance.contract.provider import Endpoint, Issued, Policy, RetryPlan
from parlance.model.command import Command, Credential, Reply
from parlance.model.event import Event
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Account, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99 import account as account_methods
from parlance.providers.digital99 import bodies, hooks, ids, sending, settings, wire, words

_NOT_SERVED = (
    "createTemplate",
    "getContacts",
    "sendButtons",
    "sendFile",
    "sendList",
    "sendLocation",
    "sendMultiTemplate",
)
_REFUSED = "Known at the vendor, and refused here."
_SECRET_BYTES = 30
_LONGEST_KEY = 256


def _post(
    method: str,
    read: Callable[[WireRequest], Command],
    write: Callable[[Reply], WireResponse],
    about: str,
    body: Mapping[str, Any],
) -> Endpoint:
    return Endpoint("POST", f"{words.PREFIX}{method}", read, write, about=about, body=body)


class Digital99Dialect:
    """The `/whatsapp/v2/` API: JSON by POST, the key in the body, numbers for reasons (spec/99digital.md)."""

    territory = re.compile(rf"^{words.PREFIX}.*", re.DOTALL)
    max_body = 1_048_576
    endpoints = (
        _post("sendMessage", sending.read_send_message, sending.write_sent, "Send a text.", bodies.TEXT),
        _post("sendContact", sending.read_send_contact, sending.write_sent, "Send a contact card.", bodies.CONTACT),
        _post(
            "sendTemplate",
            sending.read_send_template,
            sending.write_sent,
            "Send an approved template.",
            bodies.TEMPLATE,
        ),
        _post(
            "sendReaction",
            sending.read_send_reaction,
            sending.write_reacted,
            "Put an emoji on a message, or take it off.",
            bodies.REACTION,
        ),
        _post(
            "readStatus",
            account_methods.read_read_status,
            account_methods.write_marked,
            "Mark what the client wrote as read.",
            bodies.READ,
        ),
        _post(
            "getTemplates",
            account_methods.read_get_templates,
            account_methods.write_templates,
            "List the account's templates.",
            bodies.NOTHING,
        ),
        _post(
            "setWebhook",
            settings.read_set_webhook,
            settings.write_settings,
            "Change the webhook settings.",
            bodies.WEBHOOK,
        ),
        _post(
            "getWebhook",
            settings.read_get_webhook,
            settings.write_settings,
            "Show the webhook settings.",
            bodies.NOTHING,
        ),
        _post(
            "getProfile",
            account_methods.read_get_profile,
            account_methods.write_profile,
            "Show what is known of the sender.",
            bodies.NOTHING,
        ),
        *(
            _post(method, account_methods.refuse_method, account_methods.write_nothing, _REFUSED, bodies.NOTHING)
            for method in _NOT_SERVED
        ),
    )

    def credential(self, request: WireRequest) -> Credential:
        """Find `apiKey` and `from` in the body; the sender is told before the key (§7).

        Raises `Malformed` for what is no JSON object or has them in wrong types, `Refusal(UNKNOWN_SENDER)`.
        """
        number, key = wire.read_sender(wire.parse(request.body))
        return Credential(key, public=number, number=number)

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        """Say FAIL with the method's own number (§14 rows 1 and 2)."""
        if refusal.fault in words.TRANSPORT:
            allow = {"allow": "POST"} if refusal.fault is Fault.WRONG_VERB else {}
            fields = {"status": "FAIL", "reason": words.SYNTAX_ERROR}
            return wire.answer(fields, words.TRANSPORT[refusal.fault], allow)
        return wire.answer({"status": "FAIL", **_original(request), "reason": _reason(refusal.fault, request)})

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        """See `hooks.announce`."""
        return hooks.announce(event, to)

    def plan(self, to: Subscription) -> RetryPlan:
        """See `settings.plan`."""
        return settings.plan(to)

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        """See `ids.write_id`."""
        return ids.write_id(message_id, incoming=incoming)

    def read_id(self, text: str) -> Id | None:
        """See `ids.read_id`."""
        return ids.read_id(text)

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:  # noqa: ARG002 - an account has no id of its own here
        """Make an `apiKey` of 40 letters, or take over the given one; raises `Refusal(BAD_VALUE)`."""
        for name, value in given.items():
            if name == "apiKey" and not _is_key(value):
                raise Refusal(Fault.BAD_VALUE, name, f"apiKey is 1 to {_LONGEST_KEY} visible ASCII characters.")
            if name != "apiKey" and (name, value) != ("from", sender.number):
                raise Refusal(Fault.BAD_VALUE, name, f"{name} is not taken over: give the apiKey alone.")
        key = given.get("apiKey") or urlsafe_b64encode(entropy[:_SECRET_BYTES]).decode()
        return Issued(sender.number, key, {"apiKey": key, "from": sender.number})

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `settings.change`."""
        return settings.change(document, changes)

    def policy(self, document: Mapping[str, Any]) -> Policy:
        """See `settings.policy`."""
        return settings.policy(document)

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        """A text and a contact."""
        who = {"apiKey": shown["apiKey"], "from": shown["from"], "to": customer}
        card = {"contact_name": "Dana Example", "contact_phone": customer}
        return (
            WireRequest(
                "POST",
                f"{words.PREFIX}sendMessage",
                wire.JSON_HEADERS,
                wire.dump({**who, "body": "Hello from Parlance"}),
            ),
            WireRequest("POST", f"{words.PREFIX}sendContact", wire.JSON_HEADERS, wire.dump({**who, **card})),
        )


def _is_key(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_KEY and text.isascii() and text.isprintable() and " " not in text


def _reason(fault: Fault, request: WireRequest) -> int:
    method = wire.method_of(request)
    if method not in words.REASONS:
        method = words.GENERIC
    return words.REASONS[method].get(fault) or words.OTHERWISE[method]


def _original(request: WireRequest) -> dict[str, Any]:
    try:
        echo = wire.echo(wire.parse(request.body))
    except Malformed:
        return {}
    return {} if echo is None else {"originalRequest": echo}

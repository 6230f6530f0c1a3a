"""The vendor's HTTP API as we serve it: which call is read and answered where."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from parlance.contract.provider import Endpoint, Issued, Policy, RetryPlan
from parlance.model.command import Credential
from parlance.model.event import Event
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Account, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import bodies, hooks, ids, profiles, sending, settings, wire

_PROFILES = "/v1/{sid}/callback/profiles"
_KEY_BYTES = 16
_ORDINALS = 1_000_000
_STEP = 615_517
"""Without a common divisor with `_ORDINALS`, so that every account has digits of its own."""
_SHAPES = {"sid": re.compile(r"[0-9A-Za-z_-]{1,64}"), "apiKey": re.compile(r"[\x21-\x7e]{1,256}")}


class KaleyraDialect:
    """The `/v2/<sid>/whatsapp/<number>` API: Meta's message object in an envelope, the key in a header."""

    territory = re.compile(r"^(/v2/[^/]+/whatsapp/|/v1/[^/]+/callback/).*\Z", re.DOTALL)
    max_body = 1_048_576
    endpoints: tuple[Endpoint, ...] = (
        Endpoint(
            "POST",
            "/v2/{sid}/whatsapp/{phone_number}/messages",
            sending.read_message,
            sending.write_accepted,
            about="Send a text, contacts, a template or a reaction, or mark what came in as read.",
            body=bodies.MESSAGE,
        ),
        Endpoint(
            "POST",
            _PROFILES,
            profiles.read_create,
            profiles.write_created,
            about="Make a callback profile; the newest one gets the number's events.",
            body=bodies.PROFILE,
        ),
        Endpoint("GET", _PROFILES, profiles.read_list, profiles.write_list, about="List the callback profiles."),
        Endpoint("GET", f"{_PROFILES}/{{id}}", profiles.read_one, profiles.write_one, about="Show a callback profile."),
        Endpoint(
            "PATCH",
            f"{_PROFILES}/{{id}}",
            profiles.read_change,
            profiles.write_one,
            about="Change a callback profile.",
            body=bodies.CHANGE,
        ),
        Endpoint(
            "DELETE",
            f"{_PROFILES}/{{id}}",
            profiles.read_remove,
            profiles.write_removed,
            about="Remove a callback profile.",
        ),
    )

    def credential(self, request: WireRequest) -> Credential:
        """Find the key in the header, the account and the sender in the path (§1, §2, §16 U4 and U5)."""
        key = request.headers.get("api-key", "")
        return Credential(key, public=request.params["sid"], number=wire.number_of(request), secret_first=True)

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:  # noqa: ARG002  the same for every call
        """See `wire.refuse`."""
        return wire.refuse(refusal)

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        """See `hooks.announce`."""
        return hooks.announce(event, to)

    def plan(self, to: Subscription) -> RetryPlan:  # noqa: ARG002  the same for everyone
        """Repeat for a day."""
        return settings.PLAN

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        """See `ids.write_id`."""
        return ids.write_id(message_id, incoming=incoming)

    def read_id(self, text: str) -> Id | None:
        """See `ids.read_id`."""
        return ids.read_id(text)

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:
        """Make an API key for the account's SID, or take over given ones; raises `Refusal(BAD_VALUE)`."""
        number = f"+{sender.number}"
        for name, value in given.items():
            known = name in _SHAPES and _SHAPES[name].fullmatch(value)
            if not known and (name, value.removeprefix("+")) != ("phone_number", sender.number):
                raise Refusal(Fault.BAD_VALUE, name)
        sid = given.get("sid") or f"HXAP16{account.ordinal * _STEP % _ORDINALS:06d}97IN"
        key = given.get("apiKey") or f"A{entropy[:_KEY_BYTES].hex()}"
        document = {
            "wabaId": _digits(f"waba:{account.ordinal}"),
            "phoneNumberId": _digits(f"number:{account.ordinal}:{sender.number}"),
        }
        return Issued(sid, key, {"sid": sid, "apiKey": key, "phone_number": number}, document, ("sid",))

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `settings.change`."""
        return settings.change(document, changes)

    def policy(self, document: Mapping[str, Any]) -> Policy:
        """See `settings.policy`."""
        return settings.policy(document)

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        """A text and a contact."""
        card = {
            "name": {"formatted_name": "Mara Example", "first_name": "Mara"},
            "phones": [{"phone": f"+{customer}", "type": "Mobile", "wa_id": customer}],
        }
        return (
            _example(shown, customer, "text", {"body": "Hello from Parlance"}),
            _example(shown, customer, "contacts", [card]),
        )


def _digits(text: str) -> str:
    """Fifteen digits that look like an id of Meta's, always the same for the same text."""
    number = int.from_bytes(blake2b(text.encode(), digest_size=8, person=b"kaleyra.ids").digest(), "big")
    return str(10**14 + number % (9 * 10**14))


def _example(shown: Mapping[str, Any], customer: str, type_: str, said: Any) -> WireRequest:
    message = {"messaging_product": "whatsapp", "to": f"+{customer}", "type": type_, type_: said}
    body = {"messaging_object": message, "extra_info": {"ref": "example", "wa_source": "api"}}
    path = f"/v2/{shown['sid']}/whatsapp/{shown['phone_number']}/messages"
    return WireRequest("POST", path, {"api-key": str(shown["apiKey"]), **wire.JSON_HEADERS}, wire.dump(body))

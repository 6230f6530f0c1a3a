"""The HTTP API as we serve it: which call is read and answered where."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from parlance.contract.provider import Endpoint, Issued, Policy, RetryPlan
from parlance.model.command import Command, Credential, Reply
from parlance.model.event import Event
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Account, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import account as account_calls
from parlance.providers.cloud import bodies, hooks, ids, refusing, sending, settings, templates, wire

VERSION: Final = "v25.0"
"""The version in ready requests; every other one is served alike (§19)."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN_LETTERS = 53
_ID = re.compile(r"[1-9][0-9]{4,19}", re.ASCII)
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


def _serve(
    method: str,
    path: str,
    read: Callable[[WireRequest], Command],
    write: Callable[[Reply], WireResponse],
    about: str,
    body: Mapping[str, Any] | None = None,
) -> Iterator[Endpoint]:
    """One call, with any version in front and with none."""
    for start in ("/v{major}.{minor}", ""):
        yield Endpoint(method, f"{start}/{path}", read, write, about=about, body=body)


class CloudDialect:
    """The Graph calls of a business number: JSON, a bearer token, errors as objects (spec/cloud-api.md §19)."""

    territory = re.compile(r"^/(v[0-9]+\.[0-9]+/)?[0-9]{5,}(/.*)?\Z", re.DOTALL)
    max_body = 1_048_576
    endpoints: tuple[Endpoint, ...] = (
        *_serve(
            "POST",
            "{phone_number_id}/messages",
            sending.read_message,
            sending.write_message,
            "Send a text, contacts, a template or a reaction, or mark what came in as read.",
            bodies.MESSAGE,
        ),
        *_serve(
            "POST",
            "{phone_number_id}/register",
            account_calls.read_register,
            account_calls.write_done,
            "Register the number, which it is already.",
            bodies.REGISTER,
        ),
        *_serve("GET", "{phone_number_id}", account_calls.read_number, account_calls.write_number, "Show the number."),
        *_serve(
            "GET",
            "{waba_id}/phone_numbers",
            account_calls.read_number,
            account_calls.write_numbers,
            "List the account's numbers that the token owns.",
        ),
        *_serve("GET", "{waba_id}/message_templates", templates.read_list, templates.write_list, "List the templates."),
        *_serve(
            "POST",
            "{waba_id}/message_templates",
            templates.read_create,
            templates.write_created,
            "Register a template; it counts as approved.",
            bodies.TEMPLATE,
        ),
        *_serve(
            "DELETE",
            "{waba_id}/message_templates",
            templates.read_remove,
            templates.write_removed,
            "Remove the templates of a name.",
        ),
        *_serve(
            "GET",
            "{waba_id}/subscribed_apps",
            account_calls.read_number,
            account_calls.write_subscribed,
            "Show where webhooks go.",
        ),
        *_serve(
            "POST",
            "{waba_id}/subscribed_apps",
            account_calls.read_subscribe,
            account_calls.write_done,
            "Say where webhooks go; the address has to answer the handshake.",
            bodies.SUBSCRIBE,
        ),
        *_serve(
            "DELETE",
            "{waba_id}/subscribed_apps",
            account_calls.read_unsubscribe,
            account_calls.write_done,
            "End webhooks.",
        ),
    )

    def credential(self, request: WireRequest) -> Credential:
        """Find the token in the header or the query; a number's id in the path has to be the token's own.

        A path that names an account shows nothing but the token: that belongs to one number of one account.
        """
        found = _BEARER.fullmatch(request.headers.get("authorization", ""))
        token = found[1] if found else request.query.get("access_token", "")
        return Credential(token, request.params.get("phone_number_id", ""), secret_first=True, owned=True)

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        """See `refusing.refuse`."""
        return refusing.refuse(refusal, request)

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        """See `hooks.announce`."""
        return hooks.announce(event, to)

    def plan(self, to: Subscription) -> RetryPlan:  # noqa: ARG002  the same for everyone
        """Repeat for seven days."""
        return settings.PLAN

    def write_id(self, message_id: Id, *, incoming: bool) -> str:  # noqa: ARG002  one shape for both
        """See `ids.write_wamid`."""
        return ids.write_wamid(message_id)

    def read_id(self, text: str) -> Id | None:
        """See `ids.read_wamid`."""
        return ids.read_wamid(text)

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:
        """Make ids, token and secrets, or take over the given ones; raises `Refusal(BAD_VALUE)`."""
        for name, value in given.items():
            is_id = name in {"phone_number_id", "waba_id"} and _ID.fullmatch(value) is not None
            is_secret = name in {"access_token", "app_secret", "verify_token"} and settings.is_word(value)
            if not (is_id or is_secret):
                raise Refusal(Fault.BAD_VALUE, name)
        shown = {
            "phone_number_id": ids.phone_number_id(sender.ordinal),
            "waba_id": ids.waba_id(account.ordinal),
            "access_token": _token(entropy[:40]),
            "app_secret": entropy[40:56].hex(),
            "verify_token": entropy[56:64].hex(),
            **given,
        }
        document = {name: value for name, value in shown.items() if name != "access_token"}
        return Issued(shown["phone_number_id"], shown["access_token"], shown, document, ("phone_number_id", "waba_id"))

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `settings.change`."""
        return settings.change(document, changes)

    def policy(self, document: Mapping[str, Any]) -> Policy:
        """See `settings.policy`."""
        return settings.policy(document)

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        """A text and a contact."""
        name = {"formatted_name": "Dana Example", "first_name": "Dana", "last_name": "Example"}
        phones = [{"phone": f"+{customer}", "type": "Mobile", "wa_id": customer}]
        return (
            _example(shown, customer, {"type": "text", "text": {"body": "Hello from Parlance"}}),
            _example(shown, customer, {"type": "contacts", "contacts": [{"name": name, "phones": phones}]}),
        )


def _token(entropy: bytes) -> str:
    """`EAA` and letters and digits alone, as tokens there are."""
    number, letters = int.from_bytes(entropy, "big"), "EAA"
    for _ in range(_TOKEN_LETTERS):
        number, rest = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[rest]
    return letters


def _example(shown: Mapping[str, Any], customer: str, said: Mapping[str, Any]) -> WireRequest:
    body = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": f"+{customer}", **said}
    headers = {"authorization": f"Bearer {shown['access_token']}", "content-type": "application/json"}
    return WireRequest("POST", f"/{VERSION}/{shown['phone_number_id']}/messages", headers, wire.dump(body))

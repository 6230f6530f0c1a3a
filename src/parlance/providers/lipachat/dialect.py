"""The vendor's HTTP API as we serve it: which call is read and answered where."""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NoReturn

from parlance.contract.provider import Endpoint, Issued, Policy, RetryPlan
from parlance.model.command import Command, Credential, Reply
from parlance.model.event import Event
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Account, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.lipachat import hooks, ids, refusing, sending, settings, templates, wire, words

_KEY_BYTES = 20
_LONGEST_KEY = 256


def _serve(
    method: str, path: str, read: Callable[[WireRequest], Command], write: Callable[[Reply], WireResponse]
) -> Endpoint:
    return Endpoint(method, f"{words.PREFIX}{path}", read, write)


def _refuse(method: str, path: str, what: str) -> Endpoint:
    """A call that exists at the vendor but is not served here."""

    def read(request: WireRequest) -> NoReturn:  # noqa: ARG001  whatever it holds
        raise Refusal(Fault.UNSUPPORTED, detail=f"{what} not supported")

    return _serve(method, path, read, _write_nothing)


def _write_nothing(reply: Reply) -> NoReturn:
    """Stand where a refused call would answer; it never has a reply."""
    raise TypeError(f"a refused call has no answer: {type(reply).__name__}")


class LipaChatDialect:
    """The `/api/v1/whatsapp` and `/api/v1/template` API: JSON, the key in a header (spec/lipachat.md)."""

    territory = re.compile(rf"^{words.PREFIX}(whatsapp|template)(/.*)?\Z", re.DOTALL)
    max_body = 1_048_576
    endpoints: tuple[Endpoint, ...] = (
        _serve("POST", "whatsapp/message/text", sending.read_text, sending.write_sent),
        _serve("POST", "whatsapp/contact", sending.read_contact, sending.write_sent),
        _serve("POST", "whatsapp/template", sending.read_template, sending.write_sent),
        _refuse("POST", "whatsapp/media", "Media messages are"),
        _refuse("POST", "whatsapp/interactive/buttons", "Button messages are"),
        _refuse("POST", "whatsapp/interactive/list", "List messages are"),
        _refuse("POST", "whatsapp/interactive/flows", "Flows are"),
        _refuse("POST", "whatsapp/manage/flow", "Flows are"),
        _refuse("PUT", "whatsapp/manage/flow/{id}", "Flows are"),
        _refuse("GET", "whatsapp/manage/flow/{id}/preview/url", "Flows are"),
        _refuse("POST", "template/upload/file", "Template media are"),
        _serve("POST", "template/{phone_number}", templates.read_create, templates.write_created),
        _serve("GET", "template/{phone_number}", templates.read_list, templates.write_list),
        _serve("PUT", "template/{phone_number}/{templateId}", templates.read_change, templates.write_changed),
    )

    def credential(self, request: WireRequest) -> Credential:
        """Find the key in the header and the number in the path or the body.

        A body that cannot be read names none: it is only looked at once the key has proved good (§12 rows 3 and 4).
        """
        return Credential(request.headers.get("apikey", ""), number=wire.sender_of(request), secret_first=True)

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        """See `refusing.refuse`."""
        return refusing.refuse(refusal, request)

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        """See `hooks.announce`."""
        return hooks.announce(event, to)

    def plan(self, to: Subscription) -> RetryPlan:  # noqa: ARG002  the same for everyone
        """Repeat six times within eight hours."""
        return settings.PLAN

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        """See `ids.write_id`."""
        return ids.write_id(message_id, incoming=incoming)

    def read_id(self, text: str) -> Id | None:
        """See `ids.read_id`."""
        return ids.read_id(text)

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:  # noqa: ARG002 - an account has no id of its own here
        """Make an `apiKey` and a join code, or take over the given ones; raises `Refusal(BAD_VALUE)`."""
        for name, value in given.items():
            if not (name in {"apiKey", "joinCode"} and _is_word(value)) and (name, value) != ("from", sender.number):
                raise Refusal(Fault.BAD_VALUE, name)
        key = given.get("apiKey") or f"lk-{entropy[:_KEY_BYTES].hex()}"
        code = given.get("joinCode") or _join_code(entropy[_KEY_BYTES:])
        return Issued(sender.number, key, {"apiKey": key, "from": sender.number, "joinCode": code}, {"joinCode": code})

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `settings.change`."""
        return settings.change(document, changes)

    def policy(self, document: Mapping[str, Any]) -> Policy:
        """See `settings.policy`."""
        return settings.policy(document)

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        """A text and a contact."""
        card = {"name": {"formattedName": "Amina Example"}, "phones": [{"phone": customer, "type": "CELL"}]}
        return (
            _example("whatsapp/message/text", shown, customer, {"message": "Hello from Parlance"}),
            _example("whatsapp/contact", shown, customer, card),
        )


def _is_word(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_KEY and text.isascii() and text.isprintable() and " " not in text


def _join_code(entropy: bytes) -> str:
    one, two = (words.JOIN_WORDS[byte % len(words.JOIN_WORDS)] for byte in entropy[:2])
    return f"{one}-{two}-{10 + entropy[2] % 90}"


def _example(path: str, shown: Mapping[str, Any], customer: str, said: Mapping[str, Any]) -> WireRequest:
    """The same example has the same `messageId`: sent twice by mistake, it arrives once."""
    digest = blake2b(f"{path}:{shown['from']}:{customer}".encode(), digest_size=16).digest()
    message_id = ids.to_uuid(int.from_bytes(digest, "big") >> 6)
    body = {"messageId": message_id, "from": shown["from"], "to": customer, **said}
    headers = {"apikey": str(shown["apiKey"]), **wire.JSON_HEADERS}
    return WireRequest("POST", f"{words.PREFIX}{path}", headers, wire.dump(body))

"""What the vendor posts to us (spec/cloud-api.md §11): many changes at once, of several numbers, in any order."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from parlance.contract.provider import Heard
from parlance.formats import meta
from parlance.formats.tags import read_tag
from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.fault import Malformed
from parlance.model.message import Content, Stage, Unknown
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import Route
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import arriving, causes, hooks, tame, wire, words

_LONGEST_WORD: Final = 200
_TELLING: Final = (
    *("event", "decision", "category", "value", "message_template_name", "message_template_language"),
    *("new_quality_score", "new_category", "current_limit", "alert_type"),
)
"""Members by which a notice that nobody acts on is told apart from others of its kind."""


def authentic(callback: WireRequest, route: Route) -> bool:
    """Whether the vendor calls: by the verify token (§11.1), or by the signature over the very bytes (§11.2).

    Without a verify token the callback address's own token stands for it; without an app secret nothing is checked.
    """
    if callback.method == "GET":
        wanted = verify_token(route)
        mode, shown = (callback.query.get(f"hub.{name}", "") for name in ("mode", "verify_token"))
        return mode == "subscribe" and bool(wanted) and _same(shown, wanted)
    secret = route.settings.get("app_secret", "")
    if not secret:
        return True
    header = "x-hub-signature-256"
    return _same(callback.headers.get(header, ""), hooks.signed(callback.body, secret)[header])


def verify_token(route: Route) -> str:
    """The text that the vendor shows when a callback address is saved."""
    return route.settings.get("verify_token") or route.callback_token


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode(errors="replace"))


def hear(callback: WireRequest, route: Route) -> Heard:
    """Read a callback; raises `Malformed` for what is no list of entries."""
    if callback.method == "GET":
        challenge = callback.query.get("hub.challenge", "").encode(errors="replace")
        return Heard((), WireResponse(200, challenge, {"content-type": "text/plain"}))
    posted = wire.parse(callback)
    if not isinstance(posted.get("entry"), list):
        raise Malformed("entry", meta.WRONG_TYPE if "entry" in posted else meta.MISSING)
    return Heard(tuple(_reports(posted, route, callback.received_at)), WireResponse(200))


def _reports(posted: Mapping[str, Any], route: Route, now: int) -> Iterator[Report]:
    object_ = tame.text(posted, "object")
    for entry in tame.inners(posted, "entry"):
        at = tame.millis(entry, "time", now)
        for raw in tame.inners(entry, "changes"):
            value = tame.inner(raw, "value")
            change = _Change(tame.text(raw, "field"), value, tame.text(entry, "id"), at, _number(value, route), route)
            yield from _heard(change) if object_ == hooks.OBJECT else (change.note(object_),)


def _number(value: Mapping[str, Any], route: Route) -> str:
    """The business number a change is about: the route's, or another one of the same app; empty when it names none."""
    metadata = tame.inner(value, "metadata")
    number_id = tame.text(metadata, "phone_number_id")
    if number_id and number_id == route.settings.get("phone_number_id"):
        return route.number
    shown = tame.text(metadata, "display_phone_number") or tame.text(value, "display_phone_number")
    return "".join(letter for letter in shown if letter in "0123456789")


@dataclass(frozen=True, slots=True)
class _Change:
    """One of `changes[]`, with what its entry says of it."""

    field: str
    value: Mapping[str, Any]
    account: str
    at: int
    number: str
    route: Route

    def note(self, *said: str, external_id: str = "", at: int = 0) -> StatusReport:
        """Keep a notice that changes nothing by itself."""
        word = " ".join(part for part in (self.field, *said) if part)[:_LONGEST_WORD]
        return StatusReport(external_id, None, at or self.at, word=word, number=self.number)

    def when(self, raw: Mapping[str, Any]) -> int:
        """The time that something in the change names, else the change's own."""
        return tame.millis(raw, "timestamp", self.at)


def _heard(change: _Change) -> Sequence[Report]:
    value = change.value
    found: list[Report] = []
    match change.field:
        case "messages":
            found += [_message(each, change) for each in tame.inners(value, "messages")]
            found += [_status(each, change) for each in tame.inners(value, "statuses")]
            failures = map(causes.read_failure, tame.inners(value, "errors"))
            found += [change.note("errors", failure.code, failure.detail) for failure in failures]
        case "calls":
            found += [_call(each, change) for each in tame.inners(value, "calls")]
        case "account_update":
            found.append(_account(change))
    return found or [_notice(change)]


# ---- incoming messages


def _message(message: Mapping[str, Any], change: _Change) -> Report:
    """Read a message. Those that nobody wrote (a number changed, a message taken back) are notices: no window opens."""
    message_id, at = tame.text(message, "id"), change.when(message)
    match tame.text(message, "type"):
        case "system":
            kind = tame.text(tame.inner(message, "system"), "type")
            return change.note("system", kind, external_id=message_id, at=at)
        case "revoke":
            original = tame.text(tame.inner(message, "revoke"), "original_message_id")
            return change.note("revoke", external_id=original, at=at)
        case type_:
            report = _incoming(message, arriving.read_content(message, change.route), change)
            return report or change.note(type_, "from nobody", external_id=message_id, at=at)


def _call(call: Mapping[str, Any], change: _Change) -> Report:
    """A customer who calls opens the window as one who writes does (§13)."""
    event = tame.text(call, "event")
    if event == "connect" and tame.text(call, "direction") == "USER_INITIATED":
        report = _incoming(call, Unknown("call", call), change)
        if report is not None:
            return report
    return change.note(event, external_id=tame.text(call, "id"), at=change.when(call))


def _incoming(message: Mapping[str, Any], content: Content, change: _Change) -> Incoming | None:
    contact = _contact(message, change.value)
    addresses = _addresses(message, contact)
    if not addresses:
        return None
    context = tame.inner(message, "context")
    edited = tame.text(tame.inner(message, "edit"), "original_message_id")
    return Incoming(
        tame.text(message, "id"),
        addresses[0],
        content,
        change.when(message),
        name="" if addresses[0].kind is AddressKind.GROUP else tame.text(tame.inner(contact, "profile"), "name"),
        number=change.number,
        quote_external=edited or tame.text(context, "id"),
        forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
        aliases=addresses[1:],
    )


def _contact(message: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who wrote, of those that the change presents.

    One who is presented alone, and under another number, is the author where there is nobody else it could be.
    """
    contacts = tame.inners(value, "contacts")
    for ours, theirs in (("from", "wa_id"), ("from_user_id", "user_id")):
        name = tame.text(message, ours)
        for contact in contacts:
            if name and tame.text(contact, theirs) == name:
                return contact
    written = [each for name in ("messages", "calls") for each in tame.inners(value, name)]
    users = {tame.text(message, "from_user_id"), *(tame.text(each, "user_id") for each in contacts)} - {""}
    return contacts[0] if len(contacts) == len(written) == 1 and len(users) < 2 else {}


def _addresses(message: Mapping[str, Any], contact: Mapping[str, Any]) -> tuple[Address, ...]:
    """Every address of the author, the number first; one who hides it has a user id alone (§11.4)."""
    group = tame.text(message, "group_id")
    if group:
        return (Address(AddressKind.GROUP, group),)
    numbers = (tame.number(tame.text(message, "from")), tame.number(tame.text(contact, "wa_id")))
    users = (tame.text(message, "from_user_id"), tame.text(contact, "user_id"))
    known = [phone(each) for each in numbers if each]
    known += [Address(AddressKind.USER, each) for each in users if USER_ID.fullmatch(each)]
    return tuple(dict.fromkeys(known))


# ---- statuses


def _status(status: Mapping[str, Any], change: _Change) -> StatusReport:
    word = tame.text(status, "status")
    stage = words.STAGES.get(word)
    tag, part = read_tag(tame.text(status, "biz_opaque_callback_data")) or (None, 0)
    errors = tame.inners(status, "errors")
    to_group = tame.text(status, "recipient_type") == "group"
    return StatusReport(
        tame.text(status, "id"),
        stage,
        change.when(status),
        word="" if stage == word else word[:_LONGEST_WORD],
        tag=tag,
        part=part,
        failure=causes.read_failure(errors[0]) if stage is Stage.FAILED and errors else None,
        pricing=tame.inner(status, "pricing") or None,
        conversation=tame.inner(status, "conversation") or None,
        number=change.number,
        wa_id="" if to_group else tame.number(tame.text(status, "recipient_id")),
    )


# ---- the account


def _account(change: _Change) -> Report:
    """Tell whether anything can leave; what does not decide that, or is about another account, is a notice."""
    event = tame.text(change.value, "event")
    ban = tame.text(tame.inner(change.value, "ban_info"), "waba_ban_state")
    decided = words.STATES.get(ban or event)
    own = change.route.settings.get("waba_id")
    about = tame.text(tame.inner(change.value, "waba_info"), "waba_id") or change.account
    if decided is None or not own or about != own:
        return change.note(event, ban)
    state, held = decided
    return StateReport(state, change.at, held, change.number)


def _notice(change: _Change) -> StatusReport:
    value = change.value
    said = [tame.text(each, name) for each in _parts(value) for name in _TELLING]
    return change.note(*said)


def _parts(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return (value, *tame.inners(value, "alert_info"), *tame.inners(value, "user_preferences"))

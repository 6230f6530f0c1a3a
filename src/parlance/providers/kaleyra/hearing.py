"""What the vendor calls back: statuses, incoming messages, news of the number (spec/kaleyra.md §10.2 to §10.4, §15)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from pydantic_core import from_json

from parlance.formats.tags import read_tag
from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.fault import Malformed
from parlance.model.ids import to_text
from parlance.model.message import Stage, Unknown
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.wire import WireRequest
from parlance.providers.kaleyra import causes, values, words
from parlance.providers.kaleyra.carrying import NAMELESS
from parlance.providers.kaleyra.wild import Wild, digits, first, member, members, moment, text

_LONGEST: Final = 255
"""Characters of an id or a word."""
_UNKNOWN: Final = "unknown"
_NEWS: Final = frozenset({"system", "revoke"})
"""Kinds of messages that nobody wrote: a customer has another number, or took a message back."""


def read(callback: WireRequest) -> tuple[Report, ...]:
    """Read a callback of either version; raises `Malformed` for what is no object and has no query."""
    said, now = _said(callback), callback.received_at
    value = member(member(said, "meta_object"), "value")
    told = [*_messages(said, value, now), *_statuses(said, value, now)]
    if told:
        return tuple(told)
    if first(said, "status"):
        return (_flat_status(said, now),)
    customer = digits(said.get("from")) or digits(said.get("mobile"))
    if customer:
        return (_flat_incoming(said, customer, now),)
    for each in (value, said):
        if first(each, "event") and first(each, "display_phone_number"):
            return (_quality(each, now),)
    return (_stranger(said, value, now),)


def _said(callback: WireRequest) -> Wild:
    """The body's object, or the query of a profile without a body (§10.1).

    A profile for several kinds of events leaves the variables of the others as they stand: those say nothing.
    """
    body = callback.body.strip()
    said = _body(body) if body else callback.query
    if not body and not said:
        raise Malformed("", "empty")
    return {name: value for name, value in said.items() if value != f"<{name}>"}


def _body(body: bytes) -> Wild:
    try:
        said = from_json(body)
    except ValueError:
        raise Malformed("", "json_invalid") from None
    if not isinstance(said, dict):
        raise Malformed("", "dict_type")
    return said


def _usable(external_id: str) -> str:
    """An id, unless it is longer than any."""
    return external_id if len(external_id) <= _LONGEST else ""


# ---- statuses


def _statuses(said: Wild, value: Wild, now: int) -> Iterator[StatusReport]:
    """Statuses of the second version. What stands around them is said of one message alone (§10.2)."""
    given = members(value, "statuses")
    around = said if len(given) == 1 else {}
    number = digits(member(value, "metadata").get("display_phone_number"))
    for each in given:
        word = first(each, "status") or first(around, "status")
        wa_id = digits(each.get("recipient_id"))
        report = _status(around, word, each, at=moment(each.get("timestamp"), now), number=number, wa_id=wa_id)
        pricing, conversation = _pricing(member(each, "pricing")), member(each, "conversation")
        yield replace(report, pricing=pricing or None, conversation=conversation or None)


def _flat_status(said: Wild, now: int) -> StatusReport:
    """A status without Meta's object: of what was never passed on, or by the variables of a profile (§10.2, §10.4)."""
    at, number, wa_id = moment(said.get("timestamp"), now), digits(said.get("phone_number")), digits(said.get("mobile"))
    return _status(said, first(said, "status"), {}, at=at, number=number, wa_id=wa_id)


def _status(around: Wild, word: str, status: Wild, *, at: int, number: str, wa_id: str) -> StatusReport:
    extra = member(around, "extra_info")
    known = read_tag(first(extra, "ref") or first(around, "ref"))
    ids = (first(status, "id"), first(extra, "message_id"), first(around, "message_id", "id"))
    stage = words.STAGES.get(" ".join(re.split(r"[\s_-]+", word.strip().lower())))
    return StatusReport(
        _named(ids, by_ref=known is not None),
        stage,
        at,
        word="" if stage else word[:_LONGEST] or _UNKNOWN,
        tag=known[0] if known else None,
        part=known[1] if known else 0,
        failure=causes.of_status(status, around) if stage is Stage.FAILED else None,
        number=number,
        wa_id=wa_id,
    )


def _named(ids: Iterable[str], *, by_ref: bool) -> str:
    """The vendor's id of a message, of the several it goes by (§15, §16 U1).

    One that is known by its `ref` is learned by the id that WhatsApp gave it: that is the one customers' answers name.
    """
    given = [*filter(_usable, ids)]
    whatsapps = (each for each in given if each.startswith("wamid."))
    return next(whatsapps if by_ref else iter(given), next(iter(given), ""))


def _pricing(given: Wild) -> dict[str, Any]:
    model = given.get("pricing_model")
    return {**given, "pricing_model": words.MODELS.get(model, model)} if isinstance(model, str) else dict(given)


# ---- incoming messages


def _messages(said: Wild, value: Wild, now: int) -> Iterator[Report]:
    extra, contacts = member(said, "extra_info"), members(value, "contacts")
    number = digits(member(value, "metadata").get("display_phone_number"))
    given = members(value, "messages")
    for each in given:
        around = extra if len(given) == 1 else {}
        yield _incoming(each, around, contacts, number, now)


def _incoming(message: Wild, extra: Wild, contacts: list[Wild], number: str, now: int) -> Report:
    at = moment(message.get("timestamp"), now)
    external_id = _usable(first(message, "id"))
    contact = _contact(message, contacts)
    people = _addresses(message, contact)
    if not people:
        word = f"{first(message, 'type') or 'message'} from nobody"
        return StatusReport(external_id, None, at, word=word, number=number)
    context = member(message, "context")
    return Incoming(
        external_id,
        people[0],
        values.content_of(message, first(extra, "media_url")),
        at,
        name=first(member(contact, "profile"), "name"),
        number=number,
        quote_external=_quoted(context, extra),
        forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
        aliases=tuple(people[1:]),
        opens=first(message, "type") not in _NEWS,
    )


def _contact(message: Wild, contacts: list[Wild]) -> Wild:
    """Who wrote, of those who are named."""
    if len(contacts) == 1:
        return contacts[0]
    wanted = {first(message, "from"), first(message, "from_user_id")} - {""}
    return next((each for each in contacts if wanted & {first(each, "wa_id"), first(each, "user_id")}), {})


def _addresses(message: Wild, contact: Wild) -> list[Address]:
    """The customer's addresses, the one that wrote first; someone who hides their number has a user id alone."""
    numbers = (digits(message.get("from")), digits(contact.get("wa_id")))
    users = (first(message, "from_user_id"), first(contact, "user_id"))
    found = [phone(each) for each in numbers if each]
    found += [Address(AddressKind.USER, each) for each in users if USER_ID.fullmatch(each)]
    return list(dict.fromkeys(found))


def _quoted(context: Wild, extra: Wild) -> str:
    """The message that is answered, our own id of it where its `ref` comes along: that one is known for certain.

    Only `context` says that one is: the page on contacts shows `ref` and `reply_to` beside a message that answers none
    (§10.3).
    """
    named = _usable(first(context, "id"))
    known = read_tag(first(extra, "ref")) if named else None
    return to_text(known[0]) if known else named


def _flat_incoming(said: Wild, customer: str, now: int) -> Incoming:
    """An incoming message by the variables of a profile (§10.4). It has no id: it gets one of all that it says."""
    type_ = first(said, "type").lower() or "text"
    body = first(said, "body", "message")
    media = {"mime_type": first(said, "mime_type"), "caption": body}
    forms: Mapping[str, Any] = {
        "text": {"body": body},
        "button": {"text": body},
        "contacts": _unpacked(said.get("contacts")),
        "location": _unpacked(said.get("location")),
    }
    message = {"type": type_, type_: forms.get(type_, media)}
    content = values.content_of(message, first(said, "media_url"))
    if isinstance(content, Unknown):
        content = Unknown(type_, said)
    return Incoming(
        _nameless(said),
        phone(customer),
        content,
        moment(said.get("created_at"), now),
        name=first(said, "name"),
        number=digits(said.get("wanumber")),
        quote_external=_usable(first(said, "reply_to")),
    )


def _unpacked(value: object) -> Any:
    """JSON that stands as a text, as it does in an address."""
    if not isinstance(value, str):
        return value
    try:
        return from_json(value)
    except ValueError:
        return None


def _nameless(said: Wild) -> str:
    """The same id for the same callback, so that a repeat is known as one; none where no time tells two alike apart."""
    if not text(said.get("created_at")):
        return ""
    whole = json.dumps(said, sort_keys=True).encode()
    return f"{NAMELESS}{blake2b(whole, digest_size=16).hexdigest()}"


# ---- all else


def _quality(said: Wild, now: int) -> StateReport:
    """How the number is rated and how much it may send (§10.4); it neither holds a route nor frees it."""
    state = " ".join(filter(None, (first(said, "event"), first(said, "current_limit"))))
    return StateReport(state, now, None, digits(said.get("display_phone_number")))


def _stranger(said: Wild, value: Wild, now: int) -> StatusReport:
    """What nobody here knows, by whatever name it gives itself (§16 U14)."""
    word = first(said, "event", "type", "code") or first(member(said, "meta_object"), "field") or _UNKNOWN
    number = digits(member(value, "metadata").get("display_phone_number"))
    external_id = _usable(first(said, "message_id", "id") or first(member(said, "extra_info"), "message_id"))
    return StatusReport(external_id, None, now, word=word[:_LONGEST], number=number)

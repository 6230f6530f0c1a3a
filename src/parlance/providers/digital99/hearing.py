"""What the vendor posts to a callback: messages, statuses, notices (spec/99digital.md §9)."""

import re
from collections.abc import Mapping
from typing import Any

from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Malformed
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Stage, Text, Unknown
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.wire import WireRequest
from parlance.providers.digital99 import wire, words
from parlance.providers.digital99.causes import read_failure

_NUMBER = re.compile(r"\+?([0-9]{1,20})", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_MOST = 1 << 63
_ARRIVED = frozenset({Stage.DELIVERED, Stage.READ})


def read_reports(callback: WireRequest) -> tuple[Report, ...]:
    """Read a callback. What is not understood says nothing and is answered like the rest (§9.5).

    Raises `Malformed` for what is no JSON object, and for a message that names nobody.
    """
    raw = wire.parse(callback.body)
    hook = _text(raw, words.STATUS_FIELDS["hook"])
    at = _moment(raw, callback.received_at)
    if hook == words.HOOKS["message"]:
        return (_incoming(raw, at),)
    if hook == words.HOOKS["state"]:
        return (_notice(raw, at),)
    report = _status(raw, at) if hook else None
    return () if report is None else (report,)


# ---- values of anyone's


def _text(raw: Mapping[str, Any], name: str) -> str:
    """A text, or a whole number as one; empty for anything else."""
    value = raw.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST:
        return str(value)
    return value if isinstance(value, str) else ""


def _number(raw: Mapping[str, Any], name: str) -> str:
    found = _NUMBER.fullmatch(_text(raw, name))
    return found[1] if found else ""


def _moment(raw: Mapping[str, Any], otherwise: int) -> int:
    """Unix milliseconds of `timestamp`, which is in seconds."""
    seconds = _text(raw, words.STATUS_FIELDS["time"])
    return int(seconds) * 1000 if _SECONDS.fullmatch(seconds) else otherwise


# ---- statuses and notices


def _status(raw: Mapping[str, Any], at: int) -> StatusReport | None:
    """Read how a message fares; the vendor's own shape is not known, so any field may hold the word (§9.5)."""
    names = words.STATUS_FIELDS
    unique, word = _text(raw, names["unique"]), _text(raw, names["stage"])
    if not word:
        word = next((value for value in raw.values() if isinstance(value, str) and value in words.STAGES), "")
    if not unique or not word:
        return None
    stage = words.STAGES.get(word)
    return StatusReport(
        unique,
        stage,
        at,
        word="" if stage else word,
        failure=read_failure(_text(raw, names["failure"])) if stage is Stage.FAILED else None,
        number=_number(raw, names["from"]),
        # Whom a message has reached is on WhatsApp under this number.
        wa_id=_number(raw, names["to"]) if stage in _ARRIVED else "",
    )


def _notice(raw: Mapping[str, Any], at: int) -> StateReport:
    """Read how the number itself fares; a word that is not known changes nothing but the state that is shown."""
    state = _text(raw, words.STATE_FIELDS["state"])
    held = words.HELD.get(state)
    why = _text(raw, words.STATE_FIELDS["why"])
    told = f"{held} ({why})" if state in words.HELD and held and why else held
    return StateReport(state, at, told, _number(raw, words.STATE_FIELDS["from"]))


# ---- incoming messages


def _incoming(raw: Mapping[str, Any], at: int) -> Incoming:
    """Read a message (§9.2); the id of its sender is a further address of theirs."""
    peer = _peer(raw)
    given = _text(raw, "from_id")
    known = Address(AddressKind.USER, given) if USER_ID.fullmatch(given) else peer
    content = _content(raw)
    quoted = raw.get("quoteUnique")
    return Incoming(
        external_id=_text(raw, "unique"),
        peer=peer,
        content=content,
        at=at,
        name=_text(raw, "senderName"),
        number=_number(raw, "to"),
        quote_external=quoted if isinstance(quoted, str) and not isinstance(content, Reaction) else "",
        forwarded=raw.get("isForwarded") is True,
        aliases=() if known == peer else (known,),
    )


def _peer(raw: Mapping[str, Any]) -> Address:
    number = _number(raw, "from") or _number(raw, "phone")
    if number:
        return phone(number)
    for name in ("from", "from_id"):
        if USER_ID.fullmatch(_text(raw, name)):
            return Address(AddressKind.USER, _text(raw, name))
    raise Malformed("from", "number")


def _content(raw: Mapping[str, Any]) -> Content:
    """Read what was said; what cannot be read is kept as it came."""
    kind, body = _text(raw, "type"), raw.get("body")
    content = _said(kind, body, raw) if isinstance(body, str) else None
    return content or Unknown(kind, raw)


def _said(kind: str, body: str, raw: Mapping[str, Any]) -> Content | None:
    """Read `body`, which is something else with every `type` (§9.2, §14 row 24)."""
    if kind in words.INCOMING_MEDIA:
        return Media(words.INCOMING_MEDIA[kind], body, _text(raw, "caption"))
    if kind in words.INCOMING_CHOICES:
        return Choice(words.INCOMING_CHOICES[kind], "", body)
    match kind:
        case "text":
            return Text(body)
        case "location":
            latitude, comma, longitude = body.partition(",")
            return Location(latitude, longitude, _text(raw, "caption")) if comma else None
        case "contacts":
            # Numbers are all that is told of the people.
            numbers = [each.strip() for each in body.split(",") if each.strip()]
            return Contacts(tuple(ContactCard(each, phones=(Phone(each),)) for each in numbers)) if numbers else None
        case "reaction":
            return Reaction(0, body, _text(raw, "quoteUnique"))
        case _:
            return None

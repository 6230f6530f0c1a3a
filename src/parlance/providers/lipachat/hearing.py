"""What the vendor posts to a callback: incoming messages and statuses (spec/lipachat.md §8.3, §8.4)."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from parlance.formats.tags import read_tag
from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Malformed
from parlance.model.ids import to_text
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Stage, Text, Unknown
from parlance.model.outcome import Incoming, Report, StatusReport
from parlance.model.wire import WireRequest
from parlance.providers.lipachat import wire, words
from parlance.providers.lipachat.causes import read_failure

_NUMBER = re.compile(r"\+?([0-9]{1,20})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 1 << 63
_ARRIVED = frozenset({Stage.DELIVERED, Stage.READ})


def is_signed(callback: WireRequest, secret: str) -> bool:
    """Whether a callback bears the signature over its very bytes (§12 row 25)."""
    made = f"sha256={hmac.new(secret.encode(), callback.body, hashlib.sha256).hexdigest()}"
    given = callback.headers.get("x-hub-signature-256", "")
    return hmac.compare_digest(made.encode(), given.encode(errors="replace"))


def read_reports(callback: WireRequest) -> tuple[Report, ...]:
    """Read a callback; both of the vendor's addresses may be the same.

    What is neither a message nor a status, such as the fate of a template, says nothing of either. Raises `Malformed`
    for what is no JSON object, and for a message that names nobody.
    """
    raw = wire.parse(callback.body)
    if "type" in raw:
        return (_incoming(raw, callback.received_at),)
    report = _status(raw, callback.received_at) if isinstance(raw.get("status"), str) else None
    return () if report is None else (report,)


# ---- values of anyone's


def _text(said: object, name: str) -> str:
    """A text of an object, or a whole number as one; empty for anything else."""
    value = said.get(name) if isinstance(said, Mapping) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST:
        return str(value)
    return value if isinstance(value, str) else ""


def _number(said: Mapping[str, Any], name: str) -> str:
    found = _NUMBER.fullmatch(_text(said, name))
    return found[1] if found else ""


def _moment(said: Mapping[str, Any], otherwise: int) -> int:
    """Unix milliseconds of `timestamp`: UTC where it names no zone, up to nine digits of fraction (§12 row 11)."""
    try:
        read = datetime.fromisoformat(_text(said, "timestamp"))
    except ValueError:
        return otherwise
    at = (read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH
    return max(0, at // timedelta(milliseconds=1))


# ---- statuses


def _status(raw: Mapping[str, Any], received_at: int) -> StatusReport | None:
    """Read how a message fares, None for one that names no message (§8.4)."""
    message_id = _text(raw, "messageId")
    wamid = next((value for value in raw.values() if isinstance(value, str) and value.startswith("wamid.")), "")
    external_id = _text(raw, "waId") or wamid or message_id
    if not external_id:
        return None
    word = raw["status"]
    stage = words.STAGES.get(word.upper())
    tag, part = read_tag(message_id) or (None, 0)
    return StatusReport(
        external_id,
        stage,
        _moment(raw, received_at),
        word="" if stage else word,
        tag=tag,
        part=part,
        failure=read_failure(_text(raw, "statusDesc")) if stage is Stage.FAILED else None,
        number=_number(raw, "from"),
        # Whom a message has reached is on WhatsApp under this number.
        wa_id=_number(raw, "to") if stage in _ARRIVED else "",
    )


# ---- incoming messages


def _incoming(raw: Mapping[str, Any], received_at: int) -> Incoming:
    """Read a message; the samples have no time of their own (§8.3)."""
    return Incoming(
        external_id=_text(raw, "messageId"),
        peer=_peer(raw),
        content=_content(raw),
        at=_moment(raw, received_at),
        name=_text(raw, "profileName"),
        number=_number(raw, "to"),
    )


def _peer(raw: Mapping[str, Any]) -> Address:
    number = _number(raw, "from")
    if number:
        return phone(number)
    if USER_ID.fullmatch(_text(raw, "from")):
        return Address(AddressKind.USER, _text(raw, "from"))
    raise Malformed("from", "number")


def _content(raw: Mapping[str, Any]) -> Content:
    """Read what was said; what cannot be read is kept as it came (§12 row 26: the forms of most types are ours)."""
    kind = _text(raw, "type").upper()
    said = raw.get(kind.lower())
    content: Content | None = None
    if kind == "TEXT" and isinstance(said, str):
        content = Text(said)
    elif kind == "CONTACT":
        content = _contacts(raw.get("contacts"))
    elif isinstance(said, Mapping):
        content = _object(kind, said)
    return content or Unknown(_text(raw, "type"), raw)


def _object(kind: str, said: Mapping[str, Any]) -> Content | None:
    """Read what stands in an object of its type's name."""
    if kind in words.INCOMING_MEDIA:
        caption, filename = _text(said, "caption"), _text(said, "filename")
        return Media(words.INCOMING_MEDIA[kind], _text(said, "url"), caption, filename=filename)
    match kind:
        case "LOCATION":
            return _place(said)
        case "INTERACTIVE":
            return _choice(said)
        case "REACTION":
            return _reaction(said)
        case _:
            return None


def _place(said: Mapping[str, Any]) -> Location | None:
    latitude, longitude = _coordinate(said.get("latitude")), _coordinate(said.get("longitude"))
    if not latitude or not longitude:
        return None
    return Location(latitude, longitude, _text(said, "name"), _text(said, "address"))


def _coordinate(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST:
        return str(value)
    return value if isinstance(value, str) else ""


def _choice(said: Mapping[str, Any]) -> Choice | None:
    for member, kind in words.INCOMING_CHOICES.items():
        chosen = said.get(member)
        if isinstance(chosen, Mapping):
            return Choice(kind, _text(chosen, "id"), _text(chosen, "title"), _text(chosen, "description"))
    return None


def _reaction(said: Mapping[str, Any]) -> Reaction | None:
    """Read a reaction; its target is named by the id we gave the message, or by the vendor's."""
    target, emoji = _text(said, "messageId"), said.get("emoji")
    if not target or not isinstance(emoji, str):
        return None
    known = read_tag(target)
    return Reaction(0, emoji, to_text(known[0]) if known else target)


def _contacts(said: object) -> Contacts | None:
    if not isinstance(said, list) or not said or not all(isinstance(each, Mapping) for each in said):
        return None
    return Contacts(tuple(map(_card, said)))


def _card(said: Mapping[str, Any]) -> ContactCard:
    given = said.get("phones")
    phones = [
        Phone(_text(each, "phone"), _text(each, "type") or None, _text(each, "waId") or None)
        for each in (given if isinstance(given, list) else ())
    ]
    return ContactCard(_text(said.get("name"), "formattedName"), phones=tuple(phones))

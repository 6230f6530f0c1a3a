"""The canonical JSON of contents and events: what the store keeps and what our own APIs show.

Reading ignores members it does not know, so that an older program can read what a newer one stored.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from parlance.model.address import Address
from parlance.model.event import Event
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Location,
    Media,
    Reaction,
    Receipt,
    Template,
    Text,
    Unknown,
)

_CONTENT: TypeAdapter[Content] = TypeAdapter(
    Annotated[
        Text | Contacts | Template | Reaction | Receipt | Media | Location | Choice | Unknown,
        Field(discriminator="kind"),
    ]
)
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def dump_content(content: Content) -> bytes:
    """Write content as JSON; absent values are left out."""
    return _CONTENT.serializer.to_json(content, exclude_none=True)


def load_content(data: bytes | str) -> Content:
    """Read what `dump_content` wrote; raises `pydantic.ValidationError` for anything else."""
    content: Content = _CONTENT.validator.validate_json(data)
    return content


def read_content(value: object) -> Content:
    """Read content from JSON that is already parsed; raises `pydantic.ValidationError`."""
    return _CONTENT.validate_python(value)


def show_content(content: Content) -> dict[str, Any]:
    """Give content as JSON-ready values, absent ones left out."""
    shown: dict[str, Any] = _CONTENT.dump_python(content, mode="json", exclude_none=True)
    return shown


def dump_event(event: Event, content: str = "") -> bytes:
    """Write an event as JSON; `content` is that of an event without one, as `dump_content` wrote it."""
    body = _EVENT.serializer.to_json(event, exclude_none=True)
    return body[:-1] + b',"content":' + content.encode() + b"}" if content else body


def load_event(data: bytes | str) -> Event:
    """Read what `dump_event` wrote."""
    return _EVENT.validate_json(data)


def show_event(event: Event) -> dict[str, Any]:
    """Give an event as JSON-ready values, absent ones left out."""
    shown: dict[str, Any] = _EVENT.dump_python(event, mode="json", exclude_none=True)
    return shown


def fingerprint(to: Address, content: bytes, quote: str, refs: Mapping[str, Any]) -> bytes:
    """Name a command by what it asks for: 16 bytes, equal for equal requests. `content` is from `dump_content`."""
    said = b""
    for part in (to.alias.encode(), content, quote.encode(), repr(sorted(refs.items())).encode()):
        said += len(part).to_bytes(4, "big") + part
    return blake2b(said, digest_size=16).digest()

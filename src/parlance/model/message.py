"""Messages and what they can hold.

Every content class carries `kind`, the word under which it is stored and shown; `formats.canonical` turns content into
JSON and back.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from parlance.model.address import Address
from parlance.model.contact import ContactCard
from parlance.model.fault import Failure
from parlance.model.ids import Id
from parlance.model.value import dataclass


class Stage(StrEnum):
    """How far a message has come. `rules.lifecycle` says which may follow which."""

    ACCEPTED = "accepted"
    SENDING = "sending"
    UNSURE = "unsure"
    SENT = "sent"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text with WhatsApp's marks kept as they were sent. `preview`: show the first link's preview."""

    body: str
    preview: bool | None = None
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Contacts:
    """One or more contact cards."""

    cards: tuple[ContactCard, ...]
    kind: Literal["contacts"] = "contacts"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value put into a template.

    `type`: `text`, `payload`, `image`, `video`, `document`, `currency`, `date_time`, `action`, `coupon_code`. `value`
    is the text, or the link of a medium. `name` is set for named variables. `raw` keeps what a type needs beyond that.
    """

    type: str
    value: str = ""
    name: str | None = None
    raw: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """The values of one part of a template. `type`: `header`, `body`, `button`; buttons have `sub_type` and `index`."""

    type: str
    parameters: tuple[Parameter, ...] = ()
    sub_type: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template to send. `language` None: the account's only language of that name."""

    name: str
    language: str | None = None
    components: tuple[Component, ...] = ()
    kind: Literal["template"] = "template"


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji put on an earlier message; an empty one takes it off."""

    target: Id
    emoji: str
    target_external: str = ""
    kind: Literal["reaction"] = "reaction"


@dataclass(frozen=True, slots=True)
class Receipt:
    """We have read the customer's messages up to and including `target`. `typing`: show that we are typing."""

    target: Id
    typing: bool = False
    target_external: str = ""
    kind: Literal["receipt"] = "receipt"


@dataclass(frozen=True, slots=True)
class Media:
    """Incoming media by reference. `type`: `image`, `audio`, `video`, `document`, `sticker`, `voice`."""

    type: str
    url: str = ""
    caption: str = ""
    mime: str = ""
    filename: str = ""
    kind: Literal["media"] = "media"


@dataclass(frozen=True, slots=True)
class Location:
    """An incoming place; coordinates as the carrier wrote them."""

    latitude: str
    longitude: str
    name: str = ""
    address: str = ""
    kind: Literal["location"] = "location"


@dataclass(frozen=True, slots=True)
class Choice:
    """The customer pressed a button or chose a row.

    `type`: `button` (template button), `button_reply`, `list_reply`.
    """

    type: str
    id: str
    title: str
    description: str = ""
    kind: Literal["choice"] = "choice"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something no one here knows yet. `type` is the carrier's word; `raw` is what it sent, whole."""

    type: str
    raw: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["unknown"] = "unknown"


Content: TypeAlias = Text | Contacts | Template | Reaction | Receipt | Media | Location | Choice | Unknown


class Direction(StrEnum):
    """`out`: we to the customer. `in`: the customer to us."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of either direction.

    `peer` is the customer's address; `number` the sender's digits. `at` is Unix milliseconds by the sender's clock:
    acceptance for outgoing messages, the carrier's timestamp for incoming ones. `refs` is the caller's own context,
    kept and given back. `window_until` is when the window found at acceptance ends (None: it was shut or not known).
    `quote` is the quoted message's id, `quote_external` the carrier's id of it, filled in when the message is claimed.
    A carrier that takes one card at a time is given the message in `parts`, one after another: `part` counts from 0,
    and `content` is that part's.
    """

    id: Id
    direction: Direction
    sender_id: Id
    customer_id: Id
    number: str
    peer: Address
    content: Content
    dialect: str
    at: int
    stage: Stage = Stage.ACCEPTED
    quote: Id | None = None
    quote_external: str = ""
    refs: Mapping[str, Any] = field(default_factory=dict)
    window_until: int | None = None
    failure: Failure | None = None
    dropped: tuple[str, ...] = ()
    part: int = 0
    parts: int = 1

"""What happens after acceptance, told to whoever subscribed."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from parlance.model.address import Address
from parlance.model.fault import Failure
from parlance.model.ids import Id
from parlance.model.message import Content, Stage
from parlance.model.value import dataclass


class EventKind(StrEnum):
    """The kinds of events, as the admin API and subscriptions name them."""

    RECEIVED = "message.received"
    DEPARTED = "message.departed"
    SENT = "message.sent"
    DELIVERED = "message.delivered"
    READ = "message.read"
    FAILED = "message.failed"
    UNSURE = "message.unsure"
    STATE = "sender.state"

    @property
    def is_status(self) -> bool:
        """Whether it tells how an outgoing message fares."""
        return self in _STATUS_KINDS


_STATUS_KINDS = frozenset(
    {EventKind.DEPARTED, EventKind.SENT, EventKind.DELIVERED, EventKind.READ, EventKind.FAILED, EventKind.UNSURE}
)

KIND_OF_STAGE: Mapping[Stage, EventKind] = {
    Stage.SENT: EventKind.SENT,
    Stage.DELIVERED: EventKind.DELIVERED,
    Stage.READ: EventKind.READ,
    Stage.FAILED: EventKind.FAILED,
    Stage.EXPIRED: EventKind.FAILED,
    Stage.CANCELLED: EventKind.FAILED,
    Stage.UNSURE: EventKind.UNSURE,
}
"""The event that tells of a message's arrival at a stage; stages without one are told by nobody."""


@dataclass(frozen=True, slots=True)
class Customer:
    """The WhatsApp user at the other end.

    `address` is how the message at hand named them; `user_id` their business-scoped id (ours when no carrier gave one),
    `name` their profile name, `country` two letters or empty.
    """

    id: Id
    address: Address
    user_id: str = ""
    name: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at one sender.

    `at` is Unix milliseconds by the sender's clock. `dialect` is the dialect the message came by (empty for incoming).
    `quote` is the message quoted; `quote_incoming`: that one, or the one reacted to, was the customer's. `pricing` and
    `conversation` are what the carrier said of billing, never invented. `forwarded`: the customer passed the message on
    from another chat. `quote_refs` are the caller's own context of the message quoted.
    """

    id: Id
    kind: EventKind
    at: int
    sender_id: Id
    number: str
    message_id: Id | None = None
    customer: Customer | None = None
    dialect: str = ""
    content: Content | None = None
    quote: Id | None = None
    quote_incoming: bool = False
    refs: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    pricing: Mapping[str, Any] | None = None
    conversation: Mapping[str, Any] | None = None
    forwarded: bool = False
    state: str = ""
    quote_refs: Mapping[str, Any] = field(default_factory=dict)

"""Reads: for journals, the admin API and the console.

They are never in the way of the moments, and may be as old as the last commit before them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from parlance.contract.moments import Delivery, DeliveryFilter
from parlance.model.address import Address
from parlance.model.event import Customer, Event
from parlance.model.ids import Id
from parlance.model.message import Message
from parlance.model.sender import Sender
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; `after` is exclusive, results are in order of id (newest first when `newest`).

    `since` counts by the sender's clock; `stored_since` and `stored_until` (exclusive) are when the message was
    accepted or came, in real time. `carrier` took, refused or brought it. `text` stands in what it says, in whatever
    case.
    """

    sender_id: Id | None = None
    customer: str = ""
    stage: str = ""
    direction: str = ""
    since: int = 0
    after: Id = 0
    limit: int = 100
    newest: bool = False
    dialect: str = ""
    carrier: str = ""
    text: str = ""
    stored_since: int = 0
    stored_until: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found. The next one goes on behind `next`, None: everything was looked at."""

    messages: Sequence[Message]
    next: Id | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a message: by which route, how it ended and when (real time)."""

    message_id: Id
    route_id: Id
    ended_at: int
    outcome: str
    status: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a subscription fares. `due` and `dead` count no further than `MOST_COUNTED`.

    `oldest` is when the first of what is due was made; `last_at` is when something was last told or tried (real time),
    with the state, status and error of that.
    """

    subscription_id: Id
    due: int
    dead: int
    oldest: int | None = None
    last_at: int | None = None
    last_state: str = ""
    last_status: int | None = None
    last_error: str = ""


MOST_COUNTED = 10_000
"""Further than this nobody counts."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a message's history. `what` is a word, `detail` JSON-ready facts."""

    at: int
    what: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for one sender. `oldest` is the acceptance of the oldest (real time)."""

    sender_id: Id
    ready: int
    unsure: int
    oldest: int | None


@dataclass(frozen=True, slots=True)
class Departure:
    """A message that left: by which route, to whom, in how many parts, when (real time)."""

    sender_id: Id
    route_id: Id
    customer_id: Id
    parts: int
    at: int


@dataclass(frozen=True, slots=True)
class Priced:
    """Messages that carriers' vendors said something of billing about, counted.

    `category`, `model` and `type` are the vendor's own words, empty where it gave none; `billable` is None where it did
    not say.
    """

    account: str
    sender: str
    carrier: str
    category: str
    model: str
    type: str
    billable: bool | None
    messages: int


@dataclass(frozen=True, slots=True)
class WindowView:
    """One customer's window with a sender."""

    customer: str
    last_written: int
    until: int


class Views(Protocol):
    """Reads for journals, admin and console; never in the way of the moments."""

    async def message(self, message_id: Id) -> Message | None:
        """One message."""

    async def message_by_external(self, route_id: Id, external_id: str) -> Message | None:
        """The message the carrier knows by this id."""

    async def last_incoming(self, sender_id: Id, peer: Address) -> Message | None:
        """The last message this customer wrote to the sender."""

    async def messages(self, picked: MessageFilter) -> Sequence[Message]:
        """Messages by filter."""

    async def search(self, picked: MessageFilter) -> Found:
        """Messages by filter as far as one look reaches: it ends after so many messages, whatever it has found.

        So a rare word among millions costs no more than a frequent one; who wants more asks again, behind `next`.
        """

    async def attempts(self, sender_id: Id, messages: int) -> Sequence[Attempt]:
        """The tries at a sender's last so many messages, the latest first."""

    async def states(self, sender_ids: Sequence[Id], limit: int) -> Sequence[Event]:
        """What was last told of these senders' own state, the latest first."""

    async def backlogs(self, subscription_ids: Sequence[Id]) -> Sequence[Backlog]:
        """How these subscriptions fare, in the order asked for."""

    async def queued(self, sender_id: Id, limit: int) -> tuple[Sequence[Message], int]:
        """The first messages that wait to leave, in order, and how many there are in all."""

    async def customers(self, customer_ids: Sequence[Id]) -> Mapping[Id, Customer]:
        """What is known of these customers, by id; `address` is the one they were first met under."""

    async def customer(self, account_id: Id, address: Address) -> Customer | None:
        """The account's customer of this address."""

    async def due_count(self, subscription_id: Id) -> int:
        """How many deliveries of a subscription are still due."""

    async def history(self, message_id: Id) -> Sequence[Moment]:
        """All that happened to a message: accepted, attempts, events, late and conflicting reports, deliveries."""

    async def events(self, after: Id, limit: int, sender_id: Id | None = None) -> Sequence[Event]:
        """The event log in order of id."""

    async def deliveries(self, picked: DeliveryFilter) -> Sequence[Delivery]:
        """Webhook deliveries by filter."""

    async def last_written(self, sender_id: Id, number: str, customer_id: Id) -> int | None:
        """When the customer last wrote to this number of the sender's, None when it is not known that they ever did."""

    async def windows(self, sender: Sender, after: str, limit: int) -> Sequence[WindowView]:
        """Windows of a sender's route, by customer."""

    async def departures(self, since: int) -> Sequence[Departure]:
        """What left since then (real time), in order."""

    async def priced(self, since: int, until: int) -> Sequence[Priced]:
        """What vendors priced from `since` to before `until` (when it was reported, real time), each message once."""

    async def depths(self) -> Sequence[Depth]:
        """What waits, for each sender that has anything waiting."""

    async def conversations(self, sender_id: Id, since: int) -> int:
        """How many customers the sender wrote to since that time."""

    async def clock_offsets(self) -> Mapping[Id, int]:
        """Moved sandbox clocks: sender id (0: the offset for all) to milliseconds."""

    async def dead_letters(self) -> int:
        """How many deliveries were given up."""

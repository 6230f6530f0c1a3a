"""What the admin and sandbox API answer with, field by field: types for the code, and schemas for the document.

Ids are 16 hex digits, times Unix milliseconds unless the name says otherwise.
"""

from typing import Any, Generic, NotRequired, TypeVar

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic's own; it cannot read typing's before Python 3.12

from parlance.contract.moments import DeliveryState
from parlance.contract.registry import Scope
from parlance.model.event import EventKind
from parlance.model.message import Direction, Stage
from parlance.model.sender import Statuses

T = TypeVar("T")
_CLOSED = ConfigDict(extra="forbid")


@with_config(_CLOSED)
class Page(TypedDict, Generic[T]):
    """A part of a list. `next` is the `after` of the part that follows, null when this is the last."""

    items: list[T]
    next: str | None


@with_config(_CLOSED)
class Account(TypedDict):
    """A tenant."""

    id: str
    name: str
    created_at: int
    credit: int | None


@with_config(_CLOSED)
class Template(TypedDict):
    """A registered template; `account` is its account's name."""

    id: str
    account: str
    name: str
    language: str
    category: str
    status: str
    body: str
    header: str
    header_text: str
    footer: str
    buttons: list[dict[str, Any]]
    created_at: int


# ---- senders


@with_config(_CLOSED)
class Queue(TypedDict):
    """What waits to leave."""

    ready: int
    unsure: int
    oldest_at: int | None


@with_config(_CLOSED)
class Route(TypedDict):
    """A carrier with its settings, secrets masked. `callback_url` is where its vendor calls."""

    id: str
    carrier: str
    number: str
    active: bool
    position: int
    strict: bool
    backup: bool
    held: str
    heard_since: int | None
    settings: dict[str, str]
    callback_url: str


@with_config(_CLOSED)
class CallbackSet(TypedDict):
    """Whether the vendor knows where to call: `set`, `refused`, `not_asked`, `by_hand` (it has no call for it)."""

    state: str
    detail: str


@with_config(_CLOSED)
class RouteSet(Route):
    """A route just set."""

    callback: CallbackSet


@with_config(_CLOSED)
class Finding(TypedDict):
    """What a look at a route found; an empty `fault` is well."""

    what: str
    fault: str
    repair: str


@with_config(_CLOSED)
class Synced(TypedDict):
    """A comparison with the vendor's templates; `missing` are those that the vendor does not list."""

    added: list[str]
    changed: list[str]
    same: int
    missing: list[str]


@with_config(_CLOSED)
class Sender(TypedDict):
    """A business number. `state` is `held` when nothing leaves it, `held` then says why where the number itself is."""

    id: str
    sender: str
    name: str
    account: str
    carrier: str
    state: str
    held: str
    clock_offset_ms: int
    created_at: int


@with_config(_CLOSED)
class WholeSender(Sender):
    """A business number with its routes, its public id in each dialect and what waits."""

    routes: list[Route]
    public_ids: dict[str, str]
    queue: Queue
    subscriptions: int


@with_config(_CLOSED)
class NamedSender(TypedDict):
    """A business number, as it is named when it is made."""

    id: str
    sender: str
    account: str
    carrier: str


@with_config(_CLOSED)
class KnownSender(NamedSender):
    """A business number that was there before."""

    existing: bool


@with_config(_CLOSED)
class MadeSender(NamedSender):
    """A new business number with its credentials by dialect, shown this once."""

    webhook_secret: str
    credentials: dict[str, dict[str, Any]]


@with_config(_CLOSED)
class Rotated(TypedDict):
    """New credentials by dialect, shown this once."""

    credentials: dict[str, dict[str, Any]]


@with_config(_CLOSED)
class Key(TypedDict):
    """A credential without its secret. `ends_at`: it stops working then."""

    id: str
    dialect: str
    public: str
    scope: Scope
    created_at: int
    ends_at: int | None


@with_config(_CLOSED)
class Window(TypedDict):
    """A customer's service window."""

    customer: str
    last_message_at: int
    open_until: int
    open: bool


@with_config(_CLOSED)
class Forgotten(TypedDict):
    """How many messages went with a customer."""

    messages: int


@with_config(_CLOSED)
class Opened(TypedDict):
    """How many windows were learnt of."""

    opened: int


# ---- messages and events


@with_config(_CLOSED)
class Failure(TypedDict):
    """Why a message failed: our name for it, the carrier's own code and words."""

    fault: str
    code: str
    detail: str


@with_config(_CLOSED)
class Message(TypedDict):
    """A message of either direction."""

    id: str
    direction: Direction
    sender_id: str
    sender: str
    customer: str
    customer_id: str
    type: str
    content: dict[str, Any]
    dialect: str
    at: int
    stage: Stage
    quote: str | None
    refs: dict[str, Any]
    window_until: int | None
    failure: Failure | None
    dropped: list[str]


@with_config(_CLOSED)
class Moment(TypedDict):
    """A line of a message's history."""

    at: int
    what: str
    detail: dict[str, Any]


@with_config(_CLOSED)
class WholeMessage(Message):
    """A message with its id in every dialect's shape and its history."""

    ids: dict[str, str]
    history: list[Moment]


@with_config(_CLOSED)
class Event(TypedDict):
    """Something that happened at a sender; what does not belong to its kind is left out, empty or false."""

    id: str
    kind: EventKind
    at: int
    sender_id: str
    number: str
    message_id: NotRequired[str]
    customer: NotRequired[dict[str, Any]]
    dialect: str
    content: NotRequired[dict[str, Any]]
    quote: NotRequired[str]
    quote_incoming: bool
    quote_refs: dict[str, Any]
    refs: dict[str, Any]
    failure: NotRequired[dict[str, Any]]
    pricing: NotRequired[dict[str, Any]]
    conversation: NotRequired[dict[str, Any]]
    forwarded: bool
    state: str


# ---- webhooks


@with_config(_CLOSED)
class Subscription(TypedDict):
    """Who is told of events. `own`: a dialect's own calls manage it; `signed`: its requests carry a signature."""

    id: str
    sender_id: str
    dialect: str
    url: str
    events: list[EventKind]
    statuses: Statuses
    signed: bool
    settings: dict[str, Any]
    own: bool
    paused_until: int


@with_config(_CLOSED)
class MadeSubscription(Subscription):
    """A new subscription, with the Standard Webhooks secret where it was not given."""

    webhook_secret: NotRequired[str]


@with_config(_CLOSED)
class Delivery(TypedDict):
    """An event's way to a subscriber."""

    subscription_id: str
    number: int
    state: DeliveryState
    tries: int
    due_at: int
    created_at: int
    done_at: int | None
    last_status: int | None
    last_error: str
    event: Event


@with_config(_CLOSED)
class Replayed(TypedDict):
    """How many deliveries are made once more."""

    replayed: int

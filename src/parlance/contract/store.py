"""Durable state, as the engine, the web and the phones see it.

*Moments* change messages: each is one moment of the business and one transaction, and returns only after its commit.
*Registry* holds what operators set up. *Views* only read.

Two kinds of time appear. `at` is by the sender's clock, which can be moved in the sandbox, and stands in messages,
events and windows. Everything that says when to act (`due_at`, `expires_at`, `paused_until`) is real time; moving a
clock shifts those instead. All times are Unix milliseconds.

When the store cannot be written (disk full, database gone) every method raises `Refusal(Fault.UNAVAILABLE)`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from parlance.model.address import Address
from parlance.model.command import QuoteRef
from parlance.model.event import Customer, Event
from parlance.model.fault import Failure
from parlance.model.ids import Id
from parlance.model.message import Content, Message, Stage
from parlance.model.outcome import Report
from parlance.model.sender import Account, Route, Sender, Subscription, TemplateRecord

# ---- accept


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to be accepted. `key` is empty when the client gave none; `fingerprint` is compared under it."""

    id: Id
    sender: Sender
    to: Address
    content: Content
    dialect: str
    at: int
    now: int
    expires_at: int
    quote: QuoteRef | None = None
    refs: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    key: str = ""
    key_scope: Id = 0
    fingerprint: bytes = b""


@dataclass(frozen=True, slots=True)
class Facts:
    """What accept's transaction found for the judge.

    `last_written` is when the customer last wrote to the route's number, None when it is not known that they ever did.
    `quote_known`: the quoted message exists in this very chat. `templates`: the account's templates of the content's
    name.
    """

    last_written: int | None = None
    quote_known: bool = False
    templates: tuple[TemplateRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge lets the message in.

    `doomed`: it is taken, but will be failed instead of sent. `content` is stored in place of the draft's (a template
    with its language resolved), None: the draft's own.
    """

    window_until: int | None = None
    doomed: Failure | None = None
    content: Content | None = None


Judge: TypeAlias = Callable[[Facts], Verdict]
"""Pure and quick; raises `Refusal` to keep the message out. Runs inside the transaction, before anything is written."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What accept gives back.

    `repeated`: the key was used before for the same content, and this is that first message. `doomed`: the judge let it
    in only to have it failed.
    """

    message: Message
    repeated: bool = False
    doomed: bool = False


# ---- dispatch


class Waiting(StrEnum):
    """How a message sits in the outbox.

    `ready`: to be sent when due. `marked`: a request for it may be under way. `unsure`: it may have left.
    """

    READY = "ready"
    MARKED = "marked"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Pending:
    """One row of the outbox.

    `since` is when it became unsure (real time), 0 otherwise. `dialect` is the one it came by, whose pace it keeps.
    `doomed`: it will be failed instead of sent, and so needs no turn.
    """

    message_id: Id
    sender_id: Id
    customer_id: Id
    state: Waiting
    due_at: int
    expires_at: int
    attempt: int = 0
    since: int = 0
    dialect: str = ""
    doomed: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message to be sent now. `attempt` counts from 1. `message.quote_external` is filled for the route's carrier.

    `external_id` is the carrier's id where an earlier attempt learned one.
    """

    message: Message
    attempt: int
    doomed: Failure | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """The message stays in the outbox, in this state, to be looked at again at `due_at` (real time)."""

    state: Waiting
    due_at: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of one attempt, and what follows from it.

    `attempt` 0 writes no attempt row (nothing was tried: expiry, hold). `outcome` is one word (`sent`, `refused`,
    `busy`, `unsure`, `never_left`, `absent`, `expired`, `doomed`), `detail` a redacted sentence, `status` the HTTP
    status if there was one. `stage` is what the message reaches by it (None: no change); `retreat` sets the stage back
    to accepted. `keep` None takes it out of the outbox. `at` is by the sender's clock, the other times are real.
    """

    message_id: Id
    sender_id: Id
    route_id: Id
    attempt: int
    started_at: int
    ended_at: int
    at: int
    outcome: str
    detail: str = ""
    status: int | None = None
    part: int = 0
    external_id: str = ""
    stage: Stage | None = None
    retreat: bool = False
    departed: bool = False
    failure: Failure | None = None
    keep: Keep | None = None


@dataclass(frozen=True, slots=True)
class HeardReport:
    """One report of a vendor about one sender's route.

    `new_id` is the id for the message it may bring. `opens`: a message it brings opens the customer's window, and not
    only prolongs one that is open.
    """

    sender: Sender
    route: Route
    report: Report
    new_id: Id
    now: int
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """What a moment set in motion.

    Subscriptions with new deliveries, messages that left the outbox or came back to it.
    """

    subscriptions: frozenset[Id] = frozenset()
    released: tuple[tuple[Id, Id], ...] = ()
    """(sender id, message id) of messages that are no longer in the outbox."""
    requeued: tuple[Pending, ...] = ()
    messages: tuple[Id, ...] = ()
    """For each report, in order: the id of the message it was about, 0 when there is none (unclaimed)."""


class Resolution(StrEnum):
    """How a person settles an unsure message."""

    SENT = "sent"
    FAILED = "failed"
    RESEND = "resend"


# ---- announce


class DeliveryState(StrEnum):
    """`due`: to be told. `done`: told. `dead`: given up. `skipped`: the dialect had no words for it."""

    DUE = "due"
    DONE = "done"
    DEAD = "dead"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one subscription; `number` counts from 1 within the subscription."""

    subscription_id: Id
    number: int
    event: Event
    state: DeliveryState
    due_at: int
    tries: int
    created_at: int = 0
    last_status: int | None = None
    last_error: str = ""
    done_at: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What came of one try.

    `due_at` is the next one's time where `state` stays due. `pause`: the whole subscription waits.
    """

    subscription_id: Id
    number: int
    state: DeliveryState
    at: int
    status: int | None = None
    error: str = ""
    due_at: int = 0
    pause: bool = False


class Moments(Protocol):
    """What happens to messages. Each call is one transaction; calls made at the same time share a commit."""

    async def accept(self, draft: Draft, judge: Judge) -> Stored:
        """Take a message in: look up key, customer, window, quote, template; judge; write message, outbox and key.

        Raises what the judge raises, and `Refusal(DUPLICATE)` for a used key with another fingerprint. Refusals use up
        no key. Keys live 7 days.
        """

    async def busy_senders(self) -> Sequence[Id]:
        """Senders that have anything in the outbox."""

    async def pending(self, sender_id: Id, after: Id, limit: int) -> Sequence[Pending]:
        """The sender's outbox in order of acceptance, from the first id above `after`."""

    async def claim(self, sender: Sender, message_ids: Sequence[Id], now: int, *, mark: bool) -> Sequence[Claimed]:
        """Take `ready` messages for sending, each with its next attempt number.

        With `mark` they are marked in the same commit. Those no longer ready are left out.
        """

    async def settle(self, settlement: Settlement) -> Written:
        """Write what came of an attempt: attempt row, carrier id, stage, event and its deliveries, outbox.

        Statuses that came before the carrier id was known (unclaimed) join here. A message that a callback already took
        out of the outbox is not put back.
        """

    async def hear(self, reports: Sequence[HeardReport]) -> Written:
        """Write what vendors told us. Repeats and late arrivals change nothing but are kept; see `rules.lifecycle`.

        An incoming message opens the window at its `at`. A status of a message not known yet waits 7 days.
        """

    async def recover(self, now: int) -> int:
        """After a crash: every marked message becomes unsure. Gives their number."""

    async def resolve(self, message_id: Id, resolution: Resolution, now: int, at: int) -> Written:
        """Settle an unsure message by hand.

        Raises `Refusal(UNKNOWN_MESSAGE)`, or `Refusal(BAD_VALUE)` if not unsure.
        """

    async def cancel(self, sender_id: Id, message_ids: Sequence[Id] | None, now: int, at: int) -> Written:
        """Take ready messages (None: all of the sender's) out of the outbox; they end as cancelled, told to nobody."""

    async def due_subscriptions(self, now: int) -> tuple[Sequence[Id], int | None]:
        """Subscriptions with something due, and when the next thing falls due after `now`."""

    async def due_deliveries(self, subscription_id: Id, now: int, limit: int) -> Sequence[Delivery]:
        """What is due for one subscription, in order of number."""

    async def delivered(self, results: Sequence[DeliveryResult]) -> None:
        """Write what came of tries."""

    async def replay(self, picked: "DeliveryFilter", now: int) -> tuple[int, frozenset[Id]]:
        """Make deliveries due again, with their tries counted anew; gives how many and of which subscriptions."""

    async def move_clock(self, sender_id: Id | None, advance: int) -> None:
        """Move the sandbox clock of one sender, or of all (None), by `advance` milliseconds; see the module's text."""

    async def reset_clock(self, sender_id: Id | None) -> None:
        """Set moved clocks back to the real time."""

    async def sweep(self, now: int) -> None:
        """Drop what has served: keys over 7 days, unclaimed statuses over 7 days."""


# ---- registry


@dataclass(frozen=True, slots=True)
class NewRoute:
    """A route to be written; `secret_names` says which settings are encrypted at rest."""

    carrier: str
    number: str
    settings: Mapping[str, str]
    secret_names: frozenset[str] = frozenset()
    strict: bool = False


class Scope(StrEnum):
    """What a key may do: everything its dialect offers, or only read."""

    SEND = "send"
    READ = "read"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A credential to be written; only a keyed hash of `secret` is stored."""

    dialect: str
    public: str
    secret: str
    document: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = Scope.SEND


@dataclass(frozen=True, slots=True)
class Key:
    """A credential as stored. `ends_at`: it stops working then (rotation), None: it does not."""

    id: Id
    sender_id: Id
    dialect: str
    public: str
    scope: Scope
    created_at: int
    ends_at: int | None = None


class Registry(Protocol):
    """What operators set up. Reads are cached and cheap; a change is seen here at once, on other nodes within 2 s."""

    async def account(self, name: str) -> Account:
        """The account of this name, made if there is none."""

    async def accounts(self) -> Sequence[Account]:
        """All accounts."""

    async def next_ordinal(self) -> int:
        """The ordinal the next sender will have."""

    async def add_sender(
        self, account: Account, number: str, name: str, route: NewRoute, keys: Sequence[NewKey], ordinal: int
    ) -> Sender:
        """Write a sender with its first route, keys and dialect documents.

        Raises `Refusal(DUPLICATE, "number")` for a known (account, number) and `Refusal(DUPLICATE, "<dialect>")` for a
        credential that another sender has.
        """

    async def sender(self, sender_id: Id) -> Sender | None:
        """One sender."""

    async def senders_of(self, number: str) -> Sequence[Sender]:
        """The senders of this number, one for each account that has it."""

    async def senders(self, after: Id, limit: int) -> Sequence[Sender]:
        """Senders in order of id."""

    async def change_sender(self, sender_id: Id, *, name: str | None = None, held: str | None = None) -> Sender:
        """Change a sender; raises `Refusal(UNKNOWN_SENDER)`."""

    async def remove_sender(self, sender_id: Id) -> None:
        """Remove a sender with its keys, routes and subscriptions; its messages stay readable."""

    async def find_key(self, dialect: str, secret: str) -> Key | None:
        """The key with this secret, None when there is none or it has ended."""

    async def knows_public(self, dialect: str, public: str) -> bool:
        """Whether any sender has this public id in the dialect."""

    async def keys(self, sender_id: Id) -> Sequence[Key]:
        """A sender's keys, ended ones left out."""

    async def add_keys(self, sender_id: Id, keys: Sequence[NewKey], old_end_at: int | None) -> None:
        """Add keys; the older ones of the same dialects end at `old_end_at` (None: stay)."""

    async def end_key(self, sender_id: Id, key_id: Id, at: int) -> None:
        """End one key."""

    async def set_route(self, sender_id: Id, route: NewRoute) -> Route:
        """Make this carrier the active route; an existing route of the same carrier is changed, its token kept."""

    async def change_route(self, route_id: Id, *, held: str | None = None, strict: bool | None = None) -> None:
        """Change a route's state."""

    async def route_by_token(self, carrier: str, token: str) -> tuple[Sender, Route] | None:
        """Whose callback address this is."""

    async def document(self, sender_id: Id, dialect: str) -> Mapping[str, Any]:
        """The dialect's settings of this sender; empty when none were ever set."""

    async def configure(
        self, sender_id: Id, dialect: str, document: Mapping[str, Any], own: "NewSubscription | None"
    ) -> None:
        """Write a dialect's settings together with the subscription they describe (None: none, and an old one goes).

        Deliveries of the dialect's own subscription stay when its url changes.
        """

    async def add_subscription(self, new: "NewSubscription") -> Subscription:
        """Add a subscription by hand."""

    async def subscriptions(self, sender_id: Id | None = None) -> Sequence[Subscription]:
        """Subscriptions of one sender, or all."""

    async def subscription(self, subscription_id: Id) -> Subscription | None:
        """One subscription."""

    async def change_subscription(self, subscription_id: Id, new: "NewSubscription") -> Subscription:
        """Put other values in a subscription's place; raises `Refusal(UNKNOWN_MESSAGE)`."""

    async def remove_subscription(self, subscription_id: Id) -> None:
        """Remove a subscription and what it still had to be told."""

    async def add_template(self, new: TemplateRecord) -> TemplateRecord:
        """Register a template; one of the same account, name and language is replaced."""

    async def templates(self, account_id: Id | None = None, name: str = "") -> Sequence[TemplateRecord]:
        """Templates by name and language."""

    async def remove_template(self, template_id: Id) -> bool:
        """Remove one; False when there is none."""

    async def open_windows(self, sender: Sender, rows: Sequence[tuple[Address, int]]) -> int:
        """Learn who wrote when (later times win); gives how many windows changed."""


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to be written; `secret` and `webhook_secret` are encrypted at rest."""

    sender_id: Id
    dialect: str
    url: str
    events: frozenset[str]
    statuses: str = "own"
    secret: str = ""
    webhook_secret: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


# ---- views


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; `after` is exclusive, results are in order of id (newest first when `newest`)."""

    sender_id: Id | None = None
    customer: str = ""
    stage: str = ""
    direction: str = ""
    since: int = 0
    after: Id = 0
    limit: int = 100
    newest: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries."""

    state: str = ""
    subscription_id: Id | None = None
    sender_id: Id | None = None
    since: int = 0
    until: int = 0
    numbers: tuple[int, ...] = ()
    after: tuple[Id, int] = (0, 0)
    limit: int = 100


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

    async def windows(self, sender: Sender, after: str, limit: int) -> Sequence[WindowView]:
        """Windows of a sender's route, by customer."""

    async def depths(self) -> Sequence[Depth]:
        """What waits, for each sender that has anything waiting."""

    async def conversations(self, sender_id: Id, since: int) -> int:
        """How many customers the sender wrote to since that time."""

    async def clock_offsets(self) -> Mapping[Id, int]:
        """Moved sandbox clocks: sender id (0: the offset for all) to milliseconds."""

    async def dead_letters(self) -> int:
        """How many deliveries were given up."""


class Store(Moments, Registry, Views, Protocol):
    """The whole of it, as the composition root opens and closes it."""

    async def open(self) -> None:
        """Open, migrate and check; raises `StoreFault` with a sentence for the operator."""

    async def close(self) -> None:
        """Finish what was begun and close."""


class StoreFault(Exception):
    """The store cannot be opened. The text is for the operator: what is wrong and what to do."""

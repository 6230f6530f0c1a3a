"""What happens to messages: moments of the business, each one transaction (times: see `contract.store`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from parlance.model.address import Address
from parlance.model.command import QuoteRef
from parlance.model.event import Event
from parlance.model.fault import Failure
from parlance.model.ids import Id
from parlance.model.message import Content, Message, Stage
from parlance.model.outcome import Report
from parlance.model.sender import Route, Sender, TemplateRecord
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to be accepted, `body` its content as JSON. `fingerprint` is compared under `key`, if any."""

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
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Facts:
    """What accept's transaction found for the judge.

    `last_written` is when the customer last wrote to the route's number, None when it is not known that they ever did.
    `quote_known`: the quoted message exists in this very chat. `credit` is what the account may still send, None: as
    much as it likes. `templates`: the account's templates of the content's name.
    """

    last_written: int | None = None
    quote_known: bool = False
    credit: int | None = None
    templates: tuple[TemplateRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge lets the message in. `doomed`: but only to have it failed instead of sent.

    `content` is stored in place of the draft's (a template
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
    `doomed`: it will be failed, not sent, and so needs no turn. `part` is the part to go next, `route_id` where it must
    go or may have gone (0: wherever is best).
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
    part: int = 0
    route_id: Id = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message, or the part that is next, to be sent now by attempt `attempt` (from 1), as its carrier needs it.

    Messages quoted have the carrier's ids, cards of people known to be on WhatsApp a `wa_id`. `external_id` is the
    carrier's id where an earlier attempt learned one.
    """

    message: Message
    attempt: int
    doomed: Failure | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """The message stays in the outbox, to be looked at again at `due_at` (real time); the rest is as in `Pending`."""

    state: Waiting
    due_at: int
    part: int = 0
    route_id: Id = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of one attempt, and what follows from it.

    `attempt` 0 writes no attempt row (nothing was tried: expiry, hold). `outcome` is one word (`sent`, `refused`,
    `busy`, `unsure`, `never_left`, `absent`, `expired`, `doomed`), `detail` a redacted sentence, `status` the HTTP
    status if there was one. `stage` is what the message reaches by it (None: no change); `retreat` sets the stage back
    to accepted. `keep` None takes it out of the outbox. `at` is by the sender's clock, the other times are real.
    `wa_id` is the recipient's id as the carrier resolved it, `part` what was tried.
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
    wa_id: str = ""
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
    """What a moment set in motion: subscriptions with new deliveries, messages that left the outbox or came back."""

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


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; `after` is exclusive, results are in order of subscription and number (`newest`: backwards)."""

    state: str = ""
    subscription_id: Id | None = None
    sender_id: Id | None = None
    since: int = 0
    until: int = 0
    numbers: tuple[int, ...] = ()
    after: tuple[Id, int] = (0, 0)
    limit: int = 100
    newest: bool = False


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

    async def claim(
        self,
        sender: Sender,
        message_ids: Sequence[Id],
        now: int,
        *,
        mark: bool,
        route: Route | None = None,
        cards: int = 0,
    ) -> Sequence[Claimed]:
        """Take `ready` messages for sending by a route (None: the active one), each with its next attempt number.

        With `mark` they are marked in the same commit. Those no longer ready are left out. `cards` is how many contact
        cards the carrier takes at a time (0: any number): messages with more go in parts, which needs the mark.
        """

    async def doubted(self, sender: Sender, row: Pending, route: Route, cards: int) -> Claimed | None:
        """An unsure message as the route's carrier needs it, with the id it may have there; None when it is gone."""

    async def settle(self, settlement: Settlement) -> Written:
        """Write what came of an attempt: attempt row, carrier id, stage, event and its deliveries, outbox.

        Statuses that came before the carrier id was known (unclaimed) join here. A message that a callback already took
        out of the outbox is not put back.
        """

    async def hear(self, reports: Sequence[HeardReport]) -> Written:
        """Write what vendors told us. Repeats and late arrivals change nothing but are kept; see `rules.lifecycle`.

        An incoming message opens the window at its `at`. A status of a message not known yet waits 7 days.
        """

    async def recover(self, now: int, buckets: frozenset[int] | None = None) -> int:
        """After a crash: every marked message (of these buckets) becomes unsure. Gives their number."""

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

    async def replay(self, picked: DeliveryFilter, now: int) -> tuple[int, frozenset[Id]]:
        """Make deliveries due again, with their tries counted anew; gives how many and of which subscriptions."""

    async def move_clock(self, sender_id: Id | None, advance: int) -> None:
        """Move the sandbox clock of one sender, or of all (None), by `advance` milliseconds; see the module's text."""

    async def reset_clock(self, sender_id: Id | None) -> None:
        """Set moved clocks back to the real time."""

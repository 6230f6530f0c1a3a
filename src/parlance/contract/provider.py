"""What a provider's folder offers. Everything here is pure: no socket, file, table, clock or log."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import field
from re import Pattern
from typing import Any, Protocol, TypeAlias

from parlance.model.address import Address
from parlance.model.command import Command, Credential, Reply
from parlance.model.event import Event, EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message, Stage
from parlance.model.outcome import Outcome, Report
from parlance.model.sender import Account, Route, Sender, Statuses, Subscription
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest, WireResponse

# ---- the side we serve


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path of a dialect.

    `path` may name parts in braces: `/waInstance{instance}/sendMessage/{token}`; a part never spans a slash.
    `read` turns wire into a command and raises `Refusal` or `Malformed`; `write` turns the reply into wire.
    `rate` is the vendor's documented limit in requests per second for one sender, None when there is none. `about` says
    in a sentence what the call does and `body` is the JSON schema of what it takes, both for the API's document alone.
    """

    method: str
    path: str
    read: Callable[[WireRequest], Command]
    write: Callable[[Reply], WireResponse]
    ignore_case: bool = False
    rate: float | None = None
    about: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A sender's credentials in one dialect.

    `public` is the dialect's public id (may be empty), `secret` what proves it, `shown` the fields that `sender add`
    prints, `document` settings to begin with (such as an app secret). `kept` names the fields of `given` by which ids
    that clients know stay as they are when keys are rotated; that of the public id comes first.
    """

    public: str
    secret: str
    shown: Mapping[str, Any]
    document: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a dialect's settings mean to the engine.

    `url`, `events`, `statuses`, `secret`, `webhook_settings` describe the subscription the dialect's own calls manage
    (`url` None: it has none; empty: it is pulled). `gap` is the least time between two departures of the dialect's
    messages in milliseconds; they then go one by one. `state` is the number's state in the dialect's words (empty: the
    dialect has no say in it), `held` says why the queue stands still in it. `rate` limits sends to so many requests a
    second. `late` are the faults that are accepted now and reported afterwards. `also` are further addresses that
    announcements will go to. `opens_with`: customers of the number named first open a window only by that word.
    `refuses_self`: a message to the sender's own number is refused at once.
    """

    url: str | None = None
    events: frozenset[EventKind] = frozenset()
    statuses: Statuses = Statuses.OWN
    secret: str = ""
    webhook_settings: Mapping[str, Any] = field(default_factory=dict)
    gap: int = 0
    state: str = ""
    held: str = ""
    rate: float | None = None
    late: frozenset[Fault] = frozenset()
    refuses_self: bool = False
    also: tuple[str, ...] = ()
    opens_with: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """How a webhook is repeated. All times in milliseconds.

    `delays[n]` is the pause before repeat n + 1, counted from the end of the attempt before; no more delays, given up.
    An attempt has `limit` and succeeds on a status in `success`. `in_order`: the next one waits for this one.
    """

    delays: tuple[int, ...]
    limit: int
    success: frozenset[int]
    in_order: bool = False


class Dialect(Protocol):
    """A provider's HTTP API as we serve it."""

    endpoints: tuple[Endpoint, ...]
    territory: Pattern[str]
    """Paths that are this dialect's, known or not: what it refuses there it refuses in its own words."""
    max_body: int
    """The largest body in bytes."""

    def credential(self, request: WireRequest) -> Credential:
        """Say where the secret sits; never check it. Raises `Refusal` when the request cannot even be read."""

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        """Say no in the vendor's words. `request` may be anything that reached the territory."""

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        """Tell a subscriber (`url` is the subscription's); None when the dialect has no words for the event."""

    def plan(self, to: Subscription) -> RetryPlan:
        """How announcements to this subscription are repeated."""

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        """Show an id in the vendor's shape."""

    def read_id(self, text: str) -> Id | None:
        """Read the vendor's shape of an id of either direction; None when it is none of ours."""

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:
        """Make credentials of 64 random bytes; `given` are values taken over from elsewhere. Raises `Refusal`."""

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the settings document after `changes`; raises `Malformed` for what it cannot hold."""

    def policy(self, document: Mapping[str, Any]) -> Policy:
        """Say what the settings mean. An empty document means everything at its default."""

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        """Ready requests (path only) with these credentials: a text and, where there is one, a contact."""


# ---- the side we call


@dataclass(frozen=True, slots=True)
class Ask:
    """A step that is harmless to repeat."""

    request: WireRequest


@dataclass(frozen=True, slots=True)
class Commit:
    """The step that may not be repeated blindly."""

    request: WireRequest


Steps: TypeAlias = Generator[Ask | Commit, WireResponse, Outcome]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value a route of this carrier needs. `kind`: `text`, `url`, `number`, `flag`, `choice`."""

    name: str
    about: str
    kind: str = "text"
    required: bool = False
    secret: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairLimit:
    """A limit per recipient: one message each `interval` milliseconds, with `burst` lent and repaid."""

    interval: int
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a route may send. `per_second` counts messages; `gap` is milliseconds between two departures."""

    per_second: float | None = None
    gap: int = 0
    pair: PairLimit | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a carrier can say and promise; validation, the docs and the choice of tests all read it.

    `cards` is the most contact cards in one message (0: none). `card_fields` are the parts of a card that arrive: a
    field as a whole, a part of it (`organisation.company`), or that of the first of several alone (`emails[0].email`).
    `receipts` are the stages its callbacks report. `idempotent_send`: the same message sent twice arrives once.
    `journal_lag`: so many milliseconds after it was sent, a message surely shows in a look-up. `find`: it can say
    whether somebody is on WhatsApp. `knows_windows`: it has seen every customer from the start, so that unknown means
    never wrote.
    """

    text_limit: int = 0
    cards: int = 0
    card_fields: frozenset[str] = frozenset()
    card_phones: int = 0
    templates: bool = False
    quotes: bool = False
    reactions: bool = False
    read: bool = False
    groups: bool = False
    receipts: frozenset[Stage] = frozenset()
    idempotent_send: bool = False
    look_up: bool = False
    journal_lag: int = 0
    find: bool = False
    knows_windows: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What a callback said and the answer its vendor expects."""

    reports: tuple[Report, ...]
    answer: WireResponse


class Carrier(Protocol):
    """A provider's HTTP API as we call it."""

    capabilities: Capabilities
    settings: tuple[Setting, ...]

    def limits(self, route: Route) -> Limits:
        """How fast this route may send."""

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message."""

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:
        """Find out what became of it; only called when `capabilities.look_up`."""

    def find(self, address: Address, route: Route) -> Steps:
        """Ask whether somebody is on WhatsApp: `Sent` (their id there) or `Absent`; only with `capabilities.find`."""

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        """Whether the callback really comes from the vendor, as far as the vendor lets us know."""

    def hear(self, callback: WireRequest, route: Route) -> Heard:
        """Read a callback.

        What it does not know it returns as such, never as an exception; raises `Refusal` for noise.
        """


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's folder, as discovered."""

    name: str
    title: str
    dialect: Dialect | None
    carrier: Carrier | None

"""What a client asks for, and what it is told."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, TypeAlias

from parlance.model.address import Address
from parlance.model.event import Customer, Event
from parlance.model.ids import Id
from parlance.model.message import Content, Message
from parlance.model.sender import Sender, TemplateRecord
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows of itself. A dialect finds it; only the engine checks it.

    `public` is the dialect's public id of a sender or account (an instance, a sid), `number` the sender's digits where
    the request names them. With `secret_first` a wrong secret is told before an unknown sender, else after; with
    `owned` as well, a public id that is not the secret's own is told as an unknown sender, else as a wrong secret.
    """

    secret: str
    public: str = ""
    number: str = ""
    secret_first: bool = False
    owned: bool = False


@dataclass(frozen=True, slots=True)
class QuoteRef:
    """A quoted message as the client named it; `id` is None when the text is no id of ours."""

    text: str
    id: Id | None


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send something. `key` makes a repeat harmless; `account_key` widens its scope from the sender to the account.

    `refs` is stored with the message and given back in events. `echo` serves the answer alone. `ttl` is in
    milliseconds.
    """

    to: Address
    content: Content
    quote: QuoteRef | None = None
    refs: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    account_key: bool = False
    ttl: int | None = None
    echo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MarkRead:
    """Tell the customer that we have read: up to one `message`, or (`peer`) up to the last they wrote."""

    peer: Address | None = None
    message: QuoteRef | None = None
    typing: bool = False
    echo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class React:
    """Put an emoji on a message of the chat with `to`; an empty one takes it off."""

    to: Address
    message: QuoteRef
    emoji: str
    refs: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    echo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ListTemplates:
    """List the account's templates."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class AddTemplate:
    """Register a template; one of the same name and language is replaced. `template`'s ids and account are not read."""

    template: TemplateRecord


@dataclass(frozen=True, slots=True)
class RemoveTemplate:
    """Remove the templates of a name, or the one with this id."""

    name: str = ""
    id: Id | None = None


@dataclass(frozen=True, slots=True)
class ListNumbers:
    """List the account's senders."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Send messages of the chat with `origin` on to `to`, one new message each."""

    to: Address
    origin: Address
    messages: tuple[QuoteRef, ...]
    refs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadQueue:
    """Show the first `limit` messages that wait to leave, in order."""

    limit: int = 500


@dataclass(frozen=True, slots=True)
class ClearQueue:
    """Take every message out of the queue that is not on its way yet."""


@dataclass(frozen=True, slots=True)
class ReadJournal:
    """Show messages, newest first: of one chat (`peer`), one direction (`in`, `out`), no older than `age` milliseconds.

    `message` names one message alone; it raises `Refusal(UNKNOWN_MESSAGE)` when the chat has none of this id.
    """

    peer: Address | None = None
    direction: str = ""
    age: int | None = None
    limit: int = 100
    message: QuoteRef | None = None


@dataclass(frozen=True, slots=True)
class TakeDelivery:
    """Give the first event of the dialect's own subscription, now or within `timeout` milliseconds; it stays first."""

    timeout: int = 0
    echo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DropDelivery:
    """The event of this number was received; None: all of them are dropped."""

    number: int | None


@dataclass(frozen=True, slots=True)
class CountDeliveries:
    """How many events wait to be taken."""


@dataclass(frozen=True, slots=True)
class FindCustomer:
    """Ask the carrier whether somebody is on WhatsApp, and tell what is known of them."""

    peer: Address


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Give the dialect's own settings of this sender."""


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Change some of the dialect's own settings; the dialect checks them.

    With a `proof` the change is made only when that request (a webhook's handshake) is answered 200 with the body
    `proven`.
    """

    changes: Mapping[str, Any]
    proof: WireRequest | None = None
    proven: bytes = b""
    echo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ReadProfile:
    """Give what is known of the sender."""


Command: TypeAlias = (
    SendMessage
    | MarkRead
    | React
    | ListTemplates
    | AddTemplate
    | RemoveTemplate
    | ListNumbers
    | Forward
    | ReadQueue
    | ClearQueue
    | ReadJournal
    | TakeDelivery
    | DropDelivery
    | CountDeliveries
    | FindCustomer
    | ReadSettings
    | ChangeSettings
    | ReadProfile
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message is stored and will be sent.

    `repeated`: it is the first answer again. `dropped`: what will not arrive. `settings` are those of the dialect that
    its announcements go by too (`Policy.webhook_settings`).
    """

    command: SendMessage | MarkRead | React
    sender: Sender
    message: Message
    repeated: bool = False
    dropped: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates asked for, added or removed."""

    command: ListTemplates | AddTemplate | RemoveTemplate
    sender: Sender
    templates: tuple[TemplateRecord, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The account's senders, the asking one among them."""

    command: ListNumbers
    sender: Sender
    senders: tuple[Sender, ...]


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The new messages, in the order asked for."""

    command: Forward
    sender: Sender
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """Messages as asked for; `count` is how many there are in all. For a cleared queue: those taken out."""

    command: ReadQueue | ClearQueue | ReadJournal
    sender: Sender
    messages: tuple[Message, ...]
    customers: Mapping[Id, Customer]
    quoted: Mapping[Id, Message]
    count: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The event at the head of the queue with its number, None when there is none.

    `count` is how many wait (`CountDeliveries`), or how many were dropped (`DropDelivery`).
    """

    command: TakeDelivery | DropDelivery | CountDeliveries
    sender: Sender
    number: int = 0
    event: Event | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Whether somebody is on WhatsApp; `customer` is what we know of them."""

    command: FindCustomer
    sender: Sender
    exists: bool
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The dialect's settings as they now are."""

    command: ReadSettings | ChangeSettings
    sender: Sender
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of the sender. `conversations`: customers written to in the calendar month."""

    command: ReadProfile
    sender: Sender
    conversations: int = 0


Reply: TypeAlias = Accepted | Templates | Numbers | Forwarded | Journal | Taken | Found | Settings | Profile

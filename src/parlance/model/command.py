"""What a client asks for, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from parlance.model.address import Address
from parlance.model.ids import Id
from parlance.model.message import Content, Message
from parlance.model.sender import Sender, TemplateRecord
from parlance.model.wire import WireRequest


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows of itself. A dialect finds it; only the engine checks it.

    `public` is the dialect's public id of a sender or account (an instance, a sid), `number` the sender's digits where
    the request names them. With `secret_first` a wrong secret is told before an unknown sender, else after.
    """

    secret: str
    public: str = ""
    number: str = ""
    secret_first: bool = False


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
    | ReadSettings
    | ChangeSettings
    | ReadProfile
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message is stored and will be sent.

    `repeated`: it is the first answer again. `dropped`: what will not arrive.
    """

    command: SendMessage | MarkRead | React
    sender: Sender
    message: Message
    repeated: bool = False
    dropped: tuple[str, ...] = ()


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


Reply: TypeAlias = Accepted | Templates | Numbers | Settings | Profile

"""What operators set up: accounts, senders, routes, keys, subscriptions, templates.

One JSON document of settings is kept for each sender and dialect; only the dialect knows what stands in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Protocol

from parlance.contract.moments import Written
from parlance.model.address import Address
from parlance.model.ids import Id
from parlance.model.sender import Account, Route, Sender, Subscription, TemplateRecord
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class NewRoute:
    """A route to be written.

    `secret_names` says which settings are encrypted at rest. A `backup` stands in for the active route when that cannot
    send, and is not made the active one.
    """

    carrier: str
    number: str
    settings: Mapping[str, str]
    secret_names: frozenset[str] = frozenset()
    strict: bool = False
    backup: bool = False


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


class Registry(Protocol):
    """What operators set up. Reads are cached and cheap; a change is seen here at once, on other nodes within 2 s."""

    async def account(self, name: str) -> Account:
        """The account of this name, made if there is none."""

    async def accounts(self) -> Sequence[Account]:
        """All accounts."""

    async def set_credit(self, account_id: Id, credit: int | None) -> Account:
        """Set how many more messages an account may send (None: no limit); raises `Refusal(UNKNOWN_SENDER)`."""

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

    async def senders_by_route(self, account_id: Id, carrier: str, number: str) -> Sequence[Sender]:
        """An account's senders that send by this carrier from this number, in whichever of its forms."""

    async def senders_by_carrier(self, carrier: str) -> Sequence[Sender]:
        """The senders that have a route of this carrier."""

    async def senders(self, after: Id, limit: int) -> Sequence[Sender]:
        """Senders in order of id."""

    async def senders_of_account(self, account_id: Id) -> Sequence[Sender]:
        """An account's senders in order of id."""

    async def held_senders(self, limit: int) -> tuple[int, Sequence[Sender]]:
        """How many senders let nothing leave, they or their active route; and the first of them in order of id."""

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
        """Make this carrier the active route, or a backup; one of the same carrier is changed, its token kept.

        Raises `Refusal(UNKNOWN_SENDER)`, and `Refusal(BAD_VALUE, "backup")` for a backup of the active route's carrier.
        """

    async def change_route(self, route_id: Id, *, held: str | None = None, strict: bool | None = None) -> Written:
        """Change a route's state; that it holds its messages back, or no longer does, is told as an event."""

    async def remove_route(self, route_id: Id) -> bool:
        """Remove a route that is not the active one; False when there is none such."""

    async def route_by_token(self, carrier: str, token: str) -> tuple[Sender, Route] | None:
        """Whose callback address this is."""

    async def document(self, sender_id: Id, dialect: str) -> Mapping[str, Any]:
        """The dialect's settings of this sender; empty when none were ever set."""

    async def configure(
        self, sender_id: Id, dialect: str, document: Mapping[str, Any], own: NewSubscription | None
    ) -> None:
        """Write a dialect's settings together with the subscription they describe (None: none, and an old one goes).

        Deliveries of the dialect's own subscription stay when its url changes.
        """

    async def add_subscription(self, new: NewSubscription) -> Subscription:
        """Add a subscription by hand."""

    async def subscriptions(self, sender_id: Id | None = None) -> Sequence[Subscription]:
        """Subscriptions of one sender, or all."""

    async def subscription(self, subscription_id: Id) -> Subscription | None:
        """One subscription."""

    async def change_subscription(self, subscription_id: Id, new: NewSubscription) -> Subscription:
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

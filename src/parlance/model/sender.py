"""Who sends, by which carrier, and who wants to hear of it."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from parlance.model.event import EventKind
from parlance.model.ids import Id
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant.

    `ordinal` counts accounts from 1 and feeds the public ids that dialects show. `credit` is how many more messages its
    senders may send, None: as many as they like.
    """

    id: Id
    name: str
    ordinal: int
    created_at: int
    credit: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A carrier with its settings for one sender.

    `number` is the WhatsApp number the route sends from (digits), normally the sender's. `settings` are in clear here
    and encrypted at rest. `callback_token` is the unguessable part of the vendor's callback address. `heard_since` is
    when the first callback came (Unix milliseconds), None before. `held` says why nothing leaves by it, empty when it
    works. A `backup` stands in for the active route when that cannot send.
    """

    id: Id
    sender_id: Id
    carrier: str
    number: str
    settings: Mapping[str, str] = field(default_factory=dict)
    position: int = 0
    active: bool = True
    strict: bool = False
    callback_token: str = ""
    heard_since: int | None = None
    held: str = ""
    backup: bool = False


@dataclass(frozen=True, slots=True)
class Sender:
    """A WhatsApp business number as one account uses it.

    `ordinal` counts senders from 1 and feeds public ids. `clock_offset` (milliseconds) is how far its sandbox clock has
    been moved, 0 on every other route. `held` says why its queue stands still, empty when it moves.
    """

    id: Id
    account_id: Id
    account: str
    number: str
    name: str
    ordinal: int
    created_at: int
    routes: tuple[Route, ...] = ()
    clock_offset: int = 0
    held: str = ""

    @property
    def route(self) -> Route:
        """The active route. A sender always has one: `sender add` makes it."""
        for route in self.routes:
            if route.active:
                return route
        raise LookupError("no active route")

    @property
    def ways(self) -> tuple[Route, ...]:
        """The routes by which messages may leave, in the order in which they are tried: the active one, its backups."""
        return (self.route, *(route for route in self.routes if route.backup and not route.active))

    def by_id(self, route_id: Id) -> Route | None:
        """One of the sender's routes."""
        return next((route for route in self.routes if route.id == route_id), None)


class Statuses(StrEnum):
    """Whose statuses a subscription gets: those of messages that came by its dialect, or all of the sender's."""

    OWN = "own"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Someone who wants a sender's events, told in one dialect.

    `url` empty means it is pulled, not pushed. `secret` signs as the dialect does, `webhook_secret` (`whsec_…`) as
    Standard Webhooks does. `settings` are the dialect's own (such as whether to retry). `own` is true for the one that
    the dialect's own calls manage.
    """

    id: Id
    sender_id: Id
    dialect: str
    url: str
    events: frozenset[EventKind]
    statuses: Statuses = Statuses.OWN
    secret: str = ""
    webhook_secret: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False
    paused_until: int = 0

    def wants(self, kind: EventKind, dialect: str) -> bool:
        """Whether an event of a message that came by `dialect` belongs to this subscription."""
        if kind not in self.events:
            return False
        return not kind.is_status or self.statuses is Statuses.ALL or dialect == self.dialect


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """A template as it is registered.

    `header` is empty, `text`, `image`, `video` or `document`. `body` holds `{{1}}`… or `{{name}}`. `buttons` are the
    vendor-neutral button objects (type, text, url, phone_number). `status`: `submitted`, `approved`, `rejected`,
    `paused`, `deactivated`. `category`: `UTILITY`, `MARKETING`, `AUTHENTICATION`.
    """

    id: Id
    account_id: Id
    name: str
    language: str
    category: str
    status: str
    body: str
    header: str = ""
    header_text: str = ""
    footer: str = ""
    buttons: tuple[Mapping[str, Any], ...] = ()
    created_at: int = 0

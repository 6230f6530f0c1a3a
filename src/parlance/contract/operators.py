"""What the store keeps and does for those who run the gateway: their keys, and signs of how it fares."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from parlance.contract.moments import Written
from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.ids import Id
from parlance.model.value import dataclass

STALLED = "stalled"
"""The state of a sender whose messages do not get through as they should, as `EventKind.STATE` tells it."""

FLOWING = "flowing"
"""The state of a sender that was stalled and is so no more."""


class OperatorScope(StrEnum):
    """What an operator's key opens: the whole admin and sandbox API, or what changes nothing in them."""

    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """A key of the admin API as stored, without its secret. `ends_at`: it stops working then, None: it does not."""

    id: Id
    name: str
    scope: OperatorScope
    created_at: int
    ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class Commits:
    """How often this process has committed, and how many operations went into these commits together."""

    commits: int = 0
    operations: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What was written to the event log behind some id, up to `last`.

    `kinds` has, by sender and kind of event, how many there were and the first and the last of their ids; `failures`
    how many messages failed of what.
    """

    last: Id
    kinds: Mapping[tuple[Id, EventKind], tuple[int, Id, Id]] = field(default_factory=dict)
    failures: Mapping[Fault, int] = field(default_factory=dict)


class Operators(Protocol):
    """Operators' keys and the store's own signs of life."""

    async def operator_keys(self) -> Sequence[OperatorKey]:
        """Those that have not ended, by id."""

    async def find_operator_key(self, secret: str) -> OperatorKey | None:
        """The key with this secret, None when there is none or it has ended."""

    async def add_operator_key(
        self, name: str, secret: str, scope: OperatorScope, replaced: Id | None, ends_at: int
    ) -> OperatorKey:
        """Add a key; only a keyed hash of `secret` is stored. The one `replaced` by it ends at `ends_at`.

        Raises `Refusal(UNKNOWN_SENDER, "replaces")` where no such key works.
        """

    async def end_operator_key(self, key_id: Id, at: int) -> bool:
        """End one key; False when no such key works."""

    async def probe(self) -> None:
        """Write something small and see it committed; raises `Refusal(UNAVAILABLE)`."""

    def commits(self) -> Commits:
        """What the writer has done so far."""

    async def tally(self, after: Id) -> Tally:
        """Count the event log behind `after`."""

    async def oldest_due(self) -> int | None:
        """Since when the webhook that is due longest has been waiting (Unix milliseconds), None when none is."""

    async def tell_stalls(self, stalled: Collection[Id], now: int, *, ended: bool = True) -> Written:
        """These senders are stalled now: tell of each that was not before, and (`ended`) of each that no more is.

        What was told is remembered in the database, so that a restart does not tell it again.
        """

"""Who does what, where several nodes share one store.

Senders are spread over 256 buckets. For each duty a bucket belongs to one node at a time, under a fencing number that
grows whenever it changes hands: what a node writes with an old number is refused, in the same transaction. Leases run
by the database's clock. A store that one process owns holds everything, always.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from parlance.model.ids import Id
from parlance.model.value import dataclass

BUCKETS = 256


class Duty(StrEnum):
    """What is done for a bucket of senders by one node at a time.

    `dispatch`: their messages are sent. `announce`: their webhooks are called. `keeping`: the sandbox's phones and the
    sweep, which one node does for all; it has the one bucket 0.
    """

    DISPATCH = "dispatch"
    ANNOUNCE = "announce"
    KEEPING = "keeping"


@dataclass(frozen=True, slots=True)
class Tenure:
    """What a node holds of one duty after a beat.

    `taken` are those of `held` that this beat brought. `surplus` are those of `held` that another node should have: to
    be released once nothing is under way in them. What is not in `held` any more is lost: nothing may be written there.
    """

    held: frozenset[int]
    taken: frozenset[int] = frozenset()
    surplus: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """What other nodes (or this one) have committed.

    `senders` have new rows in the outbox, `subscriptions` have new deliveries. Of `moved` senders the set-up has
    changed, or rows that were there before: what was read of them is no longer true. `everything`: some of it was
    missed, read anew whatever is held.
    """

    senders: frozenset[Id] = frozenset()
    subscriptions: frozenset[Id] = frozenset()
    moved: frozenset[Id] = frozenset()
    everything: bool = False


class Fenced(Exception):
    """This node no longer holds the bucket it meant to write to: another one does, and knows better."""


class Cluster(Protocol):
    """This node among the others. Offered by the store; a store of one process answers without asking anyone."""

    node: int
    """This node's number (0 to 1023), different from every other living node's; 0 before the first beat."""

    lease: int
    """For how long a node that does not beat keeps what it holds, in milliseconds."""

    @property
    def rest(self) -> int:
        """How long to wait before the next beat, in milliseconds.

        A third of a lease, so that two beats may fail; less where another node will not have been heard of for a lease
        before that, so that it is taken over at that moment.
        """

    async def beat(self, duties: frozenset[Duty]) -> Mapping[Duty, Tenure]:
        """Say that this node is alive and does these duties; gives what it holds of each.

        To be called again after `rest`. Takes over from nodes whose lease has run out, and its fair share from
        those who hold more. Raises `Refusal(UNAVAILABLE)`; a node that cannot beat for a whole lease holds nothing.
        """

    async def release(self, duty: Duty, buckets: frozenset[int]) -> None:
        """Give up buckets in which nothing is under way."""

    async def leave(self) -> None:
        """Give up everything, at once: this node stops."""

    def bucket(self, sender_id: Id) -> int:
        """Which bucket a sender is in."""

    def holds(self, duty: Duty, sender_id: Id) -> bool:
        """Whether, as far as this node knows, it holds the sender's bucket; quick, asks nobody."""

    async def news(self) -> News:
        """Wait for what other nodes commit, and give it; may come late or twice: it hurries what polling would find."""

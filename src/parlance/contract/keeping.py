"""What is kept for how long, what is forgotten on demand, and a store's whole contents on their way to another."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Protocol

from parlance.model.address import Address
from parlance.model.ids import Id
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long messages are kept, in milliseconds of real time since they were accepted or heard; None: for ever.

    After `payload` nothing is left of what they said: texts, cards, the caller's own context. After `metadata` nothing
    is left of them at all; less than `LEAST_METADATA` counts as that, as vendors' ids must be known for so long.
    """

    payload: int | None = None
    metadata: int | None = None


LEAST_METADATA = 30 * 86_400_000
FOR_EVER = Retention()


class Keeping(Protocol):
    """Getting rid of what has served, and moving house."""

    async def sweep(self, now: int, retention: Retention = FOR_EVER) -> None:
        """Drop what has served, in steps small enough that nobody waits for them.

        Keys, and statuses of unknown messages, after 7 days; messages as `retention` says. What is not settled yet, and
        what a subscriber has still to be told, stays whole; so do open windows.
        """

    async def forget_customer(self, account_id: Id, address: Address) -> int | None:
        """Remove a customer with everything exchanged with them; gives how many messages, None for a stranger.

        Messages that wait to leave do not leave. One under way may still arrive; nothing is kept of it.
        """

    async def rekey(self, secret_key: str) -> None:
        """Let another secret key unlock the database from now on; nothing encrypted has to be written again."""

    def export(self) -> AsyncIterator[bytes]:
        """Everything in the store as of now, as lines of JSON; the engine it came from does not show.

        Secrets stay encrypted: the secret key of this store opens them wherever the lines are read in.
        """

    async def read_in(self, lines: AsyncIterable[bytes]) -> Mapping[str, int]:
        """Fill this empty store with what `export` gave, one line at a time; gives how many rows of what.

        Raises `StoreFault` for a store that is not empty, lines that are no export, not whole, of another version, or
        written with another secret key. A store in which this was broken off is good for nothing: it does not open.
        """

"""The cluster of a store that one process owns: this node has everything, always."""

import asyncio
from collections.abc import Mapping

from parlance.contract.cluster import BUCKETS, Duty, News, Tenure
from parlance.model.ids import Id
from parlance.store.buckets import bucket

_ALL = frozenset(range(BUCKETS))
_LEASE = 10_000


class Solo:
    """Holds everything from the first beat on, and hears of nobody."""

    node = 0
    lease = _LEASE
    rest = _LEASE // 3

    def __init__(self) -> None:
        self._begun: set[Duty] = set()

    async def beat(self, duties: frozenset[Duty]) -> Mapping[Duty, Tenure]:
        """Hold everything; it is taken by the first beat."""
        held = {}
        for duty in duties:
            buckets = frozenset({0}) if duty is Duty.KEEPING else _ALL
            held[duty] = Tenure(buckets, frozenset() if duty in self._begun else buckets)
            self._begun.add(duty)
        return held

    async def release(self, duty: Duty, buckets: frozenset[int]) -> None:
        """Nobody else would take it."""

    async def leave(self) -> None:
        """Nobody else would take it."""
        self._begun.clear()

    def bucket(self, sender_id: Id) -> int:
        """Which bucket a sender is in."""
        return bucket(sender_id)

    def holds(self, duty: Duty, sender_id: Id) -> bool:  # noqa: ARG002  there is nobody else
        """Always."""
        return True

    async def news(self) -> News:
        """There is none."""
        await asyncio.Event().wait()
        return News()

"""What a node may write about messages on their way: only while it holds the bucket of their sender."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from parlance.contract.cluster import Fenced
from parlance.model.ids import Id
from parlance.store.buckets import bucket
from parlance.store.connection import Connection

T = TypeVar("T")

_STILL = (
    "SELECT b.bucket FROM unnest(?::bigint[], ?::bigint[]) AS i (bucket, fence) JOIN buckets b "
    "ON b.duty = 'dispatch' AND b.bucket = i.bucket WHERE b.node = ? AND b.fence = i.fence FOR SHARE OF b"
)


class _Holding(NamedTuple):
    node: int
    fences: Mapping[int, int]


class Fences:
    """The fencing numbers under which this node dispatches, and under which each message on its way was claimed.

    Before this node has begun to hold anything, nothing is refused: so it is with a store that one process owns, and
    with a command that works on the data alone.
    """

    def __init__(self) -> None:
        self._holding: _Holding | None = None
        self._claimed: dict[Id, int] = {}

    def hold(self, node: int, fences: Mapping[int, int]) -> None:
        """From now on this node, under its number, holds these buckets with these fencing numbers, and no others."""
        self._holding = _Holding(node, dict(fences))

    # ---- messages on their way

    def now(self, sender_id: Id) -> int:
        """The fencing number under which a sender's messages are claimed now, 0: none."""
        return 0 if self._holding is None else self._holding.fences.get(bucket(sender_id), 0)

    def claimed(self, message_ids: Iterable[Id], fence: int) -> None:
        """These messages are under way: what comes of them counts under this fencing number alone."""
        if self._holding is not None:
            self._claimed.update(dict.fromkeys(message_ids, fence))

    def landed(self, message_id: Id) -> None:
        """A message is not under way any more."""
        self._claimed.pop(message_id, None)

    # ---- within a transaction

    def check(self, con: Connection, sender_id: Id, message_id: Id = 0) -> None:
        """See that this may be written, and that it stays so until the transaction's end; raises `Fenced`.

        `message_id` is that of a message which may have been claimed before.
        """
        if self._holding is not None and self._refused(con, self._holding, [(sender_id, message_id)])[0]:
            raise Fenced

    def guard(
        self,
        con: Connection,
        items: Sequence[T],
        what: Callable[[T], tuple[Id, Id]],
        do: Callable[[Sequence[T]], Sequence[Any]],
    ) -> Sequence[Any]:
        """Do what may be done of a group; each of the others gives `Fenced`. `what` names an item as `check` does."""
        if self._holding is None:
            return do(items)
        refused = self._refused(con, self._holding, [what(item) for item in items])
        if not any(refused):
            return do(items)
        allowed = [item for item, no in zip(items, refused, strict=True) if not no]
        done = iter(do(allowed) if allowed else ())
        return [Fenced() if no else next(done) for no in refused]

    def still(self, con: Connection, buckets: Iterable[int]) -> frozenset[int]:
        """Those of these buckets that this node holds, and will until the transaction's end."""
        if self._holding is None:
            return frozenset(buckets)
        node, fences = self._holding
        return _still(con, node, {each: fences[each] for each in buckets if each in fences})

    def _refused(self, con: Connection, holding: _Holding, wanted: Sequence[tuple[Id, Id]]) -> list[bool]:
        fences = holding.fences
        asked: dict[int, int] = {}
        places: list[int | None] = []
        for sender_id, message_id in wanted:
            place = bucket(sender_id)
            fence = fences.get(place)
            # Under another number than the present one it was claimed before the bucket went away and came back.
            if fence is None or self._claimed.get(message_id, fence) != fence:
                places.append(None)
            else:
                places.append(place)
                asked[place] = fence
        still = _still(con, holding.node, asked)
        return [place not in still for place in places]


def _still(con: Connection, node: int, fences: Mapping[int, int]) -> frozenset[int]:
    if not fences:
        return frozenset()
    values = ["{" + ",".join(map(str, each)) + "}" for each in (fences.keys(), fences.values())]
    return frozenset(each for (each,) in con.execute(_STILL, (*values, node)).fetchall())

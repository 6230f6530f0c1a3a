"""How buckets are spread over nodes: plain arithmetic."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from parlance.contract.cluster import BUCKETS, Duty

MOST_NODES = 1_023


class Row(NamedTuple):
    """One bucket as the database has it; `node` 0: nobody's."""

    bucket: int
    node: int
    fence: int


def size(duty: Duty) -> int:
    """How many buckets a duty has."""
    return 1 if duty is Duty.KEEPING else BUCKETS


def share(rows: Collection[Row], doers: Collection[int], node: int) -> int:
    """How many buckets of a duty a node should have; `doers` are all the nodes that do it, this one among them.

    What does not divide goes to those who have as much already, so that as little as can be changes hands.
    """
    held = dict.fromkeys(doers, 0)
    for row in rows:
        if row.node in held:
            held[row.node] += 1
    least, rest = divmod(len(rows), len(held))
    order = sorted(held, key=lambda each: (held[each] <= least, each))
    return least + (order.index(node) < rest)


def number(nodes: Mapping[int, int], living: Collection[int], holding: Collection[int]) -> int | None:
    """A number for a new node, None when all are taken.

    `nodes` says when each number was last used: first come those never used, then the one longest unused. One whose
    buckets were not taken over yet is not given again.
    """
    free = [each for each in range(1, MOST_NODES + 1) if each not in living and each not in holding]
    return min(free, key=lambda each: (nodes.get(each, 0), each), default=None)

"""Taking buckets that nobody holds any more."""

from collections.abc import Sequence

from parlance.contract.cluster import Duty
from parlance.store import sharing
from parlance.store.groupwise.arrays import numbers
from parlance.store.postgres_link import PostgresLink
from parlance.store.sharing import Row

_TAKE = (
    "WITH free AS (SELECT bucket FROM buckets WHERE duty = ? AND bucket = ANY (?::bigint[]) ORDER BY bucket LIMIT ? "
    "FOR UPDATE SKIP LOCKED) UPDATE buckets b SET node = ?, fence = b.fence + 1 FROM free "
    "WHERE b.duty = ? AND b.bucket = free.bucket RETURNING b.bucket, b.node, b.fence"
)


def take(
    link: PostgresLink, duty: Duty, rows: Sequence[Row], doers: Sequence[int], node: int
) -> tuple[Sequence[Row], int]:
    """Take what is free, up to the node's share, within a transaction; gives all that it has, and its share.

    `rows` are all of the duty's buckets, `doers` the living nodes that do it.
    """
    fair = sharing.share(rows, doers, node)
    mine = [row for row in rows if row.node == node]
    free = [row.bucket for row in rows if row.node not in doers]
    if free and len(mine) < fair:
        values = (duty.value, numbers(free), fair - len(mine), node, duty.value)
        mine += [Row(*row) for row in link.execute(_TAKE, values).fetchall()]
    return mine, fair

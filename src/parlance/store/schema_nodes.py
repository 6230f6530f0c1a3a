"""The tables of the nodes that share a database."""

from sqlalchemy import Table

from parlance.store.columns import key, metadata, number, text_key, words

# A row stays when its node has gone, so that numbers are given again as late as can be. `lease` is in milliseconds, 0
# once the node has left; `duties` has spaces between.
nodes = Table(
    "nodes", metadata, key("node"), number("incarnation"), number("beat_at"), number("lease"), words("duties")
)

# `node` 0: nobody has it. `fence` grows at every change of hands.
buckets = Table(
    "buckets",
    metadata,
    text_key("duty"),
    key("bucket"),
    number("node"),
    number("fence"),
    sqlite_with_rowid=False,
)

# What each connection to PostgreSQL wrote last: one row each. `mark` grows, and is the time in nanoseconds.
witnesses = Table("witnesses", metadata, key("line"), number("mark"))

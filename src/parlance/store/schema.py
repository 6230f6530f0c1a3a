"""The tables, for every engine.

There are no foreign keys: messages outlive the sender they came by, a removed subscription leaves its told deliveries
behind, and a check costs a look-up for each row on the hot path. What belongs together is written in one transaction.

Columns ending in `_at` are Unix milliseconds. `at` is by the sender's clock. Ids are ours (`model.ids`), except where
they are counters. Absent text is empty, so that fewer columns can be null. Tables whose key is not one id are kept in
the order of that key; every further index costs up to a third of an insert, so each one serves a named query.
"""

from sqlalchemy import Index, Table, UniqueConstraint, text

from parlance.store.columns import (
    id_,
    key,
    later,
    later_words,
    maybe,
    maybe_words,
    metadata,
    number,
    raw,
    small,
    text_key,
    words,
)
from parlance.store.schema_nodes import buckets, nodes, witnesses
from parlance.store.schema_phones import phone_callbacks, phone_messages, phones

__all__ = ["buckets", "metadata", "nodes", "phone_callbacks", "phone_messages", "phones", "witnesses"]

_INCOMING = text("direction = 'in'")
_DUE = text("state = 'due'")
_DEAD = text("state = 'dead'")
_HELD = text("held <> ''")

meta = Table("meta", metadata, text_key("name"), words("value"), sqlite_with_rowid=False)

# ---- what operators set up

accounts = Table(
    "accounts",
    metadata,
    id_(),
    words("name"),
    number("ordinal"),
    number("created_at"),
    maybe("credit"),
    UniqueConstraint("name"),
)

senders = Table(
    "senders",
    metadata,
    id_(),
    number("account_id"),
    words("number"),
    words("name"),
    number("ordinal"),
    small("bucket"),
    number("created_at"),
    words("held"),
    UniqueConstraint("number", "account_id"),
    UniqueConstraint("ordinal"),
    Index("ix_senders_account", "account_id", "id"),
    Index("ix_senders_held", "id", sqlite_where=_HELD, postgresql_where=_HELD),
)

routes = Table(
    "routes",
    metadata,
    id_(),
    number("sender_id"),
    words("carrier"),
    words("number"),
    words("settings"),
    words("sealed"),
    small("position"),
    small("active"),
    small("strict"),
    words("callback_token"),
    maybe("heard_since"),
    words("state"),
    words("held"),
    later("backup"),
    UniqueConstraint("sender_id", "carrier"),
    UniqueConstraint("callback_token"),
    Index("ix_routes_number", "number"),
    Index("ix_routes_held", "sender_id", sqlite_where=_HELD, postgresql_where=_HELD),
)

keys = Table(
    "keys",
    metadata,
    id_(),
    number("sender_id"),
    words("dialect"),
    words("public"),
    words("hash"),
    words("scope"),
    number("created_at"),
    maybe("ends_at"),
    UniqueConstraint("dialect", "hash"),
    Index("ix_keys_sender", "sender_id"),
    Index("ix_keys_public", "dialect", "public"),
)

documents = Table(
    "documents", metadata, key("sender_id"), text_key("dialect"), words("sealed"), sqlite_with_rowid=False
)

templates = Table(
    "templates",
    metadata,
    id_(),
    number("account_id"),
    words("name"),
    words("language"),
    words("category"),
    words("status"),
    words("body"),
    words("header"),
    words("header_text"),
    words("footer"),
    words("buttons"),
    number("created_at"),
    UniqueConstraint("account_id", "name", "language"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    id_(),
    number("sender_id"),
    words("dialect"),
    words("url"),
    words("events"),
    words("statuses"),
    words("secret"),
    words("webhook_secret"),
    words("settings"),
    small("own"),
    number("last_number"),
    number("paused_until"),
    number("created_at"),
    Index("ix_subscriptions_sender", "sender_id"),
)

clocks = Table("clocks", metadata, key("sender_id"), number("shift"))

# ---- who is written to

customers = Table(
    "customers",
    metadata,
    id_(),
    number("account_id"),
    words("kind"),
    words("value"),
    words("user_id"),
    words("name"),
    words("country"),
    number("created_at"),
    later_words("wa_id"),
)

aliases = Table(
    "aliases",
    metadata,
    key("account_id"),
    text_key("alias"),
    number("customer_id"),
    sqlite_with_rowid=False,
)

windows = Table(
    "windows",
    metadata,
    key("sender_id"),
    text_key("number"),
    key("customer_id"),
    number("last_written"),
    sqlite_with_rowid=False,
)

# ---- messages

messages = Table(
    "messages",
    metadata,
    id_(),
    words("direction"),
    number("sender_id"),
    number("customer_id"),
    words("number"),
    words("peer_kind"),
    words("peer"),
    words("kind"),
    words("content"),
    words("dialect"),
    number("at"),
    number("real_at"),
    words("stage"),
    maybe("quote"),
    words("quote_external"),
    words("refs"),
    maybe("window_until"),
    words("failure"),
    words("dropped"),
    maybe("route_id"),
    words("external_id"),
    small("parts"),
    small("departed"),
    Index("ix_messages_sender", "sender_id", "id"),
    # An index of every chat costs two thirds of the rate of accepts; of what customers wrote it costs those nothing.
    Index("ix_messages_incoming", "sender_id", "customer_id", "id", sqlite_where=_INCOMING, postgresql_where=_INCOMING),
)

outbox = Table(
    "outbox",
    metadata,
    key("sender_id"),
    key("message_id"),
    number("customer_id"),
    words("state"),
    number("due_at"),
    number("expires_at"),
    number("attempt"),
    maybe("marked_at"),
    number("since"),
    words("dialect"),
    words("doomed"),
    later("part"),
    maybe("route_id"),
    sqlite_with_rowid=False,
)

parts = Table(
    "parts",
    metadata,
    key("message_id"),
    key("part"),
    words("stage"),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    key("message_id"),
    key("attempt"),
    key("part"),
    key("started_at"),
    number("route_id"),
    number("ended_at"),
    words("outcome"),
    maybe("status"),
    words("detail"),
    words("external_id"),
    sqlite_with_rowid=False,
)

carrier_ids = Table(
    "carrier_ids",
    metadata,
    key("route_id"),
    text_key("external_id"),
    number("message_id"),
    small("part"),
    words("stage"),
    sqlite_with_rowid=False,
)

unclaimed = Table(
    "unclaimed",
    metadata,
    key("route_id"),
    text_key("external_id"),
    key("id"),
    words("report"),
    number("heard_at"),
    sqlite_with_rowid=False,
)

idempotency = Table(
    "idempotency",
    metadata,
    key("scope"),
    text_key("client_key"),
    raw("fingerprint"),
    number("message_id"),
    number("expires_at"),
    Index("ix_idempotency_expires", "expires_at"),
    sqlite_with_rowid=False,
)

# ---- what is told

events = Table(
    "events",
    metadata,
    id_(),
    number("sender_id"),
    maybe("message_id"),
    words("kind"),
    number("at"),
    number("real_at"),
    words("body"),
    words("note"),
    # The deliveries made of it, as JSON pairs of subscription and number; null: kept for the record, told to nobody.
    maybe_words("told"),
    Index("ix_events_message", "message_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    key("subscription_id"),
    key("number"),
    number("event_id"),
    words("state"),
    number("due_at"),
    number("tries"),
    number("created_at"),
    maybe("last_status"),
    words("last_error"),
    maybe("done_at"),
    Index("ix_deliveries_due", "subscription_id", "number", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    Index("ix_deliveries_dead", "subscription_id", "number", sqlite_where=_DEAD, postgresql_where=_DEAD),
    sqlite_with_rowid=False,
)

tries = Table(
    "tries",
    metadata,
    key("subscription_id"),
    key("number"),
    key("id"),
    words("state"),
    number("ended_at"),
    maybe("status"),
    words("error"),
    sqlite_with_rowid=False,
)

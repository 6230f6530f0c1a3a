"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IDENT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "accounts",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "aliases",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alias", _TEXT, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "alias", name=op.f("pk_aliases")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempts",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route_id", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("detail", _TEXT, nullable=False),
        sa.Column("external_id", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "attempt", "part", "started_at", name=op.f("pk_attempts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "carrier_ids",
        sa.Column("route_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("external_id", _TEXT, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("stage", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("route_id", "external_id", name=op.f("pk_carrier_ids")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clocks",
        sa.Column("sender_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_clocks")),
    )
    op.create_table(
        "customers",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.Column("user_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("country", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "deliveries",
        sa.Column("subscription_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_status", sa.BigInteger(), nullable=True),
        sa.Column("last_error", _TEXT, nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subscription_id", "number", name=op.f("pk_deliveries")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_deliveries_dead",
        "deliveries",
        ["subscription_id", "number"],
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["subscription_id", "number", "due_at"],
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_table(
        "documents",
        sa.Column("sender_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dialect", _TEXT, nullable=False),
        sa.Column("sealed", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "dialect", name=op.f("pk_documents")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("real_at", sa.BigInteger(), nullable=False),
        sa.Column("body", _TEXT, nullable=False),
        sa.Column("note", _TEXT, nullable=False),
        sa.Column("told", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_message", "events", ["message_id"])
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_key", _TEXT, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "client_key", name=op.f("pk_idempotency")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_idempotency_expires", "idempotency", ["expires_at"])
    op.create_table(
        "keys",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("dialect", _TEXT, nullable=False),
        sa.Column("public", _TEXT, nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.Column("scope", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("dialect", "hash", name=op.f("uq_keys_dialect")),
    )
    op.create_index("ix_keys_public", "keys", ["dialect", "public"])
    op.create_index("ix_keys_sender", "keys", ["sender_id"])
    op.create_table(
        "messages",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("direction", _TEXT, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("peer_kind", _TEXT, nullable=False),
        sa.Column("peer", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("content", _TEXT, nullable=False),
        sa.Column("dialect", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("real_at", sa.BigInteger(), nullable=False),
        sa.Column("stage", _TEXT, nullable=False),
        sa.Column("quote", sa.BigInteger(), nullable=True),
        sa.Column("quote_external", _TEXT, nullable=False),
        sa.Column("refs", _TEXT, nullable=False),
        sa.Column("window_until", sa.BigInteger(), nullable=True),
        sa.Column("failure", _TEXT, nullable=False),
        sa.Column("dropped", _TEXT, nullable=False),
        sa.Column("route_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", _TEXT, nullable=False),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.Column("departed", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(
        "ix_messages_incoming",
        "messages",
        ["sender_id", "customer_id", "id"],
        sqlite_where=sa.text("direction = 'in'"),
        postgresql_where=sa.text("direction = 'in'"),
    )
    op.create_index("ix_messages_sender", "messages", ["sender_id", "id"])
    op.create_table(
        "meta",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("sender_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("dialect", _TEXT, nullable=False),
        sa.Column("doomed", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "message_id", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "phone_callbacks",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("token", _TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_callbacks")),
    )
    op.create_index("ix_phone_callbacks_due", "phone_callbacks", ["due_at", "id"])
    op.create_table(
        "phone_messages",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("sender", _TEXT, nullable=False),
        sa.Column("direction", _TEXT, nullable=False),
        sa.Column("content", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("stage", _TEXT, nullable=False),
        sa.Column("quote", sa.BigInteger(), nullable=True),
        sa.Column("token", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_messages")),
    )
    op.create_index("ix_phone_messages_number", "phone_messages", ["number", "id"])
    op.create_table(
        "phones",
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("delivers", _TEXT, nullable=False),
        sa.Column("reads", _TEXT, nullable=False),
        sa.Column("delay", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_phones")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "routes",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier", _TEXT, nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("settings", _TEXT, nullable=False),
        sa.Column("sealed", _TEXT, nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.Column("strict", sa.SmallInteger(), nullable=False),
        sa.Column("callback_token", _TEXT, nullable=False),
        sa.Column("heard_since", sa.BigInteger(), nullable=True),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("held", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routes")),
        sa.UniqueConstraint("callback_token", name=op.f("uq_routes_callback_token")),
        sa.UniqueConstraint("sender_id", "carrier", name=op.f("uq_routes_sender_id")),
    )
    op.create_table(
        "senders",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_senders")),
        sa.UniqueConstraint("number", "account_id", name=op.f("uq_senders_number")),
        sa.UniqueConstraint("ordinal", name=op.f("uq_senders_ordinal")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("dialect", _TEXT, nullable=False),
        sa.Column("url", _TEXT, nullable=False),
        sa.Column("events", _TEXT, nullable=False),
        sa.Column("statuses", _TEXT, nullable=False),
        sa.Column("secret", _TEXT, nullable=False),
        sa.Column("webhook_secret", _TEXT, nullable=False),
        sa.Column("settings", _TEXT, nullable=False),
        sa.Column("own", sa.SmallInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("paused_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_sender", "subscriptions", ["sender_id"])
    op.create_table(
        "templates",
        sa.Column("id", _IDENT, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("category", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("body", _TEXT, nullable=False),
        sa.Column("header", _TEXT, nullable=False),
        sa.Column("header_text", _TEXT, nullable=False),
        sa.Column("footer", _TEXT, nullable=False),
        sa.Column("buttons", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("account_id", "name", "language", name=op.f("uq_templates_account_id")),
    )
    op.create_table(
        "tries",
        sa.Column("subscription_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("error", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "number", "id", name=op.f("pk_tries")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unclaimed",
        sa.Column("route_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("external_id", _TEXT, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report", _TEXT, nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("route_id", "external_id", "id", name=op.f("pk_unclaimed")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "windows",
        sa.Column("sender_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_written", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "number", "customer_id", name=op.f("pk_windows")),
        sqlite_with_rowid=False,
    )

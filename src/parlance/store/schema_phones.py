"""The tables of the sandbox's phones."""

from sqlalchemy import Index, Table

from parlance.store.columns import id_, maybe, metadata, number, raw, text_key, words

phones = Table(
    "phones",
    metadata,
    text_key("number"),
    words("delivers"),
    words("reads"),
    number("delay"),
    sqlite_with_rowid=False,
)

phone_messages = Table(
    "phone_messages",
    metadata,
    id_(),
    words("number"),
    number("sender_id"),
    words("sender"),
    words("direction"),
    words("content"),
    number("at"),
    words("stage"),
    maybe("quote"),
    words("token"),
    words("name"),
    Index("ix_phone_messages_number", "number", "id"),
)

phone_callbacks = Table(
    "phone_callbacks",
    metadata,
    id_(),
    number("sender_id"),
    words("token"),
    number("due_at"),
    raw("body"),
    Index("ix_phone_callbacks_due", "due_at", "id"),
)

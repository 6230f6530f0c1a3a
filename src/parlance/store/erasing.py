"""Taking messages out of the store, or what they said."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from parlance.formats.canonical import dump_content, dump_event, load_content, load_event
from parlance.model.ids import Id
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Location,
    Media,
    Reaction,
    Receipt,
    Template,
    Text,
    Unknown,
)
from parlance.store.connection import Connection

_OF_MESSAGE = ("attempts", "parts", "events")
_OF_DELIVERY = ("deliveries", "tries")


class Old(NamedTuple):
    """An old message. `waits`: it stands in the outbox."""

    id: Id
    sender_id: Id
    content: str
    refs: str
    route_id: Id | None
    external_id: str
    waits: bool


OLD = (
    "m.id, m.sender_id, m.content, m.refs, m.route_id, m.external_id, "
    "EXISTS (SELECT 1 FROM outbox o WHERE o.sender_id = m.sender_id AND o.message_id = m.id)"
)


class Filed(NamedTuple):
    """An event, and the deliveries made of it: pairs of subscription and number."""

    id: Id
    message_id: Id | None
    body: str
    deliveries: tuple[tuple[Id, int], ...]


def marks(values: Sequence[Any]) -> str:
    """As many marks as there are values."""
    return ", ".join("?" * len(values))


def events_of(con: Connection, message_ids: Sequence[Id]) -> list[Filed]:
    """All events of these messages."""
    if not message_ids:
        return []
    sql = f"SELECT id, message_id, body, told FROM events WHERE message_id IN ({marks(message_ids)})"  # noqa: S608
    return [read_filed(*row) for row in con.execute(sql, message_ids)]


def read_filed(id_: Id, message_id: Id | None, body: str, told: str | None) -> Filed:
    """A row of `events`."""
    pairs = tuple((subscription, number) for subscription, number in json.loads(told or "[]"))
    # What was only kept for the record has a body of its own kind, which says nothing of contents.
    return Filed(id_, message_id, "" if told is None else body, pairs)


def untold(con: Connection, events: Iterable[Filed]) -> set[Id]:
    """Those of the events that somebody has still to be told."""
    first: dict[Id, int] = {}
    found = set()
    for event in events:
        for subscription_id, number in event.deliveries:
            if subscription_id not in first:
                sql = "SELECT min(number) FROM deliveries WHERE subscription_id = ? AND state = 'due'"
                row = con.execute(sql, (subscription_id,)).fetchone()
                first[subscription_id] = (1 << 62) if row[0] is None else row[0]
            # Nearly all old ones stand before the first that is due, and need no look of their own.
            if number >= first[subscription_id] and _is_due(con, subscription_id, number):
                found.add(event.id)
    return found


def _is_due(con: Connection, subscription_id: Id, number: int) -> bool:
    sql = "SELECT 1 FROM deliveries WHERE subscription_id = ? AND number = ? AND state = 'due'"
    return con.execute(sql, (subscription_id, number)).fetchone() is not None


def erase(con: Connection, messages: Sequence[Old], events: Sequence[Filed]) -> None:
    """Remove messages, these events of theirs, and all that belongs to either."""
    ids = [(message.id,) for message in messages]
    known = [(message.route_id, message.external_id) for message in messages if message.external_id]
    if ids:
        sql = f"SELECT route_id, external_id FROM attempts WHERE message_id IN ({marks(ids)})"  # noqa: S608  our words
        rows = con.execute(sql, [message.id for message in messages]).fetchall()
        known += [(route_id, external_id) for route_id, external_id in rows if external_id]
    con.executemany("DELETE FROM carrier_ids WHERE route_id = ? AND external_id = ?", sorted(set(known)))
    erase_events(con, events)
    for table in _OF_MESSAGE:
        con.executemany(f"DELETE FROM {table} WHERE message_id = ?", ids)  # noqa: S608  our words
    waiting = [(message.sender_id, message.id) for message in messages]
    con.executemany("DELETE FROM outbox WHERE sender_id = ? AND message_id = ?", waiting)
    con.executemany("DELETE FROM messages WHERE id = ?", ids)


def erase_events(con: Connection, events: Sequence[Filed]) -> None:
    """Remove events with their deliveries."""
    pairs = [pair for event in events for pair in event.deliveries]
    for table in _OF_DELIVERY:
        con.executemany(f"DELETE FROM {table} WHERE subscription_id = ? AND number = ?", pairs)  # noqa: S608
    con.executemany("DELETE FROM events WHERE id = ?", [(event.id,) for event in events])


def silence(con: Connection, messages: Sequence[Old], events: Sequence[Filed]) -> None:
    """Leave nothing of what messages said, in them or in their events."""
    texts = [blank(message.content) for message in messages]
    changed = [
        ("", text, message.id)
        for message, text in zip(messages, texts, strict=True)
        if ("", text) != (message.refs, message.content)
    ]
    con.executemany("UPDATE messages SET refs = ?, content = ? WHERE id = ?", changed)
    bodies = [(_silent(event.body), event.id) for event in events if event.body]
    before = {event.id: event.body for event in events}
    con.executemany(
        "UPDATE events SET body = ? WHERE id = ?", [(body, id_) for body, id_ in bodies if body != before[id_]]
    )


def _silent(body: str) -> str:
    event = load_event(body)
    content = None if event.content is None else _blank(event.content)
    return dump_event(replace(event, content=content, refs={}, quote_refs={})).decode()


def blank(content: str) -> str:
    """Content of the same kind that says nothing."""
    return dump_content(_blank(load_content(content))).decode()


def _blank(content: Content) -> Content:
    match content:
        case Text():
            return Text("")
        case Contacts():
            return Contacts(())
        case Template(name, language):
            return Template(name, language)
        case Reaction(target):
            return Reaction(target, "")
        case Receipt():
            return content
        case Media(kind):
            return Media(kind)
        case Location():
            return Location("0", "0")
        case Choice(kind):
            return Choice(kind, "", "")
        case Unknown(kind):
            return Unknown(kind)

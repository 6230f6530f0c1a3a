"""Writes what happens within one transaction of the writer thread, and collects what it sets in motion."""

import json
from collections.abc import Mapping
from typing import Any

from parlance.contract.moments import Pending, Written
from parlance.contract.world import Ids
from parlance.formats.canonical import dump_event
from parlance.model.address import Address
from parlance.model.event import Customer, Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Direction, Reaction
from parlance.model.sender import Statuses, Subscription
from parlance.store.connection import Connection
from parlance.store.rows import ENTRY, Entry, dump_object, load_object

_MOST_KNOWN = 20_000
_EVENT = (
    "INSERT INTO events (id, sender_id, message_id, kind, at, real_at, body, note, told) VALUES (?,?,?,?,?,?,?,?,?)"
)
_DELIVERY = (
    "INSERT INTO deliveries (subscription_id, number, event_id, state, due_at, tries, created_at, last_error) "
    "VALUES (?, ?, ?, 'due', ?, 0, ?, '')"
)


class Audience:
    """Who wants to hear of which sender, as the writer thread remembers it."""

    def __init__(self) -> None:
        self._known: dict[Id, tuple[Subscription, ...]] = {}

    def of(self, con: Connection, sender_id: Id) -> tuple[Subscription, ...]:
        """The sender's subscriptions, without their secrets."""
        known = self._known.get(sender_id)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            rows = con.execute(
                "SELECT id, dialect, url, events, statuses FROM subscriptions WHERE sender_id = ? ORDER BY id",
                (sender_id,),
            )
            known = self._known[sender_id] = tuple(
                Subscription(
                    id_, sender_id, dialect, url, frozenset(map(EventKind, json.loads(kinds))), Statuses(whose)
                )
                for id_, dialect, url, kinds, whose in rows.fetchall()
            )
        return known

    def forget(self, sender_id: Id | None = None) -> None:
        """They have changed (None: anyone's may have)."""
        if sender_id is None:
            self._known.clear()
        else:
            self._known.pop(sender_id, None)


class Pen:
    """One transaction's writing."""

    def __init__(self, con: Connection, ids: Ids, audience: Audience) -> None:
        self.con = con
        self.ids = ids
        self._audience = audience
        self._people: dict[Id, tuple[str, ...]] = {}
        self._told: set[Id] = set()
        self.released: list[tuple[Id, Id]] = []
        self.requeued: list[Pending] = []
        self.messages: list[Id] = []
        self.touched: set[Id] = set()
        """Senders whose set-up was changed by what was written."""

    def written(self) -> Written:
        """What the transaction set in motion."""
        return Written(frozenset(self._told), tuple(self.released), tuple(self.requeued), tuple(self.messages))

    def entry(self, message_id: Id) -> Entry | None:
        """A message's row, which nobody else changes until the transaction's end."""
        sql = f"SELECT {ENTRY} FROM messages WHERE id = ? /*+ FOR UPDATE */"  # noqa: S608  our words
        row = self.con.execute(sql, (message_id,)).fetchone()
        return Entry._make(row) if row else None

    def peek(self, message_id: Id) -> Entry | None:
        """A message's row as it stands, which others may change."""
        row = self.con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608
        return Entry._make(row) if row else None

    def save(self, entry: Entry) -> None:
        """Write what can change of a message's row."""
        self.con.execute(
            "UPDATE messages SET stage = ?, failure = ?, route_id = ?, external_id = ?, parts = ?, departed = ? "
            "WHERE id = ?",
            (entry.stage, entry.failure, entry.route_id, entry.external_id, entry.parts, entry.departed, entry.id),
        )

    def release(self, entry: Entry) -> bool:
        """Take a message out of the outbox; False when it was not there."""
        gone = self.con.execute(
            "DELETE FROM outbox WHERE sender_id = ? AND message_id = ?", (entry.sender_id, entry.id)
        ).rowcount
        if gone:
            self.released.append((entry.sender_id, entry.id))
        return bool(gone)

    def customer(self, customer_id: Id, address: Address) -> Customer:
        """A customer, named as the message at hand named them."""
        if customer_id not in self._people:
            sql = "SELECT user_id, name, country FROM customers WHERE id = ?"
            self._people[customer_id] = self.con.execute(sql, (customer_id,)).fetchone() or ()
        return Customer(customer_id, address, *self._people[customer_id])

    def tell(self, entry: Entry, kind: EventKind, at: int, real: int, *, note: str = "", **more: Any) -> None:
        """Write the event that a message has come to something, and its deliveries; `more` are the event's fields."""
        content = more.get("content")
        about = content.target if isinstance(content, Reaction) else entry.quote
        event = Event(
            # Minted here and not before: the log's order is that of commits, or a reader following it would miss some.
            self.con.event_id(self.ids),
            kind,
            at,
            entry.sender_id,
            entry.number,
            message_id=entry.id,
            customer=self.customer(entry.customer_id, entry.address),
            dialect=entry.dialect,
            quote=entry.quote,
            quote_incoming=self._is_incoming(about),
            refs=load_object(entry.refs),
            **more,
        )
        self.announce(event, real, note)

    def _is_incoming(self, message_id: Id | None) -> bool:
        if not message_id:
            return False
        row = self.con.execute("SELECT direction FROM messages WHERE id = ?", (message_id,)).fetchone()
        return row is not None and row[0] == Direction.IN

    def announce(self, event: Event, real: int, note: str = "") -> None:
        """Write an event, and a delivery for each subscription that wants it."""
        told = []
        for subscription in self._audience.of(self.con, event.sender_id):
            if not subscription.wants(event.kind, event.dialect):
                continue
            numbered = self.con.execute(
                "UPDATE subscriptions SET last_number = last_number + 1 WHERE id = ? RETURNING last_number",
                (subscription.id,),
            ).fetchall()
            if not numbered:
                continue  # another node has just removed it
            ((number,),) = numbered
            self.con.execute(_DELIVERY, (subscription.id, number, event.id, real, real))
            told.append([subscription.id, number])
            self._told.add(subscription.id)
        body = dump_event(event).decode()
        row = (
            event.id,
            event.sender_id,
            event.message_id,
            event.kind.value,
            event.at,
            real,
            body,
            note,
            json.dumps(told),
        )
        self.con.execute(_EVENT, row)

    def keep(self, entry: Entry, note: str, at: int, real: int, facts: Mapping[str, Any]) -> None:
        """Record something about a message that nobody is told."""
        body = dump_object(facts)
        self.con.execute(
            _EVENT, (self.con.event_id(self.ids), entry.sender_id, entry.id, "", at, real, body, note, None)
        )

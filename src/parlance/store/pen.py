"""Writes what happens within one transaction of the writer thread, and collects what it sets in motion."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from parlance.contract.moments import Pending, Written
from parlance.contract.world import Ids
from parlance.formats.canonical import dump_event
from parlance.model.address import Address
from parlance.model.event import Customer, Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Direction, Reaction
from parlance.model.sender import Statuses, Subscription
from parlance.store import customers
from parlance.store.connection import Connection
from parlance.store.rows import ENTRY, INSERT_ENTRY, Entry, dump_object, load_object

_MOST_KNOWN = 20_000
ATTEMPT = (
    *("message_id", "attempt", "part", "started_at", "route_id", "ended_at"),
    *("outcome", "status", "detail", "external_id"),
)
_ATTEMPT = (
    f"INSERT INTO attempts ({', '.join(ATTEMPT)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608  our words
    "ON CONFLICT (message_id, attempt, part, started_at) DO UPDATE SET "
    "route_id = excluded.route_id, ended_at = excluded.ended_at, outcome = excluded.outcome, status = excluded.status, "
    "detail = excluded.detail, external_id = excluded.external_id"
)
_INCOMING_ID = (
    "INSERT INTO carrier_ids (route_id, external_id, message_id, part, stage) VALUES (?, ?, ?, 0, 'delivered')"
)
_CARRIER_ID = (
    "INSERT INTO carrier_ids (route_id, external_id, message_id, part, stage) VALUES (?, ?, ?, ?, 'sent') "
    "ON CONFLICT DO NOTHING"
)
EVENT = ("id", "sender_id", "message_id", "kind", "at", "real_at", "body", "note", "told")
_EVENT = f"INSERT INTO events ({', '.join(EVENT)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  our words
_DELIVERY = (
    "INSERT INTO deliveries (subscription_id, number, event_id, state, due_at, tries, created_at, last_error) "
    "VALUES (?, ?, ?, 'due', ?, 0, ?, '')"
)


class Audience:
    """Who wants to hear of which sender, as the writer thread remembers it."""

    def __init__(self) -> None:
        self._known: dict[Id, tuple[Subscription, ...]] = {}
        self._changes = 0

    def of(self, con: Connection, sender_id: Id) -> tuple[Subscription, ...]:
        """The sender's subscriptions, without their secrets."""
        known = self._known.get(sender_id)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            changes = self._changes
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
            if changes != self._changes:
                # Another node may have changed them since they were read.
                self._known.pop(sender_id, None)
        return known

    def forget(self, sender_id: Id | None = None) -> None:
        """They have changed (None: anyone's may have). May be called from any thread."""
        self._changes += 1
        if sender_id is None:
            self._known.clear()
        else:
            self._known.pop(sender_id, None)


class Pen:
    """One transaction's writing."""

    def __init__(self, con: Connection, ids: Ids, audience: Audience) -> None:
        self._con = con
        self.ids = ids
        self._audience = audience
        self._people: dict[Id, tuple[str, ...]] = {}
        self.told: set[Id] = set()
        """Subscriptions with new deliveries."""
        self.released: list[tuple[Id, Id]] = []
        self.requeued: list[Pending] = []
        self.messages: list[Id] = []
        self.touched: set[Id] = set()
        """Senders whose set-up was changed by what was written."""

    @property
    def con(self) -> Connection:
        """The connection, for what the pen has no word for."""
        return self._con

    def written(self) -> Written:
        """What the transaction set in motion."""
        return Written(frozenset(self.told), tuple(self.released), tuple(self.requeued), tuple(self.messages))

    def entry(self, message_id: Id) -> Entry | None:
        """A message's row, which nobody else changes until the transaction's end."""
        sql = f"SELECT {ENTRY} FROM messages WHERE id = ? /*+ FOR UPDATE */"  # noqa: S608  our words
        row = self.con.execute(sql, (message_id,)).fetchone()
        return Entry._make(row) if row else None

    def peek(self, message_id: Id) -> Entry | None:
        """A message's row as it stands, which others may change."""
        row = self.con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608
        return Entry._make(row) if row else None

    def named(self, route_id: Id, external_id: str) -> Id | None:
        """The message that the route's carrier knows by this id."""
        sql = "SELECT message_id FROM carrier_ids WHERE route_id = ? AND external_id = ?"
        row = self.con.execute(sql, (route_id, external_id)).fetchone()
        return row[0] if row else None

    def knows(self, route_id: Id, external_id: str, message_id: Id, part: int) -> bool:
        """Write that the route's carrier knows a message, or this part of it, by an id; False when it is taken."""
        return bool(self.con.execute(_CARRIER_ID, (route_id, external_id, message_id, part)).rowcount)

    def early(self, route_id: Id, external_id: str) -> list[str]:
        """Take the reports that came before it was known which message the carrier knows by this id."""
        known = (route_id, external_id)
        rows = self.con.execute(
            "SELECT report FROM unclaimed WHERE route_id = ? AND external_id = ? ORDER BY id", known
        ).fetchall()
        if rows:
            self.con.execute("DELETE FROM unclaimed WHERE route_id = ? AND external_id = ?", known)
        return [report for (report,) in rows]

    def write(self, entry: Entry) -> None:
        """Write a new message."""
        self.con.execute(INSERT_ENTRY, entry)

    def name(self, route_id: Id, external_id: str, message_id: Id) -> None:
        """Write that a customer's message came to the route under this id."""
        self.con.execute(_INCOMING_ID, (route_id, external_id, message_id))

    def record(self, attempt: tuple[Any, ...]) -> None:
        """Write an attempt; the columns are those of `ATTEMPT`."""
        self.con.execute(_ATTEMPT, attempt)

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

    def resolved(self, customer_id: Id, wa_id: str, now: int) -> None:
        """A carrier named this customer's id on WhatsApp."""
        customers.resolved(self.con, self.ids, customer_id, wa_id, now)

    def tell(
        self, entry: Entry, kind: EventKind, at: int, real: int, *, note: str = "", raw: str = "", **more: Any
    ) -> None:
        """Write the event that a message has come to something, and its deliveries.

        `more` are the event's fields; `raw` is its content as it stands in the message's row, which is no reaction.
        """
        content = more.get("content")
        about = content.target if isinstance(content, Reaction) else entry.quote
        event = Event(
            self.event_id(),
            kind,
            at,
            entry.sender_id,
            entry.number,
            message_id=entry.id,
            customer=self.customer(entry.customer_id, entry.address),
            dialect=entry.dialect,
            quote=entry.quote,
            quote_incoming=self.is_incoming(about),
            refs=load_object(entry.refs),
            **more,
        )
        self.announce(event, real, note, raw)

    def is_incoming(self, message_id: Id | None) -> bool:
        """Whether a message that another one refers to came from the customer."""
        if not message_id:
            return False
        row = self.con.execute("SELECT direction FROM messages WHERE id = ?", (message_id,)).fetchone()
        return row is not None and row[0] == Direction.IN

    def announce(self, event: Event, real: int, note: str = "", raw: str = "") -> None:
        """Write an event, and a delivery for each subscription that wants it; `raw` is its content as JSON."""
        everyone = self._audience.of(self._con, event.sender_id)
        wanting = [each.id for each in everyone if each.wants(event.kind, event.dialect)]
        body = dump_event(event, raw).decode()
        about = (event.sender_id, event.message_id)
        self._file((event.id, *about, event.kind.value, event.at, real, body, note), wanting)

    def keep(self, entry: Entry, note: str, at: int, real: int, facts: Mapping[str, Any]) -> None:
        """Record something about a message that nobody is told."""
        self._file((self.event_id(), entry.sender_id, entry.id, "", at, real, dump_object(facts), note), None)

    def event_id(self) -> Id:
        """An id for an event.

        Minted here and not before: the log's order is that of commits, or a reader following it would miss some.
        """
        return self._con.event_id(self.ids)

    def _file(self, event: tuple[Any, ...], wanting: Sequence[Id] | None) -> None:
        """Write a row of `events`, whose real time is its sixth value, and its deliveries; None: it is told nobody."""
        told = []
        for subscription_id in wanting or ():
            numbered = self.con.execute(
                "UPDATE subscriptions SET last_number = last_number + 1 WHERE id = ? RETURNING last_number",
                (subscription_id,),
            ).fetchall()
            if not numbered:
                continue  # another node has just removed it
            ((number,),) = numbered
            self.con.execute(_DELIVERY, (subscription_id, number, event[0], event[5], event[5]))
            told.append([subscription_id, number])
            self.told.add(subscription_id)
        self.con.execute(_EVENT, (*event, None if wanting is None else json.dumps(told)))

"""What a group of settlements or reports has looked up at its beginning, and will write at its end."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from parlance.contract.world import Ids
from parlance.model.ids import Id
from parlance.store.groupwise.arrays import maybe_numbers, numbers, texts
from parlance.store.pen import ATTEMPT, EVENT, Audience
from parlance.store.postgres_link import PostgresLink
from parlance.store.rows import ENTRY, Entry

Name = tuple[Id, str]
"""A route, and an id that its carrier uses."""

_PICKED = (
    "SELECT unnest(?::bigint[]) UNION SELECT c.message_id FROM unnest(?::bigint[], ?::text[]) AS i (route, external) "
    "JOIN carrier_ids c ON c.route_id = i.route AND c.external_id = i.external"
)
_ENTRIES = f"SELECT {ENTRY} FROM messages WHERE id IN ({_PICKED}) ORDER BY id FOR UPDATE"  # noqa: S608  our words
_WAITING = (
    f"SELECT o.message_id FROM messages m JOIN outbox o ON o.sender_id = m.sender_id AND o.message_id = m.id "  # noqa: S608
    f"WHERE m.id IN ({_PICKED})"
)
_PEOPLE = (
    "SELECT c.id, c.user_id, c.name, c.country, c.wa_id FROM customers c "  # noqa: S608
    f"WHERE c.id IN (SELECT customer_id FROM messages WHERE id IN ({_PICKED}))"
)
_QUOTED = (
    "SELECT q.id, q.direction FROM messages q WHERE q.id IN "  # noqa: S608
    f"(SELECT quote FROM messages WHERE quote IS NOT NULL AND id IN ({_PICKED}))"
)
_NAMES = (
    "SELECT c.route_id, c.external_id, c.message_id FROM unnest(?::bigint[], ?::text[]) AS i (route, external) "
    "JOIN carrier_ids c ON c.route_id = i.route AND c.external_id = i.external"
)
_LEARN = (
    "INSERT INTO carrier_ids (route_id, external_id, message_id, part, stage) "
    "SELECT i.route, i.external, i.message, i.part, 'sent' "
    "FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::smallint[]) AS i (route, external, message, part) "
    "WHERE EXISTS (SELECT 1 FROM messages WHERE id = i.message) "
    "ON CONFLICT DO NOTHING RETURNING route_id, external_id, message_id"
)
_EARLY = (
    "SELECT u.route_id, u.external_id, u.report FROM unnest(?::bigint[], ?::text[]) AS i (route, external) "
    "JOIN unclaimed u ON u.route_id = i.route AND u.external_id = i.external ORDER BY u.id"
)
_NUMBERED = "SELECT id FROM subscriptions WHERE id = ANY (?::bigint[]) ORDER BY id FOR UPDATE"
_COUNT_ON = (
    "UPDATE subscriptions s SET last_number = s.last_number + i.many FROM unnest(?::bigint[], ?::bigint[]) "
    "AS i (id, many) WHERE s.id = i.id RETURNING s.id, s.last_number - i.many"
)
_SAVE = (
    "UPDATE messages m SET stage = i.stage, failure = i.failure, route_id = i.route, external_id = i.external, "
    "parts = i.parts, departed = i.departed FROM unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], "
    "?::smallint[], ?::smallint[]) AS i (id, stage, failure, route, external, parts, departed) WHERE m.id = i.id"
)
_RELEASE = (
    "DELETE FROM outbox o USING unnest(?::bigint[], ?::bigint[]) AS i (sender, message) "
    "WHERE o.sender_id = i.sender AND o.message_id = i.message"
)
_NAME = ("route_id", "external_id", "message_id", "part", "stage")
_DELIVERY = ("subscription_id", "number", "event_id", "state", "due_at", "tries", "created_at", "last_error")


class Sheet:
    """One group's rows. What it read is locked or its own, so it stays true until the transaction's end."""

    def __init__(self, con: PostgresLink, ids: Ids, audience: Audience) -> None:
        self.con = con
        self.ids = ids
        self.audience = audience
        self.entries: dict[Id, Entry | None] = {}
        self.waiting: set[Id] = set()
        """Messages that stand in the outbox; one looked up that is not here does not."""
        self.people: dict[Id, tuple[str, str, str]] = {}
        self.wa_ids: dict[Id, str] = {}
        self.directions: dict[Id, str] = {}
        self.names: dict[Name, Id | None] = {}
        """What carriers' ids stand for, None: nothing yet."""
        self.taken: set[Name] = set()
        self.learnt: dict[Name, Id] = {}
        """Ids that were taken for a message by this group, and not yet asked for."""
        self.early: dict[Name, list[str]] = {}
        self._new: list[Entry] = []
        self._named: list[Sequence[Any]] = []
        self._dirty: dict[Id, Entry] = {}
        self._gone: list[tuple[Id, Id]] = []
        self._attempts: dict[tuple[Any, ...], Sequence[Any]] = {}
        self._events: list[tuple[tuple[Any, ...], Sequence[Id] | None]] = []

    # ---- looking up

    def look_up(self, message_ids: Iterable[Id], names: Sequence[Name]) -> None:
        """Read and lock these messages, and those that carriers know by these names, with all that belongs to them."""
        known = list(message_ids)
        self.con.foresee()
        routes, externals = numbers(route for route, _ in names), texts(external for _, external in names)
        picked = (numbers(known), routes, externals)
        found, waiting, people, quoted, named = self.con.gather(
            (_ENTRIES, picked), (_WAITING, picked), (_PEOPLE, picked), (_QUOTED, picked), (_NAMES, (routes, externals))
        )
        self.names = dict.fromkeys(names)
        self.names.update({(route, external): message for route, external, message in named})
        self.taken = {(route, external) for route, external, _ in named}
        self._keep(known, found, waiting, people, quoted)

    def learn(self, names: Sequence[tuple[Id, str, Id, int]], message_ids: Sequence[Id]) -> None:
        """Read and lock these messages; take carriers' names for them, then look for reports that came before."""
        picked = (numbers(message_ids), "{}", "{}")
        self.con.foresee()
        routes, externals = numbers(each[0] for each in names), texts(each[1] for each in names)
        messages, parts = numbers(each[2] for each in names), numbers(each[3] for each in names)
        found, waiting, people, quoted, learnt, early = self.con.gather(
            (_ENTRIES, picked),
            (_WAITING, picked),
            (_PEOPLE, picked),
            (_QUOTED, picked),
            (_LEARN, (routes, externals, messages, parts)),
            (_EARLY, (routes, externals)),
        )
        self.taken = {(route, external) for route, external, *_ in names}
        self.learnt = {(route, external): message for route, external, message in learnt}
        self.early = {(route, external): [] for route, external, *_ in names}
        for route, external, report in early:
            self.early[route, external].append(report)
        self._keep(message_ids, found, waiting, people, quoted)

    def _keep(
        self,
        known: Sequence[Id],
        found: list[tuple[Any, ...]],
        waiting: list[tuple[Any, ...]],
        people: list[tuple[Any, ...]],
        quoted: list[tuple[Any, ...]],
    ) -> None:
        self.entries = dict.fromkeys(known)
        self.entries.update({row[0]: Entry._make(row) for row in found})
        self.waiting = {message_id for (message_id,) in waiting}
        self.people = {id_: (user_id, name, country) for id_, user_id, name, country, _ in people}
        self.wa_ids = {row[0]: row[4] for row in people}
        self.directions = dict(quoted)

    # ---- what is to be written

    def write(self, entry: Entry) -> None:
        """There is a new message."""
        self.entries[entry.id] = entry
        self._new.append(entry)

    def name(self, route_id: Id, external_id: str, message_id: Id) -> None:
        """The customer's message came under this name."""
        self.names[route_id, external_id] = message_id
        self.taken.add((route_id, external_id))
        self._named.append((route_id, external_id, message_id, 0, "delivered"))

    def save(self, entry: Entry) -> None:
        """What can change of a message's row has changed."""
        self.entries[entry.id] = self._dirty[entry.id] = entry

    def release(self, entry: Entry) -> bool:
        """Take a message out of the outbox; False when it is not there."""
        if entry.id not in self.waiting:
            return False
        self.waiting.discard(entry.id)
        self._gone.append((entry.sender_id, entry.id))
        return True

    def record(self, attempt: Sequence[Any]) -> None:
        """There was an attempt; of what is said of one attempt the last word counts."""
        self._attempts[tuple(attempt[:4])] = attempt

    def file(self, event: tuple[Any, ...], wanting: Sequence[Id] | None) -> None:
        """There is an event, and who wants to hear of it."""
        self._events.append((event, wanting))

    def flush(self) -> None:
        """Write what there is; afterwards the tables say what the sheet says."""
        if self._new:
            self.con.copy("messages", Entry._fields, self._new)
            self._new = []
        if self._named:
            self.con.copy("carrier_ids", _NAME, self._named)
            self._named = []
        if self._dirty or self._gone:
            self._flush_messages()
        if self._attempts:
            self.con.copy("attempts", ATTEMPT, list(self._attempts.values()))
            self._attempts = {}
        if self._events:
            self._flush_events()

    def _flush_messages(self) -> None:
        dirty, gone = list(self._dirty.values()), self._gone
        save = (
            numbers(entry.id for entry in dirty),
            texts(entry.stage for entry in dirty),
            texts(entry.failure for entry in dirty),
            maybe_numbers(entry.route_id for entry in dirty),
            texts(entry.external_id for entry in dirty),
            numbers(entry.parts for entry in dirty),
            numbers(entry.departed for entry in dirty),
        )
        released = (numbers(sender_id for sender_id, _ in gone), numbers(message_id for _, message_id in gone))
        self.con.leave((_SAVE, save), (_RELEASE, released))
        self._dirty, self._gone = {}, []

    def _flush_events(self) -> None:
        """Number the deliveries of all events, in order; who is no longer subscribed is told nothing."""
        events, self._events = self._events, []
        counts = Counter(subscription for _, wanting in events for subscription in wanting or ())
        last: dict[Id, int] = {}
        if counts:
            each, many = numbers(counts), numbers(counts.values())
            _, rows = self.con.gather((_NUMBERED, (each,)), (_COUNT_ON, (each, many)))
            last = dict(rows)
        deliveries, filed = [], []
        for event, wanting in events:
            told = []
            for subscription in wanting or ():
                if subscription in last:
                    last[subscription] += 1
                    told.append([subscription, last[subscription]])
                    deliveries.append((subscription, last[subscription], event[0], "due", event[5], 0, event[5], ""))
            filed.append((*event, None if wanting is None else json.dumps(told)))
        if deliveries:
            self.con.copy("deliveries", _DELIVERY, deliveries)
        self.con.copy("events", EVENT, filed)

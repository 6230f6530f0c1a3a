"""Operators' keys, the probe, and senders that are stalled."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from parlance.contract.moments import Written
from parlance.contract.operators import FLOWING, STALLED, Commits, OperatorKey, OperatorScope, Tally
from parlance.formats.canonical import load_event
from parlance.model.event import Event, EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.store.connection import Connection
from parlance.store.known import shift_of
from parlance.store.ledger import Ledger
from parlance.store.pen import Pen

_NOBODY = 0
"""The sender that operators' keys stand under among all keys."""

_DIALECT = "operator"
_KEY = "id, public, scope, created_at, ends_at"
_WORKING = f"FROM keys WHERE sender_id = {_NOBODY} AND dialect = '{_DIALECT}' AND (ends_at IS NULL OR ends_at > ?)"
_NOTE = (
    "INSERT INTO meta (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value"
)

# Each subscription's own oldest stands first in the index; there are few subscriptions beside what they are told.
_OLDEST_DUE = (
    "SELECT min((SELECT d.created_at FROM deliveries d WHERE d.subscription_id = s.id AND d.state = 'due' "
    "ORDER BY d.number LIMIT 1)) FROM subscriptions s WHERE s.url <> ''"
)


class Operating(Ledger):
    """Serves those who run the gateway."""

    async def operator_keys(self) -> Sequence[OperatorKey]:
        """Those that have not ended, by id."""
        sql, now = f"SELECT {_KEY} {_WORKING} ORDER BY id", self._clock.now()
        return await self._read(lambda con: [_key(row) for row in con.execute(sql, (now,))])

    async def find_operator_key(self, secret: str) -> OperatorKey | None:
        """The key with this secret, None when there is none or it has ended."""
        sql = f"SELECT {_KEY} {_WORKING} AND hash = ?"
        values = (self._clock.now(), self._vault.digest(_DIALECT, secret))
        row = await self._read(lambda con: con.execute(sql, values).fetchone())
        return None if row is None else _key(row)

    async def add_operator_key(
        self, name: str, secret: str, scope: OperatorScope, replaced: Id | None, ends_at: int
    ) -> OperatorKey:
        """Add a key; the one `replaced` by it ends at `ends_at`. Raises `Refusal(UNKNOWN_SENDER, "replaces")`."""
        digest, now = self._vault.digest(_DIALECT, secret), self._clock.now()
        made = OperatorKey(self._ids.mint(), name, scope, now)

        def work(con: Connection) -> None:
            if replaced is not None and not _end(con, replaced, ends_at, now):
                raise Refusal(Fault.UNKNOWN_SENDER, "replaces", "There is no such key.")
            con.execute(
                "INSERT INTO keys (id, sender_id, dialect, public, hash, scope, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (made.id, _NOBODY, _DIALECT, name, digest, scope.value, now),
            )

        await self._write(work)
        return made

    async def end_operator_key(self, key_id: Id, at: int) -> bool:
        """End one key; False when no such key works."""
        now = self._clock.now()
        return await self._write(lambda con: _end(con, key_id, at, now))

    async def probe(self) -> None:
        """Write something small and see it committed; raises `Refusal(UNAVAILABLE)`."""
        mark = str(self._ids.mint())
        await self._write(lambda con: con.execute(_NOTE, ("probe", mark)).rowcount)

    def commits(self) -> Commits:
        """What the writer has done so far."""
        return Commits() if self._group is None else Commits(self._group.commits, self._group.operations)

    async def tally(self, after: Id) -> Tally:
        """Count the event log behind `after`; what was only kept for the record does not count."""
        span = (after, await self._readable())
        return await self._read(lambda con: _tally(con, span))

    async def oldest_due(self) -> int | None:
        """Since when the webhook that is due longest has been waiting, None when none is; pulled ones do not count."""
        return await self._read(lambda con: con.execute(_OLDEST_DUE).fetchone()[0])

    async def tell_stalls(self, stalled: Collection[Id], now: int, *, ended: bool = True) -> Written:
        """Tell of senders that are stalled and were not, and (`ended`) of those that were and are not."""
        return await self._write(lambda con: _tell(self._pen(con), set(stalled), now, ended=ended))


def _key(row: Any) -> OperatorKey:
    id_, name, scope, created_at, ends_at = row
    return OperatorKey(id_, name, OperatorScope(scope), created_at, ends_at)


def _end(con: Connection, key_id: Id, at: int, now: int) -> bool:
    sql = f"SELECT ends_at {_WORKING} AND id = ?"
    row = con.execute(sql, (now, key_id)).fetchone()
    if row is None:
        return False
    con.execute("UPDATE keys SET ends_at = ? WHERE id = ?", (at if row[0] is None else min(at, row[0]), key_id))
    return True


def _tally(con: Connection, span: tuple[Id, Id]) -> Tally:
    log = "FROM events WHERE id > ? AND id <= ? AND told IS NOT NULL"
    rows = con.execute(f"SELECT sender_id, kind, count(*), min(id), max(id) {log} GROUP BY sender_id, kind", span)
    kinds = {(sender_id, EventKind(kind)): (count, first, last) for sender_id, kind, count, first, last in rows}
    failures: Counter[Fault] = Counter()
    if any(kind is EventKind.FAILED for _, kind in kinds):
        for (body,) in con.execute(f"SELECT body {log} AND kind = '{EventKind.FAILED}'", span):
            failure = load_event(body).failure
            failures[failure.fault if failure else Fault.CARRIER_REFUSED] += 1
    return Tally(max((last for _, _, last in kinds.values()), default=span[0]), kinds, failures)


def _tell(pen: Pen, stalled: set[Id], now: int, *, ended: bool) -> Written:
    row = pen.con.execute("SELECT value FROM meta WHERE name = 'stalled'").fetchone()
    before = set(json.loads(row[0])) if row else set()
    if not ended:
        stalled = stalled | before
    for sender_id in sorted(stalled ^ before):
        sender = pen.con.execute("SELECT number FROM senders WHERE id = ?", (sender_id,)).fetchone()
        if sender is None:
            continue
        state = STALLED if sender_id in stalled else FLOWING
        at = now + shift_of(pen.con, sender_id)
        pen.announce(Event(pen.event_id(), EventKind.STATE, at, sender_id, sender[0], state=state), now)
    pen.con.execute(_NOTE, ("stalled", json.dumps(sorted(stalled))))
    return pen.written()

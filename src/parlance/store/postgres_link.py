"""What a transaction says to PostgreSQL.

On several nodes events are not committed in the order of their ids. A reader that follows the log must yet miss none,
so a transaction says, before it mints its first event, from which id on it writes (a shared advisory lock whose key is
that id, given up by the database when the transaction ends, however it ends), and only then looks which is the highest
id there is. A reader takes the highest id, then the lowest such lock, and reads up to the lower of the two: whoever
locks later will look later still, and mint higher ids.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from parlance.contract.world import Ids
from parlance.model.ids import COUNTER_BITS, NODE_BITS, Id
from parlance.store import postgres_news
from parlance.store.connection import Values
from parlance.store.postgres_line import Cursor, PostgresLine, Statement
from parlance.store.spelling import pack, spell, unpack

_MINT_BITS = NODE_BITS + COUNTER_BITS
_NODE = (1 << _MINT_BITS) - (1 << COUNTER_BITS)
_ALONE = 0x5041
"""The first half of the keys of our advisory locks that have two; those of events have one."""

_FEW = 4
"""Up to so many rows go one by one at the end of the transaction; a copy takes two ways to the server and back."""

_HIGHEST = b"SELECT coalesce(max(id), 0) FROM events"
_FROM_HERE_ON = b"SELECT pg_advisory_xact_lock_shared((SELECT coalesce(max(id), 0) FROM events))"
_LOWEST = (
    b"SELECT min((classid::bigint << 32) | objid::bigint) FROM pg_locks WHERE locktype = 'advisory' "
    b"AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class PostgresRows:
    """What a statement gave."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        return self._cursor.rowcount

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, None when there is none."""
        row = self._cursor.fetchone()
        return None if row is None else tuple(map(unpack, row))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return [tuple(map(unpack, row)) for row in self._cursor.fetchall()]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())


class PostgresLink(PostgresLine):
    """A `Link` to one database."""

    def __init__(self, url: str, settings: str = "", origin: int = 0) -> None:
        """As for every line; other nodes are told of changes in the name of `origin`."""
        super().__init__(url, settings)
        self.origin = origin
        self._changed: set[Id] | None = set()
        self._foreseen = False

    def begin(self) -> None:
        """Begin to write."""
        super().begin()
        self._changed, self._foreseen = set(), False

    def execute(self, sql: str, values: Values = (), /) -> PostgresRows:
        """Run a statement."""
        if isinstance(values, Sequence):
            return PostgresRows(self._send((spell(sql), _packed(values)))[-1])
        named = {name: pack(value) for name, value in values.items()}
        return PostgresRows(self._send((spell(sql), named))[-1])

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> None:
        """Run a statement once for each row of values."""
        if rows:
            self._send(*((spell(sql), _packed(row)) for row in rows))

    def gather(self, *questions: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
        """Run statements that do not wait for each other's answers, in one way to the server and back."""
        cursors = self._send(*((spell(sql), _packed(values)) for sql, values in questions))
        return [PostgresRows(cursor).fetchall() if cursor.description else [] for cursor in cursors]

    def leave(self, *statements: tuple[str, Sequence[Any]]) -> None:
        """Let statements whose answers nobody needs go with whatever goes next to the server."""
        self._later += [(spell(sql), _packed(values)) for sql, values in statements]

    def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], /) -> None:
        """Write rows, none of which may be there already; a clash may show itself only when the transaction ends."""
        names = ", ".join(columns)
        if len(rows) <= _FEW:
            sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  our words
            self.leave(*((sql, row) for row in rows))
            return
        if self._opening or self._later:
            self._send()
        with self._held.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copying:
            for row in rows:
                copying.write_row(_packed(row) or ())

    def alone(self, what: str) -> None:
        """Go on when no other node is doing this; others wait until this transaction's end."""
        self._send((b"SELECT pg_advisory_xact_lock(%s::int, hashtext(%s))", (_ALONE, what)))

    def changed(self, sender_ids: Iterable[Id] | None) -> None:
        """What is set up for these senders changes with this transaction (None: for any): other nodes are told."""
        if sender_ids is None or self._changed is None:
            self._changed = None
        else:
            self._changed.update(sender_ids)

    def _end(self) -> str | None:
        if self._changed is None or self._changed:
            # Counted last of all: until the transaction's end no other node can count a change of its own.
            self._later.append((postgres_news.CHANGED, (str(self.origin), postgres_news.names(self._changed))))
        return super()._end()

    def foresee(self) -> None:
        """Events will be minted: what that needs goes with whatever goes next to the server."""
        self._foreseen = True

    def _send(self, *statements: Statement) -> list[Cursor]:
        if not self._foreseen or self._floor is not None:
            return super()._send(*statements)
        self._foreseen = False
        *cursors, _, highest = super()._send(*statements, (_FROM_HERE_ON, None), (_HIGHEST, None))
        self._floor = _number(highest)
        return cursors

    def event_id(self, ids: Ids) -> Id:
        """Mint an event's id: larger than that of every event that any reader can have seen."""
        minted = ids.mint()
        if self._floor is None:
            *_, highest = self._send((_FROM_HERE_ON, None), (_HIGHEST, None))
            self._floor = _number(highest)
        if minted <= self._floor:
            minted = _above(self._floor, minted)
        self._floor = minted
        return minted

    def readable(self) -> Id:
        """Up to which id the event log can be read: below it nothing is still being written."""
        highest, lowest = self._send((_HIGHEST, None), (_LOWEST, None))
        lock = lowest.fetchone()
        return _number(highest) if lock is None or lock[0] is None else min(_number(highest), int(lock[0]))


def _packed(values: Iterable[Any]) -> list[Any] | None:
    return [pack(value) for value in values] or None


def _number(cursor: Cursor) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _above(floor: Id, minted: Id) -> Id:
    """An id above the floor that no other node makes: the next of the mint's own node."""
    own = minted & _NODE
    following = floor + 1
    return following if following & _NODE == own else (((floor >> _MINT_BITS) + 1) << _MINT_BITS) | own

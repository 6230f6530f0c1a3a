"""A connection to PostgreSQL that comes back, and finds out what became of a commit it broke in.

On several nodes events are not committed in the order of their ids. A reader that follows the log must yet miss none,
so a transaction says, before it mints its first event, from which id on it writes (a shared advisory lock whose key is
that id, given up by the database when the transaction ends, however it ends), and only then looks which is the highest
id there is. A reader takes the highest id, then the lowest such lock, and reads up to the lower of the two: whoever
locks later will look later still, and mint higher ids.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from parlance.contract.world import Ids
from parlance.model.ids import COUNTER_BITS, NODE_BITS, Id
from parlance.store.connection import Trouble, Values
from parlance.store.postgres_faults import Gone, trouble
from parlance.store.postgres_session import Session, connect
from parlance.store.spelling import pack, spell, unpack

_MINT_BITS = NODE_BITS + COUNTER_BITS
_NODE = (1 << _MINT_BITS) - (1 << COUNTER_BITS)
_ALONE = 0x5041
"""The first half of the keys of our advisory locks that have two; those of events have one."""
_SHORTEST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0


class PostgresRows:
    """What a statement gave."""

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
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


class PostgresLink:
    """A `Link` to one database. One thread uses it."""

    def __init__(self, url: str) -> None:
        """Nothing is touched before the first transaction."""
        self._url = url
        self._session: Session | None = None
        self._pause = 0.0
        self._rest_until = 0.0
        self._transaction = ("", 0)
        self._floor: Id | None = None

    # ---- transactions

    def begin(self) -> None:
        """Begin to write. Connects anew where the connection was lost; raises `Gone` when that cannot be done now."""
        session = self._connected()
        self._floor = None
        cursor = session.execute("BEGIN; SELECT pg_current_xact_id()::text", prepare=False)
        cursor.nextset()
        row = cursor.fetchone()
        self._transaction = (row[0] if row else "", session.info.backend_pid)

    def look(self) -> None:
        """Begin to read, on one snapshot of what is committed."""
        self._connected().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self, waiting: Callable[[], bool]) -> None:
        """Write to the disk what was done since `begin`; see `Link`."""
        try:
            status = self._end()
        except psycopg.Error as fault:
            if trouble(fault) is not Trouble.LOST:
                raise
            self._find_out(waiting)
            return
        if status != "COMMIT":
            raise psycopg.OperationalError("the transaction was rolled back")

    def _end(self) -> str | None:
        """Say that the transaction is at its end; gives what the server did."""
        return self._held.execute("COMMIT").statusmessage

    def rollback(self) -> None:
        """End a transaction without a trace; a connection that was lost has ended it already."""
        session = self._session
        if session is None:
            return
        if session.closed:
            self._drop()
        elif session.info.transaction_status is not TransactionStatus.IDLE:
            try:
                session.execute("ROLLBACK")
            except psycopg.Error:
                self._drop()

    def savepoint(self) -> None:
        """Mark the point in the transaction to which `undo` leads back."""
        self._held.execute("SAVEPOINT one")

    def undo(self) -> None:
        """Undo what was done since `savepoint`, which stays."""
        self._held.execute("ROLLBACK TO one")
        # A lock taken since then is given up.
        self._floor = None

    def release(self) -> None:
        """Forget the point of `savepoint`."""
        self._held.execute("RELEASE one")

    def trouble(self, fault: BaseException) -> Trouble:
        """Whose a fault is."""
        return trouble(fault)

    def close(self) -> None:
        """Close it."""
        self._drop()

    # ---- statements

    def execute(self, sql: str, values: Values = (), /) -> PostgresRows:
        """Run a statement."""
        packed: Any = None
        if isinstance(values, Sequence):
            packed = [pack(value) for value in values] or None
        elif values:
            packed = {name: pack(value) for name, value in values.items()}
        return PostgresRows(self._held.execute(spell(sql), packed))

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> None:
        """Run a statement once for each row of values."""
        if rows:
            packed = [[pack(value) for value in row] for row in rows]
            self._held.cursor().executemany(spell(sql), packed)

    def gather(self, *questions: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
        """Run statements that do not wait for each other's answers, in one way to the server and back."""
        session = self._held
        with session.pipeline():
            cursors = [
                session.execute(spell(sql), [pack(value) for value in values] or None, prepare=True)
                for sql, values in questions
            ]
        return [
            [tuple(map(unpack, row)) for row in cursor.fetchall()] if cursor.description else [] for cursor in cursors
        ]

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write many rows, none of which may be there already."""
        names = ", ".join(columns)
        with self._held.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copying:
            for row in rows:
                copying.write_row([pack(value) for value in row])

    def alone(self, what: str) -> None:
        """Go on when no other node is doing this; others wait until this transaction's end."""
        self._held.execute("SELECT pg_advisory_xact_lock(%s::int, hashtext(%s))", (_ALONE, what))

    def event_id(self, ids: Ids) -> Id:
        """Mint an event's id: larger than that of every event that any reader can have seen."""
        minted = ids.mint()
        if self._floor is None:
            session = self._held
            session.execute("SELECT pg_advisory_xact_lock_shared((SELECT coalesce(max(id), 0) FROM events))")
            row = session.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
            self._floor = row[0] if row else 0
        if minted <= self._floor:
            minted = _above(self._floor, minted)
        self._floor = minted
        return minted

    def readable(self) -> Id:
        """Up to which id the event log can be read: below it nothing is still being written."""
        session = self._held
        highest = session.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
        lowest = session.execute(
            "SELECT min((classid::bigint << 32) | objid::bigint) FROM pg_locks WHERE locktype = 'advisory' "
            "AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
        assert highest is not None  # noqa: S101  both are aggregates
        assert lowest is not None  # noqa: S101
        return int(highest[0] if lowest[0] is None else min(highest[0], lowest[0]))

    # ---- the connection

    @property
    def _held(self) -> Session:
        if self._session is None:
            raise Gone
        return self._session

    def _connected(self) -> Session:
        if self._session is not None and not self._session.closed:
            return self._session
        self._drop()
        if time.monotonic() < self._rest_until:
            raise Gone
        try:
            self._session = connect(self._url)
        except psycopg.Error:
            self._pause = min(max(self._pause * 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
            self._rest_until = time.monotonic() + self._pause * random.uniform(0.5, 1)  # noqa: S311  no secret
            raise Gone from None
        self._pause = 0.0
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _find_out(self, waiting: Callable[[], bool]) -> None:
        """Return when the commit that broke turns out to have been made; raises that it was not, or that who knows."""
        self._drop()
        while True:
            status = self._status()
            if status == "committed":
                return
            if status == "aborted":
                raise psycopg.OperationalError("the commit did not reach the server")
            if status is None or not waiting():
                raise Gone
            time.sleep(_SHORTEST_PAUSE)

    def _status(self) -> str | None:
        """What the server knows of the last transaction: its word, empty while it cannot say, None: too long ago."""
        number, backend = self._transaction
        try:
            session = self._connected()
            row = session.execute("SELECT pg_xact_status(%s::xid8)", (number,)).fetchone()
            if row == ("in progress",):
                # The server has not noticed that we are gone, and would wait for us with all its locks.
                session.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s "
                    "AND backend_xid = %s::xid8::xid",
                    (backend, number),
                )
        except errors.InvalidParameterValue:
            # A server that took over has not heard of it yet: then it does not hold what was written.
            return "aborted"
        except (Gone, psycopg.Error):
            return ""
        return row[0] if row else ""


def _above(floor: Id, minted: Id) -> Id:
    """An id above the floor that no other node makes: the next of the mint's own node."""
    own = minted & _NODE
    following = floor + 1
    return following if following & _NODE == own else (((floor >> _MINT_BITS) + 1) << _MINT_BITS) | own

"""The line to PostgreSQL: transactions over a connection that comes back when it is lost."""

import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from parlance.model.ids import Id
from parlance.store.connection import Trouble
from parlance.store.postgres_faults import Gone, trouble
from parlance.store.postgres_session import Session, connect

Statement: TypeAlias = tuple[bytes, Any]
Cursor: TypeAlias = psycopg.Cursor[tuple[Any, ...]]

_BEGIN: Statement = (b"BEGIN", None)
_READ: Statement = (b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", None)
_WITNESS = (
    b"INSERT INTO witnesses (line, mark) VALUES (%s, %s) ON CONFLICT (line) DO UPDATE SET mark = excluded.mark "
    b"RETURNING pg_current_xact_id()::text"
)
_SHORTEST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0


class Transaction(NamedTuple):
    """What is known of a transaction that writes: enough to ask later what became of it."""

    number: str = ""
    backend: int = 0
    line: int = 0
    mark: int = 0


class PostgresLine:
    """Transactions on one connection, used by one thread.

    What begins a transaction goes out with its first statement, and what can wait with its end: each way to the server
    and back costs more than a statement.
    """

    def __init__(self, url: str, settings: str = "") -> None:
        """Nothing is touched before the first transaction. `settings` are statements for each new connection."""
        self._url = url
        self._settings = settings
        self._session: Session | None = None
        self._pause = 0.0
        self._rest_until = 0.0
        self._opening: tuple[Statement, ...] = ()
        self._reading = False
        self._later: list[Statement] = []
        self._transaction = Transaction()
        self._floor: Id | None = None

    # ---- transactions

    def begin(self) -> None:
        """Begin to write. Connects anew where the connection was lost; raises `Gone` when that cannot be done now."""
        session, last = self._connected(), self._transaction
        mark = max(last.mark + 1, time.time_ns())
        self._transaction = Transaction("", session.info.backend_pid, session.line, mark)
        self._opening = (_BEGIN, (_WITNESS, (session.line, mark)))
        self._reading, self._later, self._floor = False, [], None

    def look(self) -> None:
        """Begin to read, on one snapshot of what is committed."""
        self._connected()
        self._opening, self._reading = (_READ,), True

    def commit(self, waiting: Callable[[], bool]) -> None:
        """Write to the disk what was done since `begin`; see `Link`."""
        if self._opening:
            self._send()
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
        return self._send((b"COMMIT", None))[-1].statusmessage

    def rollback(self) -> None:
        """End a transaction without a trace; a connection that was lost has ended it already."""
        session = self._session
        self._opening, self._later = (), []
        if session is None:
            return
        if session.closed:
            self._drop()
        elif session.info.transaction_status is not TransactionStatus.IDLE:
            # The driver forgets its prepared statements at each ROLLBACK; a transaction that only read can do without.
            clean = self._reading and session.info.transaction_status is TransactionStatus.INTRANS
            try:
                session.execute(b"COMMIT" if clean else b"ROLLBACK")
            except psycopg.Error:
                self._drop()

    def savepoint(self) -> None:
        """Mark the point in the transaction to which `undo` leads back."""
        self._send((b"SAVEPOINT one", None))

    def undo(self) -> None:
        """Undo what was done since `savepoint`, which stays."""
        self._later = []
        self._send((b"ROLLBACK TO one", None))
        # A lock taken since then is given up.
        self._floor = None

    def release(self) -> None:
        """Forget the point of `savepoint`."""
        self._send((b"RELEASE one", None))

    def trouble(self, fault: BaseException) -> Trouble:
        """Whose a fault is."""
        return trouble(fault)

    def close(self) -> None:
        """Close it."""
        self._drop()

    # ---- the connection

    def _send(self, *statements: Statement) -> list[Cursor]:
        """Run statements behind all that has waited for them, in one way to the server and back."""
        session, opening, later = self._held, self._opening, self._later
        self._opening, self._later = (), []
        if not opening and not later and len(statements) == 1:
            return [session.execute(*statements[0])]
        with session.pipeline():
            opened = [session.execute(sql, values, prepare=True) for sql, values in opening]
            for sql, values in later:
                session.execute(sql, values, prepare=True)
            cursors = [session.execute(sql, values) for sql, values in statements]
        if opening and not self._reading and (row := opened[-1].fetchone()):
            self._transaction = self._transaction._replace(number=row[0])
        return cursors

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
            self._session = connect(self._url, self._settings)
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
        """What the server knows of the last transaction: its word, empty while it cannot say, None: too long ago.

        A number alone proves no commit: a server that was killed gives those again that never reached its disk. The
        witness does, whatever became of the number.
        """
        number, backend, line, mark = self._transaction
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
            elif row != ("aborted",):
                seen = session.execute("SELECT FROM witnesses WHERE line = %s AND mark = %s", (line, mark)).fetchone()
                return "committed" if seen is not None else "aborted"
        except errors.InvalidParameterValue:
            # A server that took over has not heard of it yet: then it does not hold what was written.
            return "aborted"
        except (Gone, psycopg.Error):
            return ""
        return row[0] if row else ""

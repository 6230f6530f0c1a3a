"""A connection to the SQLite file. One process owns the file, so nothing has to be settled with other nodes."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from parlance.contract.world import Ids
from parlance.model.ids import Id
from parlance.store.connection import Trouble
from parlance.store.faults import is_storage


class FileConnection(sqlite3.Connection):
    """A `Link` that is the driver's own connection."""

    def begin(self) -> None:
        """Begin to write."""
        self.execute("BEGIN IMMEDIATE")

    def look(self) -> None:
        """Begin to read."""
        self.execute("BEGIN")

    def commit(self, waiting: Callable[[], bool] | None = None) -> None:  # noqa: ARG002  a file is never far away
        """Write to the disk what was done since `begin`."""
        self.execute("COMMIT")

    def rollback(self) -> None:
        """End a transaction without a trace; after some faults SQLite has done so by itself."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def savepoint(self) -> None:
        """Mark the point in the transaction to which `undo` leads back."""
        self.execute("SAVEPOINT one")

    def undo(self) -> None:
        """Undo what was done since `savepoint`, which stays."""
        self.execute("ROLLBACK TO one")

    def release(self) -> None:
        """Forget the point of `savepoint`."""
        self.execute("RELEASE one")

    def trouble(self, fault: BaseException) -> Trouble:
        """The disk's, or the operation's own."""
        return Trouble.STORAGE if is_storage(fault) else Trouble.OWN

    def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], /) -> None:
        """Write rows, none of which may be there already."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608  our words

    def alone(self, what: str) -> None:
        """There is no other node."""

    def changed(self, sender_ids: Iterable[Id] | None) -> None:
        """There is nobody to be told."""

    def event_id(self, ids: Ids) -> Id:
        """The writer mints in the order of its commits."""
        return ids.mint()

"""A connection as the store's transactions see it: the same words whichever engine is behind it.

Statements are written in the SQL that both engines speak, with `?` and `:name` for values. What only PostgreSQL needs
stands in a comment that its side opens (`/*+ FOR UPDATE */`); what only SQLite knows (`INDEXED BY`) it leaves out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from parlance.contract.world import Ids
from parlance.model.ids import Id

Values: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Again(Exception):
    """Another node was faster with the same thing: the transaction must be run anew, on what that node wrote."""


class Trouble(StrEnum):
    """Whose a fault is.

    `own`: the statement's, and so the operation's. `again`: another node was in the way, the same may do now. `clash`:
    what was to be written is there already, perhaps just now by another node. `lost`: the connection is gone, and
    nothing of the transaction was kept. `storage`: the database cannot be read or written.
    """

    OWN = "own"
    AGAIN = "again"
    CLASH = "clash"
    LOST = "lost"
    STORAGE = "storage"


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def fetchone(self) -> Any:
        """The next row, None when there is none."""

    def fetchall(self) -> list[Any]:
        """All rows."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What runs within one transaction."""

    def execute(self, sql: str, values: Values = (), /) -> Rows:
        """Run a statement."""

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> object:
        """Run a statement once for each row of values."""

    def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], /) -> None:
        """Write rows, none of which may be there already; a clash may show itself only when the transaction ends."""

    def alone(self, what: str) -> None:
        """Go on when no other node is doing this; others wait until this transaction's end."""

    def changed(self, sender_ids: Iterable[Id] | None) -> None:
        """What is set up for these senders changes with this transaction (None: for any): other nodes are told."""

    def event_id(self, ids: Ids) -> Id:
        """Mint an event's id: larger than that of every event that any reader can have seen."""


class Link(Connection, Protocol):
    """A connection with its transactions, as the writer and the readers hold it."""

    def begin(self) -> None:
        """Begin to write. Connects anew where the connection was lost."""

    def look(self) -> None:
        """Begin to read, on one snapshot of what is committed."""

    def commit(self, waiting: Callable[[], bool]) -> None:
        """Write to the disk what was done since `begin`; a fault means that nothing was kept, or that nobody can know.

        Where the connection is lost in the middle, what became of it is found out; `waiting` is called now and then
        meanwhile, and says whether to go on trying.
        """

    def rollback(self) -> None:
        """End a transaction without a trace; does nothing outside one."""

    def savepoint(self) -> None:
        """Mark the point in the transaction to which `undo` leads back."""

    def undo(self) -> None:
        """Undo what was done since `savepoint`, which stays."""

    def release(self) -> None:
        """Forget the point of `savepoint`."""

    def trouble(self, fault: BaseException) -> Trouble:
        """Whose a fault is."""

    def close(self) -> None:
        """Close it."""

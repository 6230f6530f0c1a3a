"""What the database's errors mean to callers and to operators."""

import sqlite3
from pathlib import Path

from parlance.contract.store import StoreFault
from parlance.model.fault import Fault, Refusal

_STORAGE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def _code(fault: BaseException) -> int:
    """SQLite's primary error code, 0 when there is none; the higher bits only say more of the same."""
    return (getattr(fault, "sqlite_errorcode", 0) or 0) & 0xFF


def is_storage(fault: BaseException) -> bool:
    """Whether the disk or the file failed, rather than one statement."""
    return isinstance(fault, sqlite3.Error) and _code(fault) in _STORAGE


def unavailable() -> Refusal:
    """What a caller is told when the store cannot be read or written; one for each caller, as tracebacks grow on it."""
    return Refusal(Fault.UNAVAILABLE, retry_after=1)


def cannot_open(path: Path, fault: BaseException) -> StoreFault:
    """Say in one sentence why the database cannot be opened, and in another what to do."""
    code = _code(fault)
    if code in _DAMAGE:
        return StoreFault(
            f"The database {path} is damaged or not a database ({fault}). "
            "Put a backup in its place, or move it away to begin with an empty one."
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreFault(f"The disk that holds {path} is full. Make room and start again.")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreFault(f"Another program is using the database {path}. Close it and start again.")
    return StoreFault(
        f"The database {path} cannot be opened or written ({fault}). "
        "Give this user write access to its folder, see that the disk has room, or choose another folder."
    )

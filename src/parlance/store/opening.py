"""Opening the data folder: the lock, the connections, the schema and the key.

Every fault on this way is a `StoreFault` whose text tells the operator what is wrong and what to do.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO, TYPE_CHECKING

from parlance.contract.store import StoreFault
from parlance.store import migrating
from parlance.store.faults import cannot_open
from parlance.store.file import FileConnection
from parlance.store.unlocking import unlock
from parlance.store.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

DATABASE = "parlance.db"
LOCK = "parlance.lock"

_BUSY_MS = 5_000
_WRITER_CACHE_KIB = 8_192
_READER_CACHE_KIB = 4_096
_CHECKPOINT_PAGES = 4_000


class FolderLock:
    """The claim of one process to a data folder; the system gives it up when the process ends, however it ends."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @staticmethod
    def take(folder: Path) -> "FolderLock":
        """Claim the folder, made if there is none; raises `StoreFault` naming the process that has it."""
        path = folder / LOCK
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = path.open("a+", encoding="utf-8")
        except OSError as fault:
            raise StoreFault(
                f"The data folder {folder} cannot be used ({fault.strerror}). "
                "Give this user write access to it, or choose another folder."
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read(20).strip()
            file.close()
            who = f"the process {holder}" if holder.isdigit() else "another process"
            raise StoreFault(f"The data folder {folder} is in use by {who}. Stop it, or use its admin API.") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        return FolderLock(file)

    def release(self) -> None:
        """Give the folder up."""
        self._file.close()


def writer(path: Path) -> FileConnection:
    """The connection that writes. Commits reach the disk before they return."""
    connection = _connect(path, _WRITER_CACHE_KIB)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def reader(path: Path) -> FileConnection:
    """A connection that can only read."""
    connection = _connect(path, _READER_CACHE_KIB)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _connect(path: Path, cache_kib: int) -> FileConnection:
    # Threads are not checked by the driver: each connection stays in one thread until it is closed from another.
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, factory=FileConnection
    )
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def prepare(path: Path, secret_key: str) -> tuple[FileConnection, Vault]:
    """Open the database for writing, bring its schema up to date and unlock its secrets; raises `StoreFault`."""
    connection: FileConnection | None = None
    try:
        # What customers write is for the owner's eyes: the file is made with that mode, never changed to it afterwards.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = writer(path)
        bring_up_to_date(connection, path)
        vault = unlock(connection, str(path), secret_key)
    except BaseException as fault:
        if connection is not None:
            connection.close()
        if isinstance(fault, sqlite3.Error | OSError):
            raise cannot_open(path, fault) from None
        raise
    return connection, vault


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Run what the database lacks; raises `StoreFault` for one that is newer than this program or another's."""

    def stored() -> str | None:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None

    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if migrating.is_behind(tables, stored, str(path), "data folder"):
        migrating.upgrade(_engine(path), f"the database {path}")


def _engine(path: Path) -> "Engine":
    from sqlalchemy import create_engine, event  # noqa: PLC0415  only where there is something to migrate
    from sqlalchemy.engine import URL  # noqa: PLC0415

    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def connected(raw: sqlite3.Connection, _: object) -> None:
        # The driver would open transactions for some statements only; a migration is one transaction, tables included.
        raw.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine

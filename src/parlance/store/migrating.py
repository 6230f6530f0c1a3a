"""The schema's history, run when the database is opened.

A database that is up to date is recognised by one read; only otherwise are SQLAlchemy and Alembic loaded.
"""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from parlance.contract.store import StoreFault

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0001"
"""The newest revision this program knows; a test compares it with the history."""


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Run what the database lacks; raises `StoreFault` for one that is newer than this program or another's."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    revision = None
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        revision = row[0] if row else None
    elif tables:
        raise StoreFault(f"{path} is the database of another program. Choose another data folder.")
    if revision == HEAD:
        return
    _upgrade(path, revision)


def _upgrade(path: Path, revision: str | None) -> None:
    from alembic.util import CommandError  # noqa: PLC0415  see the module's text
    from sqlalchemy import create_engine, event  # noqa: PLC0415
    from sqlalchemy.engine import URL  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def connected(raw: sqlite3.Connection, _: object) -> None:
        # The driver would open transactions for some statements only; a migration is one transaction, tables included.
        raw.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            run_history(connection)
    except CommandError:
        raise StoreFault(
            f"The database {path} was written by a newer Parlance (schema {revision}). "
            "Start that version, or put back a backup from before the upgrade."
        ) from None
    except DBAPIError as fault:
        raise fault.orig or fault from None
    finally:
        engine.dispose()


def run_history(connection: "Connection") -> None:
    """Bring a database up to date within the caller's transaction."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "parlance.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

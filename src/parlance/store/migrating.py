"""The schema's history, run when the database is opened.

A database that is up to date is recognised by one read; only otherwise are SQLAlchemy and Alembic loaded.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from parlance.contract.store import StoreFault

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

HEAD = "0004"
"""The newest revision this program knows; a test compares it with the history."""


def is_behind(tables: AbstractSet[str], stored: Callable[[], str | None], place: str, elsewhere: str) -> bool:
    """Whether a database lacks some of the history; raises `StoreFault` for another program's.

    `tables` are those it has, `stored` reads the revision it is at. `place` names it, `elsewhere` what to choose else.
    """
    if "alembic_version" in tables:
        return stored() != HEAD
    if tables:
        raise StoreFault(
            f"{place[:1].upper()}{place[1:]} is the database of another program. Choose another {elsewhere}."
        )
    return True


def upgrade(engine: "Engine", place: str) -> None:
    """Run what a database lacks, in one transaction; raises `StoreFault` for one that is newer than this program."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  see the module's text
    from alembic.util import CommandError  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    revision = None
    try:
        with engine.begin() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            run_history(connection)
    except CommandError:
        raise StoreFault(
            f"{place[:1].upper()}{place[1:]} was written by a newer Parlance (schema {revision}). "
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

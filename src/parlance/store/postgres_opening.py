"""Opening a PostgreSQL database: the server, the schema and the key.

Every fault on this way is a `StoreFault` whose text tells the operator what is wrong and what to do.
"""

import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from parlance.contract.store import StoreFault
from parlance.store import migrating
from parlance.store.postgres_faults import Gone, cannot_open
from parlance.store.postgres_link import PostgresLink
from parlance.store.postgres_session import WRITING
from parlance.store.unlocking import unlock
from parlance.store.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LEAST_VERSION = 140_000
_SILENCE = 10_000
_DAY = 86_400_000_000_000
"""Nanoseconds; nobody asks after so long what became of a transaction."""

_FORGOTTEN = "DELETE FROM witnesses WHERE line IN (SELECT line FROM witnesses WHERE mark < ? FOR UPDATE SKIP LOCKED)"
_MIGRATING = 0x5041524C414E4345
"""The key of the lock under which one node at a time looks after the schema."""

_Raw = psycopg.Connection[tuple[Any, ...]]


def prepare(url: str, secret_key: str, silence: int = _SILENCE) -> tuple[PostgresLink, Vault]:
    """Connect for writing, bring the schema up to date and unlock its secrets; raises `StoreFault`.

    A transaction of ours that is silent for over `silence` milliseconds gives its locks back.
    """
    place = name(url)
    link = PostgresLink(url, f"{WRITING};SET idle_in_transaction_session_timeout = {min(silence, _SILENCE)}")
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as raw:
            _check_server(raw, place)
            raw.execute("SELECT pg_advisory_lock(%s)", (_MIGRATING,))
            bring_up_to_date(raw, url)
            # Still under the lock: the first node makes the key that all of them use.
            link.begin()
            link.execute(_FORGOTTEN, (time.time_ns() - _DAY,))
            vault = unlock(link, place, secret_key)
            link.commit(lambda: False)
    except BaseException as fault:
        link.close()
        if isinstance(fault, psycopg.Error | Gone):
            raise cannot_open(place, fault) from None
        raise
    return link, vault


def name(url: str) -> str:
    """A database as operators may see it named: without a password. Raises `StoreFault` for what is no address."""
    try:
        facts = conninfo_to_dict(url)
    except psycopg.Error:
        # The driver's own words may repeat the password.
        raise StoreFault(
            "The database address cannot be read. Give one such as postgresql://user:password@host/name."
        ) from None
    host, port = facts.get("host") or "this machine", facts.get("port")
    return f"the database {facts.get('dbname') or facts.get('user') or ''} on {host}{f':{port}' if port else ''}"


def _check_server(raw: _Raw, place: str) -> None:
    if raw.info.server_version < _LEAST_VERSION:
        raise StoreFault(f"The server of {place} is PostgreSQL {raw.info.server_version // 10_000}. Use 14 or newer.")
    if raw.info.parameter_status("server_encoding") != "UTF8":
        raise StoreFault(
            f"{place[:1].upper()}{place[1:]} does not hold every character. Make it anew with ENCODING 'UTF8'."
        )


def bring_up_to_date(raw: _Raw, url: str) -> None:
    """Run what the database lacks; raises `StoreFault` for one that is newer than this program or another's."""
    place = name(url)

    def stored() -> str | None:
        row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None

    rows = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    if migrating.is_behind({table for (table,) in rows}, stored, place, "database, or a schema of its own"):
        migrating.upgrade(_engine(url), place)


def _engine(url: str) -> "Engine":
    from sqlalchemy import NullPool, create_engine  # noqa: PLC0415  only where there is something to migrate

    # The driver reads the address itself: it understands more of them than SQLAlchemy does.
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)

"""One connection to PostgreSQL, as the driver holds it: its settings, its time limit, its types."""

import secrets
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.types.numeric import Int8Dumper
from typing_extensions import TypeVar

RV = TypeVar("RV")

LIMIT = 15.0
"""Seconds after which an answer is no longer waited for: the server or the way to it is gone."""

_SETTINGS = """
SET idle_in_transaction_session_timeout = '10s';
SET lock_timeout = '10s';
SET statement_timeout = '14s';
SET jit = off;
SET standard_conforming_strings = on;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
"""A session that fell silent gives its locks back; a yes means that the disk has it, whatever the server's default."""


WRITING = """
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off
"""
"""Everything that is written is found by a key. A plan made while tables were small must not be kept when they grow."""


UNHURRIED = """
SET idle_in_transaction_session_timeout = 0;
SET statement_timeout = 0
"""
"""One long look at everything, whose reader may take its time."""


class Session(psycopg.Connection[tuple[Any, ...]]):
    """A connection that does not wait for ever."""

    line = 0
    """Tells it from every other connection, of whatever time and node."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer; a connection that gives none is closed."""
        try:
            return super().wait(gen, interval, timeout or LIMIT)
        except errors._WaitTimeout:  # noqa: SLF001  the driver's word for it
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer") from None


def connect(url: str, settings: str = "", kind: type[Session] = Session) -> Session:
    """Open a connection with our settings, and more of them."""
    session = kind.connect(
        url,
        autocommit=True,
        prepare_threshold=2,
        client_encoding="utf8",
        connect_timeout=5,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
        fallback_application_name="parlance",
    )
    session.line = 1 + secrets.randbelow((1 << 62) - 1)
    session.prepared_max = 500
    # Numbers are what our columns are, whatever their size: else each size would make a statement of its own.
    session.adapters.register_dumper(int, Int8Dumper)
    session.execute(f"{_SETTINGS};{settings}".encode(), prepare=False)
    return session

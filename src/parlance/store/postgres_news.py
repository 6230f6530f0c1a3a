"""What nodes tell each other by the database's own post, beside what each of them would find by looking.

One notice is six words: who tells it, the number of the change of set-up that it is about (0: of none), the senders
whose set-up has changed, senders with something new in the outbox, subscriptions with something new to be told, senders
of whose outbox something has changed or gone. Of ids there are those with commas between, `-` for none and `*` for any.
"""

import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.abc import PQGen

from parlance.model.ids import Id
from parlance.store.postgres_session import RV, Session, connect

_MOST = 100
"""The most ids of one kind in one notice, which may have 8,000 bytes."""

_CHANNEL = "left('parlance_' || current_schema(), 63)"
CHANGED = (
    "WITH counted AS (INSERT INTO meta (name, value) VALUES ('changes', '1') ON CONFLICT (name) "  # noqa: S608  our words
    "DO UPDATE SET value = (meta.value::bigint + 1)::text RETURNING value) "
    f"SELECT pg_notify({_CHANNEL}, %s::text || ' ' || value || ' ' || %s::text || ' - - -') FROM counted"
).encode()
"""Counts a change of what is set up and tells of it: values are who tells it, and of whom."""

NEWS = f"SELECT pg_notify({_CHANNEL}, ?)"
"""Tells what `news` wrote."""

_COUNT = b"SELECT coalesce((SELECT value FROM meta WHERE name = 'changes'), '0')::bigint"
_SLICE = 0.2
_SLICES = 4
"""So many slices (seconds) pass between two looks at the number of changes."""

_LONGEST_PAUSE = 2.0


class Notice(NamedTuple):
    """What one node tells the others; None: of any sender or subscription."""

    origin: int
    change: int
    changed: frozenset[Id] | None
    senders: frozenset[Id] | None
    subscriptions: frozenset[Id] | None
    moved: frozenset[Id] | None


def names(ids: Iterable[Id] | None) -> str:
    """Ids as a word of a notice."""
    found = None if ids is None else frozenset(ids)
    if found is None or len(found) > _MOST:
        return "*"
    return ",".join(map(str, found)) or "-"


def news(origin: int, senders: Iterable[Id], subscriptions: Iterable[Id], moved: Iterable[Id]) -> str:
    """A notice of what is new in outbox and deliveries, and of whose outbox has changed."""
    return f"{origin} 0 - {names(senders)} {names(subscriptions)} {names(moved)}"


def read(text: str) -> Notice | None:
    """Read a notice; None for what is none of ours."""
    try:
        origin, change, *lists = text.split(" ")
        changed, senders, subscriptions, moved = map(_ids, lists)
        return Notice(int(origin), int(change), changed, senders, subscriptions, moved)
    except ValueError:
        return None


def _ids(word: str) -> frozenset[Id] | None:
    if word == "*":
        return None
    return frozenset() if word == "-" else frozenset(map(int, word.split(",")))


class _Ear(Session):
    """A connection that may wait for as long as it was told to."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer, or (with a `timeout`) for whatever comes."""
        if timeout is None:
            return super().wait(gen, interval)
        return psycopg.Connection.wait(self, gen, interval, timeout)


class Listening:
    """A thread that hears notices, and comes back when its connection is lost."""

    def __init__(self, url: str, heard: Callable[[str], None], counted: Callable[[int, bool], None]) -> None:
        """`heard` is given each notice, `counted` now and then how many changes of set-up there have been.

        The latter also says whether notices may have been missed before it. Both are called in the thread.
        """
        self._url = url
        self._heard = heard
        self._counted = counted
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="store-news", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and close the connection."""
        self._closing.set()
        self._thread.join()

    def _serve(self) -> None:
        pause = _SLICE
        while not self._closing.is_set():
            try:
                with connect(self._url, kind=_Ear) as session:
                    channel = session.execute(f"SELECT {_CHANNEL}".encode()).fetchone()
                    session.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel[0] if channel else "")))
                    pause = _SLICE
                    self._listen(session)
            except psycopg.Error:
                self._closing.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _listen(self, session: Session) -> None:
        anew = True
        while not self._closing.is_set():
            row = session.execute(_COUNT).fetchone()
            self._counted(int(row[0]) if row else 0, anew)
            anew = False
            for _ in range(_SLICES):
                for notice in session.notifies(timeout=_SLICE):
                    self._heard(notice.payload)
                if self._closing.is_set():
                    return

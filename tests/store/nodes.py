"""Several nodes on one PostgreSQL database, and ways to hold them at a point between two statements."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from parlance.store.connection import Connection
from parlance.store.group import Work
from parlance.store.postgres import PostgresStore
from store.desk import MOST_WAIT, CountedIds, Desk, StoppedClock
from toys import until


@dataclass
class Held:
    """A transaction of one node that stays open until it is let go; `last` is done in it then."""

    gate: threading.Event = field(default_factory=threading.Event)
    last: Work[Any] | None = None
    task: "asyncio.Task[Any] | None" = None

    async def let_go(self) -> None:
        self.gate.set()
        assert self.task is not None
        await self.task


async def hold(store: PostgresStore) -> Held:
    """Keep the node's present transaction open: what is queued behind it waits for the next one."""
    held, reached = Held(), asyncio.Event()
    await _queue(store, held, reached)
    await reached.wait()
    return held


async def begun_and_held(store: PostgresStore, *doing: Coroutine[Any, Any, Any]) -> "tuple[Held, list[Any]]":
    """Start operations of a node that are written, but not committed until they are let go."""
    first = await hold(store)
    tasks = [asyncio.create_task(each) for each in doing]
    assert store._group is not None
    queue = store._group._queue
    await until(lambda: queue.qsize() == len(doing))
    held, reached = Held(), asyncio.Event()
    await _queue(store, held, reached)
    await first.let_go()
    await reached.wait()
    return held, tasks


async def _queue(store: PostgresStore, held: Held, reached: asyncio.Event) -> None:
    """Put the held operation behind all others, also behind those that a group does together."""
    loop, group = asyncio.get_running_loop(), store._group
    assert group is not None

    def work(con: Connection) -> None:
        # Whatever would be sent with the commit is sent before it.
        con.execute("SELECT 1")
        loop.call_soon_threadsafe(reached.set)
        assert held.gate.wait(MOST_WAIT)
        if held.last is not None:
            held.last(con)

    def last(con: Connection, them: Sequence[object]) -> list[None]:
        work(con)
        return [None] * len(them)

    group._crowds = {**group._crowds, Held: last}
    held.task = asyncio.create_task(group.run(work, item=held))
    await asyncio.sleep(0)


async def waits(store: PostgresStore) -> None:
    """Return when a transaction of some node waits for one of another."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    async def somebody() -> bool:
        (count,) = await store._read(lambda con: con.execute(sql).fetchone())
        return bool(count)

    await until(somebody)


def at_another(desk: Desk, store: PostgresStore, first_id: int = 9_000_001) -> Desk:
    """The same desk, served by another node."""
    return Desk(store, desk.clock, CountedIds(first_id), desk.account, desk.sender)


def node(url: str, clock: StoppedClock, key: str, first_id: int) -> PostgresStore:
    return PostgresStore(url, CountedIds(first_id), clock, key)

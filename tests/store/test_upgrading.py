"""A database of the first schema, with a day's work in it, is brought up to date and goes on."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from parlance.contract.moments import DeliveryFilter
from parlance.contract.views import MessageFilter
from parlance.model.message import Stage
from parlance.store import migrating, opening
from parlance.store.sqlite import SqliteStore
from store import server
from store.desk import DANA, ENGINES, KEY, CountedIds, Desk, StoppedClock

BACK = (
    "DROP INDEX ix_routes_held",
    "DROP INDEX ix_senders_held",
    "DROP INDEX ix_senders_account",
    "DROP TABLE witnesses",
    "DROP TABLE buckets",
    "DROP TABLE nodes",
    "DROP TABLE parts",
    "DROP INDEX ix_routes_number",
    "ALTER TABLE routes DROP COLUMN backup",
    "ALTER TABLE customers DROP COLUMN wa_id",
    "ALTER TABLE outbox DROP COLUMN part",
    "ALTER TABLE outbox DROP COLUMN route_id",
    "UPDATE alembic_version SET version_num = '0001'",
)
"""What undoes every migration since the first."""


def _run(engine: str, folder: Path, statements: Iterable[str]) -> list[tuple[Any, ...]]:
    """Run statements on a database that no store has open; gives the rows of the last."""
    if engine == "sqlite":
        with sqlite3.connect(folder / opening.DATABASE, isolation_level=None) as con:
            cursors = [con.execute(sql) for sql in statements]
            return cursors[-1].fetchall()
    with psycopg.connect(server.url_of(folder), autocommit=True) as raw:
        found = [raw.execute(sql.encode()) for sql in statements]
        return found[-1].fetchall() if found[-1].description else []


async def _kept(desk: Desk) -> list[Any]:
    """What can be seen of the store from outside."""
    store = desk.store
    messages = await store.messages(MessageFilter(limit=100))
    deliveries = await store.deliveries(DeliveryFilter(limit=100))
    return [
        messages,
        [await store.history(message.id) for message in messages],
        [(each.number, each.event, each.state) for each in deliveries],
        [(row.message_id, row.state, row.attempt) for row in await store.pending(desk.sender.id, 0, 100)],
        await store.sender(desk.sender.id),
        await store.find_key("one", "secret-1"),
        await store.document(desk.sender.id, "two"),
        await store.windows(desk.sender, "", 10),
    ]


async def test_what_the_first_schema_held_is_kept_and_goes_on(tmp_path: Path, clock: StoppedClock, desk: Desk) -> None:
    engine = "sqlite" if isinstance(desk.store, SqliteStore) else "postgres"
    await desk.subscribe()
    await desk.write("in-1", name="Dana")
    sent, doubtful, waiting = [await desk.accept(key=f"key {number}") for number in range(3)]
    await desk.send(sent, "w1")
    await desk.status("w1", Stage.DELIVERED)
    await desk.claim(doubtful)
    before = await _kept(desk)
    await desk.store.close()
    _run(engine, tmp_path, BACK)

    store = ENGINES[engine](tmp_path, CountedIds(7_000_001), clock, KEY)
    await store.open()
    desk.store = store
    assert await _kept(desk) == before
    assert await store.recover(clock.now()) == 1
    await desk.send(waiting, "w2")
    await desk.status("w1", Stage.READ)
    assert [await desk.stage(each) for each in (sent, doubtful, waiting)] == [Stage.READ, Stage.UNSURE, Stage.SENT]
    customer = await store.customer(desk.account.id, DANA)
    assert customer is not None
    await store.close()
    assert _run(engine, tmp_path, ["SELECT version_num FROM alembic_version"]) == [(migrating.HEAD,)]

"""The database goes away and comes back while messages come and go: what got a yes arrives, once, and is told."""

import asyncio
import signal
from pathlib import Path

import psycopg
import pytest

from faults.books import Books, books, clients, vendors
from faults.ground import Ground, Starter, ground, url_of
from faults.network import own_server, wire
from store import server
from toys import until

TERMINATED = 15
STILL = 2.5
"""Seconds: longer than a lease."""
TEXTS = 10


async def kept_all(kept: Books) -> None:
    """Everything promised has come to its end, and the gateway stops as it should."""
    await kept.settle()
    assert kept.life is not None
    assert await kept.life.end(signal.SIGTERM) == 0, kept.ground.log()
    counts = kept.check()
    assert counts.accepted > TEXTS


async def taken(kept: Books, more: int) -> None:
    """Wait until the vendor has taken so many messages more."""
    wanted = kept.world.took.total() + more
    await until(lambda: kept.world.took.total() >= wanted, 20)


async def test_connections_are_dropped_again_and_again(starting: Starter, tmp_path: Path) -> None:
    async with ground(starting, tmp_path, "postgres") as here, books(here, clients()[0], vendors()[0]) as kept:
        await kept.live()
        flood = asyncio.create_task(kept.flood(6, 30))
        with psycopg.connect(here.database, autocommit=True) as raw:
            mine = raw.info.backend_pid
            for _ in range(TERMINATED):
                await taken(kept, 1)
                raw.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> %s",
                    (mine,),
                )
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        await kept_all(kept)


@pytest.mark.filterwarnings("ignore::UserWarning")
async def test_the_server_is_restarted(starting: Starter, tmp_path: Path) -> None:
    async with own_server() as own:
        here = Ground(starting, tmp_path, url_of(own.conninfo))
        async with books(here, clients()[-1], vendors()[-1]) as kept:
            await kept.live()
            flood = asyncio.create_task(kept.flood(6, 30))
            await taken(kept, TEXTS)
            await own.again()
            await taken(kept, TEXTS)
            flood.cancel()
            await asyncio.gather(flood, return_exceptions=True)
            await kept_all(kept)


@pytest.mark.parametrize("mended", [True, False], ids=["passes again", "is cut"])
async def test_the_way_to_the_server_stops_passing(starting: Starter, tmp_path: Path, mended: bool) -> None:
    conninfo = server.url_of(tmp_path)
    try:
        async with (
            wire(conninfo) as way,
            books(Ground(starting, tmp_path, way.url), clients()[1], vendors()[0]) as kept,
        ):
            life = await kept.live()
            flood = asyncio.create_task(kept.flood(6, 30))
            await taken(kept, TEXTS)
            way.open.clear()
            await asyncio.sleep(STILL)
            before = kept.world.took.total()
            async with kept.http.get(f"{life.url}/healthz") as answer:
                assert answer.status == 200
            if not mended:
                way.cut()
            way.open.set()
            await taken(kept, TEXTS)
            assert kept.world.took.total() > before
            flood.cancel()
            await asyncio.gather(flood, return_exceptions=True)
            await kept_all(kept)
    finally:
        server.drop(tmp_path, spoiled=True)

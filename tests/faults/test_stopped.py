"""A gateway that is asked to stop finishes what is under way: nothing is in doubt afterwards."""

import asyncio
import signal
from pathlib import Path

import pytest

from faults.books import books, clients, vendors
from faults.ground import ENGINES, Starter, ground
from toys import until


@pytest.mark.parametrize("engine", ENGINES)
async def test_stopped_under_load(starting: Starter, tmp_path: Path, engine: str) -> None:
    async with ground(starting, tmp_path, engine) as here, books(here, clients()[0], vendors()[-1]) as kept:
        # A node that is slow to beat loses its lease: that is not what this is about.
        here.settings["PARLANCE_LEASE_SECONDS"] = "60"
        kept.world.slow = 0.2
        life = await kept.live()
        flood = asyncio.create_task(kept.flood(8, 10))
        await until(lambda: len(kept.world.took) >= 20, 20)
        assert await life.end(signal.SIGTERM) == 0, here.log()
        await flood
        kept.world.slow = 0
        await kept.live()
        assert "unsure" not in here.log()
        await kept.settle()
        counts = kept.check()
        assert counts.unsure == 0
        assert counts.accepted > 20

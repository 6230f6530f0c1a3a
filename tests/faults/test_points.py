"""Gateways are killed at every point between two calls of the store: whatever got a yes arrives, once, and is told.

Each run takes a few points, chosen by `PARLANCE_FAULT_SEED` (1 when not set); one life after the other ends at one of
them, on the same data. With `PARLANCE_FAULT_POINTS=all` each point is tried, on both engines.
"""

import os
import random
import signal
from pathlib import Path

import pytest

from faults.books import GONE, Books, books, clients, vendors
from faults.ground import ENGINES, Starter, ground
from faults.points import points

SEED = int(os.environ.get("PARLANCE_FAULT_SEED", "1"))
ALL = os.environ.get("PARLANCE_FAULT_POINTS") == "all"
LINKS = 5


def _chains() -> list[list[str]]:
    """Points in the order in which lives end at them."""
    every = points()
    chosen = random.Random(SEED).sample(every, len(every) if ALL else LINKS)
    return [chosen[start : start + LINKS] for start in range(0, len(chosen), LINKS)]


async def end_at(kept: Books, point: str) -> None:
    """Live until a point is reached."""
    life = await kept.live(point)
    if life.facts:
        try:
            await kept.scenario()
        except GONE:
            pass
        else:
            pytest.fail(f"{point} was never reached")
    assert await life.end() == -signal.SIGKILL, kept.ground.log()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("chain", _chains(), ids=",".join)
async def test_killed_at_a_point(starting: Starter, tmp_path: Path, engine: str, chain: list[str]) -> None:
    chance = random.Random(f"{SEED} {chain}")
    async with (
        ground(starting, tmp_path, engine) as here,
        books(here, chance.choice(clients()), chance.choice(vendors())) as kept,
    ):
        for point in chain:
            await end_at(kept, point)
        life = await kept.live()
        await kept.settle()
        assert await life.end(signal.SIGTERM) == 0
        counts = kept.check()
        assert counts.accepted >= len(chain)

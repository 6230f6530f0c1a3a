"""The disk is full while vendors answer: what they said is written when there is room, or settled after an end."""

import asyncio
import resource
import signal
import sys
from pathlib import Path

import pytest

from faults.books import books, clients, vendors
from faults.ground import Starter, ground
from toys import until

MESSAGES = 12


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a running process can be changed on Linux only")
@pytest.mark.parametrize("killed", [False, True], ids=["room again", "killed"])
async def test_an_answer_that_cannot_be_written(starting: Starter, tmp_path: Path, killed: bool) -> None:
    async with ground(starting, tmp_path, "sqlite") as here, books(here, clients()[0], vendors()[-1]) as kept:
        life = await kept.live()
        kept.world.gate.clear()
        for _ in range(MESSAGES):
            assert await kept.send(kept.new(kept.line))
        await until(lambda: kept.world.took.total() == MESSAGES)
        _, most = resource.prlimit(life.pid, resource.RLIMIT_FSIZE)
        # No file may grow at all: what a full disk is to a database, without one.
        resource.prlimit(life.pid, resource.RLIMIT_FSIZE, (1, most))
        kept.world.gate.set()
        asked = kept.new(kept.line)
        async with asyncio.timeout(10):
            while await kept.send(asked):
                asked = kept.new(kept.line)
        assert asked.refused.startswith("503")
        if killed:
            assert await life.end(signal.SIGKILL) == -signal.SIGKILL
            await kept.live()
        else:
            resource.prlimit(life.pid, resource.RLIMIT_FSIZE, (most, most))
        await kept.settle()
        counts = kept.check()
        assert counts.accepted > MESSAGES
        assert set(kept.world.took.values()) == {1}

import asyncio
from collections.abc import AsyncIterator

import pytest

from phones.fakes import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def running(world: World) -> AsyncIterator[World]:
    """A network whose post is being delivered."""
    task = asyncio.create_task(world.phones.run())
    yield world
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()

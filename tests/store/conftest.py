"""A store per test, on every engine there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlance.contract.registry import NewKey, NewRoute
from parlance.store.doors import Doors
from store import server
from store.desk import ENGINES, KEY, CountedIds, Desk, StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def ids() -> CountedIds:
    return CountedIds()


@pytest.fixture(params=sorted(ENGINES))
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, ids: CountedIds, clock: StoppedClock
) -> AsyncIterator[Doors]:
    made = ENGINES[request.param](tmp_path, ids, clock, KEY)
    await made.open()
    yield made
    await made.close()
    server.drop(tmp_path)


@pytest.fixture
async def desk(store: Doors, clock: StoppedClock, ids: CountedIds) -> Desk:
    account = await store.account("demo")
    keys = [NewKey("one", "public-1", "secret-1"), NewKey("two", "public-2", "secret-2", {"app_secret": "s"})]
    sender = await store.add_sender(account, "972770000111", "Demo", NewRoute("sandbox", "", {}), keys, 1)
    return Desk(store, clock, ids, account, sender)

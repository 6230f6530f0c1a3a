"""One town for all tests of a worker, one line for each pair."""

from collections.abc import AsyncIterator

import pytest

from conformance.line import Line
from conformance.pairs import Town, lay, town


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The town lives as long as the tests do."""
    return "asyncio"


@pytest.fixture(scope="session")
async def the_town(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Town]:
    async with town(tmp_path_factory.mktemp("town")) as built:
        yield built


@pytest.fixture
async def pair(the_town: Town, dialect: str, carrier: str) -> Line:
    """The pair's line; what is done to it concerns fresh customers alone."""
    return await the_town.line(dialect, carrier)


@pytest.fixture
async def own(the_town: Town, dialect: str, carrier: str) -> Line:
    """A line of its own: what one test breaks, no other finds broken."""
    return await lay(the_town, dialect, carrier)

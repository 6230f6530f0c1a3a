"""A gateway that runs, for those who attack it."""

from collections.abc import Iterator

import pytest

from acceptance.conftest import outside
from acceptance.outside import Outside


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """One gateway for all tests of a module."""
    with outside(tmp_path_factory.mktemp("safety") / "data") as found:
        yield found

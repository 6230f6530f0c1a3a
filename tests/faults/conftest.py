"""What every test of faults stands on."""

from collections.abc import Iterator

import pytest

from faults.ground import Starter, starter


@pytest.fixture(scope="session")
def starting() -> Iterator[Starter]:
    """One program that starts gateways, for all tests."""
    with starter() as found:
        yield found

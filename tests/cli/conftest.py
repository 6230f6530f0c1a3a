"""What the tests of the command line share."""

from collections.abc import Iterator

import pytest

from cli.processes import Dev, dev


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One gateway for all tests of a module."""
    with dev(tmp_path_factory.mktemp("gateway") / "data") as gateway:
        yield gateway

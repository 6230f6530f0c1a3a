"""A database for nodes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import fleet
from cluster.fleet import Fleet


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nodes are killed with connections open; what their death leaves in this process is no fault of the tests."""
    for item in items:
        if "cluster" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Fleet]:
    with fleet.fleet(tmp_path) as made:
        yield made

"""A database for nodes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import fleet
from cluster.fleet import Fleet


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Fleet]:
    with fleet.fleet(tmp_path) as made:
        yield made

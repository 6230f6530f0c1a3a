"""What acceptance tests stand on: a gateway in a process of its own, and a receiver of webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from acceptance.outside import Outside
from acceptance.receiver import Receiver, receiving
from cli.processes import dev


@contextmanager
def outside(data: Path) -> Iterator[Outside]:
    with dev(data) as gateway:
        headers = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
        with httpx.Client(base_url=gateway.facts["url"], headers=headers, timeout=30) as http:
            yield Outside(gateway, http)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """One gateway for all tests of a module; each uses phones of its own."""
    with outside(tmp_path_factory.mktemp("town") / "data") as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found

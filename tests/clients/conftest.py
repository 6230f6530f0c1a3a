"""A live gateway for real clients."""

from collections.abc import Iterator
from typing import Any

import pytest

from acceptance.conftest import outside
from acceptance.outside import Outside


class Live(Outside):
    """A gateway that runs, with shorthands for its one demo customer."""

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    def sees(self, contains: str = "", type: str = "", after: str = "") -> dict[str, Any]:  # noqa: A002
        """Wait until the customer's phone shows a message, and give it."""
        wanted = {"contains": contains, "type": type, "after": after}
        return self.wait(self.customer, **{name: value for name, value in wanted.items() if value})

    def says(self, **said: Any) -> dict[str, Any]:
        """Let the customer write."""
        return self.write(self.customer, **said)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with outside(tmp_path_factory.mktemp("clients") / "data") as found:
        yield Live(found.gateway, found.http)

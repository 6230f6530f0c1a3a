"""A live gateway for real clients."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cli.processes import Dev, dev


@dataclass
class Live:
    """A gateway that runs, and the operator's doors to it."""

    gateway: Dev
    http: httpx.Client

    @property
    def facts(self) -> dict[str, Any]:
        return self.gateway.facts

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    @property
    def customer(self) -> str:
        return str(self.facts["customer"])

    @property
    def sender(self) -> str:
        return str(self.facts["sender"])

    def call(self, verb: str, path: str, **sending: Any) -> Any:
        """Call the admin or sandbox API and give its JSON."""
        answer = self.http.request(verb, path, **sending)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def wait(self, contains: str = "", type: str = "", after: str = "") -> dict[str, Any]:  # noqa: A002
        """Wait until the customer's phone shows a message, and give it."""
        wanted = {"contains": contains, "type": type, "after": after, "timeout": "10"}
        path = f"/sandbox/v1/phones/{self.customer}/wait"
        found: dict[str, Any] = self.call("GET", path, params={name: value for name, value in wanted.items() if value})
        return found

    def write(self, **said: Any) -> dict[str, Any]:
        """Let the customer write."""
        path = f"/sandbox/v1/phones/{self.customer}/messages"
        written: dict[str, Any] = self.call("POST", path, json={"to": self.sender, **said})
        return written


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with dev(tmp_path_factory.mktemp("clients") / "data") as gateway:
        headers = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
        with httpx.Client(base_url=gateway.facts["url"], headers=headers, timeout=30) as http:
            yield Live(gateway, http)

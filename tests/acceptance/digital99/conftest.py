"""A program that was written for this vendor and now talks to the gateway."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from acceptance.outside import Outside


@dataclass
class Program:
    """It knows its key, its number and the methods' names."""

    http: httpx.Client
    key: str
    number: str

    def call(self, method: str, **fields: Any) -> dict[str, Any]:
        """Call a method, with the credentials unless `fields` has others."""
        body = {"apiKey": self.key, "from": self.number, **fields}
        answer = self.http.post(f"/whatsapp/v2/{method}", json=body)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def reason(self, method: str, **fields: Any) -> int:
        return int(self.call(method, **fields)["reason"])

    def text(self, to: str, body: str = "Hello", **fields: Any) -> int:
        return self.reason("sendMessage", to=to, body=body, **fields)


@pytest.fixture(scope="module")
def program(town: Outside) -> Program:
    keys = town.facts["credentials"]["digital99"]
    return Program(town.http, keys["apiKey"], keys["from"])

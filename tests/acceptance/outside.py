"""A gateway that runs, as operators, customers and programs see it."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from cli.processes import Dev
from parlance.providers import discover

PATIENCE = 10.0
STEP = 0.02
HELLO = "Hello from Parlance"

T = TypeVar("T")


@dataclass
class Outside:
    """A gateway and a client that has its admin token."""

    gateway: Dev
    http: httpx.Client

    @property
    def facts(self) -> dict[str, Any]:
        return self.gateway.facts

    @property
    def sender(self) -> str:
        return str(self.facts["sender"])

    @property
    def customer(self) -> str:
        return str(self.facts["customer"])

    def call(self, verb: str, path: str, **sending: Any) -> Any:
        """Call the admin or sandbox API and give its JSON."""
        answer = self.http.request(verb, path, **sending)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def until(self, look: Callable[[], T], right: Callable[[T], bool]) -> T:
        """Look until it is right."""
        end = time.monotonic() + PATIENCE
        while not right(found := look()):
            assert time.monotonic() < end, f"still {found}"
            time.sleep(STEP)
        return found

    # ---- customers

    def write(self, number: str, **said: Any) -> dict[str, Any]:
        """A customer writes to the demo sender."""
        body = {"to": self.sender, **(said or {"text": "Hi"})}
        written: dict[str, Any] = self.call("POST", f"/sandbox/v1/phones/{number}/messages", json=body)
        return written

    def wait(self, number: str, **wanted: str) -> dict[str, Any]:
        """Wait until a phone shows a message, and give it."""
        found: dict[str, Any] = self.call(
            "GET", f"/sandbox/v1/phones/{number}/wait", params={"timeout": str(PATIENCE), **wanted}
        )
        return found

    def behave(self, number: str, **habits: Any) -> None:
        self.call("PUT", f"/sandbox/v1/phones/{number}", json=habits)

    def shown(self, number: str) -> Counter[str]:
        """The texts sent to a phone."""
        texts: Counter[str] = Counter()
        after: dict[str, str] = {}
        path = f"/sandbox/v1/phones/{number}/messages"
        while page := self.call("GET", path, params={"limit": "500", **after}):
            texts.update(each["text"] for each in page if each["direction"] == "out")
            after = {"after": page[-1]["id"]}
        return texts

    # ---- time

    def advance(self, seconds: float) -> None:
        self.call("POST", "/sandbox/v1/clock", json={"advance_seconds": seconds})

    # ---- messages

    def post(self, number: str, text: str) -> httpx.Response:
        """Send a text in the first dialect there is."""
        name, provider = next((name, each) for name, each in discover().items() if each.dialect is not None)
        assert provider.dialect is not None
        request = provider.dialect.example(self.facts["credentials"][name], number)[0]
        body = request.body.replace(HELLO.encode(), text.encode())
        assert body != request.body
        return self.http.request(request.method, request.url, content=body, headers=request.headers)

    def send(self, number: str, text: str) -> str:
        """Send a text and give its id."""
        answer = self.post(number, text)
        assert "parlance-message-id" in answer.headers, answer.text
        return answer.headers["parlance-message-id"]

    def message(self, message_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/admin/v1/messages/{message_id}")
        return found

    def staged(self, message_id: str, stage: str) -> dict[str, Any]:
        """Wait until a message has come to a stage, and give it with its history."""
        return self.until(lambda: self.message(message_id), lambda found: found["stage"] == stage)

    def listed(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every item of a list of the admin API."""
        items: list[dict[str, Any]] = []
        after: dict[str, str] | None = {}
        while after is not None:
            page = self.call("GET", f"/admin/v1/{path}", params={"limit": "500", **query, **after})
            items += page["items"]
            after = {"after": page["next"]} if page["next"] else None
        return items


def outcomes(message: dict[str, Any]) -> list[str]:
    """How the attempts at a message ended."""
    return [moment["detail"]["outcome"] for moment in message["history"] if moment["what"] == "attempt"]


def events(message: dict[str, Any]) -> list[str]:
    """What happened to a message, as its events say."""
    return [moment["detail"]["kind"] for moment in message["history"] if moment["what"] == "event"]

"""A vendor that answers what it is told to, for what a carrier asks of it."""

import json
from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

from parlance.contract.provider import Ask, Commit
from parlance.model.address import Address, phone
from parlance.model.message import Content, Direction, Message
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import PROVIDER
from parlance.providers.cloud.carrier import CloudCarrier
from parlance.providers.cloud.dialect import CloudDialect

T = TypeVar("T")

ADDRESS = "https://gateway.example.org/callbacks/cloud/0123456789abcdef"
SETTINGS = {
    "access_token": "EAAdemo0example1token",
    "phone_number_id": "100200300400500",
    "waba_id": "900000000000001",
    "app_secret": "unit-test-app-secret",
    "verify_token": "example-verify-token",
}
ROUTE = Route(7, 1, "cloud", "15550100200", SETTINGS, callback_token="0123456789abcdef")


MESSAGE_ID = 363_000_000_000_000_123


def message(content: Content, peer: Address | None = None, **more: object) -> Message:
    """A message on its way, with fields of its own in `more`."""
    to = peer or phone("15550100321")
    made = Message(MESSAGE_ID, Direction.OUT, 1, 2, ROUTE.number, to, content, "other", 1_788_000_000_000)
    return replace(made, **more)  # type: ignore[arg-type]  # its own fields


def dialect() -> CloudDialect:
    """The provider's own side that is served."""
    assert isinstance(PROVIDER.dialect, CloudDialect)
    return PROVIDER.dialect


def carrier() -> CloudCarrier:
    """The provider's own side that calls."""
    assert isinstance(PROVIDER.carrier, CloudCarrier)
    return PROVIDER.carrier


def route(**settings: str) -> Route:
    """The route, with some settings changed; an empty text takes one away."""
    changed = {name: value for name, value in {**SETTINGS, **settings}.items() if value}
    return Route(7, 1, "cloud", ROUTE.number, changed, callback_token=ROUTE.callback_token)


def said(value: object, status: int = 200, **headers: str) -> WireResponse:
    """An answer in JSON."""
    return WireResponse(status, json.dumps(value).encode(), headers)


def complaint(code: int, status: int = 400, message: str = "no", **more: object) -> WireResponse:
    """An answer with the vendor's error object."""
    return said({"error": {"message": message, "type": "OAuthException", "code": code, **more}}, status)


def talk(steps: Generator[Ask | Commit, WireResponse, T], *answers: WireResponse) -> tuple[T, list[WireRequest]]:
    """Answer each request in turn; gives the end and what was asked. Everything has to be asked for, and no more."""
    asked: list[WireRequest] = []
    left = list(answers)
    try:
        step = next(steps)
        while True:
            asked.append(step.request)
            assert left, f"one more request: {step.request.method} {step.request.url}"
            step = steps.send(left.pop(0))
    except StopIteration as end:
        assert left == [], "answers that nobody asked for"
        found: T = end.value
        return found, asked


def received(request: WireRequest) -> WireRequest:
    """A request as it reaches the served side: its path, without the host."""
    prefix = "https://graph.facebook.com"
    assert request.url.startswith(f"{prefix}/")
    return WireRequest(request.method, request.url.removeprefix(prefix), request.headers, request.body)


def body_of(request: WireRequest) -> Any:
    """What a request says."""
    return json.loads(request.body)

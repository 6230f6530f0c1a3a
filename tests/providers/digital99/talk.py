"""What these tests share: one route, a message, and a way through a carrier's steps."""

import json
from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from parlance.contract.provider import Ask, Commit
from parlance.model.address import Address, AddressKind, phone
from parlance.model.message import (
    Content,
    Direction,
    Message,
)
from parlance.model.sender import Route, Sender
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99.carrier import Digital99Carrier
from parlance.providers.digital99.dialect import Digital99Dialect
from vectors.play import find

CARRIER, DIALECT = Digital99Carrier(), Digital99Dialect()
NUMBER, CUSTOMER = "972770000111", "972550000222"
USER = Address(AddressKind.USER, "IL.1234567890123456")
ROUTE = Route(1, 1, "digital99", NUMBER, {"base_url": "http://b.example.org", "api_key": "k-7f3a-demo"})
SENDER = Sender(1, 1, "demo", NUMBER, "Demo", 1, 0, (ROUTE,))
ADDRESS = "https://a.example.org/callbacks/digital99/token"
NOW = 1_788_000_000_000
OURS = 363_000_000_000_000_123
THEIRS = 362_999_999_999_000_456
QUOTED = DIALECT.write_id(THEIRS, incoming=True)

_T = TypeVar("_T")


def outgoing(content: Content, peer: Address | None = None, **more: Any) -> Message:
    return Message(OURS, Direction.OUT, 1, 1, NUMBER, peer or phone(CUSTOMER), content, "toy", NOW, **more)


def asked(steps: Generator[Ask | Commit, WireResponse, _T]) -> WireRequest:
    return next(steps).request


def read(request: WireRequest) -> tuple[Any, Any]:
    """Give the endpoint and the command as the gateway has them that plays the vendor."""
    arrived = replace(request, url=request.url.removeprefix("http://b.example.org"), received_at=NOW)
    found = find(DIALECT, arrived)
    assert found is not None
    endpoint, arrived = found
    credential = DIALECT.credential(arrived)
    assert (credential.secret, credential.number) == ("k-7f3a-demo", NUMBER)
    return endpoint, endpoint.read(arrived)


def end(steps: Generator[Any, WireResponse, _T], answer: WireResponse) -> _T:
    with pytest.raises(StopIteration) as stopped:
        steps.send(answer)
    result: _T = stopped.value.value
    return result


def ended(steps: Generator[Any, WireResponse, _T], answer: WireResponse) -> _T:
    next(steps)
    return end(steps, answer)


def ok(**fields: Any) -> WireResponse:
    return WireResponse(200, json.dumps({"status": "OK", **fields, "reason": 1}).encode())


def fail(reason: int) -> WireResponse:
    return WireResponse(200, json.dumps({"status": "FAIL", "reason": reason}).encode())

"""What these tests share: one route, a message, and a way through a carrier's steps."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

from parlance.contract.provider import Ask, Commit
from parlance.model.address import phone
from parlance.model.message import (
    Content,
    Direction,
    Message,
)
from parlance.model.sender import Route, Sender
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.lipachat.carrier import LipaChatCarrier
from parlance.providers.lipachat.dialect import LipaChatDialect

CARRIER, DIALECT = LipaChatCarrier(), LipaChatDialect()
NUMBER, CUSTOMER = "254700000900", "254700000123"
ROUTE = Route(1, 1, "lipachat", NUMBER, {"base_url": "http://b.example.org", "api_key": "lk-demo-51f0"})
SENDER = Sender(1, 1, "demo", NUMBER, "Demo", 1, 0, (ROUTE,))
NOW = 1_788_000_000_000
OURS = 363_000_000_000_000_123
THEIRS = 362_999_999_999_000_456

_T = TypeVar("_T")


def outgoing(content: Content, **more: Any) -> Message:
    return Message(OURS, Direction.OUT, 1, 1, NUMBER, phone(CUSTOMER), content, "toy", NOW, **more)


def arrived(request: WireRequest) -> WireRequest:
    """A request as it reaches a gateway that plays the vendor."""
    return replace(request, url=request.url.removeprefix("http://b.example.org"), received_at=NOW)


def asked(steps: Generator[Ask | Commit, WireResponse, _T]) -> WireRequest:
    return next(steps).request


def ended(steps: Generator[Any, WireResponse, _T], *answers: WireResponse) -> _T:
    next(steps)
    try:
        for answer in answers:
            steps.send(answer)
    except StopIteration as end:
        result: _T = end.value
        return result
    raise AssertionError("never ended")

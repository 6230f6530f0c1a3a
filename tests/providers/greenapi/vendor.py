"""The vendor as the tests play it: a route to it, and answers to what it is asked."""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from parlance.contract.provider import Ask, Commit, Heard, Steps
from parlance.model.address import Address, phone
from parlance.model.message import Content, Direction, Message
from parlance.model.outcome import Outcome
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi.carrier import GreenApiCarrier
from parlance.providers.greenapi.dialect import GreenApiDialect

CARRIER = GreenApiCarrier()
DIALECT = GreenApiDialect()
TOKEN = "demo-token-0001"
SETTINGS = {"id_instance": "1101000001", "api_token_instance": TOKEN}
NUMBER = "972770000111"
HOME = "https://api.green-api.com/waInstance1101000001"
HOOK = "https://gateway.example/callbacks/greenapi/token"


def route(**settings: str) -> Route:
    return Route(3, 2, "greenapi", NUMBER, {**SETTINGS, **settings}, callback_token="token")


def message(content: Content, peer: Address | None = None, quote_external: str = "") -> Message:
    to = peer or phone("15550100001")
    shape = (7, Direction.OUT, 2, 9, NUMBER, to, content, "greenapi", 1_763_600_020_000)
    return Message(*shape, quote=8 if quote_external else None, quote_external=quote_external)


def answer(body: Any = None, status: int = 200, **headers: str) -> WireResponse:
    return WireResponse(status, json.dumps(body).encode(), headers)


@dataclass(frozen=True)
class Played:
    """What was asked, in order, and what came of it."""

    asked: list[Any]
    end: Any


def play(steps: Generator[Any, Any, Any], answers: Sequence[WireResponse] = ()) -> Played:
    """Answer the requests of a generator one after another; what it only tells is noted between them."""
    asked: list[Any] = []
    waiting = list(answers)
    try:
        step = next(steps)
        while True:
            asked.append(step.reports if isinstance(step, Heard) else (step.request.method, step.request.url))
            step = steps.send(None if isinstance(step, Heard) else waiting.pop(0))
    except StopIteration as end:
        assert not waiting, "not everything was asked for"
        return Played(asked, end.value)


def request_of(steps: Generator[Any, Any, Any]) -> WireRequest:
    """The first request of some steps."""
    step = next(steps)
    assert isinstance(step, Ask | Commit)
    return step.request


def outcome_of(steps: Steps, reply: WireResponse) -> Outcome:
    """What comes of one answer."""
    outcome: Outcome = play(steps, [reply]).end
    return outcome


def served(request: WireRequest) -> WireRequest:
    """A request of ours as it reaches a server: by its path."""
    _, _, path = request.url.partition("://")
    return WireRequest(request.method, f"/{path.partition('/')[2]}", request.headers, request.body)

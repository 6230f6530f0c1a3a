"""A key that only reads is refused by every call that changes anything, in every dialect, in that dialect's words."""

from typing import Any, cast, get_args

import pytest

from parlance.contract.provider import Dialect
from parlance.contract.registry import Scope
from parlance.model.command import Command, Credential
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Sender
from parlance.model.wire import WireRequest
from parlance.providers import discover
from parlance.web.inlet import Inlet
from parlance.web.scopes import only_reads
from toys import CountedIds, HandClock
from vectors.files import Vector, vectors
from vectors.play import find
from web.fakes import client

DIALECTS = {name: each.dialect for name, each in discover().items() if each.dialect is not None}
READING = {
    "CountDeliveries",
    "FindCustomer",
    "ListNumbers",
    "ListTemplates",
    "ReadJournal",
    "ReadProfile",
    "ReadQueue",
    "ReadSettings",
    "TakeDelivery",
}
SENDER = Sender(1, 1, "default", "972770000111", "", 1, 0)


class Doors:
    """An engine whose every key is a reading one."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.dialects = {name: dialect}
        self.clock = HandClock()
        self.ids = CountedIds(self.clock)
        self.reached: list[Command] = []
        self.intake = self.store = self

    async def authenticate(self, _dialect: str, _credential: Credential) -> tuple[Sender, Scope]:
        return SENDER, Scope.READ

    async def handle(self, _dialect: str, _sender: Sender, command: Command, **_: Any) -> Any:
        self.reached.append(command)
        raise Refusal(Fault.QUEUE_FULL)


def asked(vector: Vector) -> tuple[WireRequest, Command] | None:
    """What a recorded request asks for; None when it is refused before that is known."""
    assert vector.provider.dialect is not None
    found = find(vector.provider.dialect, vector.request())
    if found is None:
        return None
    endpoint, request = found
    try:
        vector.provider.dialect.credential(request)
        return request, endpoint.read(request)
    except Refusal:
        return None


CASES = [
    pytest.param(vector, *found, id=str(vector))
    for name in DIALECTS
    for vector in vectors(name)
    if vector.side == "client→us" and (found := asked(vector)) is not None
]


def test_every_command_is_known_to_read_or_to_change() -> None:
    kinds = {kind.__name__: kind for kind in get_args(Command)}
    assert {name for name, kind in kinds.items() if only_reads(cast("Command", object.__new__(kind)))} == READING


@pytest.mark.parametrize(("vector", "request_", "command"), CASES)
async def test_a_reading_key_opens_what_reads_and_nothing_else(
    vector: Vector, request_: WireRequest, command: Command
) -> None:
    name, dialect = vector.provider.name, vector.provider.dialect
    assert dialect is not None
    doors = Doors(name, dialect)
    async with client(Inlet(cast("Any", doors))) as web:
        answer = await web.request(request_.method, request_.url, headers=dict(request_.headers), content=request_.body)
    reads = type(command).__name__ in READING
    assert doors.reached == ([command] if reads else [])
    if not reads:
        told = dialect.refuse(Refusal(Fault.FORBIDDEN), WireRequest(request_.method, request_.url, body=request_.body))
        assert answer.status_code == told.status
        busy = dialect.refuse(Refusal(Fault.QUEUE_FULL), request_)
        assert (answer.status_code, answer.content) != (busy.status, busy.body)


def test_every_dialect_is_tried_both_ways() -> None:
    tried = {
        (vector.provider.name, only_reads(command))
        for name in DIALECTS
        for vector in vectors(name)
        if vector.side == "client→us" and (found := asked(vector)) is not None
        for command in found[1:]
    }
    assert tried == {(name, reads) for name in DIALECTS for reads in (False, True)}


def test_a_credential_that_is_not_enough_has_words_everywhere() -> None:
    for name, dialect in DIALECTS.items():
        for endpoint in dialect.endpoints:
            answer = dialect.refuse(Refusal(Fault.FORBIDDEN), WireRequest(endpoint.method, endpoint.path))
            assert answer.status in {200, 401, 403}, (name, endpoint.path)

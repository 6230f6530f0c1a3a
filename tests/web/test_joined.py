"""How an answer is written: in as few pieces as it can be, and in as many as it must."""

import asyncio
from asyncio import Transport
from typing import cast

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from parlance.web.joined import Joined


class Wire:
    """What was written, and when it was closed."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.pieces.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class Cycle:
    response_started = False


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def cycle() -> Cycle:
    return Cycle()


@pytest.fixture
async def joined(wire: Wire, cycle: Cycle) -> Joined:
    loop = asyncio.get_running_loop()
    return Joined(cast("Transport", wire), cast("RequestResponseCycle", cycle), loop)


async def test_a_head_and_its_body_are_one_piece(joined: Joined, wire: Wire, cycle: Cycle) -> None:
    cycle.response_started = True
    joined.write(b"head ")
    joined.write(b"body")
    await asyncio.sleep(0)
    joined.write(b" more")
    assert wire.pieces == [b"head body", b" more"]


async def test_a_head_does_not_wait_for_a_body_that_comes_later(joined: Joined, wire: Wire, cycle: Cycle) -> None:
    cycle.response_started = True
    joined.write(b"head ")
    assert wire.pieces == []
    await asyncio.sleep(0)
    assert wire.pieces == [b"head "]
    joined.write(b"body")
    assert wire.pieces == [b"head ", b"body"]


async def test_what_comes_before_the_head_leaves_at_once(joined: Joined, wire: Wire, cycle: Cycle) -> None:
    joined.write(b"go on ")
    assert wire.pieces == [b"go on "]
    cycle.response_started = True
    joined.write(b"head ")
    joined.write(b"")
    assert wire.pieces == [b"go on ", b"head "]


async def test_a_head_alone_leaves_before_the_end(joined: Joined, wire: Wire, cycle: Cycle) -> None:
    cycle.response_started = True
    joined.write(b"head")
    joined.close()
    assert (wire.pieces, joined.is_closing()) == ([b"head"], True)
    await asyncio.sleep(0)
    assert wire.pieces == [b"head"]


async def test_nothing_is_written_behind_the_end(joined: Joined, wire: Wire, cycle: Cycle) -> None:
    cycle.response_started = True
    joined.write(b"head")
    wire.close()
    await asyncio.sleep(0)
    assert wire.pieces == []

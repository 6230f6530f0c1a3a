"""Clients that are slow, leave half-way, send rubbish or come in crowds, at a server of our kind."""

import asyncio
import json
import select
import socket
import time
from contextlib import AsyncExitStack

import pytest

from parlance.web.protocol import MOST_HEADERS, MOST_PIPELINED
from safety.wires import place_of, server, wire
from toys import until

GET = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n"
QUICK = 0.3


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def statuses(answers: bytes) -> list[int]:
    return [int(each[:3]) for each in answers.split(b"HTTP/1.1 ")[1:]]


async def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    async with server(header_seconds=QUICK) as url, wire(url) as slow:
        began = time.monotonic()
        await slow.send(b"GET /x HT", b"TP/1.1\r\nhost: x\r\n", b"x-a: b\r\n")
        answer = await slow.rest()
        assert time.monotonic() - began < QUICK + 5
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == 408
    assert b"parlance-request-id: the-id" in head
    assert b"connection: close" in head
    problem = {"type": "about:blank", "title": "Request Timeout", "status": 408, "detail": "Request Timeout"}
    assert json.loads(body) == problem


@pytest.mark.parametrize("pieces", [(), (b"\r\n",), (b"\r\n", b"\r\n")])
async def test_who_says_nothing_is_closed(pieces: tuple[bytes, ...]) -> None:
    async with server(header_seconds=QUICK) as url, wire(url) as silent:
        await silent.send(*pieces)
        assert await silent.rest() == b""


async def test_a_trickle_does_not_prolong_the_time() -> None:
    async with server(header_seconds=QUICK) as url, wire(url) as slow:
        await slow.send(b"GET /x HTTP/1.1\r\n")

        async def trickle() -> None:
            while True:
                await slow.send(b"a: b\r\n")
                await asyncio.sleep(QUICK / 10)

        trickling = asyncio.create_task(trickle())
        assert status(await slow.rest()) == 408
        trickling.cancel()


async def test_the_body_has_a_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlance.web.protocol.GRACE", 0)
    async with server(body_seconds=QUICK) as url, wire(url) as slow:
        await slow.send(b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc")
        assert status(await slow.rest()) == 408


async def test_the_rest_of_a_body_answered_early_has_its_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlance.web.protocol.GRACE", 0)
    async with server(body_seconds=QUICK) as url, wire(url) as slow:
        await slow.send(b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc")
        assert statuses(await slow.rest()) == [200, 408]


async def test_an_idle_connection_is_closed() -> None:
    async with server(keep_alive_seconds=1) as url, wire(url) as idle:
        await idle.send(GET)
        assert (await idle.rest()).endswith(b"/x 0")


async def test_a_blank_line_does_not_keep_an_idle_connection_for_ever() -> None:
    async with server(header_seconds=QUICK) as url, wire(url) as idle:
        await idle.send(GET)
        await idle.until(b"/x 0")
        await idle.send(b"\r\n")
        assert await idle.rest() == b""


async def test_one_connection_serves_many_requests() -> None:
    async with server(header_seconds=QUICK) as url, wire(url) as good:
        for size in range(5):
            await good.send(f"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n".encode(), b"\r\n", b"y" * size)
            assert (await good.until(f"/x {size}".encode())).startswith(b"HTTP/1.1 200 ")


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with server() as url, wire(url) as good:
        await good.send(b"".join(f"GET /{each} HTTP/1.1\r\nhost: x\r\n\r\n".encode() for each in range(20)))
        for each in range(20):
            assert (await good.until(f"/{each} 0".encode())).startswith(b"HTTP/1.1 200 ")


async def test_too_many_pipelined_requests_end_the_connection() -> None:
    async with server() as url, wire(url) as greedy:
        await greedy.send(GET * (MOST_PIPELINED * 10))
        assert set(statuses(await greedy.rest())) <= {200}


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 3_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/1.1\r\na: " + b"x" * 3_000 + b"\r\n\r\n",
        b"GET /x HTTP/1.1\r\n" + b"a: b\r\n" * (MOST_HEADERS + 1) + b"\r\n",
        b"GET /x HTTP/1.1\r\na: " + b"x" * 1_000_000,
        b"GET /" + b"x" * 1_000_000,
    ],
)
async def test_a_large_head_is_refused(head: bytes) -> None:
    async with server(header_bytes=2_048) as url, wire(url) as large:
        await large.send(head)
        assert status(await large.rest()) == 431


async def test_a_head_just_small_enough_is_read() -> None:
    async with server(header_bytes=2_048) as url, wire(url) as large:
        await large.send(b"GET /x HTTP/1.1\r\n", b"a: " + b"x" * 2_000 + b"\r\n\r\n")
        assert (await large.until(b"/x 0")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("begun", [b"1\r\nx\r\n", b""])
async def test_fields_behind_a_body_are_no_way_round_the_limit(begun: bytes) -> None:
    head = b"POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    async with server(header_bytes=2_048) as url, wire(url) as sly:
        await sly.send(head + begun + b"0\r\n", b"a: " + b"x" * 200_000)
        assert status(await sly.rest()) == 431


async def test_a_body_in_the_smallest_chunks_is_read() -> None:
    async with server(header_bytes=2_048) as url, wire(url) as odd:
        await odd.send(b"POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(20):
            await odd.send(b"1\r\nx\r\n" * 1_000)
        await odd.send(b"0\r\n\r\n")
        assert (await odd.until(b"/x 20000")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"CONNECT x HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_rubbish_is_refused(rubbish: bytes) -> None:
    async with server() as url, wire(url) as strange:
        await strange.send(rubbish)
        assert status(await strange.rest()) == 400


async def test_rubbish_behind_a_request_is_not_an_answer_to_it() -> None:
    async with server(header_seconds=QUICK) as url:
        async with wire(url) as strange:
            await strange.send(b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n\x00\x01garbage\r\n\r\n")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(QUICK * 2):
                    await strange.reader.read(1)
        async with wire(url) as good:
            await good.send(GET + b"\x00garbage")
            assert statuses(await good.rest()) == [200]


async def test_an_upgrade_that_is_not_served_is_ignored_and_the_body_read() -> None:
    upgrade = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"
    async with server() as url, wire(url) as modern:
        for _ in range(2):
            await modern.send(b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n" + upgrade + b"\r\nhello")
            assert (await modern.until(b"/x 5")).startswith(b"HTTP/1.1 200 ")


async def test_an_answer_that_is_not_taken_is_not_kept() -> None:
    async with server(answer_seconds=QUICK) as url:
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            lazy.connect(place_of(url))
            lazy.sendall(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")
            watch = select.poll()
            watch.register(lazy, select.POLLHUP)
            await until(lambda: watch.poll(0))


async def test_where_connections_are_scarce_idle_ones_go_first() -> None:
    async with server(max_connections=16) as url, AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(wire(url)) for _ in range(16)]
        for each in opened:
            await each.send(GET)
            await each.until(b"/x 0")
        newcomer = await stack.enter_async_context(wire(url))
        await newcomer.send(GET)
        assert (await newcomer.until(b"/x 0")).startswith(b"HTTP/1.1 200 ")
        assert await opened[0].rest() == b""
        await opened[1].send(GET)
        await opened[1].until(b"/x 0")


async def test_where_all_connections_are_busy_a_new_one_is_refused() -> None:
    async with server(max_connections=16) as url, AsyncExitStack() as stack:
        for _ in range(16):
            busy = await stack.enter_async_context(wire(url))
            await busy.send(b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(lambda: under_way() == 16)
        newcomer = await stack.enter_async_context(wire(url))
        answer = await newcomer.rest()
        assert status(answer) == 503
        assert b"retry-after: 1" in answer


def under_way() -> int:
    """How many requests are."""
    return sum("run_asgi" in repr(task.get_coro()) for task in asyncio.all_tasks())

"""Every way in which the network can misbehave is exactly one of three answers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from parlance.contract.world import Answered, Exchanged, NeverLeft, NoAnswer
from parlance.model.wire import WireRequest
from parlance.net.addresses import Addresses, Forbidden
from parlance.net.exchange import HttpExchange, Switch
from parlance.net.reading import ANSWER_LIMIT
from toys import ScriptedExchange, answered

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(behave: Behave) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/x"
    finally:
        server.close()


async def _perform(url: str, *, guarded: bool = False, limit: int = 2_000, method: str = "POST") -> Exchanged:
    exchange = HttpExchange(guarded=guarded)
    await exchange.start()
    try:
        return await exchange.perform(WireRequest(method, url, {"content-type": "text/plain"}, b"hello"), limit)
    finally:
        await exchange.close()


def _answers(raw: bytes) -> Behave:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"hello")
        writer.write(raw)
        await writer.drain()

    return behave


async def test_an_answer() -> None:
    async with _server(_answers(b"HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok")) as url:
        found = await _perform(url)
    assert isinstance(found, Answered)
    assert (found.response.status, found.response.body, found.response.headers["x-a"]) == (201, b"ok", "b")


async def test_what_goes_out() -> None:
    seen = bytearray()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"hello"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with _server(behave) as url:
        await _perform(f"{url}?a=%2B1&b=+2")
    head = bytes(seen).lower()
    assert b"post /x?a=%2b1&b=+2 http/1.1" in head
    assert b"content-type: text/plain" in head
    assert b"content-length: 5" in head
    assert b"transfer-encoding" not in head


async def test_a_redirect_is_an_answer() -> None:
    raw = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    async with _server(_answers(raw)) as url:
        found = await _perform(url)
    assert isinstance(found, Answered)
    assert found.response.status == 302


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert await _perform(f"http://127.0.0.1:{port}/") == NeverLeft("connection refused")


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/", "https://[", "nonsense:/x", "http:///x"])
async def test_nowhere_to_go(url: str) -> None:
    assert isinstance(await _perform(url), NeverLeft)


async def test_dropped_after_the_request() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"hello")

    async with _server(behave) as url:
        assert isinstance(await _perform(url), NoAnswer)


async def test_reset_after_the_request() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"hello")
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()

    async with _server(behave) as url:
        assert isinstance(await _perform(url), NoAnswer)


async def test_silence() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with _server(behave) as url:
        assert await _perform(url, limit=100) == NoAnswer("no answer in time")


async def test_half_a_body() -> None:
    async with _server(_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")) as url:
        assert isinstance(await _perform(url), NoAnswer)


async def test_not_http() -> None:
    async with _server(_answers(b"SSH-2.0-x\r\n\r\n")) as url:
        assert isinstance(await _perform(url), NoAnswer)


async def test_an_endless_body() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"hello")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            for _ in range(2 * ANSWER_LIMIT // 65_536):
                writer.write(b"x" * 65_536)
                await writer.drain()
        except ConnectionError:
            return

    async with _server(behave) as url:
        assert await _perform(url, limit=10_000) == NoAnswer("ValueError")


async def test_webhooks_stay_outside() -> None:
    async with _server(_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as url:
        assert isinstance(await _perform(url, guarded=True), NeverLeft)


async def test_a_name_with_one_private_address_is_refused() -> None:
    names = {"hooks.example.org": ("8.8.8.8", "10.0.0.1"), "public.example.org": ("8.8.8.8",)}

    async def ask(host: str) -> tuple[str, ...]:
        return names[host]

    addresses = Addresses(guarded=True, ask=ask)
    with pytest.raises(Forbidden):
        await addresses.find("hooks.example.org")
    assert await addresses.find("public.example.org") == ("8.8.8.8",)


async def test_an_exchange_not_started() -> None:
    request = WireRequest("POST", "http://example.org/")
    assert await HttpExchange(guarded=False).perform(request, 100) == NeverLeft("the gateway is not started")


async def test_the_switch_goes_by_scheme() -> None:
    own, real = ScriptedExchange(otherwise=answered(200)), ScriptedExchange(otherwise=answered(201))
    switch = Switch({"sandbox": own}, real)
    await switch.perform(WireRequest("POST", "sandbox:/messages", body=b"{}"), 1)
    await switch.perform(WireRequest("POST", "https://example.org/", body=b"{}"), 1)
    assert ([each.url for each in own.asked], [each.url for each in real.asked]) == (
        ["sandbox:/messages"],
        ["https://example.org/"],
    )


async def test_limits_are_not_rounded_up_to_whole_seconds() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    loop = asyncio.get_running_loop()
    async with _server(behave) as url:
        began = loop.time()
        assert await _perform(url, limit=1_100) == NoAnswer("no answer in time")
        assert 1.0 < loop.time() - began < 1.9

"""A plain HTTP/1.1 server that costs as little as can be, for what stands at the other end of the gateway."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias, cast

import httptools

Reply: TypeAlias = Callable[[bytes], None]
Handler: TypeAlias = Callable[[str, bytes, Reply], None]
"""Is given a path, a body and where the whole answer goes, now or later."""

NOTHING = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def answer(body: bytes, status: int = 200) -> bytes:
    """A whole answer in JSON."""
    head = f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Plain(asyncio.Protocol):
    """One connection."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_message_begin(self) -> None:
        """The parser has seen a request's first byte."""
        self._url = self._body = b""

    def on_url(self, url: bytes) -> None:
        """The parser has read some of the address."""
        self._url += url

    def on_body(self, body: bytes) -> None:
        """The parser has read some of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The parser has seen a request's end."""
        self._handler(self._url.decode("latin-1"), self._body, self._transport.write)


async def serve(handler: Handler) -> tuple[asyncio.Server, int]:
    """Listen on a free port of this machine; gives the port."""
    server = await asyncio.get_running_loop().create_server(lambda: Plain(handler), "127.0.0.1", 0, backlog=1_024)
    port: int = server.sockets[0].getsockname()[1]
    return server, port

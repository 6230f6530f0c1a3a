"""Raw connections to a server, for clients that do not behave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from parlance.listeners import bound, serving
from parlance.settings import load
from parlance.web.asgi import ClientLeft, read_body

PATIENCE = 10.0
"""What should happen is waited for so long (seconds)."""


class Echo:
    """Answers with the path and the size of the body; early at `/early`, much at `/much`, when let go on at `/wait`."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/wait":
            await self.go_on.wait()
        try:
            size = 0 if path == "/early" else len(await read_body(receive, 1 << 20))
        except ClientLeft:
            return
        body = b"x" * 20_000_000 if path == "/much" else f"{path} {size}".encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Send, one packet for each piece."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def until(self, words: bytes) -> bytes:
        """What comes up to these words."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(words)

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


def place_of(url: str) -> tuple[str, int]:
    """Host and port."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    """Connect."""
    reader, writer = await asyncio.open_connection(*place_of(url))
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def server(**limits: object) -> AsyncIterator[str]:
    """A server of `Echo` with these settings; gives its address."""
    settings, echo = load(port=0, **limits), Echo()
    with bound(settings) as sockets:
        async with serving(echo, sockets, settings, lambda: "the-id"):
            yield sockets.url
            echo.go_on.set()

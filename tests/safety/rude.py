"""Clients that speak bad HTTP, or good HTTP badly; each is over in time, and none gets more than it should."""

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from safety.wires import Wire, wire

PATIENCE = 15.0
"""A client that is neither answered nor let go after so long hangs (seconds)."""

_GET = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
_POST = b"POST /whatsapp/v2/sendMessage HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@dataclass
class Rude:
    """Where the gateway is, and what is different each time."""

    url: str
    chance: random.Random

    async def be(self, kind: str) -> bytes:
        """Be rude in one way; gives what came back. Raises `TimeoutError` where nothing ends it."""
        async with asyncio.timeout(PATIENCE), wire(self.url) as line:
            try:
                await KINDS[kind](self, line)
                return await line.reader.read()
            except (ConnectionError, asyncio.IncompleteReadError):
                return b""

    def noise(self, most: int) -> bytes:
        return self.chance.randbytes(self.chance.randint(1, most))

    def spoilt(self, request: bytes) -> bytes:
        """A request with some bytes turned into others, left out or doubled."""
        made = bytearray(request)
        for _ in range(self.chance.randint(1, 8)):
            place = self.chance.randrange(len(made))
            match self.chance.randrange(3):
                case 0:
                    made[place] = self.chance.randrange(256)
                case 1 if len(made) > 2:
                    del made[place]
                case _:
                    made[place:place] = made[place : place + self.chance.randint(1, 20)]
        return bytes(made)


async def noise(rude: Rude, line: Wire) -> None:
    """Bytes that are nothing."""
    await line.send(rude.noise(4_000))


async def spoilt(rude: Rude, line: Wire) -> None:
    """A request with some bytes wrong; then nothing more comes."""
    body = b'{"apiKey":"x","from":"1","to":"2","body":"hi"}'
    whole = _POST + b"content-length: %d\r\n\r\n" % len(body) + body
    await line.send(rude.spoilt(rude.chance.choice([_GET, whole])))
    line.writer.write_eof()


async def cut(rude: Rude, line: Wire) -> None:
    """A request that ends in the middle, politely."""
    whole = _POST + b"content-length: 400\r\n\r\n" + b" " * 300
    await line.send(whole[: rude.chance.randrange(1, len(whole))])
    line.writer.write_eof()


async def vanishing(rude: Rude, line: Wire) -> None:
    """A request that ends in the middle, with a reset."""
    whole = _POST + b"content-length: 400\r\n\r\n" + b" " * 300
    await line.send(whole[: rude.chance.randrange(1, len(whole))])
    taken = line.writer.transport.get_extra_info("socket")
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.writer.transport.abort()


async def half_open(rude: Rude, line: Wire) -> None:
    """A request of which nothing more comes, on a connection that stays."""
    whole = _POST + b"content-length: 400\r\n\r\n" + b" " * 300
    await line.send(whole[: rude.chance.randrange(0, len(whole))])


async def loris(rude: Rude, line: Wire) -> None:
    """A head, or a body, that comes byte by byte."""
    await line.send(rude.chance.choice([b"GET /healthz HTTP/1.1\r\n", _POST + b"content-length: 100000\r\n\r\n"]))
    while not line.reader.at_eof():
        await line.send(rude.chance.choice([b"a: b\r\n", b"{"]))
        await asyncio.sleep(0.1)


async def pipelined(rude: Rude, line: Wire) -> None:
    """Many requests at once, and then something that is none."""
    await line.send(_GET * rude.chance.randint(1, 100) + rude.noise(200))


async def large(rude: Rude, line: Wire) -> None:
    """Far too much of something."""
    much = b"x" * 300_000
    head = rude.chance.choice(
        [
            b"GET /" + much + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nx: " + much + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
            _POST + b"content-length: 99999999999999999999\r\n\r\n",
            _POST + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 50_000 + b"\r\n",
        ]
    )
    await line.send(head)


async def chunked(rude: Rude, line: Wire) -> None:
    """Chunks whose sizes are wrong."""
    sizes = [b"zz", b"-1", b"ffffffffffffffffff", b"5", b"0x5", b"5;x=y", b" 5"]
    await line.send(_POST + b"transfer-encoding: chunked\r\n\r\n" + rude.chance.choice(sizes) + b"\r\n{}\r\n0\r\n\r\n")
    line.writer.write_eof()


async def two_minded(rude: Rude, line: Wire) -> None:
    """A body whose length is told twice, differently."""
    lengths = [
        b"content-length: 2\r\ncontent-length: 30\r\n",
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\ncontent-length: 2\r\n",
        b"content-length: +2\r\n",
        b"content-length : 2\r\n",
    ]
    await line.send(_POST + rude.chance.choice(lengths) + b"\r\n{}" + b"GET /healthz HTTP/1.1\r\n\r\n")
    line.writer.write_eof()


async def upgrading(rude: Rude, line: Wire) -> None:
    """A wish for another protocol, with a body or without."""
    wish = rude.chance.choice([b"upgrade: websocket", b"upgrade: h2c", b"upgrade: TLS/1.0, HTTP/1.1"])
    await line.send(_POST + wish + b"\r\nconnection: upgrade, close\r\ncontent-length: 2\r\n\r\n{}")


KINDS: Mapping[str, Callable[[Rude, Wire], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        noise,
        spoilt,
        cut,
        vanishing,
        half_open,
        loris,
        pipelined,
        large,
        chunked,
        two_minded,
        upgrading,
    )
}

"""An SMS centre that takes every message: the few operations of SMPP 3.4 that a client needs for that."""

import asyncio
import struct
from collections.abc import Callable
from typing import cast

_HEAD = struct.Struct("!IIII")
_ENQUIRE_LINK, _SUBMIT, _UNBIND = 0x15, 0x04, 0x06
_BINDS = frozenset({0x01, 0x02, 0x09})
_ANSWER = 0x8000_0000
_UNKNOWN = 0x8000_0000
_INVALID_COMMAND = 3
_LARGEST = 65_536


class Centre(asyncio.Protocol):
    """One session; `taken` is given the body of each message."""

    def __init__(self, taken: Callable[[bytes], object]) -> None:
        self._taken = taken
        self._waiting = b""
        self._count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._waiting += data
        while len(self._waiting) >= _HEAD.size:
            length, command, _, number = _HEAD.unpack_from(self._waiting)
            if not _HEAD.size <= length <= _LARGEST:
                self._transport.abort()
                return
            if len(self._waiting) < length:
                return
            body, self._waiting = self._waiting[_HEAD.size : length], self._waiting[length:]
            self._answer(command, number, body)

    def _answer(self, command: int, number: int, body: bytes) -> None:
        """Answer one operation (SMPP 3.4, §4); answers to what we never ask are let be."""
        if command & _ANSWER:
            return
        if command == _SUBMIT:
            self._taken(body)
            self._count += 1
            self._say(command, number, b"%08x\0" % self._count)
        elif command in _BINDS:
            self._say(command, number, b"bench\0")
        elif command in {_ENQUIRE_LINK, _UNBIND}:
            self._say(command, number, b"")
        else:
            self._transport.write(_HEAD.pack(_HEAD.size, _UNKNOWN, _INVALID_COMMAND, number))

    def _say(self, command: int, number: int, body: bytes) -> None:
        self._transport.write(_HEAD.pack(_HEAD.size + len(body), command | _ANSWER, 0, number) + body)


async def listen(taken: Callable[[bytes], object]) -> int:
    """Listen on a free port of this machine; gives the port."""
    server = await asyncio.get_running_loop().create_server(lambda: Centre(taken), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return port

"""One connection, over which one request after the other is asked and answered."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias, cast

from parlance.contract.world import Answered, Exchanged, NoAnswer
from parlance.net.reading import Broken, Reader

Key: TypeAlias = tuple[bool, str, int]
"""Which requests may share a connection: those over TLS or not, to the same host and port."""

RESET = "ClientOSError"
LATE = "no answer in time"


class Connection(asyncio.Protocol):
    """A connection to `key`; `gone` is told when it has ended, for whatever reason."""

    __slots__ = ("_answer", "_gone", "_last", "_loop", "_reader", "_transport", "fit", "key", "since")

    def __init__(self, key: Key, gone: Callable[["Connection"], None]) -> None:
        self.key = key
        self.fit = False
        """Whether a request may be asked: it is open, and nothing is under way or left over."""
        self.since = 0.0
        """When it became idle."""
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._reader = Reader()
        self._answer: asyncio.Future[Exchanged] | None = None
        self._last = False
        self._transport: asyncio.Transport | None = None

    def is_sound(self) -> bool:
        """Whether it may be relied on, so far as this side knows."""
        return self.fit and self._transport is not None and not self._transport.is_closing()

    def ask(self, data: bytes, *, no_body: bool, last: bool) -> asyncio.Future[Exchanged]:
        """Write a request; from here on it may have left. `last`: it announces that no other follows."""
        self.fit = False
        self._last = last
        self._reader.begin(no_body=no_body)
        self._answer = answer = self._loop.create_future()
        cast("asyncio.Transport", self._transport).write(data)
        return answer

    def late(self) -> None:
        """Give up waiting for the answer."""
        self._fail(LATE)

    def close(self) -> None:
        """Close politely, where nothing is under way; at once, where something is."""
        if self._answer is not None:
            self.abort()
            return
        self.fit = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.fit = False
        if self._transport is not None:
            self._transport.abort()

    # ---- what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)
        self.fit = True

    def data_received(self, data: bytes) -> None:
        """Something came: a piece of the answer, or what nobody asked for."""
        if self._answer is None:
            self.close()
            return
        try:
            response = self._reader.feed(data)
        except Broken as fault:
            self._fail(str(fault))
            return
        if response is not None:
            # A server that answers before it has read everything may read the next request as the rest of this one.
            unread = cast("asyncio.Transport", self._transport).get_write_buffer_size()
            self.fit = self._reader.again and not self._last and not unread
            self._settle(Answered(response))

    def eof_received(self) -> None:
        """The other side says no more; the transport closes by itself."""
        self.fit = False
        if self._answer is None:
            return
        try:
            self._settle(Answered(self._reader.end()))
        except Broken as fault:
            self._fail(str(fault))

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        if exc is None:
            self.eof_received()
        else:
            self._fail(RESET)
        self.fit = False
        self._transport = None
        self._gone(self)

    def _fail(self, word: str) -> None:
        self._settle(NoAnswer(word))
        self.abort()

    def _settle(self, outcome: Exchanged) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(outcome)

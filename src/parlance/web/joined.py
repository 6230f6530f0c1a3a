"""An answer's head and what follows it leave in one piece.

The HTTP server writes a head as soon as it is known, and the event loop gives each piece to the system at once: two
ways through the network for every small answer, here and at the client.
"""

from asyncio import AbstractEventLoop, Handle, Transport

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Joined:
    """What one answer is written to. A head waits for the first piece of its body, but not for another event."""

    __slots__ = ("_begun", "_cycle", "_flushing", "_head", "_loop", "_to")

    def __init__(self, to: Transport, cycle: RequestResponseCycle, loop: AbstractEventLoop) -> None:
        self._to = to
        self._cycle = cycle
        self._loop = loop
        self._begun = False
        self._head = b""
        self._flushing: Handle | None = None

    def write(self, data: bytes) -> None:
        """Write a piece of the answer, or what comes before it."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
            self._to.write(self._head + data)
        elif self._begun or not self._cycle.response_started:
            self._to.write(data)
        else:
            self._begun, self._head = True, data
            self._flushing = self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Close the connection behind what was written."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flush()
        self._to.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed or closing."""
        return self._to.is_closing()

    def _flush(self) -> None:
        self._flushing = None
        if not self._to.is_closing():
            self._to.write(self._head)

"""An HTTP/1.1 client that keeps a number of connections busy; everything that is measured is asked by it.

Each connection has one request under way and sends its next one as soon as the answer to the last is whole (a closed
loop). Times are kept of every single request, so that percentiles are exact.
"""

import asyncio
import math
import statistics
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import NamedTuple, cast

import httptools

LOST = 0
"""What stands for the status of an answer that never came."""

Told = Callable[[int], None]


class Request(NamedTuple):
    """One request as it goes over the wire; `told` is called with the status of its answer, or `LOST`."""

    wire: bytes
    told: Told | None = None


@dataclass(slots=True)
class Measured:
    """What came of a number of requests.

    `taken` counts those answered with success, `times` are nanoseconds from a request's first byte to its whole answer.
    """

    seconds: float
    taken: int
    statuses: Counter[int]
    times: "array[int]" = field(repr=False)

    @property
    def rps(self) -> float:
        """Successes a second."""
        return self.taken / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time in milliseconds that this share of the answers took at most."""
        ordered = sorted(self.times)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] / 1e6 if ordered else 0.0

    @property
    def median(self) -> float:
        """The time in milliseconds that half of the answers took at most."""
        return statistics.median(self.times) / 1e6 if self.times else 0.0


class Pool:
    """Connections to one address. Requests wait in line until a connection is free."""

    def __init__(
        self, port: int, connections: int, *, host: str = "127.0.0.1", pause: float = 0.0, mark: bytes = b""
    ) -> None:
        """`pause` is how long each connection rests between two requests, in seconds.

        `mark` stands in an answer's head when it is a success: some APIs refuse with status 200.
        """
        self.pause = pause
        self.mark = mark
        self.taken = 0
        self.waiting: deque[Request] = deque()
        self.times: array[int] = array("q")
        self.statuses: Counter[int] = Counter()
        self._address = (host, port)
        self._wanted = connections
        self._parked: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._gone = asyncio.Event()
        self._closed = False
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect; raises `OSError` when nobody answers there."""
        await asyncio.gather(*(self._connect() for _ in range(self._wanted)))

    async def _connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: _Connection(self), *self._address)

    def put(self, request: Request) -> None:
        """Send a request as soon as a connection is free."""
        self.waiting.append(request)
        self._quiet.clear()
        if self._parked:
            self._parked.pop().go()

    def put_all(self, requests: Iterable[bytes]) -> None:
        """Put many requests at the end of the line."""
        self.waiting.extend(map(Request, requests))
        self._quiet.clear()
        parked, self._parked = self._parked, []
        for each in parked:
            each.go()

    async def drained(self) -> None:
        """Return when every request put so far has its answer, or is lost."""
        if self.waiting or self._under_way:
            await self._quiet.wait()

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        for each in list(self._open):
            each.close()
        for task in list(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        if self._open:
            await self._gone.wait()

    # ---- what connections say

    def next_for(self, connection: "_Connection") -> Request | None:
        """The next request for a connection that is free; without one it is parked."""
        if self.waiting:
            self._under_way += 1
            return self.waiting.popleft()
        self._parked.append(connection)
        return None

    def ended(self, request: Request, status: int, took: int, *, marked: bool = False) -> None:
        """A request has its answer."""
        self._under_way -= 1
        self.statuses[status] += 1
        if status != LOST:
            self.times.append(took)
            self.taken += 200 <= status < 300 and marked
        if request.told is not None:
            request.told(status)
        if not self._under_way and not self.waiting:
            self._quiet.set()

    def opened(self, connection: "_Connection") -> None:
        """A connection stands."""
        self._open.add(connection)
        self._gone.clear()

    def gone(self, connection: "_Connection") -> None:
        """A connection has ended; another one takes its place."""
        self._open.discard(connection)
        if not self._open:
            self._gone.set()
        if connection in self._parked:
            self._parked.remove(connection)
        if not self._closed:
            task = asyncio.get_running_loop().create_task(self._again())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _again(self) -> None:
        try:
            await self._connect()
        except OSError:
            # Nobody is there any more: what waits will never be answered.
            while self.waiting:
                self._under_way += 1
                self.ended(self.waiting.popleft(), LOST, 0)


class _Connection(asyncio.Protocol):
    """One connection of a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._parser = httptools.HttpResponseParser(self)
        self._request: Request | None = None
        self._began = 0
        self._answer = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._pool.opened(self)
        self.go()

    def go(self) -> None:
        """Send what is next in line."""
        self._request = self._pool.next_for(self)
        if self._request is not None:
            self._began = perf_counter_ns()
            self._transport.write(self._request.wire)

    def data_received(self, data: bytes) -> None:
        # Answers come whole as a rule, and then nothing is copied.
        self._answer = self._answer + data if self._answer else data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_message_complete(self) -> None:
        """The parser has seen an answer's end."""
        took, request = perf_counter_ns() - self._began, self._request
        if request is None:
            return
        marked, self._request, self._answer = self._pool.mark in self._answer, None, b""
        self._pool.ended(request, self._parser.get_status_code(), took, marked=marked)
        if not self._parser.should_keep_alive():
            self._transport.close()
        elif self._pool.pause:
            self._loop.call_later(self._pool.pause, self._rested)
        else:
            self.go()

    def _rested(self) -> None:
        if not self._transport.is_closing():
            self.go()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the library's signature
        if self._request is not None:
            request, self._request = self._request, None
            self._pool.ended(request, LOST, 0)
        self._pool.gone(self)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


async def drive(
    port: int, requests: Iterable[bytes], connections: int, *, pause: float = 0.0, mark: bytes = b""
) -> Measured:
    """Send requests over so many connections, each as soon as the one before it was answered; see `Pool`."""
    pool = Pool(port, connections, pause=pause, mark=mark)
    try:
        await pool.open()
        began = perf_counter_ns()
        pool.put_all(requests)
        await pool.drained()
        seconds = (perf_counter_ns() - began) / 1e9
    finally:
        await pool.close()
    return Measured(seconds, pool.taken, pool.statuses, pool.times)


def raw(method: str, path: str, headers: dict[str, str], body: bytes = b"", *, host: str = "127.0.0.1") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

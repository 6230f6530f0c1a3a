"""Performs requests, and says exactly one of: never left, left without an answer, answered."""

import asyncio
from collections.abc import Mapping

from parlance.contract.world import Exchange, Exchanged, NeverLeft
from parlance.model.wire import WireRequest
from parlance.net.addresses import Addresses, Forbidden
from parlance.net.connecting import PARTING_SECONDS, Connector
from parlance.net.connection import LATE, Connection
from parlance.net.pool import Pool
from parlance.net.writing import Origin, Unsayable, Writer

_NOT_STARTED = NeverLeft("the gateway is not started")


class HttpExchange:
    """An exchange over real HTTP. `guarded`: private, loopback and metadata addresses are refused."""

    def __init__(self, *, guarded: bool, connections: int = 1_000) -> None:
        self._connections = connections
        self._connector = Connector(Addresses(guarded=guarded))
        self._writer = Writer(guarded=guarded)
        self._pool: Pool | None = None

    async def start(self) -> None:
        """Open the pool of connections; needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self._pool = Pool(self._connections)

    async def close(self) -> None:
        """Close every connection. What is under way has left, and gets no answer."""
        pool, self._pool = self._pool, None
        if pool is not None:
            self._connector.close()
            await pool.close(PARTING_SECONDS)

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        """Perform one request within `limit` milliseconds; redirects are answers."""
        pool = self._pool
        if pool is None:
            return _NOT_STARTED
        try:
            origin, data = self._writer.write(request)
        except Unsayable as unsayable:
            return NeverLeft(str(unsayable))
        until = self._loop.time() + limit / 1000
        connection = pool.take(origin.key)
        if connection is None:
            try:
                connection = await self._connect(origin, pool, until)
            except (OSError, ValueError) as failed:
                return NeverLeft(_words(failed))
        # From here on it may have left: whatever goes wrong now, it is not asked a second time.
        last = "close" in request.headers.get("connection", "").lower()
        answer = connection.ask(data, no_body=request.method.upper() == "HEAD", last=last)
        timer = self._loop.call_at(until, connection.late)
        try:
            return await answer
        finally:
            timer.cancel()
            pool.give(connection)

    async def _connect(self, origin: Origin, pool: Pool, until: float) -> Connection:
        """Get a connection on which nothing was written yet for this request; raises `OSError`."""
        async with asyncio.timeout_at(until):
            connection = await pool.place(origin.key)
            if connection is None:
                try:
                    connection = await self._connector.open(origin, pool, until)
                except BaseException:
                    pool.free()
                    raise
        if not connection.is_sound():
            # It ended before anything was written.
            pool.give(connection)
            raise ConnectionResetError
        return connection


def _words(fault: Exception) -> str:
    """Name a network fault by its kind; its text may hold addresses with secrets in them."""
    if isinstance(fault, Forbidden):
        return str(fault)
    if isinstance(fault, ConnectionRefusedError):
        return "connection refused"
    if isinstance(fault, TimeoutError):
        return LATE
    return type(fault).__name__


class Switch:
    """Sends each request to the exchange that serves its scheme: the built-in network's own, or the real one."""

    def __init__(self, own: Mapping[str, Exchange], default: Exchange) -> None:
        self._own = dict(own)
        self._default = default

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        """Perform one request within `limit` milliseconds."""
        scheme = request.url.partition(":")[0]
        return await self._own.get(scheme, self._default).perform(request, limit)

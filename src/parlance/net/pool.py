"""Connections that are open: how many there may be, which are idle, and who waits for one."""

import asyncio
from typing import Final

from parlance.net.connection import Connection, Key

IDLE_SECONDS: Final = 4.0
"""Idle connections are dropped before any vendor drops them, so that a request never meets a dying one."""


class Pool:
    """Places for at most `limit` connections. A place is taken by `take` or `place`, and given back by one call."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._held = 0
        # All that are idle, oldest first; the same by where they lead to, newest last.
        self._idle: dict[Connection, None] = {}
        self._ready: dict[Key, list[Connection]] = {}
        self._waiting: dict[asyncio.Future[Connection | None], Key] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._open: set[Connection] = set()
        self._empty: asyncio.Future[None] | None = None
        self._closed = False

    def make(self, key: Key) -> Connection:
        """Make a connection that is yet to be opened, in a place that was given."""
        return Connection(key, self._gone)

    def opened(self, connection: Connection) -> None:
        """Count a connection as open; raises `OSError` when it ended, or everything was closed, in the meantime."""
        if not connection.is_sound():
            raise ConnectionResetError
        if self._closed:
            raise ConnectionAbortedError
        self._open.add(connection)

    def take(self, key: Key) -> Connection | None:
        """Take the idle connection that was used last, if there is one that can be relied on."""
        ready = self._ready.get(key)
        while ready:
            connection = ready.pop()
            del self._idle[connection]
            if connection.is_sound() and self._loop.time() - connection.since < IDLE_SECONDS:
                return connection
            connection.close()
            self.free()
        return None

    async def place(self, key: Key) -> Connection | None:
        """Wait in line for a place for another connection; gives one that is open where that comes first."""
        if self._closed:
            raise ConnectionAbortedError
        if self._held >= self._limit and self._idle:
            self._drop(next(iter(self._idle)))
        if self._held < self._limit:
            self._held += 1
            return None
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        self._waiting[waiter] = key
        try:
            return await waiter
        except asyncio.CancelledError:
            self._waiting.pop(waiter, None)
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # It was given in the very moment in which it was given up.
                given = waiter.result()
                if given is None:
                    self.free()
                else:
                    self.give(given)
            raise

    def give(self, connection: Connection) -> None:
        """Give a connection back after its request; it goes to who waits longest, else it is idle."""
        if not connection.is_sound() or self._closed:
            connection.close()
            self.free()
            return
        for waiter, key in self._waiting.items():
            if key != connection.key:
                connection.close()
                self.free()
                return
            if not waiter.done():
                del self._waiting[waiter]
                waiter.set_result(connection)
                return
        connection.since = self._loop.time()
        self._idle[connection] = None
        self._ready.setdefault(connection.key, []).append(connection)
        if self._timer is None:
            self._timer = self._loop.call_later(IDLE_SECONDS, self._sweep)

    def free(self) -> None:
        """Give back a place whose connection is closed, or was never opened."""
        while self._waiting:
            waiter = next(iter(self._waiting))
            del self._waiting[waiter]
            if not waiter.done():
                waiter.set_result(None)
                return
        self._held -= 1

    async def close(self, patience: float) -> None:
        """Close everything; connections that take longer than `patience` seconds to say goodbye are cut."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(ConnectionAbortedError())
        self._waiting.clear()
        for each in tuple(self._open):
            each.close()
        for last in (False, True):
            if not self._open:
                return
            if last:
                for each in tuple(self._open):
                    each.abort()
            self._empty = self._loop.create_future()
            await asyncio.wait([self._empty], timeout=patience)

    def _gone(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._drop(connection)
        if self._empty is not None and not self._open and not self._empty.done():
            self._empty.set_result(None)

    def _drop(self, connection: Connection) -> None:
        del self._idle[connection]
        self._ready[connection.key].remove(connection)
        connection.close()
        self.free()

    def _sweep(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._idle:
            oldest = next(iter(self._idle))
            wait = oldest.since + IDLE_SECONDS - now
            # Clocks are read a little apart: what is all but over is over.
            if wait > 0.001:
                self._timer = self._loop.call_later(wait, self._sweep)
                break
            self._drop(oldest)
        self._ready = {key: ready for key, ready in self._ready.items() if ready}

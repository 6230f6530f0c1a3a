"""Reads, beside the writer and never in its way."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from parlance.store.faults import is_storage, unavailable
from parlance.store.group import Work

T = TypeVar("T")
_THREADS = 2


class Readers:
    """Threads with a connection each. A read sees everything that was committed before it was asked for."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens a connection for one thread."""
        self._connect = connect
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(_THREADS, "store-reader")
        self._closed = False

    async def run(self, work: Work[T]) -> T:
        """Run a read on one snapshot; raises `Refusal(UNAVAILABLE)` when the file cannot be read."""
        if self._closed:
            raise unavailable()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    async def close(self) -> None:
        """Finish what was begun and close the connections."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)
        for connection in self._connections:
            connection.close()

    def _run(self, work: Work[T]) -> T:
        try:
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as fault:
            if is_storage(fault):
                raise unavailable() from None
            raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
            self._connections.append(connection)
        return connection

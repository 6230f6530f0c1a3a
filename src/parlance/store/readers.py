"""Reads, beside the writer and never in its way."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from parlance.store.connection import Link, Trouble
from parlance.store.faults import unavailable
from parlance.store.group import Work

T = TypeVar("T")
_THREADS = 2


class Readers:
    """Threads with a connection each. A read sees everything that was committed before it was asked for."""

    def __init__(self, connect: Callable[[], Link], threads: int = _THREADS) -> None:
        """`connect` opens a connection for one thread."""
        self._connect = connect
        self._own = threading.local()
        self._links: list[Link] = []
        self._pool = ThreadPoolExecutor(threads, "store-reader")
        self._closed = False

    async def run(self, work: Work[T]) -> T:
        """Run a read on one snapshot; raises `Refusal(UNAVAILABLE)` when the database cannot be read."""
        if self._closed:
            raise unavailable()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    async def close(self) -> None:
        """Finish what was begun and close the connections."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)
        for link in self._links:
            link.close()

    def _run(self, work: Work[T]) -> T:
        link = self._link()
        try:
            return _read(link, work)
        except Exception as fault:
            trouble = link.trouble(fault)
            if trouble is Trouble.STORAGE:
                raise unavailable() from None
            if trouble is not Trouble.LOST:
                raise
        # Reading twice does no harm, and the next connection may be better.
        try:
            return _read(link, work)
        except Exception as fault:
            if link.trouble(fault) in {Trouble.STORAGE, Trouble.LOST}:
                raise unavailable() from None
            raise

    def _link(self) -> Link:
        link: Link | None = getattr(self._own, "link", None)
        if link is None:
            try:
                link = self._own.link = self._connect()
            except Exception:  # noqa: BLE001  whatever hinders it, nothing can be read
                raise unavailable() from None
            self._links.append(link)
        return link


def _read(link: Link, work: Work[T]) -> T:
    link.look()
    try:
        return work(link)
    finally:
        link.rollback()

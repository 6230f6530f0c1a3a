"""Group commit: one thread writes, and what arrives while a commit is under way goes together into the next one.

A commit costs a write to the disk whatever its size, so the rate of single operations is that of commits times their
size. Every caller is answered after the commit that holds its rows, and a bad operation never fails its neighbours.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias, TypeVar

from parlance.model.fault import Refusal
from parlance.store.faults import is_storage, unavailable

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]
"""An operation within a transaction. It may be run twice, judges before it writes, and raises `Refusal` to say no."""

MOST = 256
"""The most operations in one commit: enough to pay for it, few enough that nobody waits long."""


class _Task(NamedTuple):
    work: Work[Any]
    future: asyncio.Future[Any]
    after: Callable[[Any], None] | None


class _Result(NamedTuple):
    value: Any
    fault: BaseException | None


class Group:
    """The writer thread and its queue. It owns the connection it is given."""

    def __init__(self, connection: sqlite3.Connection, undone: Callable[[], None]) -> None:
        """`undone` is called in the writer thread whenever a transaction was rolled back."""
        self._connection = connection
        self._undone = undone
        self._queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T], after: Callable[[T], None] | None = None) -> T:
        """Run an operation in the next transaction; returns after its commit.

        Raises what the operation raised, and `Refusal(UNAVAILABLE)` when the commit failed. `after` is called with the
        result in the event loop, also when the caller no longer waits.
        """
        if self._closed:
            raise unavailable()
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Task(work, future, after))
        return await future

    async def close(self) -> None:
        """Run what is queued, then end the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        while True:
            tasks, last = self._next()
            if tasks:
                results = self._commit([task.work for task in tasks])
                try:
                    self._loop.call_soon_threadsafe(_resolve, tasks, results)
                except RuntimeError:
                    last = True  # the event loop is gone, and with it everyone who waited
            if last:
                self._connection.close()
                return

    def _next(self) -> tuple[list[_Task], bool]:
        """Wait for work and take all there is; True when it is the last."""
        tasks: list[_Task] = []
        task = self._queue.get()
        try:
            while task is not None:
                tasks.append(task)
                if len(tasks) == MOST:
                    return tasks, False
                task = self._queue.get_nowait()
        except Empty:
            return tasks, False
        return tasks, True

    def _commit(self, works: list[Work[Any]]) -> list[_Result]:
        try:
            return self._together(works)
        except Exception as fault:  # noqa: BLE001  whatever it is goes to the caller it belongs to
            self._roll_back()
            if not is_storage(fault):
                return self._one_by_one(works)
            return [_Result(None, unavailable()) for _ in works]

    def _together(self, works: list[Work[Any]]) -> list[_Result]:
        """The usual way: no savepoints. Any fault but a refusal ends the attempt."""
        connection, results = self._connection, []
        connection.execute("BEGIN IMMEDIATE")
        for work in works:
            try:
                results.append(_Result(work(connection), None))
            except Refusal as refusal:
                results.append(_Result(None, refusal))
        connection.execute("COMMIT")
        return results

    def _one_by_one(self, works: list[Work[Any]]) -> list[_Result]:
        """One of them is bad: each in its own savepoint, so that the others are kept."""
        connection, results = self._connection, []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for work in works:
                connection.execute("SAVEPOINT one")
                try:
                    results.append(_Result(work(connection), None))
                except Exception as fault:
                    if is_storage(fault):
                        raise
                    connection.execute("ROLLBACK TO one")
                    self._undone()
                    results.append(_Result(None, fault))
                connection.execute("RELEASE one")
            connection.execute("COMMIT")
        except sqlite3.Error:
            self._roll_back()
            return [_Result(None, unavailable()) for _ in works]
        return results

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            # SQLite has then rolled back by itself; the next BEGIN shows whether the file can be used.
            pass
        self._undone()


def _resolve(tasks: list[_Task], results: list[_Result]) -> None:
    for task, result in zip(tasks, results, strict=True):
        if result.fault is None and task.after is not None:
            task.after(result.value)
        if task.future.done():
            continue
        if result.fault is None:
            task.future.set_result(result.value)
        else:
            task.future.set_exception(result.fault)

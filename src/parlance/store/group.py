"""Group commit: one thread writes, and what arrives while a commit is under way goes together into the next one.

A commit costs a write to the disk whatever its size, so the rate of single operations is that of commits times their
size. Every caller is answered after the commit that holds its rows, and a bad operation never fails its neighbours.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias, TypeVar

from parlance.contract.cluster import Fenced
from parlance.model.fault import Refusal
from parlance.store.connection import Connection, Link, Trouble
from parlance.store.faults import unavailable

T = TypeVar("T")
Work: TypeAlias = Callable[[Connection], T]
"""An operation within a transaction. It may be run twice, judges before it writes, and raises `Refusal` to say no."""

Crowd: TypeAlias = Callable[[Any, Sequence[Any]], Sequence[Any]]
"""Does many operations of one kind at once, on an engine's own link; each gives its result, or why it was refused."""

NONE: Mapping[type, Crowd] = {}

MOST = 256
"""The most operations in one commit: enough to pay for it, few enough that nobody waits long."""

PATIENCE = 5.0
"""Seconds for which callers wait to learn what became of a commit whose connection broke."""

_RUNS = 5
"""How often a transaction is run together when other nodes are in its way."""


class _Task(NamedTuple):
    work: Work[Any]
    future: asyncio.Future[Any]
    after: Callable[[Any], None] | None
    patient: bool
    item: object


class _Result(NamedTuple):
    value: Any
    fault: BaseException | None


_NOTHING = _Result(None, None)


class Group:
    """The writer thread and its queue. It owns the connection it is given."""

    def __init__(
        self,
        link: Link,
        undone: Callable[[], None],
        crowds: Mapping[type, Crowd] = NONE,
        committed: Callable[[Sequence[Any]], None] | None = None,
    ) -> None:
        """`undone` is called in the writer thread whenever a transaction was rolled back.

        `crowds` does operations together whose `item` is of that type; they come after the others of a transaction.
        `committed` is given there the results of each transaction that was kept.
        """
        self._link = link
        self._undone = undone
        self._crowds = crowds
        self._committed = committed
        self._queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self.commits = self.operations = 0
        """How many commits there were, and how many operations in all of them."""
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    async def run(
        self,
        work: Work[T],
        after: Callable[[T], None] | None = None,
        *,
        patient: bool = False,
        item: object = None,
    ) -> T:
        """Run an operation in the next transaction; returns after its commit.

        Raises what the operation raised, and `Refusal(UNAVAILABLE)` when the commit failed or nobody can say in time
        whether it did; who is `patient` waits until it is known. `after` is called with the result in the event loop,
        also when the caller no longer waits. What `item` stands for may be done together with others of its kind.
        """
        if self._closed:
            raise unavailable()
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Task(work, future, after, patient, item))
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
                results = self._commit(tasks)
                last = not self._answer(tasks, results) or last
                if self._committed is not None:
                    self._committed([result.value for result in results if result.fault is None])
            if last:
                self._link.close()
                return

    def _answer(self, tasks: list[_Task], results: list[_Result]) -> bool:
        """Tell the callers; False when the event loop is gone, and with it everyone who waited."""
        try:
            self._loop.call_soon_threadsafe(_resolve, tasks, results)
        except RuntimeError:
            return False
        return True

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

    def _commit(self, tasks: list[_Task]) -> list[_Result]:
        """Run operations together, again where another node was in the way, one by one where one of them is bad."""
        clashed = False
        for _ in range(_RUNS):
            try:
                return self._together(tasks)
            except Exception as fault:  # noqa: BLE001  whatever it is goes to the caller it belongs to
                trouble = self._link.trouble(fault)
                self._roll_back()
            if trouble is Trouble.STORAGE:
                return _unavailable(tasks)
            if trouble is Trouble.OWN or (trouble is Trouble.CLASH and clashed):
                break
            clashed = clashed or trouble is Trouble.CLASH
        return self._one_by_one(tasks)

    def _together(self, tasks: list[_Task]) -> list[_Result]:
        """The usual way: no savepoints. Any fault but a refusal ends the attempt."""
        link, crowds = self._link, self._crowds
        results: list[_Result] = [_NOTHING] * len(tasks)
        kinds: dict[type, list[int]] = {}
        link.begin()
        for place, task in enumerate(tasks):
            if type(task.item) in crowds:
                kinds.setdefault(type(task.item), []).append(place)
                continue
            try:
                results[place] = _Result(task.work(link), None)
            except (Refusal, Fenced) as refusal:
                results[place] = _Result(None, refusal)
        for kind, places in kinds.items():
            found = crowds[kind](link, [tasks[place].item for place in places])
            for place, value in zip(places, found, strict=True):
                refused = isinstance(value, Refusal | Fenced)
                results[place] = _Result(None, value) if refused else _Result(value, None)
        self._finish(tasks)
        return results

    def _one_by_one(self, tasks: list[_Task]) -> list[_Result]:
        """One of them is bad: each in its own savepoint, so that the others are kept."""
        try:
            self._link.begin()
            results = [self._alone(task) for task in tasks]
            self._finish(tasks)
        except Exception:  # noqa: BLE001  what is an operation's own has been kept apart
            self._roll_back()
            return _unavailable(tasks)
        return results

    def _alone(self, task: _Task) -> _Result:
        link, tries = self._link, 0
        link.savepoint()
        while True:
            try:
                result = task.work(link)
                # What the operation left to be sent with the next statement is its own as well.
                link.release()
                return _Result(result, None)
            except Exception as fault:
                trouble, tries = link.trouble(fault), tries + 1
                if trouble in {Trouble.STORAGE, Trouble.LOST}:
                    raise
                link.undo()
                self._undone()
                if trouble is Trouble.OWN or tries == _RUNS:
                    link.release()
                    return _Result(None, unavailable() if trouble is Trouble.AGAIN else fault)

    def _finish(self, tasks: list[_Task]) -> None:
        """Commit. Where what became of it is long in doubt, the impatient are told that it did not succeed."""
        patience_ends = 0.0

        def waiting() -> bool:
            nonlocal patience_ends
            patience_ends = patience_ends or time.monotonic() + PATIENCE
            self._turn_away()
            if time.monotonic() >= patience_ends:
                impatient = [task for task in tasks if not task.patient]
                self._answer(impatient, _unavailable(impatient))
            return not self._closed

        self._link.commit(waiting)
        self.commits += 1
        self.operations += len(tasks)

    def _turn_away(self) -> None:
        """Nothing can be written now: who comes meanwhile need not wait."""
        tasks, last = [], False
        try:
            while True:
                task = self._queue.get_nowait()
                if task is None:
                    last = True
                else:
                    tasks.append(task)
        except Empty:
            pass
        if last:
            self._queue.put(None)
        self._answer(tasks, _unavailable(tasks))

    def _roll_back(self) -> None:
        # Where it fails the database has rolled back by itself; the next begin shows what the connection is worth.
        with suppress(Exception):
            self._link.rollback()
        self._undone()


def _unavailable(tasks: list[_Task]) -> list[_Result]:
    return [_Result(None, unavailable()) for _ in tasks]


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

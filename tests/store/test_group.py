"""Group commit: neighbours, refusals, cancelled callers, a full disk."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlance.contract.views import MessageFilter
from parlance.model.fault import Fault, Refusal
from parlance.store.group import MOST, Group, Work
from store.desk import MOST_WAIT, Desk, allow


class Table:
    """A table of numbers behind a group, and a way to hold the writer while work piles up."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        self.commits = 0
        self.batches = 0
        self.undone = 0
        self.connection.set_trace_callback(self._count)
        self.group = Group(self.connection, self._undo)

    def _count(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    def _undo(self) -> None:
        self.undone += 1

    def add(self, number: int) -> Work[int]:
        def work(con: sqlite3.Connection) -> int:
            con.execute("INSERT INTO numbers VALUES (?)", (number,))
            return number

        return work

    async def hold(self) -> tuple[threading.Event, asyncio.Task[bool]]:
        """Keep the writer busy until the event is set: what is queued meanwhile is the next batch."""
        gate, busy = threading.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(_: sqlite3.Connection) -> bool:
            loop.call_soon_threadsafe(busy.set)
            return gate.wait(MOST_WAIT)

        held = asyncio.create_task(self.group.run(wait))
        await busy.wait()
        return gate, held

    async def together(self, *works: Work[int]) -> list[int | BaseException]:
        """Run works in one batch, or as few as there is room for."""
        gate, held = await self.hold()
        tasks = [asyncio.create_task(self.group.run(work)) for work in works]
        await asyncio.sleep(0)
        before = self.commits
        gate.set()
        assert await held
        results = await asyncio.gather(*tasks, return_exceptions=True)
        self.batches = self.commits - before - 1
        return results

    async def all(self) -> list[int]:
        return await self.group.run(
            lambda con: [number for (number,) in con.execute("SELECT number FROM numbers ORDER BY number")]
        )


@pytest.fixture
async def table(tmp_path: Path) -> Table:
    return Table(tmp_path / "numbers.db")


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 2


async def test_what_arrives_together_is_committed_together(table: Table) -> None:
    assert await table.together(*(table.add(number) for number in range(100))) == list(range(100))
    assert table.batches == 1
    assert await table.all() == list(range(100))
    await table.group.close()


async def test_a_batch_has_an_end(table: Table) -> None:
    many = range(2 * MOST + 10)
    assert await table.together(*(table.add(number) for number in many)) == list(many)
    assert table.batches == 3
    await table.group.close()


async def test_a_bad_operation_fails_alone(table: Table) -> None:
    def bad(con: sqlite3.Connection) -> int:
        con.execute("INSERT INTO numbers VALUES (99)")
        raise ZeroDivisionError

    results = await table.together(table.add(1), bad, table.add(1), table.add(2))
    assert [type(result) for result in results] == [int, ZeroDivisionError, sqlite3.IntegrityError, int]
    assert table.batches == 1
    assert await table.all() == [1, 2]
    assert table.undone == 3
    await table.group.close()


async def test_a_refusal_is_its_callers_own(table: Table) -> None:
    def refuse(_: sqlite3.Connection) -> int:
        raise Refusal(Fault.WINDOW_CLOSED)

    results = await table.together(table.add(1), refuse, table.add(2))
    assert [type(result) for result in results] == [int, Refusal, int]
    assert await table.all() == [1, 2]
    assert table.undone == 0
    await table.group.close()


async def test_a_cancelled_caller_breaks_nothing(table: Table) -> None:
    gate, held = await table.hold()
    noticed: list[int] = []
    tasks = [asyncio.create_task(table.group.run(table.add(number), noticed.append)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    gate.set()
    results = await asyncio.gather(held, *tasks, return_exceptions=True)
    assert [type(result) for result in results] == [bool, int, asyncio.CancelledError, int]
    assert await table.all() == [1, 2, 3]
    # What must follow a write follows it, whether or not anyone still waits.
    assert noticed == [1, 2, 3]
    await table.group.close()


async def test_closing_finishes_what_was_begun(table: Table, tmp_path: Path) -> None:
    tasks = [asyncio.create_task(table.group.run(table.add(number))) for number in range(10)]
    await asyncio.sleep(0)
    await table.group.close()
    await table.group.close()
    assert await asyncio.gather(*tasks) == list(range(10))
    with pytest.raises(Refusal) as refused:
        await table.group.run(table.add(11))
    assert refused.value.fault is Fault.UNAVAILABLE
    fresh = sqlite3.connect(tmp_path / "numbers.db")
    assert fresh.execute("SELECT count(*) FROM numbers").fetchone() == (10,)
    fresh.close()


async def test_a_full_disk_is_unavailable_for_everyone_and_passes(desk: Desk) -> None:
    kept = await desk.accept()

    def limit(pages: str) -> Work[int]:
        return lambda con: int(con.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])

    # SQLite takes a limit below the present size as the present size: no page more.
    assert await desk.store._write(limit("1")) > 1
    big = desk.draft(refs={"filler": "x" * 200_000})
    small = [desk.draft() for _ in range(5)]
    results = await asyncio.gather(
        *(desk.store.accept(draft, allow) for draft in (big, *small)), return_exceptions=True
    )
    assert isinstance(results[0], Refusal)
    assert results[0].fault is Fault.UNAVAILABLE
    assert all(not isinstance(each, Refusal) or each.fault is Fault.UNAVAILABLE for each in results)
    with pytest.raises(Refusal):
        await desk.store.accept(big, allow)
    assert await desk.store.message(kept.id) == kept
    await desk.store._write(limit("1073741823"))
    again = await desk.store.accept(big, allow)
    stored = [each.message.id for each in results if not isinstance(each, BaseException)]
    found = {message.id for message in await desk.store.messages(MessageFilter())}
    assert found == {kept.id, again.message.id, *stored}


async def test_a_full_disk_while_a_bad_operation_is_sorted_out(table: Table) -> None:
    def bad(_: sqlite3.Connection) -> int:
        raise ZeroDivisionError

    def full(_: sqlite3.Connection) -> int:
        fault = sqlite3.OperationalError("database or disk is full")
        fault.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise fault

    results = await table.together(table.add(1), bad, full)
    assert [getattr(result, "fault", result) for result in results] == [Fault.UNAVAILABLE] * 3
    assert table.batches == 0
    assert await table.together(table.add(1)) == [1]
    await table.group.close()


async def test_a_file_that_cannot_be_read_is_unavailable(desk: Desk) -> None:
    def broken(_: sqlite3.Connection) -> None:
        fault = sqlite3.OperationalError("disk I/O error")
        fault.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise fault

    with pytest.raises(Refusal) as refused:
        await desk.store._read(broken)
    assert refused.value.fault is Fault.UNAVAILABLE
    with pytest.raises(sqlite3.OperationalError):
        await desk.store._read(lambda con: con.execute("SELECT nonsense"))
    assert await desk.store.busy_senders() == []


async def test_a_bad_neighbour_does_not_leave_phantoms_in_memory(desk: Desk) -> None:
    def bad(_: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    message = await desk.accept()
    await desk.claim(message)
    results = await asyncio.gather(
        desk.subscribe(),
        desk.store._write(bad),
        desk.store.settle(desk.settlement(message, external_id="w1")),
        return_exceptions=True,
    )
    assert isinstance(results[1], ZeroDivisionError)
    (subscription,) = await desk.store.subscriptions(desk.sender.id)
    sent = await desk.accept()
    assert (await desk.send(sent, "w2")).subscriptions == {subscription.id}


async def test_a_closed_store_is_unavailable(desk: Desk) -> None:
    await desk.store.close()
    for doing in (desk.accept(), desk.store.busy_senders()):
        with pytest.raises(Refusal) as refused:
            await doing
        assert refused.value.fault is Fault.UNAVAILABLE

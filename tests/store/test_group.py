"""Group commit: neighbours, refusals, cancelled callers, a full disk."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from parlance.contract.views import MessageFilter
from parlance.model.fault import Fault, Refusal
from parlance.store.connection import Connection, Link
from parlance.store.file import FileConnection
from parlance.store.group import MOST, Group, Work
from parlance.store.postgres_link import PostgresLink
from parlance.store.sqlite import SqliteStore
from store import server
from store.desk import MOST_WAIT, Desk, allow


class FileTable(FileConnection):
    """A file's connection that counts its commits."""

    commits = 0

    def commit(self, waiting: Callable[[], bool] | None = None) -> None:
        self.commits += 1
        super().commit(waiting)


class ServerTable(PostgresLink):
    """A server's connection that counts its commits."""

    commits = 0

    def commit(self, waiting: Callable[[], bool]) -> None:
        self.commits += 1
        super().commit(waiting)


CLASHES = (sqlite3.IntegrityError, psycopg.errors.UniqueViolation)


class Table:
    """A table of numbers behind a group, and a way to hold the writer while work piles up."""

    def __init__(self, link: FileTable | ServerTable, connect: Callable[[], Link]) -> None:
        self.link = link
        self.connect = connect
        link.begin()
        link.execute("CREATE TABLE numbers (number BIGINT PRIMARY KEY)")
        link.commit(lambda: False)
        self.batches = 0
        self.undone = 0
        self.group = Group(link, self._undo)

    @property
    def commits(self) -> int:
        return self.link.commits

    def _undo(self) -> None:
        self.undone += 1

    def add(self, number: int) -> Work[int]:
        def work(con: Connection) -> int:
            con.execute("INSERT INTO numbers VALUES (?)", (number,))
            return number

        return work

    async def hold(self) -> tuple[threading.Event, asyncio.Task[bool]]:
        """Keep the writer busy until the event is set: what is queued meanwhile is the next batch."""
        gate, busy = threading.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(_: Connection) -> bool:
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


@pytest.fixture(params=["postgres", "sqlite"])
async def table(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Table]:
    if request.param == "postgres":
        url = server.url_of(tmp_path)
        yield Table(ServerTable(url), lambda: PostgresLink(url))
        server.drop(tmp_path, spoiled=True)
        return
    path = tmp_path / "numbers.db"
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=FileTable)
    file.execute("PRAGMA journal_mode = WAL")
    yield Table(file, lambda: sqlite3.connect(path, factory=FileConnection))


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
    def bad(con: Connection) -> int:
        con.execute("INSERT INTO numbers VALUES (99)")
        raise ZeroDivisionError

    results = await table.together(table.add(1), bad, table.add(1), table.add(2))
    assert (results[0], results[3]) == (1, 2)
    assert isinstance(results[1], ZeroDivisionError)
    assert isinstance(results[2], CLASHES)
    assert table.batches == 1
    assert await table.all() == [1, 2]
    assert table.undone >= 3
    await table.group.close()


async def test_a_refusal_is_its_callers_own(table: Table) -> None:
    def refuse(_: Connection) -> int:
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


async def test_closing_finishes_what_was_begun(table: Table) -> None:
    tasks = [asyncio.create_task(table.group.run(table.add(number))) for number in range(10)]
    await asyncio.sleep(0)
    await table.group.close()
    await table.group.close()
    assert await asyncio.gather(*tasks) == list(range(10))
    with pytest.raises(Refusal) as refused:
        await table.group.run(table.add(11))
    assert refused.value.fault is Fault.UNAVAILABLE
    fresh = table.connect()
    fresh.look()
    assert fresh.execute("SELECT count(*) FROM numbers").fetchone() == (10,)
    fresh.close()


_FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$;
CREATE TRIGGER full_disk BEFORE INSERT ON messages FOR EACH ROW
WHEN (length(NEW.refs) > 100000) EXECUTE FUNCTION refuse()
"""


async def _limit(desk: Desk, *, full: bool) -> None:
    """Let big messages find no room, or find it again."""
    if isinstance(desk.store, SqliteStore):
        # SQLite takes a limit below the present size as the present size: no page more.
        pages = 1 if full else 1_073_741_823
        await desk.store._write(lambda con: con.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        return
    await desk.store._write(lambda con: con.execute(_FULL if full else "DROP FUNCTION refuse CASCADE").rowcount)


async def test_a_full_disk_is_unavailable_for_everyone_and_passes(desk: Desk) -> None:
    kept = await desk.accept()
    await _limit(desk, full=True)
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
    await _limit(desk, full=False)
    again = await desk.store.accept(big, allow)
    stored = [each.message.id for each in results if not isinstance(each, BaseException)]
    found = {message.id for message in await desk.store.messages(MessageFilter())}
    assert found == {kept.id, again.message.id, *stored}


async def test_a_full_disk_while_a_bad_operation_is_sorted_out(table: Table) -> None:
    def bad(_: Connection) -> int:
        raise ZeroDivisionError

    def full(_: Connection) -> int:
        raise full_disk(table.link)

    results = await table.together(table.add(1), bad, full)
    assert [getattr(result, "fault", result) for result in results] == [Fault.UNAVAILABLE] * 3
    assert table.batches == 0
    assert await table.together(table.add(1)) == [1]
    await table.group.close()


def full_disk(con: Connection) -> Exception:
    """What the driver raises when nothing more fits on the disk."""
    if isinstance(con, PostgresLink):
        return psycopg.errors.DiskFull("could not extend file: No space left on device")
    fault = sqlite3.OperationalError("database or disk is full")
    fault.sqlite_errorcode = sqlite3.SQLITE_FULL
    return fault


async def test_a_database_that_cannot_be_read_is_unavailable(desk: Desk) -> None:
    def broken(con: Connection) -> None:
        if isinstance(con, PostgresLink):
            raise psycopg.errors.IoError("could not read block 7")
        fault = sqlite3.OperationalError("disk I/O error")
        fault.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise fault

    with pytest.raises(Refusal) as refused:
        await desk.store._read(broken)
    assert refused.value.fault is Fault.UNAVAILABLE
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedColumn)):
        await desk.store._read(lambda con: con.execute("SELECT nonsense"))
    assert await desk.store.busy_senders() == []


async def test_a_bad_neighbour_does_not_leave_phantoms_in_memory(desk: Desk) -> None:
    def bad(_: Connection) -> None:
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

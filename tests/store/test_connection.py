"""The connection to the server breaks: who is told what, and what is done again."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from parlance.model.fault import Fault, Refusal
from parlance.store import group
from parlance.store.connection import Connection
from parlance.store.group import Group, Work
from parlance.store.postgres_faults import Gone
from parlance.store.postgres_link import PostgresLink
from parlance.store.postgres_session import Session
from parlance.store.readers import Readers
from store import server
from toys import until


class Fragile(PostgresLink):
    """A link whose commits can be broken, and whose server can be out of reach."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.breaks = ""
        self.away = threading.Event()
        self.forgetful = False
        self.silent: Session | None = None

    def _end(self) -> str | None:
        breaks, self.breaks = self.breaks, ""
        if not breaks:
            return super()._end()
        assert self._session is not None
        pgconn = self._session.pgconn
        if breaks == "after":
            pgconn.exec_(b"COMMIT")
        if breaks == "silent":
            # The server waits for more, with all its locks; only the client thinks that the line is dead.
            self.silent, self._session = self._session, None
        else:
            self._session.close()
        if breaks == "given again":
            # As after a server was killed: the number of what it lost is now another transaction's, which is kept.
            with psycopg.connect(self._url) as raw:
                row = raw.execute("SELECT pg_current_xact_id()::text").fetchone()
            assert row is not None
            self._transaction = self._transaction._replace(number=row[0])
        raise psycopg.OperationalError("the connection is lost")

    def _connected(self) -> Session:
        if self.away.is_set():
            self._drop()
            raise Gone
        return super()._connected()

    def _status(self) -> str | None:
        return None if self.forgetful else super()._status()


@dataclass
class Line:
    """A group on a table of numbers, over a line that breaks."""

    url: str
    link: Fragile
    group: Group
    runs: list[int] = field(default_factory=list)

    def add(self, number: int) -> Work[int]:
        def work(con: Connection) -> int:
            self.runs.append(number)
            con.execute("INSERT INTO numbers VALUES (?)", (number,))
            return number

        return work

    async def numbers(self) -> list[int]:
        def read() -> list[int]:
            with psycopg.connect(self.url) as raw:
                return [number for (number,) in raw.execute("SELECT number FROM numbers ORDER BY number")]

        return await asyncio.to_thread(read)

    def backends_end(self) -> None:
        """Every other connection to the database is ended from the server's side."""
        with psycopg.connect(self.url) as raw:
            raw.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    url = server.url_of(tmp_path)
    with psycopg.connect(url) as raw:
        raw.execute("CREATE TABLE numbers (number BIGINT PRIMARY KEY)")
    link = Fragile(url)
    made = Line(url, link, Group(link, lambda: None))
    yield made
    link.away.clear()
    await made.group.close()
    if link.silent is not None:
        link.silent.close()
    server.drop(tmp_path, spoiled=True)


async def _fault(line: Line, work: Work[int]) -> Fault:
    with pytest.raises(Refusal) as refused:
        await line.group.run(work)
    return refused.value.fault


async def test_a_line_that_broke_while_idle_is_made_anew(line: Line) -> None:
    assert await line.group.run(line.add(1)) == 1
    line.backends_end()
    assert await line.group.run(line.add(2)) == 2
    assert await line.numbers() == [1, 2]


async def test_a_line_that_breaks_in_the_middle_keeps_nothing_and_all_is_done_again(line: Line) -> None:
    def broken(con: Connection) -> int:
        if not line.runs.count(7):
            line.runs.append(7)
            line.backends_end()
        return line.add(8)(con)

    one, eight = await asyncio.gather(line.group.run(line.add(1)), line.group.run(broken))
    assert (one, eight) == (1, 8)
    assert await line.numbers() == [1, 8]


async def test_a_commit_that_arrived_is_a_yes_though_its_answer_was_lost(line: Line) -> None:
    line.link.breaks = "after"
    assert await line.group.run(line.add(1)) == 1
    assert await line.numbers() == [1]
    assert line.runs == [1]


@pytest.mark.parametrize("how", ["before", "silent", "given again"])
async def test_a_commit_that_did_not_arrive_is_made_again(line: Line, how: str) -> None:
    line.link.breaks = how
    assert await line.group.run(line.add(1)) == 1
    assert await line.numbers() == [1]
    assert line.runs == [1, 1]


async def test_nobody_says_yes_to_a_commit_of_unknown_fate(line: Line) -> None:
    line.link.breaks, line.link.forgetful = "after", True
    assert await _fault(line, line.add(1)) is Fault.UNAVAILABLE
    assert line.runs == [1]
    assert await line.group.run(line.add(2)) == 2


async def test_a_server_that_is_away_is_unavailable_and_comes_back(line: Line) -> None:
    await line.group.run(line.add(1))
    line.link.away.set()
    line.backends_end()
    assert await _fault(line, line.add(2)) is Fault.UNAVAILABLE
    line.link.away.clear()
    assert await line.group.run(line.add(3)) == 3
    assert await line.numbers() == [1, 3]


async def test_while_a_commit_is_in_doubt_the_patient_wait_and_others_are_turned_away(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "PATIENCE", 0.0)
    told: list[int] = []

    def away(con: Connection) -> int:
        line.link.breaks = "after"
        line.link.away.set()
        return line.add(2)(con)

    patient = asyncio.create_task(line.group.run(line.add(1), patient=True))
    impatient = asyncio.create_task(line.group.run(away, told.append))
    with pytest.raises(Refusal):
        await impatient
    assert await _fault(line, line.add(3)) is Fault.UNAVAILABLE
    assert not patient.done()
    line.link.away.clear()
    assert await patient == 1
    # What must follow a write follows it, though its caller was told otherwise.
    assert told == [2]
    assert await line.numbers() == [1, 2]


async def test_closing_does_not_wait_for_a_server_that_is_away(line: Line) -> None:
    line.link.breaks = "after"

    def away(con: Connection) -> int:
        line.link.away.set()
        return line.add(1)(con)

    doing = asyncio.create_task(line.group.run(away, patient=True))
    await until(line.link.away.is_set)
    await line.group.close()
    with pytest.raises(Refusal):
        await doing


async def test_a_server_that_does_not_answer_is_given_up(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlance.store.postgres_session.LIMIT", 0.2)
    slow: list[int] = []

    def hang(con: Connection) -> int:
        if not slow:
            slow.append(1)
            con.execute("SELECT pg_sleep(60)")
        return 5

    assert await line.group.run(hang) == 5


async def test_a_read_over_a_broken_line_is_made_again(line: Line) -> None:
    readers = Readers(lambda: PostgresLink(line.url))
    count = "SELECT count(*) FROM numbers"
    assert await readers.run(lambda con: con.execute(count).fetchone()) == (0,)
    line.backends_end()
    for _ in range(4):
        assert await readers.run(lambda con: con.execute(count).fetchone()) == (0,)
    await readers.close()


async def test_reading_from_a_server_that_is_away_is_unavailable(line: Line) -> None:
    line.link.away.set()
    readers = Readers(lambda: line.link)
    with pytest.raises(Refusal) as refused:
        await readers.run(lambda con: con.execute("SELECT 1").fetchone())
    assert refused.value.fault is Fault.UNAVAILABLE
    await readers.close()

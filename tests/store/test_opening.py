"""Opening the data folder, and every sentence in which it is refused."""

import asyncio
import os
import sqlite3
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from parlance.contract.registry import NewKey, NewRoute
from parlance.contract.store import StoreFault
from parlance.store.faults import cannot_open
from parlance.store.sqlite import SqliteStore
from store.desk import KEY, NOW, CountedIds, StoppedClock


def _store(folder: Path, key: str = KEY) -> SqliteStore:
    return SqliteStore(folder, CountedIds(), StoppedClock(), key)


async def _fill(folder: Path) -> None:
    store = _store(folder)
    await store.open()
    account = await store.account("demo")
    keys = [NewKey("one", "p", "s", {"app_secret": "x"})]
    await store.add_sender(account, "972770000111", "", NewRoute("sandbox", "", {}), keys, 1)
    await store.close()


async def _refusal(folder: Path, key: str = KEY) -> str:
    with pytest.raises(StoreFault) as refused:
        await _store(folder, key).open()
    return str(refused.value)


async def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    await _fill(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "parlance.db").stat().st_mode) == 0o600


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    await _fill(tmp_path)
    store = _store(tmp_path)
    await store.open()
    (sender,) = await store.senders_of("972770000111")
    assert (sender.account, sender.created_at) == ("demo", NOW)
    assert (await store.find_key("one", "s")) is not None
    assert await store.document(sender.id, "one") == {"app_secret": "x"}
    await store.close()
    await store.close()


async def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    first = _store(tmp_path)
    await first.open()
    assert await _refusal(tmp_path) == (
        f"The data folder {tmp_path} is in use by the process {os.getpid()}. Stop it, or use its admin API."
    )
    await first.close()
    second = _store(tmp_path)
    await second.open()
    await second.close()


async def test_another_process_is_kept_out_until_the_first_has_ended(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from parlance.store.opening import FolderLock\n"
        f"lock = FolderLock.take(Path({str(tmp_path)!r})); print('taken', flush=True); sys.stdin.read()"
    )
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=PIPE, stdout=PIPE)
    assert other.stdout is not None
    assert await other.stdout.readline() == b"taken\n"
    assert f"in use by the process {other.pid}." in await _refusal(tmp_path)
    other.kill()
    await other.communicate()
    store = _store(tmp_path)
    await store.open()
    await store.close()


async def test_a_lock_file_that_names_nobody(tmp_path: Path) -> None:
    first = _store(tmp_path)
    await first.open()
    (tmp_path / "parlance.lock").write_text("?\n")
    assert f"{tmp_path} is in use by another process." in await _refusal(tmp_path)
    await first.close()


async def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    folder = tmp_path / "file" / "data"
    assert await _refusal(folder) == (
        f"The data folder {folder} cannot be used (Not a directory). "
        "Give this user write access to it, or choose another folder."
    )


async def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "parlance.db").mkdir()
    assert f"The database {tmp_path / 'parlance.db'} cannot be opened or written" in await _refusal(tmp_path)


@pytest.mark.parametrize("damage", ["not a database", "cut in half"])
async def test_a_damaged_database(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "parlance.db"
    if damage == "not a database":
        path.write_bytes(b"certainly no database " * 400)
    else:
        await _fill(tmp_path)
        content = path.read_bytes()
        path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    sentence = await _refusal(tmp_path)
    assert sentence.startswith(f"The database {path} is damaged or not a database (")
    assert sentence.endswith("Put a backup in its place, or move it away to begin with an empty one.")
    # The folder was given up: nothing but the file stands in the way.
    for name in ("parlance.db", "parlance.db-wal", "parlance.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    await _fill(tmp_path)


async def test_a_wrong_secret_key(tmp_path: Path) -> None:
    await _fill(tmp_path)
    sentence = await _refusal(tmp_path, "another key")
    assert "The secret key is not the one" in sentence
    assert "messages, windows and templates are not encrypted" in sentence


async def test_a_key_can_be_changed(tmp_path: Path) -> None:
    await _fill(tmp_path)
    store = _store(tmp_path)
    await store.open()
    await store.rekey("another key")
    await store.close()
    assert "The secret key is not the one" in await _refusal(tmp_path)
    again = _store(tmp_path, "another key")
    await again.open()
    assert (await again.find_key("one", "s")) is not None
    (sender,) = await again.senders(0, 10)
    assert await again.document(sender.id, "one") == {"app_secret": "x"}
    await again.close()


async def test_a_database_of_a_newer_program(tmp_path: Path) -> None:
    await _fill(tmp_path)
    con = sqlite3.connect(tmp_path / "parlance.db")
    with con:
        con.execute("UPDATE alembic_version SET version_num = '9999'")
    con.close()
    assert await _refusal(tmp_path) == (
        f"The database {tmp_path / 'parlance.db'} was written by a newer Parlance (schema 9999). "
        "Start that version, or put back a backup from before the upgrade."
    )


async def test_a_database_of_another_program(tmp_path: Path) -> None:
    con = sqlite3.connect(tmp_path / "parlance.db")
    con.execute("CREATE TABLE theirs (x)")
    con.close()
    assert await _refusal(tmp_path) == (
        f"{tmp_path / 'parlance.db'} is the database of another program. Choose another data folder."
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "is full. Make room and start again."),
        (sqlite3.SQLITE_BUSY, "Close it and start again."),
        (sqlite3.SQLITE_LOCKED, "Close it and start again."),
        (sqlite3.SQLITE_READONLY, "Give this user write access"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
    ],
)
def test_each_fault_has_its_sentence(code: int, words: str) -> None:
    fault = sqlite3.OperationalError("as SQLite says")
    fault.sqlite_errorcode = code
    assert words in str(cannot_open(Path("/data/parlance.db"), fault))

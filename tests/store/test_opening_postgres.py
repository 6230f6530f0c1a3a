"""Opening a PostgreSQL database, and every sentence in which it is refused."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from parlance.contract.store import StoreFault
from parlance.store import postgres_opening
from parlance.store.postgres import PostgresStore
from store import server
from store.desk import KEY, CountedIds, StoppedClock


def _store(url: str, key: str = KEY) -> PostgresStore:
    return PostgresStore(url, CountedIds(), StoppedClock(), key)


async def _refusal(url: str, key: str = KEY) -> str:
    with pytest.raises(StoreFault) as refused:
        await _store(url, key).open()
    return str(refused.value)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield server.url_of(tmp_path)
    server.drop(tmp_path, spoiled=True)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    yield server.empty(tmp_path)
    server.drop(tmp_path, spoiled=True)


async def test_nodes_that_start_together_make_one_database(empty: str) -> None:
    nodes = [_store(empty) for _ in range(3)]
    await asyncio.gather(*(node.open() for node in nodes))
    account = await nodes[0].account("demo")
    assert await nodes[1].account("demo") == account
    # One key for all of them: what one hashes, the other finds.
    assert len({node._vault.digest("one", "secret") for node in nodes}) == 1
    for node in nodes:
        await node.close()
        await node.close()


async def test_a_wrong_secret_key(url: str) -> None:
    first = _store(url)
    await first.open()
    await first.close()
    sentence = await _refusal(url, "another key")
    assert sentence.startswith("The secret key is not the one the database parlance_")
    assert "messages, windows and templates are not encrypted" in sentence


async def test_a_key_can_be_changed(url: str) -> None:
    store = _store(url)
    await store.open()
    await store.rekey("another key")
    await store.close()
    assert "The secret key is not the one" in await _refusal(url)
    again = _store(url, "another key")
    await again.open()
    await again.close()


async def test_a_database_of_a_newer_program(url: str) -> None:
    with psycopg.connect(url) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    place = postgres_opening.name(url)
    assert await _refusal(url) == (
        f"The{place[3:]} was written by a newer Parlance (schema 9999). "
        "Start that version, or put back a backup from before the upgrade."
    )


async def test_a_database_of_another_program(empty: str) -> None:
    with psycopg.connect(empty) as raw:
        raw.execute("CREATE TABLE theirs (x int)")
    sentence = await _refusal(empty)
    assert sentence.endswith(" is the database of another program. Choose another database, or a schema of its own.")


async def test_a_schema_of_its_own_is_enough(empty: str) -> None:
    with psycopg.connect(empty) as raw:
        raw.execute("CREATE TABLE theirs (x int)")
        raw.execute("CREATE SCHEMA ours")
    store = _store(psycopg.conninfo.make_conninfo(empty, options="-csearch_path=ours"))
    await store.open()
    assert (await store.account("demo")).name == "demo"
    await store.close()


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    sentence = await _refusal(f"postgresql://someone:hidden@/name?host={tmp_path}")
    assert sentence.startswith(f"The database name on {tmp_path} cannot be used (connection is bad:")
    assert sentence.endswith(
        "See that the server runs and is reached from here, and that user, password and database name are right."
    )
    assert "hidden" not in sentence


async def test_a_database_that_is_not_there(url: str) -> None:
    sentence = await _refusal(psycopg.conninfo.make_conninfo(url, dbname="nobody_made_it"))
    assert 'database "nobody_made_it" does not exist' in sentence


async def test_what_is_no_address() -> None:
    assert await _refusal("postgresql//user:hidden@host/name") == (
        "The database address cannot be read. Give one such as postgresql://user:password@host/name."
    )


async def test_a_database_that_cannot_hold_every_character(tmp_path: Path) -> None:
    name = f"ascii_{tmp_path.name}"
    server.server().execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    sentence = await _refusal(server.address(name))
    assert sentence.endswith(" does not hold every character. Make it anew with ENCODING 'UTF8'.")
    server.server().execute(f'DROP DATABASE "{name}"')


async def test_a_standby_takes_no_writes(url: str) -> None:
    sentence = await _refusal(psycopg.conninfo.make_conninfo(url, options="-cdefault_transaction_read_only=on"))
    assert sentence.endswith(" takes no writes: it is a standby. Name the primary server.")


async def test_a_user_who_may_not_make_tables(empty: str) -> None:
    role = "guest_of_the_tests"
    with psycopg.connect(empty, autocommit=True) as raw:
        raw.execute(f"DROP ROLE IF EXISTS {role}")
        raw.execute(f"CREATE ROLE {role} LOGIN")
    sentence = await _refusal(psycopg.conninfo.make_conninfo(empty, user=role))
    assert "The user may not make tables in the database" in sentence
    assert sentence.endswith("Grant it CREATE on the schema.")
    server.server().execute(f"DROP ROLE {role}")


async def test_commits_reach_the_disk_whatever_the_server_thinks(url: str) -> None:
    store = _store(psycopg.conninfo.make_conninfo(url, options="-csynchronous_commit=off"))
    await store.open()
    assert await store._write(lambda con: con.execute("SHOW synchronous_commit").fetchone()) == ("on",)
    await store.close()

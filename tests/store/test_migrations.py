"""The history of the schema leads to the schema."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

from parlance.store import migrating, opening
from parlance.store.schema import metadata
from store import server


def _shape(path: Path) -> dict[str, Any]:
    """Everything SQLite knows of the tables: columns, keys, indexes and their conditions."""
    con = sqlite3.connect(path)
    shape: dict[str, Any] = {}
    for _, name, _, _, without_rowid, strict in con.execute("PRAGMA table_list").fetchall():
        if name.startswith("sqlite_") or name == "alembic_version":
            continue
        indexes = {
            (index if not index.startswith("sqlite_") else origin, unique, partial): (
                con.execute(f"PRAGMA index_xinfo('{index}')").fetchall(),
                con.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone(),
            )
            for _, index, unique, origin, partial in con.execute(f"PRAGMA index_list('{name}')").fetchall()
            if origin == "c"
        }
        constraints = sorted(
            (origin, str(con.execute(f"PRAGMA index_xinfo('{index}')").fetchall()))
            for _, index, _, origin, _ in con.execute(f"PRAGMA index_list('{name}')").fetchall()
            if origin != "c"
        )
        columns = con.execute(f"PRAGMA table_xinfo('{name}')").fetchall()
        shape[name] = (columns, without_rowid, strict, indexes, constraints)
    con.close()
    return shape


def test_the_schema_from_scratch_is_the_one_from_all_migrations(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch.db"
    engine = create_engine(f"sqlite:///{scratch}")
    metadata.create_all(engine)
    engine.dispose()
    migrated = tmp_path / "migrated.db"
    con = opening.writer(migrated)
    opening.bring_up_to_date(con, migrated)
    con.close()
    assert _shape(migrated) == _shape(scratch)
    assert len(_shape(scratch)) == len(metadata.tables) > 20


def test_the_newest_revision_is_the_one_the_program_names() -> None:
    config = Config()
    config.set_main_option("script_location", "parlance.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [migrating.HEAD]


def test_what_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "parlance.db"
    con = opening.writer(path)
    opening.bring_up_to_date(con, path)
    before = con.execute("PRAGMA schema_version").fetchone()
    opening.bring_up_to_date(con, path)
    assert con.execute("PRAGMA schema_version").fetchone() == before
    con.close()


def _server_shape(url: str) -> dict[str, list[Any]]:
    """Everything PostgreSQL knows of the tables: columns, keys, indexes and their conditions, functions."""
    columns = (
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
        "pg_get_expr(d.adbin, d.adrelid), l.collname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum) "
        "LEFT JOIN pg_collation l ON l.oid = a.attcollation "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
    )
    indexes = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace"
    )
    with psycopg.connect(url) as raw:
        found = {"columns": columns, "indexes": indexes, "constraints": constraints}
        return {
            name: sorted(row for row in raw.execute(sql.encode()) if row[0] != "alembic_version")
            for name, sql in found.items()
        }


def test_on_postgres_the_schema_from_scratch_is_the_one_from_all_migrations(tmp_path: Path) -> None:
    scratch = server.empty(tmp_path)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(scratch), poolclass=NullPool)
    metadata.create_all(engine)
    engine.dispose()
    migrated = server.url_of(tmp_path / "migrated")
    shape = _server_shape(migrated)
    assert shape == _server_shape(scratch)
    assert len({table for table, *_ in shape["columns"]}) == len(metadata.tables)
    # Whatever language the server thinks in, texts are compared by their bytes, and no number is a small one by chance.
    assert {row[5] for row in shape["columns"] if row[2] == "text"} == {"C"}
    assert {row[2] for row in shape["columns"]} == {"bigint", "smallint", "text", "bytea"}
    server.drop(tmp_path, spoiled=True)
    server.drop(tmp_path / "migrated")

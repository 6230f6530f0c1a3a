"""The history of the schema leads to the schema."""

import sqlite3
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from parlance.store import migrating, opening
from parlance.store.schema import metadata


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

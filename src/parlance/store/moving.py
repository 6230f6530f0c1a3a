"""Moving house: a whole store as lines of JSON, out of one engine and into the same or another.

The first line says what it is. Before a table's rows stands a line with its name and columns; each row is a line with
its values, bytes as base64. The last line counts the rows: without it the lines are not whole.
"""

import asyncio
import json
from abc import abstractmethod
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from parlance.contract.store import StoreFault
from parlance.model.fault import Refusal
from parlance.store import migrating
from parlance.store.connection import Connection, Link
from parlance.store.ledger import Ledger
from parlance.store.unlocking import IMPORTING, unwrap

_FORMAT = 1
_PAGE = 1_000
_AT_HOME = frozenset({"nodes", "buckets", "witnesses"})
"""Tables that say how nodes use a store: not what it holds."""

_NOTES_AT_HOME = frozenset({"changes", "probe"})
"""The same in `meta`."""

_EMPTY = ("accounts", "senders", "customers", "messages", "events")


class Moving(Ledger):
    """Gives and takes everything."""

    async def export(self) -> AsyncIterator[bytes]:
        """Everything in the store as of now, as lines of JSON; a piece is some whole lines."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "store-export") as thread:
            pages = _pages(await loop.run_in_executor(thread, self._aside))
            try:
                while page := await loop.run_in_executor(thread, next, pages, b""):
                    yield page
            finally:
                await loop.run_in_executor(thread, pages.close)

    async def read_in(self, lines: AsyncIterable[bytes]) -> Mapping[str, int]:
        """Fill this empty store with what `export` gave, one line at a time; raises `StoreFault`."""
        reading = _Reading(_bytes_columns())
        counts: Counter[str] = Counter()
        async for line in lines:
            if (batch := reading.take(line)) is not None:
                counts[batch.table] += await self._write_batch(batch, first=not counts)
        reading.check()
        await self._write(lambda con: con.execute("DELETE FROM meta WHERE name = ?", (IMPORTING,)).rowcount)
        self._known.forget_all()
        return {table: count for table, count in counts.items() if count}

    async def _write_batch(self, batch: "_Batch", *, first: bool) -> int:
        try:
            return await self._write(partial(self._fill, batch, first))
        except (Refusal, StoreFault):
            raise
        except Exception as fault:  # noqa: BLE001  the engine's own, about what was read
            raise StoreFault(f"A row of {batch.table} cannot be written ({' '.join(str(fault).split())}).") from None

    def _fill(self, batch: "_Batch", first: bool, con: Connection) -> int:  # noqa: FBT001
        if first:
            for table in _EMPTY:
                if con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608  our words
                    raise StoreFault("The store is not empty. Import into a new one.")
            con.execute("DELETE FROM meta")
            con.execute("INSERT INTO meta (name, value) VALUES (?, '')", (IMPORTING,))
        con.copy(batch.table, batch.columns, batch.rows)
        if batch.table == "meta":
            # Seen at once, not after hours: what is encrypted there must open here.
            self._opened = unwrap(con, "the export", self._secret_key)
        return len(batch.rows)

    @abstractmethod
    def _aside(self) -> Link:
        """A connection for one long look, beside the others."""


class _Batch(NamedTuple):
    """Rows of one table."""

    table: str
    columns: tuple[str, ...]
    rows: list[list[Any]]


def _pages(link: Link) -> Generator[bytes, None, None]:
    from parlance.store.schema import metadata  # noqa: PLC0415  nobody else needs the tables' description

    rows = 0
    try:
        link.look()
        # The look begins with the first statement, and all that follows is as old as that.
        link.execute("SELECT count(*) FROM meta").fetchone()
        yield _line({"parlance": "export", "format": _FORMAT, "schema": migrating.HEAD})
        # What opens the secrets comes first.
        for table in sorted(metadata.tables.values(), key=lambda each: (each.name != "meta", each.name)):
            if table.name in _AT_HOME:
                continue
            columns, keys = [column.name for column in table.columns], [column.name for column in table.primary_key]
            yield _line({"table": table.name, "columns": columns})
            place: tuple[Any, ...] = ()
            while page := _page(link, table.name, columns, keys, place):
                place = tuple(page[-1][columns.index(key)] for key in keys)
                shown = [row for row in page if table.name != "meta" or row[0] not in _NOTES_AT_HOME]
                rows += len(shown)
                yield b"".join(_line(list(map(_shown, row))) for row in shown)
        yield _line({"rows": rows})
    finally:
        link.rollback()
        link.close()


def _page(link: Link, table: str, columns: Sequence[str], keys: Sequence[str], after: tuple[Any, ...]) -> list[Any]:
    names, order = ", ".join(columns), ", ".join(keys)
    where = f"WHERE ({order}) > ({', '.join('?' * len(keys))}) " if after else ""
    sql = f"SELECT {names} FROM {table} {where}ORDER BY {order} LIMIT ?"  # noqa: S608  our words
    return link.execute(sql, (*after, _PAGE)).fetchall()


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _shown(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _bytes_columns() -> Mapping[str, Mapping[str, bool]]:
    """All tables and columns there are, and whether a column holds bytes."""
    from sqlalchemy import LargeBinary  # noqa: PLC0415

    from parlance.store.schema import metadata  # noqa: PLC0415

    return {
        table.name: {column.name: isinstance(column.type, LargeBinary) for column in table.columns}
        for table in metadata.tables.values()
        if table.name not in _AT_HOME
    }


class _Reading:
    """Reads lines and makes batches of them."""

    def __init__(self, known: Mapping[str, Mapping[str, bool]]) -> None:
        self._known = known
        self._number = 0
        self._rows = 0
        self._whole = False
        self._batch: _Batch | None = None

    def take(self, line: bytes) -> _Batch | None:
        """Read the next line; gives a batch when one is full, or its table is over."""
        self._number += 1
        try:
            value = json.loads(line)
        except ValueError:
            raise self._fault("it is no JSON") from None
        if self._whole:
            raise self._fault("something follows the end")
        if self._number == 1:
            self._begin(value)
            return None
        if isinstance(value, list):
            return self._row(value)
        if not isinstance(value, dict) or not value.keys() <= {"table", "columns", "rows"}:
            raise self._fault("it is neither a table nor a row")
        full, self._batch = self._batch, None
        if "rows" in value:
            if value["rows"] != self._rows:
                raise self._fault(f"{self._rows} rows were read, and {value['rows']} written")
            self._whole = True
        else:
            self._batch = self._table(value)
        return full if full is not None and full.rows else None

    def check(self) -> None:
        """All has been read; raises `StoreFault` when it is not whole."""
        if not self._whole:
            raise StoreFault("The export is not whole: its last line is missing. Make a new one.")

    def _begin(self, value: Any) -> None:
        if not isinstance(value, dict) or (value.get("parlance"), value.get("format")) != ("export", _FORMAT):
            raise StoreFault("This is no export of Parlance that this version can read.")
        if value.get("schema") != migrating.HEAD:
            raise StoreFault(
                f"The export has the schema {value.get('schema')}, and this version has {migrating.HEAD}. Upgrade "
                "where it was made (or here) so that both are the same, and export again."
            )

    def _table(self, value: dict[str, Any]) -> _Batch:
        table, columns = value.get("table"), value.get("columns")
        if (
            not isinstance(table, str)
            or table not in self._known
            or not isinstance(columns, list)
            or set(columns) != self._known[table].keys()
        ):
            raise self._fault("there is no such table")
        return _Batch(table, tuple(columns), [])

    def _row(self, value: list[Any]) -> _Batch | None:
        batch = self._batch
        if batch is None or len(value) != len(batch.columns):
            raise self._fault("the row does not fit its table")
        holds_bytes = self._known[batch.table]
        try:
            batch.rows.append(
                [
                    b64decode(each) if holds_bytes[column] and each is not None else each
                    for column, each in zip(batch.columns, value, strict=True)
                ]
            )
        except (TypeError, ValueError):
            raise self._fault("its bytes are not base64") from None
        self._rows += 1
        if len(batch.rows) < _PAGE:
            return None
        self._batch = _Batch(batch.table, batch.columns, [])
        return batch

    def _fault(self, why: str) -> StoreFault:
        return StoreFault(f"Line {self._number} of the export cannot be used: {why}.")

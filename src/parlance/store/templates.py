"""Templates as they are registered."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from parlance.model.ids import Id
from parlance.model.sender import TemplateRecord
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger

_COLUMNS = "id, account_id, name, language, category, status, body, header, header_text, footer, buttons, created_at"


class Templates(Ledger):
    """Keeps templates."""

    async def add_template(self, new: TemplateRecord) -> TemplateRecord:
        """Register a template; one of the same account, name and language takes the new values and keeps its id."""

        def work(con: Connection) -> TemplateRecord:
            row = con.execute(
                "SELECT id, created_at FROM templates WHERE account_id = ? AND name = ? AND language = ?",
                (new.account_id, new.name, new.language),
            ).fetchone()
            id_, created_at = row or (new.id or self._ids.mint(), new.created_at or self._clock.now())
            record = replace(new, id=id_, created_at=created_at)
            con.execute("DELETE FROM templates WHERE id = ?", (id_,))
            con.execute(
                f"INSERT INTO templates ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    *(record.id, record.account_id, record.name, record.language, record.category, record.status),
                    *(record.body, record.header, record.header_text, record.footer),
                    *(json.dumps([dict(button) for button in record.buttons]), record.created_at),
                ),
            )
            return record

        return await self._write(work)

    async def templates(self, account_id: Id | None = None, name: str = "") -> Sequence[TemplateRecord]:
        """Templates by name and language."""
        return await self._read(lambda con: load_templates(con, account_id, name))

    async def remove_template(self, template_id: Id) -> bool:
        """Remove one; False when there is none."""
        sql = "DELETE FROM templates WHERE id = ?"
        return await self._write(lambda con: bool(con.execute(sql, (template_id,)).rowcount))


def load_templates(con: Connection, account_id: Id | None, name: str) -> tuple[TemplateRecord, ...]:
    """Read templates in order of name and language; None and an empty name mean any."""
    terms, values = ["1 = 1"], list[Id | str]()
    if account_id is not None:
        terms.append("account_id = ?")
        values.append(account_id)
    if name:
        terms.append("name = ?")
        values.append(name)
    where = " AND ".join(terms)
    rows = con.execute(f"SELECT {_COLUMNS} FROM templates WHERE {where} ORDER BY name, language, id", values)  # noqa: S608
    return tuple(_record(*row) for row in rows)


def _record(*row: Any) -> TemplateRecord:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return TemplateRecord(**{**values, "buttons": tuple(json.loads(values["buttons"]))})

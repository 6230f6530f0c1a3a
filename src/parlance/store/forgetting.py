"""Forgetting a customer: whoever they were to the gateway, under every address they were known by."""

from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from parlance.model.address import Address, AddressKind, phone
from parlance.model.ids import Id
from parlance.store import customers
from parlance.store.connection import Connection
from parlance.store.erasing import OLD, Old, erase, events_of, marks
from parlance.store.ledger import Ledger

_LOOKED_AT = 10_000
_STEP = 100

_PEOPLE = "SELECT id, kind, value FROM customers WHERE id > ? AND account_id = ? ORDER BY id LIMIT ?"
_CHATS = "SELECT id, customer_id FROM messages WHERE sender_id = ? AND id > ? ORDER BY id LIMIT ?"


class Forgetting(Ledger):
    """Forgets customers."""

    async def forget_customer(self, account_id: Id, address: Address) -> int | None:
        """Remove a customer with everything exchanged with them; gives how many messages, None for a stranger."""
        kept = await self._read(lambda con: customers.find(con, account_id, address))
        if kept is None:
            return None
        sql = "SELECT alias FROM aliases WHERE customer_id = ? AND account_id = ?"
        aliases = await self._read(lambda con: {alias for (alias,) in con.execute(sql, (kept, account_id))})
        people = {kept, *await self._joined(account_id, aliases)}
        sql_senders = "SELECT id FROM senders WHERE account_id = ? ORDER BY id"
        senders = await self._read(lambda con: [id_ for (id_,) in con.execute(sql_senders, (account_id,))])
        count = 0
        for sender_id in senders:
            count += await self._forget_chats(sender_id, people)
        await self._write(partial(_forget, people, sorted(aliases), account_id, senders))
        return count

    async def _joined(self, account_id: Id, aliases: AbstractSet[str]) -> set[Id]:
        """Customers who turned out to be this one, and under whose ids older messages stand."""
        found: set[Id] = set()
        after = 0
        while True:
            rows = await self._read(partial(_page, _PEOPLE, (after, account_id, _LOOKED_AT)))
            found |= {id_ for id_, kind, value in rows if Address(AddressKind(kind), value).alias in aliases}
            if len(rows) < _LOOKED_AT:
                return found
            after = rows[-1][0]

    async def _forget_chats(self, sender_id: Id, people: AbstractSet[Id]) -> int:
        after = count = 0
        while True:
            rows = await self._read(partial(_page, _CHATS, (sender_id, after, _LOOKED_AT)))
            theirs = [id_ for id_, customer_id in rows if customer_id in people]
            for start in range(0, len(theirs), _STEP):
                count += await self._write(partial(_erase, theirs[start : start + _STEP]))
            if len(rows) < _LOOKED_AT:
                return count
            after = rows[-1][0]


def _page(sql: str, values: tuple[int, ...], con: Connection) -> list[tuple[Any, ...]]:
    return con.execute(sql, values).fetchall()


def _erase(message_ids: list[Id], con: Connection) -> int:
    rows = con.execute(f"SELECT {OLD} FROM messages m WHERE m.id IN ({marks(message_ids)})", message_ids)  # noqa: S608  our words
    messages = [Old(*row) for row in rows.fetchall()]
    erase(con, messages, events_of(con, message_ids))
    return len(messages)


def _forget(people: AbstractSet[Id], aliases: list[str], account_id: Id, senders: list[Id], con: Connection) -> None:
    shown = con.execute("SELECT DISTINCT number FROM phone_messages").fetchall()
    numbers = [number for (number,) in shown if phone(number).alias in aliases]
    con.executemany(
        "DELETE FROM aliases WHERE account_id = ? AND alias = ?", [(account_id, alias) for alias in aliases]
    )
    for sender_id in senders:
        con.executemany(
            "DELETE FROM windows WHERE sender_id = ? AND customer_id = ?", [(sender_id, each) for each in people]
        )
        con.executemany(
            "DELETE FROM phone_messages WHERE number = ? AND sender_id = ?",
            [(each, sender_id) for each in numbers],
        )
    con.executemany("DELETE FROM customers WHERE id = ?", [(each,) for each in sorted(people)])

"""Reads for those who ask over a dialect: what waits, who is who, how much is still to be told."""

from collections.abc import Mapping, Sequence

from parlance.contract.views import Departure
from parlance.model.address import Address, AddressKind
from parlance.model.event import Customer, EventKind
from parlance.model.ids import Id, compose
from parlance.model.message import Message
from parlance.store import customers
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger
from parlance.store.rows import ENTRY, Entry, read_message
from parlance.store.telling import DUE_INDEX

_QUEUED = (
    f"SELECT {ENTRY} FROM messages WHERE id IN "  # noqa: S608  our words
    "(SELECT message_id FROM outbox WHERE sender_id = ? AND state = 'ready' ORDER BY message_id LIMIT ?) ORDER BY id"
)


class Enquiring(Ledger):
    """Answers what clients ask."""

    async def queued(self, sender_id: Id, limit: int) -> tuple[Sequence[Message], int]:
        """The first messages that wait to leave, in order, and how many there are in all."""

        def work(con: Connection) -> tuple[list[Message], int]:
            rows = con.execute(_QUEUED, (sender_id, limit))
            found = [read_message(Entry._make(row)) for row in rows]
            waiting = "SELECT count(*) FROM outbox WHERE sender_id = ? AND state = 'ready'"
            (count,) = con.execute(waiting, (sender_id,)).fetchone()
            return found, count

        return await self._read(work)

    async def customers(self, customer_ids: Sequence[Id]) -> Mapping[Id, Customer]:
        """What is known of these customers, by id; `address` is the one they were first met under."""

        def work(con: Connection) -> dict[Id, Customer]:
            return {each: found for each in set(customer_ids) if (found := _customer(con, each)) is not None}

        return await self._read(work)

    async def customer(self, account_id: Id, address: Address) -> Customer | None:
        """The account's customer of this address."""

        def work(con: Connection) -> Customer | None:
            found = customers.find(con, account_id, address)
            return _customer(con, found) if found is not None else None

        return await self._read(work)

    async def last_written(self, sender_id: Id, number: str, customer_id: Id) -> int | None:
        """When the customer last wrote to this number of the sender's, None when it is not known that they ever did."""
        sql = "SELECT last_written FROM windows WHERE sender_id = ? AND number = ? AND customer_id = ?"

        def work(con: Connection) -> int | None:
            row = con.execute(sql, (sender_id, number, customer_id)).fetchone()
            return row[0] if row else None

        return await self._read(work)

    async def departures(self, since: int) -> Sequence[Departure]:
        """What left since then (real time), in order."""
        sql = (
            "SELECT m.sender_id, m.route_id, m.customer_id, m.parts, e.real_at FROM events e "
            "JOIN messages m ON m.id = e.message_id "
            "WHERE e.id >= ? AND e.kind = ? AND e.real_at >= ? AND m.route_id IS NOT NULL ORDER BY e.id"
        )
        # The log's ids are minted when its rows are written: nothing of that time comes before.
        known = (compose(since, 0, 0), EventKind.DEPARTED.value, since)
        return await self._read(lambda con: [Departure(*row) for row in con.execute(sql, known).fetchall()])

    async def due_count(self, subscription_id: Id) -> int:
        """How many deliveries of a subscription are still due."""
        sql = f"SELECT count(*) FROM {DUE_INDEX} WHERE state = 'due' AND subscription_id = ?"  # noqa: S608  our words
        return await self._read(lambda con: int(con.execute(sql, (subscription_id,)).fetchone()[0]))


def _customer(con: Connection, customer_id: Id) -> Customer | None:
    sql = "SELECT kind, value, user_id, name, country FROM customers WHERE id = ?"
    row = con.execute(sql, (customer_id,)).fetchone()
    if row is None:
        return None
    kind, value, user_id, name, country = row
    return Customer(customer_id, Address(AddressKind(kind), value), user_id, name, country)

"""Reads for journals, admin and console."""

from collections.abc import Mapping, Sequence
from typing import Any

from parlance.contract.moments import Delivery, DeliveryFilter
from parlance.contract.views import Attempt, Backlog, Depth, Found, MessageFilter, Moment, WindowView
from parlance.formats.canonical import load_event
from parlance.model.address import Address
from parlance.model.event import Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Message
from parlance.model.sender import Sender
from parlance.rules import window
from parlance.store import searching
from parlance.store.connection import Connection
from parlance.store.history import read_history
from parlance.store.ledger import Ledger
from parlance.store.rows import DELIVERY, ENTRY, Entry, read_delivery, read_message
from parlance.store.telling import picking, read_backlog

_LAST = ((1 << 63) - 1, (1 << 63) - 1)


class Viewing(Ledger):
    """Reads what was written."""

    async def message(self, message_id: Id) -> Message | None:
        """One message."""
        return await self._read(lambda con: _first(con, "id = ?", (message_id,)))

    async def message_by_external(self, route_id: Id, external_id: str) -> Message | None:
        """The message the carrier knows by this id."""
        where = "id = (SELECT message_id FROM carrier_ids WHERE route_id = ? AND external_id = ?)"
        return await self._read(lambda con: _first(con, where, (route_id, external_id)))

    async def last_incoming(self, sender_id: Id, peer: Address) -> Message | None:
        """The last message this customer wrote to the sender; a reaction is none."""
        where = (
            "sender_id = ? AND direction = 'in' AND kind <> 'reaction' AND customer_id = (SELECT a.customer_id "
            "FROM senders s JOIN aliases a ON a.account_id = s.account_id WHERE s.id = ? AND a.alias = ?) "
            "ORDER BY id DESC LIMIT 1"
        )
        return await self._read(lambda con: _first(con, where, (sender_id, sender_id, peer.alias)))

    async def messages(self, picked: MessageFilter) -> Sequence[Message]:
        """Messages by filter. `customer` is a number, a user id, or an address in its `kind:value` form."""
        return await self._read(lambda con: searching.find(con, picked))

    async def search(self, picked: MessageFilter) -> Found:
        """Messages by filter as far as one look reaches; see `store.searching`."""
        return await self._read(lambda con: searching.search(con, picked))

    async def attempts(self, sender_id: Id, messages: int) -> Sequence[Attempt]:
        """The tries at a sender's last so many messages, the latest first."""
        sql = (
            "SELECT message_id, route_id, ended_at, outcome, status, detail FROM attempts WHERE message_id IN "
            "(SELECT id FROM messages WHERE sender_id = ? ORDER BY id DESC LIMIT ?) ORDER BY ended_at DESC, message_id"
        )
        return await self._read(lambda con: [Attempt(*row) for row in con.execute(sql, (sender_id, messages))])

    async def states(self, sender_ids: Sequence[Id], limit: int) -> Sequence[Event]:
        """What was last told of these senders' own state, the latest first."""
        marks = ", ".join("?" * len(sender_ids))
        # Only such events are about no message, so that the index of messages' events finds them.
        which = f"message_id IS NULL AND kind = ? AND sender_id IN ({marks})"
        sql = f"SELECT body FROM events WHERE {which} ORDER BY id DESC LIMIT ?"  # noqa: S608  our words
        values = (EventKind.STATE.value, *sender_ids, limit)
        return await self._read(lambda con: [load_event(body) for (body,) in con.execute(sql, values)])

    async def backlogs(self, subscription_ids: Sequence[Id]) -> Sequence[Backlog]:
        """How these subscriptions fare, in the order asked for."""
        return await self._read(lambda con: [read_backlog(con, each) for each in subscription_ids])

    async def history(self, message_id: Id) -> Sequence[Moment]:
        """All that happened to a message, in order of real time; empty when there is none."""
        return await self._read(lambda con: read_history(con, message_id))

    async def events(self, after: Id, limit: int, sender_id: Id | None = None) -> Sequence[Event]:
        """The event log in order of id; what was only kept for the record stands in histories."""
        whose, values = ("", ()) if sender_id is None else ("AND sender_id = ? ", (sender_id,))
        sql = f"SELECT body FROM events WHERE id > ? AND id <= ? AND told IS NOT NULL {whose}ORDER BY id LIMIT ?"  # noqa: S608
        values = (after, await self._readable(), *values, limit)
        return await self._read(lambda con: [load_event(body) for (body,) in con.execute(sql, values)])

    async def deliveries(self, picked: DeliveryFilter) -> Sequence[Delivery]:
        """Webhook deliveries by filter, in order of subscription and number or backwards; `until` is exclusive."""
        condition, values = picking(picked)
        behind, order = ("<", "DESC") if picked.newest else (">", "ASC")
        sql = (
            f"SELECT {DELIVERY} FROM deliveries d JOIN events e ON e.id = d.event_id WHERE {condition} "  # noqa: S608
            f"AND (d.subscription_id, d.number) {behind} (?, ?) "
            f"ORDER BY d.subscription_id {order}, d.number {order} LIMIT ?"
        )
        after = _LAST if picked.newest and picked.after == (0, 0) else picked.after
        every = (*values, *after, picked.limit)
        return await self._read(lambda con: [read_delivery(row) for row in con.execute(sql, every)])

    async def windows(self, sender: Sender, after: str, limit: int) -> Sequence[WindowView]:
        """Windows of a sender's route, by customer."""
        sql = (
            "SELECT c.value, w.last_written FROM windows w JOIN customers c ON c.id = w.customer_id "
            "WHERE w.sender_id = ? AND w.number = ? AND c.value > ? ORDER BY c.value LIMIT ?"
        )
        values = (sender.id, sender.route.number, after, limit)

        def work(con: Connection) -> list[WindowView]:
            return [WindowView(who, at, at + window.LENGTH) for who, at in con.execute(sql, values)]

        return await self._read(work)

    async def depths(self) -> Sequence[Depth]:
        """What waits, for each sender that has anything waiting; what is under way counts as ready."""
        sql = (
            "SELECT o.sender_id, o.ready, o.unsure, m.real_at FROM (SELECT sender_id, "
            "count(*) FILTER (WHERE state <> 'unsure') AS ready, "
            "count(*) FILTER (WHERE state = 'unsure') AS unsure, min(message_id) AS oldest "
            "FROM outbox GROUP BY sender_id) o LEFT JOIN messages m ON m.id = o.oldest ORDER BY o.sender_id"
        )
        return await self._read(lambda con: [Depth(*row) for row in con.execute(sql)])

    async def conversations(self, sender_id: Id, since: int) -> int:
        """How many customers the sender wrote to since that time."""
        sql = (
            "SELECT count(DISTINCT customer_id) FROM messages WHERE sender_id = ? AND direction = 'out' AND at >= ? "
            "AND kind NOT IN ('receipt', 'reaction')"
        )
        return await self._read(lambda con: int(con.execute(sql, (sender_id, since)).fetchone()[0]))

    async def clock_offsets(self) -> Mapping[Id, int]:
        """Moved sandbox clocks: sender id (0: the offset for all) to milliseconds."""
        return await self._read(lambda con: dict(con.execute("SELECT sender_id, shift FROM clocks").fetchall()))

    async def dead_letters(self) -> int:
        """How many deliveries were given up."""
        sql = "SELECT count(*) FROM deliveries WHERE state = 'dead'"
        return await self._read(lambda con: int(con.execute(sql).fetchone()[0]))


def _first(con: Connection, where: str, values: tuple[Any, ...]) -> Message | None:
    row = con.execute(f"SELECT {ENTRY} FROM messages WHERE {where}", values).fetchone()  # noqa: S608  our words
    return read_message(Entry._make(row)) if row else None

"""Deliveries: what is due to whom, what came of telling it, and telling it again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from parlance.contract.moments import Delivery, DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.views import MOST_COUNTED, Backlog
from parlance.contract.world import Ids
from parlance.model.ids import Id
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger
from parlance.store.rows import DELIVERY, read_delivery

# Named, as the planner would rather walk through everything ever told to a subscription.
DUE_INDEX = "deliveries INDEXED BY ix_deliveries_due"
_OWING = (
    # From one subscription's due rows to the next one's: those with nothing due cost nothing.
    f"WITH RECURSIVE owing (id) AS (SELECT min(subscription_id) FROM {DUE_INDEX} WHERE state = 'due' UNION ALL "  # noqa: S608
    f"SELECT (SELECT min(subscription_id) FROM {DUE_INDEX} WHERE state = 'due' AND subscription_id > owing.id) "
    "FROM owing WHERE owing.id IS NOT NULL) "
    "SELECT s.id, s.paused_until FROM owing JOIN subscriptions s ON s.id = owing.id"
)
_DUE = (
    f"SELECT {DELIVERY} FROM deliveries d INDEXED BY ix_deliveries_due JOIN events e ON e.id = d.event_id "  # noqa: S608
    "WHERE d.subscription_id = ? AND d.state = 'due' AND d.due_at <= ? AND NOT EXISTS "
    "(SELECT 1 FROM subscriptions s WHERE s.id = d.subscription_id AND s.paused_until > ?) "
    "ORDER BY d.number LIMIT ?"
)


class Telling(Ledger):
    """Keeps deliveries."""

    async def due_subscriptions(self, now: int) -> tuple[Sequence[Id], int | None]:
        """Subscriptions with something due, pulled ones too, and when the next thing falls due after `now`."""
        return await self._read(lambda con: _due_subscriptions(con, now))

    async def due_deliveries(self, subscription_id: Id, now: int, limit: int) -> Sequence[Delivery]:
        """What is due for one subscription, in order of number; nothing while it is paused."""
        values = (subscription_id, now, now, limit)
        return await self._read(lambda con: [read_delivery(row) for row in con.execute(_DUE, values)])

    async def delivered(self, results: Sequence[DeliveryResult]) -> None:
        """Write what came of tries."""
        told = Told(tuple(results))
        await self._change(lambda con: delivered(con, self._ids, told.results), lambda touched: touched, item=told)

    async def replay(self, picked: DeliveryFilter, now: int) -> tuple[int, frozenset[Id]]:
        """Make deliveries due again, with their tries counted anew; gives how many and of which subscriptions.

        All that the filter picks: its `after` and `limit`, which page through a list, do not apply.
        """
        condition, values = picking(picked)

        def work(con: Connection) -> tuple[int, frozenset[Id]]:
            rows = con.execute(
                f"UPDATE deliveries AS d SET state = 'due', due_at = ?, tries = 0, done_at = NULL "  # noqa: S608
                f"WHERE {condition} AND d.subscription_id IN (SELECT id FROM subscriptions) RETURNING subscription_id",
                (now, *values),
            ).fetchall()
            subscriptions = frozenset(subscription_id for (subscription_id,) in rows)
            con.executemany(
                "UPDATE subscriptions SET paused_until = 0 WHERE id = ?", [(each,) for each in subscriptions]
            )
            return len(rows), subscriptions

        return await self._change(work)


def _due_subscriptions(con: Connection, now: int) -> tuple[list[Id], int | None]:
    due: list[Id] = []
    moments: list[int] = []
    for subscription_id, paused_until in con.execute(_OWING).fetchall():
        if paused_until > now:
            moments.append(paused_until)
            continue
        mine = f"FROM {DUE_INDEX} WHERE state = 'due' AND subscription_id = ?"
        if con.execute(f"SELECT 1 {mine} AND due_at <= ? LIMIT 1", (subscription_id, now)).fetchone():
            due.append(subscription_id)
        (moment,) = con.execute(f"SELECT min(due_at) {mine} AND due_at > ?", (subscription_id, now)).fetchone()
        if moment is not None:
            moments.append(moment)
    return due, min(moments, default=None)


class Told(NamedTuple):
    """What came of tries that were made at a time."""

    results: tuple[DeliveryResult, ...]


TRY = ("subscription_id", "number", "id", "state", "ended_at", "status", "error")
"""The columns of `tries`."""


def is_tried(result: DeliveryResult) -> bool:
    """Whether anything was sent."""
    return result.state is not DeliveryState.SKIPPED


def is_over(result: DeliveryResult) -> bool:
    """Whether the delivery is not due any more."""
    return result.state is not DeliveryState.DUE


def delivered(con: Connection, ids: Ids, results: Sequence[DeliveryResult]) -> list[Id]:
    """Write what came of tries, within a transaction; gives the senders whose subscriptions were paused."""
    touched = []
    for result in results:
        known = (result.subscription_id, result.number)
        tried, over = is_tried(result), is_over(result)
        changed = con.execute(
            "UPDATE deliveries SET state = ?, due_at = CASE WHEN ? THEN due_at ELSE ? END, tries = tries + ?, "
            "last_status = ?, last_error = ?, done_at = ? WHERE subscription_id = ? AND number = ?",
            (
                *(result.state.value, over, result.due_at, int(tried), result.status, result.error),
                *(result.at if over else None, *known),
            ),
        ).rowcount
        if changed and tried:
            con.execute(
                f"INSERT INTO tries ({', '.join(TRY)}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  our words
                (*known, ids.mint(), result.state.value, result.at, result.status, result.error),
            )
        if changed and result.pause:
            rows = con.execute(
                "UPDATE subscriptions SET paused_until = ? WHERE id = ? RETURNING sender_id",
                (result.due_at, result.subscription_id),
            ).fetchall()
            touched += [sender_id for (sender_id,) in rows]
    return touched


def read_backlog(con: Connection, subscription_id: Id) -> Backlog:
    """How one subscription fares. What was last tried is the newest delivery that was."""

    def counted(state: str) -> int:
        mine = f"deliveries INDEXED BY ix_deliveries_{state} WHERE subscription_id = ? AND state = '{state}' LIMIT ?"
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {mine}) AS few"  # noqa: S608  our words
        return int(con.execute(sql, (subscription_id, MOST_COUNTED)).fetchone()[0])

    first = f"SELECT created_at FROM {DUE_INDEX} WHERE subscription_id = ? AND state = 'due' ORDER BY number LIMIT 1"  # noqa: S608
    oldest = con.execute(first, (subscription_id,)).fetchone()
    last = con.execute(
        "SELECT ended_at, state, status, error FROM tries WHERE subscription_id = ? "
        "ORDER BY number DESC, id DESC LIMIT 1",
        (subscription_id,),
    ).fetchone()
    return Backlog(subscription_id, counted("due"), counted("dead"), oldest[0] if oldest else None, *(last or ()))


def picking(picked: DeliveryFilter) -> tuple[str, list[Any]]:
    """The condition on `deliveries d` that a filter means, and its values."""
    terms, values = ["1 = 1"], list[Any]()
    if picked.state:
        terms.append("d.state = ?")
        values.append(picked.state)
    if picked.subscription_id is not None:
        terms.append("d.subscription_id = ?")
        values.append(picked.subscription_id)
    if picked.sender_id is not None:
        terms.append("d.subscription_id IN (SELECT id FROM subscriptions WHERE sender_id = ?)")
        values.append(picked.sender_id)
    if picked.since:
        terms.append("d.created_at >= ?")
        values.append(picked.since)
    if picked.until:
        terms.append("d.created_at < ?")
        values.append(picked.until)
    if picked.numbers:
        terms.append(f"d.number IN ({', '.join('?' * len(picked.numbers))})")
        values.extend(picked.numbers)
    return " AND ".join(terms), values

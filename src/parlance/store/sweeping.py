"""What time takes away, a little at a time."""

import asyncio
from collections.abc import Callable
from functools import partial

from parlance.contract.keeping import FOR_EVER, LEAST_METADATA, Retention
from parlance.model.ids import Id, compose
from parlance.rules import window
from parlance.store.connection import Connection
from parlance.store.dispatching import BUSY
from parlance.store.erasing import OLD, Filed, Old, erase, erase_events, events_of, read_filed, silence, untold
from parlance.store.ledger import Ledger
from parlance.store.senders import remove

_UNCLAIMED_LIFE = 7 * 86_400_000
_PULLED_LIFE = 86_400_000
_SWEPT_AT_ONCE = 5_000
_STEP = 100
_REST = 3
"""After each step a sweep rests so many times as long as the step took: writers wait for a quarter of it at most."""

_DAY = 86_400_000
_SILENCED = "silenced_up_to"
_WINDOWS = "windows_swept_at"
_NOTE = (
    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
    "WHERE meta.value <> excluded.value"
)
_SHUT = (
    "SELECT sender_id, number, customer_id, last_written FROM windows "
    "WHERE (sender_id, number, customer_id) > (?, ?, ?) ORDER BY sender_id, number, customer_id LIMIT ?"
)


class Sweeping(Ledger):
    """Sweeps."""

    async def sweep(self, now: int, retention: Retention = FOR_EVER) -> None:
        """Drop what has served, in steps small enough that nobody waits for them; see `contract.keeping`."""
        while await self._write(partial(_drop_keys, now)) == _SWEPT_AT_ONCE:
            pass
        for sender_id in await self._read(_left_behind):
            await self._write(partial(self._remove, sender_id, now))
        if retention.payload is not None:
            await self._silence(_first(now - retention.payload))
        if retention.metadata is not None:
            until = now - max(retention.metadata, LEAST_METADATA)
            await self._steps(partial(_erase_messages, _first(until)), 0)
            await self._steps(partial(_erase_events, _first(until)), 0)
            await self._steps(partial(_erase_bubbles, _first(until)), 0)
            await self._sweep_windows(now, min(until, now - window.LENGTH))

    def _remove(self, sender_id: Id, now: int, con: Connection) -> None:
        remove(self._pen(con), sender_id, now)

    async def _steps(self, step: Callable[[Id, Connection], Id | None], after: Id) -> None:
        """Take steps, each from where the last one ended, until one ends nowhere."""
        loop = asyncio.get_running_loop()
        place: Id | None = after
        while place is not None:
            begun = loop.time()
            place = await self._write(partial(step, place))
            await asyncio.sleep((loop.time() - begun) * _REST)

    async def _silence(self, last: Id) -> None:
        """Go on where the last sweep ended, or where it had to leave something as it was."""
        noted = "SELECT value FROM meta WHERE name = ?"
        row = await self._read(lambda con: con.execute(noted, (_SILENCED,)).fetchone())
        left: list[Id] = []
        await self._steps(partial(_silence_messages, last, left), int(row[0]) if row else 0)
        await self._steps(partial(_erase_bubbles, last), 0)

    async def _sweep_windows(self, now: int, until: int) -> None:
        """Once a day: there is no index by time, which every message of a customer would have to keep."""
        noted = "SELECT value FROM meta WHERE name = ?"
        row = await self._read(lambda con: con.execute(noted, (_WINDOWS,)).fetchone())
        if row is not None and now - int(row[0]) < _DAY:
            return
        place: tuple[Id, str, Id] = (0, "", 0)
        while True:
            rows = await self._read(partial(_windows, place))
            old = [row for row in rows if row[3] < until]
            for start in range(0, len(old), _STEP):
                await self._write(partial(_shut, old[start : start + _STEP], until))
            if len(rows) < _SWEPT_AT_ONCE:
                break
            place = rows[-1][:3]
        await self._write(lambda con: con.execute(_NOTE, (_WINDOWS, str(now))).rowcount)


def _first(moment: int) -> Id:
    """The first id of a moment: what was stored before it has a lower one."""
    return compose(moment, 0, 0)


def _drop_keys(now: int, con: Connection) -> int:
    keys = con.execute(
        "DELETE FROM idempotency WHERE (scope, client_key) IN "
        "(SELECT scope, client_key FROM idempotency WHERE expires_at <= ? LIMIT ?)",
        (now, _SWEPT_AT_ONCE),
    ).rowcount
    con.execute("DELETE FROM unclaimed WHERE heard_at <= ?", (now - _UNCLAIMED_LIFE,))
    con.execute(
        "UPDATE deliveries INDEXED BY ix_deliveries_due "
        "SET state = 'dead', last_error = 'nobody fetched it', done_at = ? WHERE state = 'due' AND created_at <= ? "
        "AND subscription_id IN (SELECT id FROM subscriptions WHERE url = '')",
        (now, now - _PULLED_LIFE),
    )
    return keys


def _left_behind(con: Connection) -> list[Id]:
    """Senders that are gone, and for which a node that did not know it yet has still accepted something."""
    busy = [sender_id for (sender_id,) in con.execute(BUSY)]
    sql = "SELECT 1 FROM senders WHERE id = ?"
    return [sender_id for sender_id in busy if con.execute(sql, (sender_id,)).fetchone() is None]


def _old(con: Connection, after: Id, last: Id) -> list[Old]:
    sql = f"SELECT {OLD} FROM messages m WHERE m.id > ? AND m.id < ? ORDER BY m.id LIMIT ?"  # noqa: S608  our words
    return [Old(*row) for row in con.execute(sql, (after, last, _STEP))]


def _served(con: Connection, old: list[Old]) -> tuple[list[Old], list[Filed]]:
    """Those that are settled and told of, with all their events."""
    events = events_of(con, [message.id for message in old])
    due = untold(con, events)
    needed = {event.message_id for event in events if event.id in due}
    served = [message for message in old if not message.waits and message.id not in needed]
    ids = {message.id for message in served}
    return served, [event for event in events if event.message_id in ids]


def _silence_messages(last: Id, left: list[Id], after: Id, con: Connection) -> Id | None:
    old = _old(con, after, last)
    served, events = _served(con, old)
    silence(con, served, events)
    done = {message.id for message in served}
    # A step may be run twice.
    left += [message.id for message in old if message.id not in done and message.id not in left]
    place = old[-1].id if old else after
    con.execute(_NOTE, (_SILENCED, str(min(place, left[0] - 1) if left else place)))
    return place if len(old) == _STEP else None


def _erase_messages(last: Id, after: Id, con: Connection) -> Id | None:
    old = _old(con, after, last)
    erase(con, *_served(con, old))
    return old[-1].id if len(old) == _STEP else None


def _erase_events(last: Id, after: Id, con: Connection) -> Id | None:
    """What was told of senders, and of messages that are gone."""
    sql = "SELECT id, message_id, body, told FROM events WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
    events = [read_filed(*row) for row in con.execute(sql, (after, last, _STEP))]
    due = untold(con, events)
    erase_events(con, [event for event in events if event.message_id is None and event.id not in due])
    return events[-1].id if len(events) == _STEP else None


def _erase_bubbles(last: Id, after: Id, con: Connection) -> Id | None:
    """What the sandbox's phones show."""
    sql = "SELECT id FROM phone_messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
    ids = con.execute(sql, (after, last, _STEP)).fetchall()
    con.executemany("DELETE FROM phone_messages WHERE id = ?", ids)
    return ids[-1][0] if len(ids) == _STEP else None


def _windows(after: tuple[Id, str, Id], con: Connection) -> list[tuple[Id, str, Id, int]]:
    return con.execute(_SHUT, (*after, _SWEPT_AT_ONCE)).fetchall()


def _shut(old: list[tuple[Id, str, Id, int]], until: int, con: Connection) -> None:
    con.executemany(
        "DELETE FROM windows WHERE sender_id = ? AND number = ? AND customer_id = ? AND last_written < ?",
        [(sender_id, number, customer_id, until) for sender_id, number, customer_id, _ in old],
    )

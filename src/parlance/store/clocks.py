"""The sandbox's clocks."""

from functools import partial

from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.store.connection import Connection
from parlance.store.known import shift_of
from parlance.store.ledger import Ledger

_SANDBOX = "SELECT sender_id FROM routes WHERE active = 1 AND carrier = 'sandbox'"


class Clocks(Ledger):
    """Moves clocks."""

    async def move_clock(self, sender_id: Id | None, advance: int) -> None:
        """Move the sandbox clock of one sender, or of all (None), by `advance` milliseconds.

        Raises `Refusal(UNKNOWN_SENDER)`, or `Refusal(BAD_VALUE)` for a sender that does not send through the sandbox.
        """
        await self._change(partial(_move, sender_id, advance, self._clock.now()))

    async def reset_clock(self, sender_id: Id | None) -> None:
        """Set moved clocks back: one sender's own shift, or (None) every shift there is."""
        await self._change(partial(_reset, sender_id, self._clock.now()))


def _move(sender_id: Id | None, advance: int, now: int, con: Connection) -> None:
    if sender_id is not None:
        row = con.execute("SELECT carrier FROM routes WHERE sender_id = ? AND active = 1", (sender_id,)).fetchone()
        if row is None:
            raise Refusal(Fault.UNKNOWN_SENDER, "sender")
        if row[0] != "sandbox":
            raise Refusal(Fault.BAD_VALUE, "sender", "Only the clocks of sandbox senders can be moved.")
    con.execute(
        "INSERT INTO clocks (sender_id, shift) VALUES (?, ?) "
        "ON CONFLICT (sender_id) DO UPDATE SET shift = clocks.shift + excluded.shift",
        (sender_id or 0, advance),
    )
    _shift_due(con, sender_id, advance)
    _bring_back(con, now)


def _reset(sender_id: Id | None, now: int, con: Connection) -> None:
    if sender_id is None:
        rows = con.execute("SELECT sender_id, shift FROM clocks").fetchall()
    else:
        rows = con.execute("SELECT sender_id, shift FROM clocks WHERE sender_id = ?", (sender_id,)).fetchall()
    for whose, shift in rows:
        con.execute("DELETE FROM clocks WHERE sender_id = ?", (whose,))
        _shift_due(con, whose or None, -shift)
    _bring_back(con, now)


def _bring_back(con: Connection, now: int) -> None:
    """Nobody has written yet to come: what customers wrote before a clock went back, they wrote just now."""
    for (sender_id,) in con.execute(_SANDBOX).fetchall():
        at = now + shift_of(con, sender_id)
        con.execute("UPDATE windows SET last_written = ? WHERE sender_id = ? AND last_written > ?", (at, sender_id, at))


def _shift_due(con: Connection, sender_id: Id | None, advance: int) -> None:
    """Bring nearer, by `advance`, all that waits for a moment of the clock that moved."""
    own = "" if sender_id is None else " AND sender_id = :sender"
    affected = f"sender_id IN ({_SANDBOX}{own})"
    values = {"advance": advance, "sender": sender_id}
    subscribed = f"SELECT id FROM subscriptions WHERE {affected}"  # noqa: S608  our words, here and below
    for sql in (
        f"UPDATE outbox SET due_at = due_at - :advance, expires_at = expires_at - :advance WHERE {affected}",  # noqa: S608
        f"UPDATE deliveries SET due_at = due_at - :advance WHERE state = 'due' AND subscription_id IN ({subscribed})",  # noqa: S608
        f"UPDATE subscriptions SET paused_until = paused_until - :advance WHERE paused_until > 0 AND {affected}",  # noqa: S608
        f"UPDATE phone_callbacks SET due_at = due_at - :advance WHERE {affected}",  # noqa: S608
    ):
        con.execute(sql, values)

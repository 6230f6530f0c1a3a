"""The outbox: what waits, what is claimed, what is taken back."""

from collections.abc import Sequence

from parlance.contract.moments import Claimed, Pending, Resolution, Waiting, Written
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Stage
from parlance.model.sender import Route, Sender
from parlance.rules import parts
from parlance.store.buckets import bucket
from parlance.store.claiming import Claim, claim, look, ready_for
from parlance.store.connection import Connection
from parlance.store.known import shift_of
from parlance.store.ledger import Ledger
from parlance.store.pen import Pen
from parlance.store.rows import ENTRY, PENDING, Entry, dump_failure, read_message, read_pending
from parlance.store.statuses import advance, depart, reach

BUSY = (
    # From one sender's rows to the next one's: a long queue costs no more than a short one.
    "WITH RECURSIVE busy (id) AS (SELECT min(sender_id) FROM outbox UNION ALL "
    "SELECT (SELECT min(sender_id) FROM outbox WHERE sender_id > busy.id) FROM busy WHERE busy.id IS NOT NULL) "
    "SELECT id FROM busy WHERE id IS NOT NULL"
)


class Dispatching(Ledger):
    """Keeps the outbox."""

    async def busy_senders(self) -> Sequence[Id]:
        """Senders that have anything in the outbox."""
        return await self._read(lambda con: [sender_id for (sender_id,) in con.execute(BUSY)])

    async def pending(self, sender_id: Id, after: Id, limit: int) -> Sequence[Pending]:
        """The sender's outbox in order of acceptance, from the first id above `after`."""
        sql = f"SELECT {PENDING} FROM outbox WHERE sender_id = ? AND message_id > ? ORDER BY message_id LIMIT ?"  # noqa: S608
        return await self._read(lambda con: [read_pending(row) for row in con.execute(sql, (sender_id, after, limit))])

    async def claim(
        self,
        sender: Sender,
        message_ids: Sequence[Id],
        now: int,
        *,
        mark: bool,
        route: Route | None = None,
        cards: int = 0,
    ) -> Sequence[Claimed]:
        """Take `ready` messages for sending. Without a mark nothing is written: `settle` stores the attempt number."""
        wanted = Claim(sender, route or sender.route, tuple(message_ids), cards, now)
        fence = self._fences.now(sender.id)

        def work(con: Connection) -> list[Claimed]:
            self._fences.check(con, sender.id)
            return claim(con, wanted)

        if mark:
            # Who claims waits until it is known: a mark that nobody knows of would hold its message for ever.
            claimed = await self._write(work, patient=True, item=wanted)
        else:
            claimed = await self._read(lambda con: look(con, wanted))
        self._fences.claimed([each.message.id for each in claimed], fence)
        return claimed

    async def doubted(self, sender: Sender, row: Pending, route: Route, cards: int) -> Claimed | None:
        """An unsure message as the route's carrier needs it, with the id it may have there; None when it is gone."""

        def work(con: Connection) -> Claimed | None:
            found = con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (row.message_id,)).fetchone()  # noqa: S608
            if found is None:
                return None
            message = parts.cut(read_message(Entry._make(found)), cards, row.part)
            return Claimed(ready_for(con, message, sender, route), row.attempt, None, _tried_id(con, row, route))

        return await self._read(work)

    async def recover(self, now: int, buckets: frozenset[int] | None = None) -> int:
        """After a crash: every marked message (of these buckets) becomes unsure, and is told as such; their number."""

        def work(con: Connection) -> int:
            return _recover(self._pen(con), now, None if buckets is None else self._fences.still(con, buckets))

        return await self._write(work)

    async def resolve(self, message_id: Id, resolution: Resolution, now: int, at: int) -> Written:
        """Settle an unsure message by hand; raises `Refusal(UNKNOWN_MESSAGE)`, `Refusal(BAD_VALUE)` if not unsure."""
        return await self._write(lambda con: _resolve(self._pen(con), message_id, resolution, now, at))

    async def cancel(self, sender_id: Id, message_ids: Sequence[Id] | None, now: int, at: int) -> Written:
        """Take ready messages (None: all of the sender's) out of the outbox; they end as cancelled, told to nobody."""
        return await self._write(lambda con: cancel(self._pen(con), sender_id, message_ids, now, at))


def _tried_id(con: Connection, row: Pending, route: Route) -> str:
    found = con.execute(
        "SELECT external_id FROM attempts WHERE message_id = ? AND part = ? AND route_id = ? AND external_id <> '' "
        "ORDER BY attempt DESC LIMIT 1",
        (row.message_id, row.part, route.id),
    ).fetchone()
    return found[0] if found else ""


def _recover(pen: Pen, now: int, buckets: frozenset[int] | None) -> int:
    rows = pen.con.execute(
        "SELECT message_id, sender_id FROM outbox WHERE state = 'marked' ORDER BY message_id"
    ).fetchall()
    recovered = 0
    for message_id, sender_id in (row for row in rows if buckets is None or bucket(row[1]) in buckets):
        entry = pen.entry(message_id)
        doubted = pen.con.execute(
            "UPDATE outbox SET state = 'unsure', marked_at = NULL, since = ?, due_at = ? "
            "WHERE sender_id = ? AND message_id = ? AND state = 'marked'",
            (now, now, sender_id, message_id),
        ).rowcount
        if not doubted:
            continue  # a callback that came to another node has just settled it
        recovered += 1
        if entry is not None and entry.stage in {Stage.ACCEPTED, Stage.SENDING}:
            pen.save(reach(pen, entry, Stage.UNSURE, now + shift_of(pen.con, sender_id), now, note="recovered"))
    return recovered


def _resolve(pen: Pen, message_id: Id, resolution: Resolution, now: int, at: int) -> Written:
    entry = pen.entry(message_id)
    if entry is None:
        raise Refusal(Fault.UNKNOWN_MESSAGE)
    known = (entry.sender_id, entry.id)
    waiting = pen.con.execute("SELECT state FROM outbox WHERE sender_id = ? AND message_id = ?", known).fetchone()
    if waiting is None or waiting[0] != Waiting.UNSURE:
        raise Refusal(Fault.BAD_VALUE, "message", "The message is not unsure.")
    if resolution is Resolution.RESEND:
        entry = entry._replace(stage=Stage.ACCEPTED.value)
        pen.save(entry)
        pen.keep(entry, "resent", at, now, {})
        pen.con.execute(
            "UPDATE outbox SET state = 'ready', since = 0, due_at = ?, "
            "route_id = CASE WHEN part = 0 THEN NULL ELSE route_id END WHERE sender_id = ? AND message_id = ?",
            (now, *known),
        )
        sql = f"SELECT {PENDING} FROM outbox WHERE sender_id = ? AND message_id = ?"  # noqa: S608  our words
        pen.requeued.append(read_pending(pen.con.execute(sql, known).fetchone()))
        return pen.written()
    if resolution is Resolution.SENT and advance(pen, entry, now):
        entry = entry._replace(stage=Stage.SENDING.value)
        pen.save(entry)
        pen.keep(entry, "resolved", at, now, {})
        return pen.written()
    pen.release(entry)
    if resolution is Resolution.SENT:
        pen.save(reach(pen, depart(pen, entry, at, now), Stage.SENT, at, now, note="resolved"))
    else:
        failure = Failure(Fault.OUTCOME_UNKNOWN)
        pen.save(reach(pen, entry, Stage.FAILED, at, now, failure=failure, note="resolved"))
    return pen.written()


def cancel(pen: Pen, sender_id: Id, message_ids: Sequence[Id] | None, now: int, at: int) -> Written:
    """Take ready messages out of the outbox, within a transaction."""
    if message_ids is None:
        sql = "SELECT message_id FROM outbox WHERE sender_id = ? AND state = 'ready'"
        message_ids = [message_id for (message_id,) in pen.con.execute(sql, (sender_id,)).fetchall()]
    failure = dump_failure(Failure(Fault.CANCELLED))
    for message_id in message_ids:
        gone = pen.con.execute(
            "DELETE FROM outbox WHERE sender_id = ? AND message_id = ? AND state = 'ready'", (sender_id, message_id)
        ).rowcount
        entry = pen.entry(message_id) if gone else None
        if entry is not None:
            pen.save(entry._replace(stage=Stage.CANCELLED.value, failure=failure))
            pen.keep(entry, "cancelled", at, now, {})
            pen.released.append((sender_id, message_id))
    return pen.written()

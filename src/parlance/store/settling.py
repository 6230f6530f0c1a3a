"""Settle: what came of an attempt."""

from dataclasses import replace

from parlance.contract.cluster import Fenced
from parlance.contract.moments import Keep, Pending, Settlement, Waiting, Written
from parlance.model.message import Stage
from parlance.rules.lifecycle import join
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger
from parlance.store.pen import Pen
from parlance.store.rows import PENDING, REPORT, Entry, read_pending
from parlance.store.statuses import (
    ENDED_WITHOUT,
    SHUT,
    depart,
    hear_status,
    learn,
    note_part,
    of_part,
    part_left,
    reach,
    shut_window,
)

_KEEP = (  # noqa: S608  our words
    "UPDATE outbox SET state = ?, due_at = ?, attempt = CASE WHEN ? > attempt THEN ? ELSE attempt END, "
    "marked_at = NULL, since = CASE WHEN ? <> 'unsure' THEN 0 WHEN since = 0 THEN ? ELSE since END, "
    "part = ?, route_id = ? "
    "WHERE sender_id = ? AND message_id = ? RETURNING "
) + PENDING


class Settling(Ledger):
    """Writes outcomes."""

    async def settle(self, settlement: Settlement) -> Written:
        """Write what came of an attempt: attempt row, carrier id, stage, event and its deliveries, outbox.

        `requeued` holds the row that was kept, as it now stands. Where a callback had already taken the message out of
        the outbox, `released` names it, and its stage is left to what the callback said. Raises `Fenced`.
        """

        def work(con: Connection) -> Written:
            self._fences.check(con, settlement.sender_id, settlement.message_id)
            return settle(self._pen(con), settlement)

        def landed(_: Written | None = None) -> None:
            self._fences.landed(settlement.message_id)

        try:
            return await self._write(work, landed, item=settlement)
        except Fenced:
            landed()
            raise


def settle(pen: Pen, done: Settlement) -> Written:
    """Write what came of one attempt, within a transaction."""
    entry = pen.entry(done.message_id)
    if entry is None:
        return Written(released=((done.sender_id, done.message_id),))
    if entry.parts > 1:
        done = _settle_part(pen, entry, done)
    if done.attempt:
        pen.record(
            (
                *(done.message_id, done.attempt, done.part, done.started_at, done.route_id, done.ended_at),
                *(done.outcome, done.status, done.detail, done.external_id),
            )
        )
    waiting = _keep_or_release(pen, entry, done)
    before, entry = entry, learn(pen, entry, done.route_id, done.external_id, done.part, first=True)
    _learn_of_customer(pen, entry, done)
    now = Stage(entry.stage)
    if waiting and done.retreat and now in {Stage.SENDING, Stage.UNSURE}:
        now = Stage.ACCEPTED
        entry = entry._replace(stage=now.value)
    if done.departed and now not in ENDED_WITHOUT:
        entry = depart(pen, entry, done.at, done.ended_at)
    if waiting and done.stage is not None and join(now, done.stage).changed:
        entry = reach(pen, entry, done.stage, done.at, done.ended_at, failure=done.failure)
    if entry != before:
        pen.save(entry)
    if done.external_id:
        _join_unclaimed(pen, entry, done)
    return pen.written()


def _learn_of_customer(pen: Pen, entry: Entry, done: Settlement) -> None:
    if done.wa_id:
        pen.resolved(entry.customer_id, done.wa_id, done.ended_at)
    if done.attempt and done.failure is not None and done.failure.fault in SHUT:
        shut_window(pen, entry, done.route_id, done.started_at)


def _keep_or_release(pen: Pen, entry: Entry, done: Settlement) -> bool:
    """Put the outbox row as the settlement says; False when there is none any more."""
    if done.keep is None:
        if pen.release(entry):
            return True
    elif kept := _kept(pen, done, done.keep):
        pen.requeued.append(kept)
        return True
    pen.released.append((done.sender_id, done.message_id))
    return False


def _settle_part(pen: Pen, entry: Entry, done: Settlement) -> Settlement:
    """Note what came of one part. One of which a callback has already said that it left is not unsure."""
    if done.external_id:
        note_part(pen, entry.id, done.part, Stage.SENDING)
    keep = done.keep
    if keep is None and done.failure is not None:
        return replace(done, failure=of_part(done.failure, done.part, entry.parts))
    if keep is None or keep.state is not Waiting.UNSURE or not part_left(pen, entry.id, done.part):
        return done
    if done.part + 1 == entry.parts:
        return replace(done, keep=None, stage=Stage.SENT)
    return replace(
        done, stage=Stage.SENDING, keep=replace(keep, state=Waiting.READY, due_at=done.ended_at, part=done.part + 1)
    )


def _kept(pen: Pen, done: Settlement, keep: Keep) -> Pending | None:
    state = keep.state.value
    values = (state, keep.due_at, done.attempt, done.attempt, state, done.ended_at, keep.part, keep.route_id or None)
    rows = pen.con.execute(_KEEP, (*values, done.sender_id, done.message_id)).fetchall()
    return read_pending(rows[0]) if rows else None


def _join_unclaimed(pen: Pen, entry: Entry, done: Settlement) -> None:
    """Statuses that came before their message was known by this id."""
    for report in pen.early(done.route_id, done.external_id):
        entry = hear_status(pen, entry, REPORT.validate_json(report), done.route_id, done.ended_at)

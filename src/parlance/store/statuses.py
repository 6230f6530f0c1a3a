"""What a status does to a message, whoever reports it: a settlement, a callback, a person."""

from functools import reduce

from parlance.model.event import KIND_OF_STAGE, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import Id
from parlance.model.message import Stage
from parlance.model.outcome import StatusReport
from parlance.rules.lifecycle import join
from parlance.store import customers
from parlance.store.pen import Pen
from parlance.store.rows import PENDING, Entry, dump_failure, read_pending

ENDED_WITHOUT = {
    Stage.FAILED: Fault.CARRIER_REFUSED,
    Stage.EXPIRED: Fault.EXPIRED,
    Stage.CANCELLED: Fault.CANCELLED,
}
"""Ends at which the customer did not get the message, and why where nobody said."""

SHUT = frozenset({Fault.WINDOW_CLOSED, Fault.WINDOW_NEVER_OPENED})
"""What a carrier says of a window that is shut, whatever we thought of it."""

WAITING = frozenset({Stage.ACCEPTED, Stage.SENDING, Stage.UNSURE})
"""Stages of messages that may stand in the outbox."""

_QUIET = frozenset({"reaction", "receipt"})


def reach(
    pen: Pen,
    entry: Entry,
    stage: Stage,
    at: int,
    real: int,
    *,
    failure: Failure | None = None,
    report: StatusReport | None = None,
    note: str = "",
) -> Entry:
    """Put a message at a stage it has not been at, and tell of it; `report` adds what the carrier said of billing.

    The caller saves the entry given back, here as in `depart` and `learn`: once for all that happened to it.
    """
    if stage not in ENDED_WITHOUT:
        failure = None
    elif failure is None:
        failure = Failure(ENDED_WITHOUT[stage])
    entry = entry._replace(stage=stage.value, failure=dump_failure(failure))
    kind = KIND_OF_STAGE.get(stage)
    if kind is None or (entry.kind in _QUIET and not (entry.kind == "reaction" and kind is EventKind.FAILED)):
        return entry
    pricing, conversation = (report.pricing, report.conversation) if report else (None, None)
    pen.tell(entry, kind, at, real, note=note, failure=failure, pricing=pricing, conversation=conversation)
    return entry


def depart(pen: Pen, entry: Entry, at: int, real: int) -> Entry:
    """Tell, once, that a message has left; reactions and receipts leave in silence."""
    if entry.departed or entry.kind in _QUIET:
        return entry
    entry = entry._replace(departed=1)
    pen.tell(entry, EventKind.DEPARTED, at, real, raw=entry.content)
    return entry


def hear_status(pen: Pen, before: Entry, report: StatusReport, route_id: Id, real: int) -> Entry:
    """Join a vendor's report to the message it is about. What changes nothing is kept, with the reason why not."""
    entry = _heard(pen, before, report, route_id, real)
    if entry != before:
        pen.save(entry)
    return entry


def _heard(pen: Pen, entry: Entry, report: StatusReport, route_id: Id, real: int) -> Entry:
    facts = {"word": report.word, "stage": report.stage, "external_id": report.external_id}
    if report.failure is not None:
        facts["failure"] = str(report.failure)
    entry = learn(pen, entry, route_id, report.external_id, report.part)
    _learn_of_customer(pen, entry, report, route_id, real)
    if report.stage is None:
        pen.keep(entry, "unknown", report.at, real, facts)
        return entry
    now = Stage(entry.stage)
    stage, failure = report.stage, report.failure
    if entry.parts > 1:
        part = _part_of(pen, report, route_id)
        stage, failure = _whole(pen, entry, stage, failure, part)
        if _settles_part(pen, entry, part):
            now = Stage.SENDING
            entry = entry._replace(stage=now.value)
            if not advance(pen, entry, real):
                # The last one: all have left, whether or not each has been heard of.
                pen.release(entry)
                stage = join(stage, Stage.SENT).stage
    change = join(now, stage)
    if entry.direction == "in" or not change.changed:
        pen.keep(entry, "conflict" if change.conflict else "absorbed", report.at, real, facts)
        return entry
    if now in WAITING and stage not in WAITING:
        pen.release(entry)
        if stage not in ENDED_WITHOUT:
            entry = depart(pen, entry, report.at, real)
    note = "overruled" if change.conflict else ""
    return reach(pen, entry, stage, report.at, real, failure=failure, report=report, note=note)


def _learn_of_customer(pen: Pen, entry: Entry, report: StatusReport, route_id: Id, real: int) -> None:
    if report.wa_id:
        pen.resolved(entry.customer_id, report.wa_id, real)
    if report.failure is not None and report.failure.fault in SHUT:
        shut_window(pen, entry, route_id, report.at)


def learn(pen: Pen, entry: Entry, route_id: Id, external_id: str, part: int, *, first: bool = False) -> Entry:
    """Learn the id under which the carrier knows a message or one part of it.

    The `first` one, of the answer, gives way to one that a callback told: some vendors answer with an id of their own
    and go on with WhatsApp's.
    """
    if not external_id:
        return entry
    if not pen.knows(route_id, external_id, entry.id, part):
        return entry
    if part == 0 and not (first and entry.external_id and entry.route_id == route_id):
        entry = entry._replace(route_id=route_id, external_id=external_id)
    return entry


def shut_window(pen: Pen, entry: Entry, route_id: Id, at: int) -> None:
    """The carrier found the customer's window shut, whatever we thought of it."""
    row = pen.con.execute("SELECT number FROM routes WHERE id = ?", (route_id,)).fetchone()
    if row is not None:
        customers.shut_window(pen.con, entry.sender_id, row[0], entry.customer_id, at)


# ---- messages in parts


def advance(pen: Pen, entry: Entry, real: int) -> bool:
    """An unsure part has left after all: its message goes on with the next one; False when that was the last."""
    known = (entry.sender_id, entry.id)
    row = pen.con.execute(
        f"UPDATE outbox SET state = 'ready', since = 0, due_at = ?, part = part + 1 "  # noqa: S608  our words
        f"WHERE sender_id = ? AND message_id = ? AND state = 'unsure' AND part + 1 < ? RETURNING {PENDING}",
        (real, *known, entry.parts),
    ).fetchall()
    pen.requeued += map(read_pending, row)
    return bool(row)


def note_part(pen: Pen, message_id: Id, part: int, stage: Stage) -> Stage:
    """Put a report on top of what is known of one part; gives the part's stage."""
    known = (message_id, part)
    row = pen.con.execute("SELECT stage FROM parts WHERE message_id = ? AND part = ?", known).fetchone()
    own = join(Stage(row[0]), stage).stage if row else stage
    pen.con.execute(
        "INSERT INTO parts (message_id, part, stage) VALUES (?, ?, ?) "
        "ON CONFLICT (message_id, part) DO UPDATE SET stage = excluded.stage",
        (*known, own.value),
    )
    return own


def _part_of(pen: Pen, report: StatusReport, route_id: Id) -> int:
    """Which part a report is about: the one that the carrier knows by this id."""
    sql = "SELECT part FROM carrier_ids WHERE route_id = ? AND external_id = ?"
    row = pen.con.execute(sql, (route_id, report.external_id)).fetchone()
    return row[0] if row else report.part


def _settles_part(pen: Pen, entry: Entry, part: int) -> bool:
    """Whether the outbox doubts this very part, of which has now been heard that it left."""
    sql = "SELECT 1 FROM outbox WHERE sender_id = ? AND message_id = ? AND state = 'unsure' AND part = ?"
    doubted = pen.con.execute(sql, (entry.sender_id, entry.id, part)).fetchone()
    return doubted is not None and part_left(pen, entry.id, part)


def part_left(pen: Pen, message_id: Id, part: int) -> bool:
    """Whether a part is known to have left."""
    row = pen.con.execute("SELECT stage FROM parts WHERE message_id = ? AND part = ?", (message_id, part)).fetchone()
    return row is not None and Stage(row[0]) not in WAITING and Stage(row[0]) not in ENDED_WITHOUT


def _whole(pen: Pen, entry: Entry, stage: Stage, failure: Failure | None, part: int) -> tuple[Stage, Failure | None]:
    """The stage of a message in parts: one failed part is failed, else it is the slowest part's."""
    own = note_part(pen, entry.id, part, stage)
    if own in ENDED_WITHOUT:
        return Stage.FAILED, of_part(failure or Failure(ENDED_WITHOUT[own]), part, entry.parts)
    rows = pen.con.execute("SELECT stage FROM parts WHERE message_id = ?", (entry.id,)).fetchall()
    stages = [Stage(each) for (each,) in rows]
    if len(stages) < entry.parts:
        stages.append(Stage.SENDING)
    return reduce(_slower, stages, own), None


def of_part(failure: Failure, part: int, parts: int) -> Failure:
    """Name the part that failed."""
    named = f"part {part + 1} of {parts}: {failure.detail or failure.fault.message}"
    return Failure(failure.fault, failure.code, named)


def _slower(one: Stage, other: Stage) -> Stage:
    return one if join(one, other).changed else other

"""What a status does to a message, whoever reports it: a settlement, a callback, a person."""

from functools import reduce

from parlance.formats.canonical import load_content
from parlance.model.event import KIND_OF_STAGE, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import Id
from parlance.model.message import Stage
from parlance.model.outcome import StatusReport
from parlance.rules.lifecycle import join
from parlance.store.pen import Pen
from parlance.store.rows import Entry, dump_failure

ENDED_WITHOUT = {
    Stage.FAILED: Fault.CARRIER_REFUSED,
    Stage.EXPIRED: Fault.EXPIRED,
    Stage.CANCELLED: Fault.CANCELLED,
}
"""Ends at which the customer did not get the message, and why where nobody said."""

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
    pen.tell(entry, EventKind.DEPARTED, at, real, content=load_content(entry.content))
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
    entry = learn(pen, entry, route_id, report.external_id, 0)
    if report.stage is None:
        pen.keep(entry, "unknown", report.at, real, facts)
        return entry
    now = Stage(entry.stage)
    stage, failure = report.stage, report.failure
    if entry.parts > 1:
        stage, failure = _whole(pen, entry, report, route_id)
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


def learn(pen: Pen, entry: Entry, route_id: Id, external_id: str, part: int) -> Entry:
    """Learn the id under which the carrier knows a message or one part of it."""
    if not external_id:
        return entry
    new = pen.con.execute(
        "INSERT INTO carrier_ids (route_id, external_id, message_id, part, stage) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (route_id, external_id, entry.id, part, Stage.SENT.value),
    ).rowcount
    if not new:
        return entry
    parts = max(entry.parts, part + 1)
    if part == 0:
        entry = entry._replace(route_id=route_id, external_id=external_id)
    return entry._replace(parts=parts)


def _whole(pen: Pen, entry: Entry, report: StatusReport, route_id: Id) -> tuple[Stage, Failure | None]:
    """The stage of a message in parts: one failed part is failed, else it is the slowest part's."""
    assert report.stage is not None  # noqa: S101  the caller has seen to it
    known = (route_id, report.external_id)
    row = pen.con.execute(
        "SELECT part, stage FROM carrier_ids WHERE route_id = ? AND external_id = ?", known
    ).fetchone()
    if row is None:
        return report.stage, report.failure
    part, before = row
    own = join(Stage(before), report.stage).stage
    pen.con.execute("UPDATE carrier_ids SET stage = ? WHERE route_id = ? AND external_id = ?", (own.value, *known))
    if own in ENDED_WITHOUT:
        failure = report.failure or Failure(ENDED_WITHOUT[own])
        named = f"part {part + 1} of {entry.parts}: {failure.detail or failure.fault.message}"
        return Stage.FAILED, Failure(failure.fault, failure.code, named)
    stages = pen.con.execute(
        "SELECT DISTINCT a.part, c.stage FROM attempts a JOIN carrier_ids c "
        "ON c.route_id = a.route_id AND c.external_id = a.external_id WHERE a.message_id = ? AND a.external_id <> ''",
        (entry.id,),
    ).fetchall()
    return reduce(_slower, (Stage(stage) for _, stage in stages), own), None


def _slower(one: Stage, other: Stage) -> Stage:
    return one if join(one, other).changed else other

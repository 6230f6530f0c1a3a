"""Hear: what vendors tell us."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from parlance.contract.moments import HeardReport, Written
from parlance.formats.canonical import dump_content
from parlance.model import ids as model_ids
from parlance.model.address import AddressKind
from parlance.model.event import Event, EventKind
from parlance.model.ids import Id
from parlance.model.message import Content, Reaction, Receipt, Stage
from parlance.model.outcome import Incoming, StateReport, StatusReport
from parlance.rules import window
from parlance.store import customers
from parlance.store.connection import Again
from parlance.store.ledger import Ledger
from parlance.store.pen import Pen
from parlance.store.rows import REPORT, Entry, load_object
from parlance.store.statuses import hear_status


class Hearing(Ledger):
    """Writes what callbacks said."""

    async def hear(self, reports: Sequence[HeardReport]) -> Written:
        """Write what vendors told us, in one transaction; answered after its commit."""
        heard = Heard(tuple(reports))
        written, _ = await self._change(lambda con: hear(self._pen(con), heard), lambda result: result[1], item=heard)
        return written


class Heard(NamedTuple):
    """What is heard at a time."""

    reports: tuple[HeardReport, ...]


def hear(pen: Pen, told: Heard) -> tuple[Written, frozenset[Id]]:
    """Write reports within a transaction; gives also the senders whose set-up was changed by them."""
    for heard in told.reports:
        if heard.route.heard_since is None:
            pen.con.execute(
                "UPDATE routes SET heard_since = ? WHERE id = ? AND heard_since IS NULL", (heard.now, heard.route.id)
            )
            pen.touched.add(heard.sender.id)
        match heard.report:
            case StatusReport() as report:
                pen.messages.append(_status(pen, heard, report))
            case Incoming() as report:
                pen.messages.append(_incoming(pen, heard, report))
            case StateReport() as report:
                pen.messages.append(_state(pen, heard, report))
    return pen.written(), frozenset(pen.touched)


def _status(pen: Pen, heard: HeardReport, report: StatusReport) -> Id:
    entry = found = None
    if report.tag is not None:
        entry = pen.entry(report.tag)
    if entry is None and report.external_id:
        found = pen.named(heard.route.id, report.external_id)
        entry = pen.entry(found) if found else None
    if entry is None or entry.sender_id != heard.sender.id:
        if report.external_id and found is None:
            _let_settle(pen, heard.route.id, report.external_id)
        pen.con.execute(
            "INSERT INTO unclaimed (route_id, external_id, id, report, heard_at) VALUES (?, ?, ?, ?, ?)",
            (heard.route.id, report.external_id, pen.ids.mint(), REPORT.dump_json(report).decode(), heard.now),
        )
        return 0
    hear_status(pen, entry, report, heard.route.id, heard.now)
    return entry.id


def _let_settle(pen: Pen, route_id: Id, external_id: str) -> None:
    """See that no other node is settling a message under this id just now: it would not look for our report again.

    Its row of this id and ours cannot stand side by side, so one of the two waits for the other's end.
    """
    known = (route_id, external_id)
    placed = pen.con.execute(
        "INSERT INTO carrier_ids (route_id, external_id, message_id, part, stage) VALUES (?, ?, 0, 0, '') "
        "ON CONFLICT DO NOTHING",
        known,
    ).rowcount
    if not placed:
        raise Again
    pen.con.execute("DELETE FROM carrier_ids WHERE route_id = ? AND external_id = ?", known)


def _incoming(pen: Pen, heard: HeardReport, report: Incoming) -> Id:
    known = pen.named(heard.route.id, report.external_id) if report.external_id else None
    first = pen.entry(heard.new_id if known is None else known)
    if first is not None:
        pen.keep(first, "absorbed", report.at, heard.now, {"external_id": report.external_id})
        return first.id
    sender, route = heard.sender, heard.route
    addresses = (report.peer, *report.aliases)
    customer_id = customers.meet(pen.con, pen.ids, sender.account_id, addresses, report.name, heard.now)
    quoted = _quoted(pen, heard, report.quote_external)
    if report.peer.kind is AddressKind.PHONE:
        pen.con.execute("UPDATE customers SET wa_id = ? WHERE id = ? AND wa_id = ''", (report.peer.value, customer_id))
    content = _resolved(pen, heard, report.content)
    entry = _write_incoming(pen, heard, report, customer_id, content, quoted)
    if report.external_id:
        pen.name(route.id, report.external_id, entry.id)
    # A reaction does not open the window (spec/cloud-api.md M13).
    opens = report.opens and not isinstance(content, Reaction)
    if opens and (heard.opens or _is_open(pen, heard, customer_id, report.at)):
        customers.open_window(pen.con, sender.id, route.number, customer_id, report.at)
    refs = load_object(quoted.refs) if quoted and quoted.direction == "out" else {}
    pen.tell(
        entry, EventKind.RECEIVED, report.at, heard.now, content=content, forwarded=report.forwarded, quote_refs=refs
    )
    return entry.id


def _is_open(pen: Pen, heard: HeardReport, customer_id: Id, at: int) -> bool:
    sql = "SELECT last_written FROM windows WHERE sender_id = ? AND number = ? AND customer_id = ?"
    row = pen.con.execute(sql, (heard.sender.id, heard.route.number, customer_id)).fetchone()
    return row is not None and window.state(row[0], at, watched=True) is window.WindowState.OPEN


def _quoted(pen: Pen, heard: HeardReport, external_id: str) -> Entry | None:
    """The message an incoming one refers to, by the carrier's id or by ours; only one of the same sender."""
    if not external_id:
        return None
    found = pen.named(heard.route.id, external_id) or model_ids.from_text(external_id)
    entry = pen.peek(found) if found else None
    return entry if entry is not None and entry.sender_id == heard.sender.id else None


def _resolved(pen: Pen, heard: HeardReport, content: Content) -> Content:
    if isinstance(content, Reaction | Receipt) and not content.target:
        target = _quoted(pen, heard, content.target_external)
        if target is not None:
            return replace(content, target=target.id)
    return content


def _write_incoming(
    pen: Pen, heard: HeardReport, report: Incoming, customer_id: Id, content: Content, quoted: Entry | None
) -> Entry:
    entry = Entry(
        id=heard.new_id,
        direction="in",
        sender_id=heard.sender.id,
        customer_id=customer_id,
        number=heard.sender.number,
        peer_kind=report.peer.kind.value,
        peer=report.peer.value,
        kind=content.kind,
        content=dump_content(content).decode(),
        dialect="",
        at=report.at,
        real_at=heard.now,
        stage=Stage.DELIVERED.value,
        quote=quoted.id if quoted else None,
        quote_external=report.quote_external,
        refs="",
        window_until=None,
        failure="",
        dropped="",
        route_id=heard.route.id,
        external_id=report.external_id,
        parts=1,
        departed=1,
    )
    pen.write(entry)
    return entry


def _state(pen: Pen, heard: HeardReport, report: StateReport) -> Id:
    """The number's own state; told when it is another one than before."""
    changed = pen.con.execute(
        "UPDATE routes SET state = ?, held = coalesce(?, held) WHERE id = ? "
        "AND (state <> ? OR held <> coalesce(?, held))",
        (report.state, report.held, heard.route.id, report.state, report.held),
    ).rowcount
    if changed:
        pen.touched.add(heard.sender.id)
        event = Event(
            pen.event_id(),
            EventKind.STATE,
            report.at,
            heard.sender.id,
            heard.sender.number,
            state=report.state,
        )
        pen.announce(event, heard.now)
    return 0

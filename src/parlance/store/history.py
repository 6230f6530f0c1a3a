"""A message's history: everything that was written about it, in order of real time."""

import json
from typing import Any

from parlance.contract.views import Moment
from parlance.formats.canonical import load_event
from parlance.model.ids import Id, to_text
from parlance.store.connection import Connection
from parlance.store.rows import ENTRY, Entry, load_object


def read_history(con: Connection, message_id: Id) -> list[Moment]:
    """Read all moments: `accepted` or `received`, `attempt`, `event`, `note`, `delivery`, `try`; none if no message."""
    row = con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608  our words
    if row is None:
        return []
    entry = Entry._make(row)
    moments = [_beginning(entry), *_attempts(con, entry), *_events(con, entry)]
    # What belongs to one moment keeps the order of its writing.
    return sorted(moments, key=lambda moment: moment.at)


def _beginning(entry: Entry) -> Moment:
    facts: dict[str, Any] = {"kind": entry.kind, "customer": entry.peer, "at": entry.at}
    if entry.direction == "in":
        return Moment(entry.real_at, "received", {**facts, "external_id": entry.external_id})
    facts |= {"dialect": entry.dialect, "window_until": entry.window_until}
    if entry.dropped:
        facts["dropped"] = json.loads(entry.dropped)
    if entry.quote is not None:
        facts["quote"] = to_text(entry.quote)
    return Moment(entry.real_at, "accepted", facts)


def _attempts(con: Connection, entry: Entry) -> list[Moment]:
    rows = con.execute(
        "SELECT a.attempt, a.part, a.started_at, a.ended_at, a.outcome, a.status, a.detail, a.external_id, r.carrier "
        "FROM attempts a LEFT JOIN routes r ON r.id = a.route_id WHERE a.message_id = ? "
        "ORDER BY a.started_at, a.attempt, a.part",
        (entry.id,),
    )
    names = ("attempt", "part", "started_at", "ended_at", "outcome", "status", "detail", "external_id", "carrier")
    return [Moment(row[3], "attempt", _present(dict(zip(names, row, strict=True)))) for row in rows]


def _events(con: Connection, entry: Entry) -> list[Moment]:
    rows = con.execute(
        "SELECT id, kind, at, real_at, body, note, told FROM events WHERE message_id = ? ORDER BY id", (entry.id,)
    )
    moments = []
    for id_, kind, at, real_at, body, note, told in rows.fetchall():
        if told is None:
            moments.append(Moment(real_at, "note", {"note": note, "at": at, **_present(load_object(body))}))
            continue
        facts = {"id": to_text(id_), "kind": kind, "at": at, "note": note}
        failure = load_event(body).failure
        if failure is not None:
            facts |= {"fault": failure.fault.value, "failure": str(failure)}
        moments.append(Moment(real_at, "event", _present(facts)))
        for subscription_id, number in json.loads(told):
            moments += _delivery(con, kind, subscription_id, number)
    return moments


def _delivery(con: Connection, kind: str, subscription_id: Id, number: int) -> list[Moment]:
    known: dict[str, Any] = {"subscription": to_text(subscription_id), "number": number}
    row = con.execute(
        "SELECT d.state, d.tries, d.created_at, d.due_at, s.dialect, s.url FROM deliveries d "
        "LEFT JOIN subscriptions s ON s.id = d.subscription_id WHERE d.subscription_id = ? AND d.number = ?",
        (subscription_id, number),
    ).fetchone()
    if row is None:
        return []
    state, tries, created_at, due_at, dialect, url = row
    facts = {**known, "kind": kind, "state": state, "tries": tries, "dialect": dialect, "url": url}
    if state == "due":
        facts["due_at"] = due_at
    attempts = con.execute(
        "SELECT state, ended_at, status, error FROM tries WHERE subscription_id = ? AND number = ? ORDER BY id",
        (subscription_id, number),
    )
    return [
        Moment(created_at, "delivery", _present(facts)),
        *(
            Moment(ended_at, "try", _present({**known, "state": state, "status": status, "error": error}))
            for state, ended_at, status, error in attempts
        ),
    ]


def _present(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts that say something: empty text and null are left out."""
    return {name: value for name, value in facts.items() if value not in {"", None}}

"""Values as they stand in rows, and back."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import to_json

from parlance.contract.moments import Delivery, DeliveryState, Pending, Waiting
from parlance.formats.canonical import load_content, load_event
from parlance.model.address import Address, AddressKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import Id
from parlance.model.message import Direction, Message, Stage
from parlance.model.outcome import StatusReport

REPORT: TypeAdapter[StatusReport] = TypeAdapter(StatusReport)
"""Writes and reads the reports that wait for their message."""


class Entry(NamedTuple):
    """A row of `messages`, its columns in the order of the fields."""

    id: Id
    direction: str
    sender_id: Id
    customer_id: Id
    number: str
    peer_kind: str
    peer: str
    kind: str
    content: str
    dialect: str
    at: int
    real_at: int
    stage: str
    quote: Id | None
    quote_external: str
    refs: str
    window_until: int | None
    failure: str
    dropped: str
    route_id: Id | None
    external_id: str
    parts: int
    departed: int

    @property
    def address(self) -> Address:
        """The customer as the message named them."""
        return Address(AddressKind(self.peer_kind), self.peer)


ENTRY = ", ".join(Entry._fields)
INSERT_ENTRY = f"INSERT INTO messages ({ENTRY}) VALUES ({', '.join('?' * len(Entry._fields))})"  # noqa: S608  our words


def read_message(entry: Entry) -> Message:
    """The message that a row holds."""
    return Message(
        entry.id,
        Direction(entry.direction),
        entry.sender_id,
        entry.customer_id,
        entry.number,
        entry.address,
        load_content(entry.content),
        entry.dialect,
        entry.at,
        Stage(entry.stage),
        entry.quote,
        entry.quote_external,
        load_object(entry.refs),
        entry.window_until,
        load_failure(entry.failure),
        tuple(json.loads(entry.dropped)) if entry.dropped else (),
    )


def dump_object(value: Mapping[str, Any]) -> str:
    """An object as JSON; an empty one is empty text."""
    return to_json(value).decode() if value else ""


def load_object(text: str) -> dict[str, Any]:
    """What `dump_object` wrote."""
    value: dict[str, Any] = json.loads(text) if text else {}
    return value


def dump_failure(failure: Failure | None) -> str:
    """A failure as JSON; none is empty text."""
    if failure is None:
        return ""
    return json.dumps([failure.fault.value, failure.code, failure.detail], ensure_ascii=False)


def load_failure(text: str) -> Failure | None:
    """What `dump_failure` wrote."""
    if not text:
        return None
    fault, code, detail = json.loads(text)
    return Failure(Fault(fault), code, detail)


PENDING = (
    "message_id, sender_id, customer_id, state, due_at, expires_at, attempt, since, dialect, doomed <> '', part, "
    "coalesce(route_id, 0)"
)


def read_pending(row: tuple[Any, ...]) -> Pending:
    """A row of `outbox`, its columns as `PENDING` names them."""
    message_id, sender_id, customer_id, state, due_at, expires_at, attempt, since, dialect, doomed, part, route_id = row
    return Pending(
        *(message_id, sender_id, customer_id, Waiting(state), due_at, expires_at, attempt, since),
        dialect=dialect,
        doomed=bool(doomed),
        part=part,
        route_id=route_id,
    )


DELIVERY = (
    "d.subscription_id, d.number, e.body, d.state, d.due_at, d.tries, d.created_at, "
    "d.last_status, d.last_error, d.done_at"
)


def read_delivery(row: tuple[Any, ...]) -> Delivery:
    """A row of `deliveries` with its event, columns as `DELIVERY` names them."""
    subscription_id, number, body, state, *rest = row
    return Delivery(subscription_id, number, load_event(body), DeliveryState(state), *rest)

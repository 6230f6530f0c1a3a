"""A pen for one operation of a group: it writes on the group's sheet, and on paper only what is rare."""

from collections.abc import Sequence
from typing import Any

from parlance.contract.moments import Settlement, Written
from parlance.contract.world import Ids
from parlance.model.address import Address
from parlance.model.event import Customer
from parlance.model.ids import Id
from parlance.model.message import Direction
from parlance.model.outcome import Incoming, StateReport, StatusReport
from parlance.store.connection import Connection
from parlance.store.groupwise.sheet import Name, Sheet
from parlance.store.hearing import Heard, hear
from parlance.store.pen import Audience, Pen
from parlance.store.postgres_link import PostgresLink
from parlance.store.rows import Entry
from parlance.store.settling import settle


class GroupPen(Pen):
    """Answers from the sheet what was looked up; whoever takes the connection itself finds everything written."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet.con, sheet.ids, sheet.audience)
        self._sheet = sheet

    @property
    def con(self) -> Connection:
        """The connection, on which all that the group has done so far can be seen."""
        self._sheet.flush()
        # Whoever needs the connection may learn of people what the sheet does not know.
        self._sheet.people.clear()
        return self._sheet.con

    def entry(self, message_id: Id) -> Entry | None:
        """A message's row, which nobody else changes until the transaction's end."""
        entries = self._sheet.entries
        if message_id not in entries:
            entries[message_id] = super().entry(message_id)
        return entries[message_id]

    def peek(self, message_id: Id) -> Entry | None:
        """A message's row as it stands."""
        found = self._sheet.entries.get(message_id)
        return super().peek(message_id) if found is None else found

    def named(self, route_id: Id, external_id: str) -> Id | None:
        """The message that the route's carrier knows by this id."""
        name, names = (route_id, external_id), self._sheet.names
        return names[name] if name in names else super().named(route_id, external_id)

    def knows(self, route_id: Id, external_id: str, message_id: Id, part: int) -> bool:
        """Write that the route's carrier knows a message, or this part of it, by an id; False when it is taken."""
        name = (route_id, external_id)
        if self._sheet.learnt.get(name) == message_id:
            del self._sheet.learnt[name]
            return True
        if name in self._sheet.taken:
            return False
        self._sheet.taken.add(name)
        self._sheet.names.pop(name, None)
        return super().knows(route_id, external_id, message_id, part)

    def early(self, route_id: Id, external_id: str) -> list[str]:
        """Take the reports that came before it was known which message the carrier knows by this id."""
        early = self._sheet.early
        if early.get((route_id, external_id)) == []:
            return []
        early.pop((route_id, external_id), None)
        return super().early(route_id, external_id)

    def write(self, entry: Entry) -> None:
        """Write a new message."""
        self._sheet.write(entry)

    def name(self, route_id: Id, external_id: str, message_id: Id) -> None:
        """Write that a customer's message came to the route under this id."""
        self._sheet.name(route_id, external_id, message_id)

    def record(self, attempt: tuple[Any, ...]) -> None:
        """Write an attempt."""
        self._sheet.record(attempt)

    def save(self, entry: Entry) -> None:
        """Write what can change of a message's row."""
        self._sheet.save(entry)

    def release(self, entry: Entry) -> bool:
        """Take a message out of the outbox; False when it was not there."""
        gone = self._sheet.release(entry)
        if gone:
            self.released.append((entry.sender_id, entry.id))
        return gone

    def customer(self, customer_id: Id, address: Address) -> Customer:
        """A customer, named as the message at hand named them."""
        person = self._sheet.people.get(customer_id)
        return super().customer(customer_id, address) if person is None else Customer(customer_id, address, *person)

    def resolved(self, customer_id: Id, wa_id: str, now: int) -> None:
        """A carrier named this customer's id on WhatsApp."""
        if self._sheet.wa_ids.get(customer_id) != wa_id:
            super().resolved(customer_id, wa_id, now)
            self._sheet.wa_ids[customer_id] = wa_id
            self._sheet.people.clear()

    def is_incoming(self, message_id: Id | None) -> bool:
        """Whether a message that another one refers to came from the customer."""
        direction = self._sheet.directions.get(message_id or 0)
        return super().is_incoming(message_id) if direction is None else direction == Direction.IN

    def _file(self, event: tuple[Any, ...], wanting: Sequence[Id] | None) -> None:
        self._sheet.file(event, wanting)
        self.told.update(wanting or ())


def settle_all(con: PostgresLink, ids: Ids, audience: Audience, settlements: Sequence[Settlement]) -> list[Written]:
    """Write what came of attempts, in their order; each gives what it would give alone."""
    sheet = Sheet(con, ids, audience)
    names = [(done.route_id, done.external_id, done.message_id, done.part) for done in settlements if done.external_id]
    sheet.learn(names, list({done.message_id for done in settlements}))
    written = [settle(GroupPen(sheet), done) for done in settlements]
    sheet.flush()
    return written


def hear_all(
    con: PostgresLink, ids: Ids, audience: Audience, told: Sequence[Heard]
) -> list[tuple[Written, frozenset[Id]]]:
    """Write what vendors reported, in order; each gives what it would give alone."""
    sheet = Sheet(con, ids, audience)
    message_ids: set[Id] = set()
    names: dict[Name, None] = {}
    for heard in (heard for each in told for heard in each.reports):
        match heard.report:
            case StatusReport(external_id=external_id, tag=tag):
                if tag is not None:
                    message_ids.add(tag)
            case Incoming(external_id=external_id):
                message_ids.add(heard.new_id)
            case StateReport():
                continue
        if external_id:
            names[heard.route.id, external_id] = None
    sheet.look_up(message_ids, list(names))
    written = [hear(GroupPen(sheet), each) for each in told]
    sheet.flush()
    return written

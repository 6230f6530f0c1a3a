"""Customers: one id each, found again by every address they are known under."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from parlance.contract.world import Ids
from parlance.formats import people
from parlance.model.address import Address, AddressKind, phone
from parlance.model.contact import Phone
from parlance.model.ids import Id
from parlance.model.message import Contacts
from parlance.rules import window
from parlance.store.connection import Again, Connection

_ALIAS = "INSERT INTO aliases (account_id, alias, customer_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def find(con: Connection, account_id: Id, address: Address) -> Id | None:
    """The customer of this address."""
    row = con.execute(
        "SELECT customer_id FROM aliases WHERE account_id = ? AND alias = ?", (account_id, address.alias)
    ).fetchone()
    return row[0] if row else None


def _find(con: Connection, account_id: Id, address: Address) -> Id | None:
    """The customer of this address, whom nobody else changes or joins to another until the transaction's end."""
    sql = "SELECT customer_id FROM aliases WHERE account_id = ? AND alias = ? /*+ FOR UPDATE */"
    row = con.execute(sql, (account_id, address.alias)).fetchone()
    return row[0] if row else None


class NewCustomer(NamedTuple):
    """The rows of a customer who was not known: in `customers`, and in `aliases` for each address."""

    customer: tuple[Any, ...]
    aliases: tuple[tuple[Id, str, Id], ...]


COLUMNS = ("id", "account_id", "kind", "value", "user_id", "name", "country", "created_at")
"""What is written of a customer at first."""


def new(ids: Ids, account_id: Id, address: Address, now: int, *, name: str = "", user_id: str = "") -> NewCustomer:
    """A customer, who can then also be addressed by their business-scoped user id: the carrier's, else ours."""
    customer_id = ids.mint()
    if address.kind is AddressKind.USER:
        user_id = address.value
    user_id = user_id or people.user_id(account_id, address)
    country = people.country(address)
    first = (account_id, address.alias, customer_id)
    also = (
        ()
        if address.kind is AddressKind.USER
        else ((account_id, Address(AddressKind.USER, user_id).alias, customer_id),)
    )
    row = (customer_id, account_id, address.kind.value, address.value, user_id, name, country, now)
    return NewCustomer(row, (first, *also))


def create(
    con: Connection, ids: Ids, account_id: Id, address: Address, now: int, *, name: str = "", user_id: str = ""
) -> Id:
    """Write a customer; raises `Again` when another node has just done so."""
    made = new(ids, account_id, address, now, name=name, user_id=user_id)
    columns, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
    con.execute(f"INSERT INTO customers ({columns}) VALUES ({marks})", made.customer)  # noqa: S608  our words
    first, *also = made.aliases
    if not con.execute(_ALIAS, first).rowcount:
        raise Again
    for alias in also:
        con.execute(_ALIAS, alias)
    return first[2]


def meet(con: Connection, ids: Ids, account_id: Id, addresses: Sequence[Address], name: str, now: int) -> Id:
    """The customer whom all these addresses name, the first one foremost; made, completed or joined as it needs.

    Learns the profile name and a user id given by the carrier. Two customers who turn out to be one go on as one: their
    windows and queues are joined, what was exchanged before stays under the id it had.
    """
    given = next((address.value for address in addresses if address.kind is AddressKind.USER), "")
    found = [customer_id for address in addresses if (customer_id := _find(con, account_id, address)) is not None]
    if not found:
        customer_id = create(con, ids, account_id, addresses[0], now, name=name, user_id=given)
    else:
        customer_id = found[0]
        for other in set(found[1:]) - {customer_id}:
            _join(con, account_id, customer_id, other, addresses)
        con.execute(
            "UPDATE customers SET name = CASE WHEN ? = '' THEN name ELSE ? END, "
            "user_id = CASE WHEN ? = '' THEN user_id ELSE ? END WHERE id = ? AND (name <> ? OR user_id <> ?)",
            (name, name, given, given, customer_id, name, given),
        )
    if len(found) < len(addresses):
        con.executemany(_ALIAS, [(account_id, address.alias, customer_id) for address in addresses])
    return customer_id


def _join(con: Connection, account_id: Id, kept: Id, other: Id, addresses: Sequence[Address]) -> None:
    row = con.execute("SELECT kind, value, user_id FROM customers WHERE id = ?", (other,)).fetchone()
    known = [address.alias for address in addresses]
    if row:
        first = Address(AddressKind(row[0]), row[1])
        ours = Address(AddressKind.USER, people.user_id(account_id, first))
        known += [first.alias, Address(AddressKind.USER, row[2]).alias, ours.alias]
    con.executemany(
        "UPDATE aliases SET customer_id = ? WHERE account_id = ? AND alias = ? AND customer_id = ?",
        [(kept, account_id, alias, other) for alias in known],
    )
    theirs = "customer_id = ? AND sender_id IN (SELECT id FROM senders WHERE account_id = ?)"
    windows = con.execute(f"SELECT sender_id, number, last_written FROM windows WHERE {theirs}", (other, account_id))  # noqa: S608
    for sender_id, number, last_written in windows.fetchall():
        open_window(con, sender_id, number, kept, last_written)
    con.execute(f"DELETE FROM windows WHERE {theirs}", (other, account_id))  # noqa: S608
    con.execute(f"UPDATE outbox SET customer_id = ? WHERE {theirs}", (kept, other, account_id))  # noqa: S608


def resolved(con: Connection, ids: Ids, customer_id: Id, wa_id: str, now: int) -> None:
    """A carrier named this customer's id on WhatsApp: keep it, and find them by it from now on."""
    row = con.execute("SELECT account_id, kind, value, wa_id FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if row is None or row[3] == wa_id:
        return
    account_id, kind, value, _ = row
    con.execute("UPDATE customers SET wa_id = ? WHERE id = ?", (wa_id, customer_id))
    meet(con, ids, account_id, [Address(AddressKind(kind), value), phone(wa_id)], "", now)


def wa_id(con: Connection, account_id: Id, alias: str) -> str:
    """The id on WhatsApp of the person with this address, empty when it is not known that there is one."""
    row = con.execute(
        "SELECT c.wa_id FROM aliases a JOIN customers c ON c.id = a.customer_id WHERE a.account_id = ? AND a.alias = ?",
        (account_id, alias),
    ).fetchone()
    return str(row[0]) if row else ""


def unmarked(contacts: Contacts) -> dict[str, str]:
    """The phones in cards that carry no `wa_id`, and the alias that people of such a phone have."""
    phones = [number.phone for card in contacts.cards for number in card.phones if not number.wa_id]
    return {text: phone(digits).alias for text in phones if (digits := _digits(text))}


def with_wa_ids(contacts: Contacts, known: Mapping[str, str]) -> Contacts:
    """The cards, with `wa_id` at phones of people known to be on WhatsApp: phone to that id."""

    def marked(number: Phone) -> Phone:
        found = "" if number.wa_id else known.get(number.phone, "")
        return replace(number, wa_id=found) if found else number

    return Contacts(tuple(replace(card, phones=tuple(map(marked, card.phones))) for card in contacts.cards))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isdecimal())


def shut_window(con: Connection, sender_id: Id, number: str, customer_id: Id, at: int) -> None:
    """The carrier says that the window was shut at that time; what the customer wrote since then opens it again."""
    con.execute(
        "INSERT INTO windows (sender_id, number, customer_id, last_written) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (sender_id, number, customer_id) DO UPDATE SET last_written = excluded.last_written "
        "WHERE windows.last_written > excluded.last_written AND windows.last_written <= ?",
        (sender_id, number, customer_id, at - window.LENGTH, at),
    )


def open_window(con: Connection, sender_id: Id, number: str, customer_id: Id, at: int) -> bool:
    """The customer wrote to this number at that time; False when they were known to have written later."""
    return bool(
        con.execute(
            "INSERT INTO windows (sender_id, number, customer_id, last_written) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (sender_id, number, customer_id) DO UPDATE SET last_written = excluded.last_written "
            "WHERE excluded.last_written > windows.last_written",
            (sender_id, number, customer_id, at),
        ).rowcount
    )

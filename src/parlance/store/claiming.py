"""Claims: messages that are taken for sending, as their carrier needs them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from parlance.contract.moments import Claimed
from parlance.model.ids import Id
from parlance.model.message import Contacts, Message, Reaction, Receipt, Stage
from parlance.model.sender import Route, Sender
from parlance.rules import parts
from parlance.store import customers
from parlance.store.connection import Connection
from parlance.store.rows import ENTRY, Entry, load_failure, read_message

_MARK = (
    "UPDATE outbox SET state = 'marked', attempt = attempt + 1, marked_at = ?, route_id = ? "
    "WHERE sender_id = ? AND message_id = ? AND state = 'ready' RETURNING attempt, doomed, part"
)
_WHOLE = ", ".join(f"m.{name}" for name in Entry._fields)
LOOK = (
    f"SELECT o.attempt + 1, o.doomed, o.part, {_WHOLE} FROM outbox o JOIN messages m ON m.id = o.message_id "  # noqa: S608
    "WHERE o.sender_id = ? AND o.message_id = ? AND o.state = 'ready'"
)


class Claim(NamedTuple):
    """What is claimed together: messages of one sender for one route, whose carrier takes so many cards at a time."""

    sender: Sender
    route: Route
    message_ids: tuple[Id, ...]
    cards: int
    now: int


class Cut(NamedTuple):
    """A message as it was found, or the part of it that goes next; `changed`: its row must say that it is sent."""

    claimed: Claimed
    changed: bool


def claim(con: Connection, wanted: Claim) -> list[Claimed]:
    """Mark messages, within a transaction; those that are not ready are left out."""
    claimed = []
    for message_id in wanted.message_ids:
        values = (wanted.now, wanted.route.id, wanted.sender.id, message_id)
        marked = con.execute(_MARK, values).fetchall()
        if not marked:
            continue
        entry = con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608
        found, changed = cut(wanted, (*marked[0], *entry))
        if changed:
            sql = "UPDATE messages SET stage = 'sending', parts = ? WHERE id = ?"
            con.execute(sql, (found.message.parts, message_id))
        claimed.append(_ready(con, wanted, found))
    return claimed


def look(con: Connection, wanted: Claim) -> list[Claimed]:
    """Take messages for sending without a mark; nothing is written."""
    rows = [con.execute(LOOK, (wanted.sender.id, message_id)).fetchone() for message_id in wanted.message_ids]
    return [_ready(con, wanted, cut(wanted, row).claimed) for row in rows if row is not None]


def cut(wanted: Claim, row: tuple[Any, ...]) -> Cut:
    """Read an attempt's number, doom and part with the message's row, which follows them."""
    attempt, doomed, part, *rest = row
    entry = Entry._make(rest)
    message = parts.cut(read_message(entry), wanted.cards, part)
    changed = entry.stage == Stage.ACCEPTED or entry.parts != message.parts
    return Cut(Claimed(message, attempt, load_failure(doomed), entry.external_id), changed)


def _ready(con: Connection, wanted: Claim, found: Claimed) -> Claimed:
    return with_message(found, ready_for(con, found.message, wanted.sender, wanted.route))


def with_message(claimed: Claimed, message: Message) -> Claimed:
    """What was claimed, with its message as the carrier needs it."""
    return claimed if message is claimed.message else replace(claimed, message=message)


def ready_for(
    con: Connection,
    message: Message,
    sender: Sender,
    route: Route,
    wa_id: Callable[[Connection, Id, str], str] = customers.wa_id,
) -> Message:
    """The message as a route's carrier needs it: its ids of messages meant, cards of people on WhatsApp marked so."""
    message = _with_externals(con, message, route.id)
    if isinstance(message.content, Contacts):
        phones = customers.unmarked(message.content)
        known = {text: wa_id(con, sender.account_id, alias) for text, alias in phones.items()}
        if any(known.values()):
            return replace(message, content=customers.with_wa_ids(message.content, known))
    return message


def _with_externals(con: Connection, message: Message, route_id: Id) -> Message:
    """Name quoted and targeted messages as the route's carrier knows them."""
    content = message.content
    if isinstance(content, Reaction | Receipt):
        content = replace(content, target_external=_external(con, content.target, route_id))
        return replace(message, content=content, quote_external=content.target_external)
    if message.quote is not None:
        return replace(message, quote_external=_external(con, message.quote, route_id))
    return message


def _external(con: Connection, message_id: Id, route_id: Id) -> str:
    sql = "SELECT external_id FROM messages WHERE id = ? AND route_id = ?"
    row = con.execute(sql, (message_id, route_id)).fetchone()
    return row[0] if row else ""

"""Accept: the one transaction before a client hears yes."""

import json
from dataclasses import replace
from typing import Any

from parlance.contract.moments import Draft, Facts, Judge, Stored, Verdict
from parlance.contract.world import Ids
from parlance.formats.canonical import dump_content
from parlance.model.address import Address, AddressKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Content, Direction, Message, Receipt, Stage, Template
from parlance.model.sender import Sender
from parlance.store import customers
from parlance.store.connection import Again, Connection
from parlance.store.ledger import Ledger
from parlance.store.rows import ENTRY, INSERT_ENTRY, Entry, dump_failure, dump_object, read_message
from parlance.store.templates import load_templates

KEY_LIFE = 7 * 86_400_000
"""How long a client's key guards against a repeat, in milliseconds."""

_WHO = (
    "SELECT a.customer_id, w.last_written FROM aliases a LEFT JOIN windows w "
    "ON w.sender_id = ? AND w.number = ? AND w.customer_id = a.customer_id WHERE a.account_id = ? AND a.alias = ?"
)
_QUEUE = (
    "INSERT INTO outbox (sender_id, message_id, customer_id, state, due_at, expires_at, attempt, since, "
    "dialect, doomed) VALUES (?, ?, ?, 'ready', ?, ?, 0, 0, ?, ?)"
)
_KEY = (
    "INSERT INTO idempotency (scope, client_key, fingerprint, message_id, expires_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (scope, client_key) DO UPDATE SET fingerprint = excluded.fingerprint, "
    "message_id = excluded.message_id, expires_at = excluded.expires_at WHERE idempotency.expires_at <= ?"
)


class Accepting(Ledger):
    """Takes messages in."""

    async def accept(self, draft: Draft, judge: Judge) -> Stored:
        """Take a message in: look up key, customer, window, quote, template; judge; write message, outbox and key."""
        content, refs, ids = dump_content(draft.content).decode(), dump_object(draft.refs), self._ids
        return await self._write(lambda con: _accept(con, ids, draft, judge, content, refs))


def _accept(con: Connection, ids: Ids, draft: Draft, judge: Judge, content: str, refs: str) -> Stored:
    if draft.key and (first := _repeated(con, draft)) is not None:
        return Stored(first, repeated=True)
    sender = draft.sender
    row = con.execute(_WHO, (sender.id, sender.route.number, sender.account_id, draft.to.alias)).fetchone()
    customer_id, last_written = row or (None, None)
    facts = _facts(con, draft, customer_id, last_written)
    verdict = judge(facts)
    if facts.credit is not None and not isinstance(draft.content, Receipt):
        con.execute("UPDATE accounts SET credit = credit - 1 WHERE id = ?", (sender.account_id,))
    if customer_id is not None and draft.to.kind is AddressKind.USER:
        # A user id that we made up is known to nobody else: the carrier is given what the person was first met under.
        kind, value = con.execute("SELECT kind, value FROM customers WHERE id = ?", (customer_id,)).fetchone()
        draft = replace(draft, to=Address(AddressKind(kind), value))
    if customer_id is None:
        customer_id = customers.create(con, ids, sender.account_id, draft.to, draft.now)
    message = _message(draft, customer_id, verdict)
    if verdict.content is not None:
        content = dump_content(verdict.content).decode()
    con.execute(INSERT_ENTRY, _entry(message, draft, content, refs))
    doomed = dump_failure(verdict.doomed)
    con.execute(_QUEUE, (sender.id, draft.id, customer_id, draft.now, draft.expires_at, draft.dialect, doomed))
    if draft.key:
        used = (draft.key_scope, draft.key, draft.fingerprint, draft.id, draft.now + KEY_LIFE, draft.now)
        if not con.execute(_KEY, used).rowcount:
            raise Again
    return Stored(message, doomed=verdict.doomed is not None)


def _repeated(con: Connection, draft: Draft) -> Message | None:
    """The message first sent under this key, None when the key is free; raises `Refusal(DUPLICATE)`."""
    row = con.execute(
        "SELECT fingerprint, message_id FROM idempotency WHERE scope = ? AND client_key = ? AND expires_at > ?",
        (draft.key_scope, draft.key, draft.now),
    ).fetchone()
    if row is None:
        return None
    fingerprint, message_id = row
    if fingerprint != draft.fingerprint:
        raise Refusal(Fault.DUPLICATE)
    first = con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608
    return read_message(Entry._make(first)) if first else None


def _facts(con: Connection, draft: Draft, customer_id: Id | None, last_written: int | None) -> Facts:
    quote_known = False
    if draft.quote is not None and draft.quote.id is not None and customer_id is not None:
        quoted = (draft.quote.id, draft.sender.id, customer_id)
        found = con.execute("SELECT 1 FROM messages WHERE id = ? AND sender_id = ? AND customer_id = ?", quoted)
        quote_known = found.fetchone() is not None
    account_id = draft.sender.account_id
    credit = _credit(con, draft.sender)
    if not isinstance(draft.content, Template):
        return Facts(last_written, quote_known, credit)
    return Facts(last_written, quote_known, credit, load_templates(con, account_id, draft.content.name))


def _credit(con: Connection, sender: Sender) -> int | None:
    """What the sender's account may still send; counted by one at a time where it is counted at all."""
    row = con.execute(
        "SELECT a.credit FROM senders s JOIN accounts a ON a.id = s.account_id WHERE s.id = ?", (sender.id,)
    ).fetchone()
    if row is None:
        raise Refusal(Fault.UNKNOWN_SENDER)
    if row[0] is not None:
        row = con.execute("SELECT credit FROM accounts WHERE id = ? /*+ FOR UPDATE */", (sender.account_id,)).fetchone()
    credit: int | None = row[0]
    return credit


def _message(draft: Draft, customer_id: Id, verdict: Verdict) -> Message:
    content: Content = draft.content if verdict.content is None else verdict.content
    return Message(
        draft.id,
        Direction.OUT,
        draft.sender.id,
        customer_id,
        draft.sender.number,
        draft.to,
        content,
        draft.dialect,
        draft.at,
        quote=draft.quote.id if draft.quote else None,
        refs=draft.refs,
        window_until=verdict.window_until,
        dropped=draft.dropped,
    )


def _entry(message: Message, draft: Draft, content: str, refs: str) -> tuple[Any, ...]:
    """The message's row, in the order of `Entry`."""
    return (
        message.id,
        "out",
        message.sender_id,
        message.customer_id,
        message.number,
        message.peer.kind.value,
        message.peer.value,
        message.content.kind,
        content,
        message.dialect,
        message.at,
        draft.now,
        Stage.ACCEPTED.value,
        message.quote,
        "",
        refs,
        message.window_until,
        "",
        json.dumps(message.dropped) if message.dropped else "",
        None,
        "",
        1,
        0,
    )

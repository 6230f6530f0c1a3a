"""What accept looks up and writes."""

from typing import Any

from parlance.contract.moments import Draft
from parlance.contract.world import Ids
from parlance.model.address import Address, AddressKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message
from parlance.model.sender import Sender, TemplateRecord
from parlance.store import customers
from parlance.store.connection import Again, Connection
from parlance.store.rows import ENTRY, INSERT_ENTRY, Entry, read_message
from parlance.store.templates import load_templates

KEY_LIFE = 7 * 86_400_000
"""How long a client's key guards against a repeat, in milliseconds."""

WAITING = ("sender_id", "message_id", "customer_id", "due_at", "expires_at", "dialect", "doomed")
"""The columns of a new row of the outbox; the others are what they are for every message that is ready to go."""

_WHO = (
    # Not a join: PostgreSQL may plan one that reads all windows of the sender.
    "SELECT a.customer_id, (SELECT w.last_written FROM windows w "
    "WHERE w.sender_id = ? AND w.number = ? AND w.customer_id = a.customer_id) "
    "FROM aliases a WHERE a.account_id = ? AND a.alias = ?"
)
_QUEUE = (
    f"INSERT INTO outbox ({', '.join(WAITING)}, state, attempt, since) "  # noqa: S608  our words
    "VALUES (?, ?, ?, ?, ?, ?, ?, 'ready', 0, 0)"
)
_KEY = (
    "INSERT INTO idempotency (scope, client_key, fingerprint, message_id, expires_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (scope, client_key) DO UPDATE SET fingerprint = excluded.fingerprint, "
    "message_id = excluded.message_id, expires_at = excluded.expires_at WHERE idempotency.expires_at <= ?"
)


class Books:
    """Looks up and writes for one message after the other."""

    def __init__(self, con: Connection, ids: Ids) -> None:
        self._con = con
        self._ids = ids

    def repeated(self, draft: Draft) -> Message | None:
        """The message first sent under this key, None when the key is free; raises `Refusal(DUPLICATE)`."""
        row = self._con.execute(
            "SELECT fingerprint, message_id FROM idempotency WHERE scope = ? AND client_key = ? AND expires_at > ?",
            (draft.key_scope, draft.key, draft.now),
        ).fetchone()
        return None if row is None else self._first(draft, *row)

    def _first(self, draft: Draft, fingerprint: bytes, message_id: Id) -> Message | None:
        if fingerprint != draft.fingerprint:
            raise Refusal(Fault.DUPLICATE)
        row = self._con.execute(f"SELECT {ENTRY} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608
        return read_message(Entry._make(row)) if row else None

    def whom(self, draft: Draft) -> tuple[Id | None, int | None]:
        """Who the customer is, and when they last wrote to the route's number, where either is known."""
        sender = draft.sender
        values = (sender.id, sender.route.number, sender.account_id, draft.to.alias)
        return self._con.execute(_WHO, values).fetchone() or (None, None)

    def credit(self, sender: Sender) -> int | None:
        """What the sender's account may still send; counted by one at a time where it is counted at all.

        Raises `Refusal(UNKNOWN_SENDER)` for one that was removed.
        """
        row = self._con.execute(
            "SELECT a.credit FROM senders s JOIN accounts a ON a.id = s.account_id WHERE s.id = ?", (sender.id,)
        ).fetchone()
        if row is None:
            raise Refusal(Fault.UNKNOWN_SENDER)
        if row[0] is not None:
            sql = "SELECT credit FROM accounts WHERE id = ? /*+ FOR UPDATE */"
            row = self._con.execute(sql, (sender.account_id,)).fetchone()
        credit: int | None = row[0]
        return credit

    def spend(self, account_id: Id) -> None:
        """One message less."""
        self._con.execute("UPDATE accounts SET credit = credit - 1 WHERE id = ?", (account_id,))

    def in_chat(self, message_id: Id, sender_id: Id, customer_id: Id) -> bool:
        """Whether a message is one of this very chat."""
        sql = "SELECT 1 FROM messages WHERE id = ? AND sender_id = ? AND customer_id = ?"
        return self._con.execute(sql, (message_id, sender_id, customer_id)).fetchone() is not None

    def templates(self, account_id: Id, name: str) -> tuple[TemplateRecord, ...]:
        """The account's templates of this name."""
        return load_templates(self._con, account_id, name)

    def first_met(self, customer_id: Id) -> Address:
        """The address under which a customer was first met."""
        sql = "SELECT kind, value FROM customers WHERE id = ?"
        kind, value = self._con.execute(sql, (customer_id,)).fetchone()
        return Address(AddressKind(kind), value)

    def meet(self, draft: Draft) -> Id:
        """Write a customer who was not known."""
        return customers.create(self._con, self._ids, draft.sender.account_id, draft.to, draft.now)

    def write(self, entry: tuple[Any, ...], waiting: tuple[Any, ...]) -> None:
        """Write a message and its place in the outbox; the columns are those of `Entry` and `WAITING`."""
        self._con.execute(INSERT_ENTRY, entry)
        self._con.execute(_QUEUE, waiting)

    def keep_key(self, draft: Draft, message: Message) -> None:
        """Remember under which key a message was sent."""
        used = (draft.key_scope, draft.key, draft.fingerprint, message.id, draft.now + KEY_LIFE, draft.now)
        if not self._con.execute(_KEY, used).rowcount:
            raise Again

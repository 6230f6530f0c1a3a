"""Accept, many at once."""

from collections.abc import Sequence
from typing import Any

from parlance.contract.moments import Draft, Stored
from parlance.contract.world import Ids
from parlance.model.address import Address, AddressKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message
from parlance.model.sender import Sender, TemplateRecord
from parlance.store import customers
from parlance.store.accept import Order, take_in
from parlance.store.books import KEY_LIFE, WAITING, Books
from parlance.store.groupwise.arrays import numbers, texts
from parlance.store.postgres_link import PostgresLink
from parlance.store.rows import Entry

_WHO = (
    # Not a join: its plan could read all windows of the sender for each of its messages.
    "SELECT i.n::bigint, a.customer_id, (SELECT w.last_written FROM windows w "
    "WHERE w.sender_id = i.sender AND w.number = i.number AND w.customer_id = a.customer_id) "
    "FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::text[]) "
    "WITH ORDINALITY AS i (account, alias, sender, number, n) "
    "JOIN aliases a ON a.account_id = i.account AND a.alias = i.alias"
)
_CREDIT = (
    "SELECT s.id, a.credit FROM unnest(?::bigint[]) AS i (id) JOIN senders s ON s.id = i.id "
    "JOIN accounts a ON a.id = s.account_id"
)
_COUNTED = "SELECT id, credit FROM accounts WHERE id = ANY (?::bigint[]) AND credit IS NOT NULL ORDER BY id FOR UPDATE"
_USED = (
    "SELECT k.scope, k.client_key, k.fingerprint, k.message_id, k.expires_at "
    "FROM unnest(?::bigint[], ?::text[]) AS i (scope, client_key) "
    "JOIN idempotency k ON k.scope = i.scope AND k.client_key = i.client_key"
)
_OVER = (
    "DELETE FROM idempotency k USING unnest(?::bigint[], ?::text[]) AS i (scope, client_key) "
    "WHERE k.scope = i.scope AND k.client_key = i.client_key"
)
_KEY = ("scope", "client_key", "fingerprint", "message_id", "expires_at")
_ALIAS = ("account_id", "alias", "customer_id")
_QUEUE = (*WAITING, "state", "attempt", "since")
_READY = ("ready", 0, 0)


def take_all_in(con: PostgresLink, ids: Ids, orders: Sequence[Order]) -> list[Stored | Refusal]:
    """Take messages in, in their order; each gives what it would give alone."""
    books = GroupBooks(con, ids, [order.draft for order in orders])
    results: list[Stored | Refusal] = []
    for order in orders:
        try:
            results.append(take_in(books, order))
        except Refusal as refusal:
            results.append(refusal)
    books.close()
    return results


class GroupBooks(Books):
    """Books in which all of a group was looked up at the beginning, and is written at the end.

    What another node writes in between under the same key or address makes the end fail, and the group begin anew.
    """

    def __init__(self, con: PostgresLink, ids: Ids, drafts: Sequence[Draft]) -> None:
        super().__init__(con, ids)
        self._link = con
        self._people: dict[tuple[Id, str], Id] = {}
        self._written: dict[tuple[Id, Id], int | None] = {}
        self._known_templates: dict[tuple[Id, str], tuple[TemplateRecord, ...]] = {}
        self._spent: dict[Id, int] = {}
        self._made: dict[Id, Address] = {}
        self._own_keys: dict[tuple[Id, str], tuple[bytes, Message]] = {}
        self._entries: list[Sequence[Any]] = []
        self._queue: list[Sequence[Any]] = []
        self._customers: list[Sequence[Any]] = []
        self._aliases: list[Sequence[Any]] = []
        self._keys: list[Sequence[Any]] = []
        self._over: list[tuple[Id, str]] = []
        self._look_up(drafts)

    def _look_up(self, drafts: Sequence[Draft]) -> None:
        senders = [draft.sender for draft in drafts]
        who = (
            numbers(sender.account_id for sender in senders),
            texts(draft.to.alias for draft in drafts),
            numbers(sender.id for sender in senders),
            texts(sender.route.number for sender in senders),
        )
        keyed = [draft for draft in drafts if draft.key]
        questions: list[tuple[str, Sequence[Any]]] = [
            (_WHO, who),
            (_CREDIT, (numbers({sender.id for sender in senders}),)),
        ]
        if keyed:
            used = (numbers(draft.key_scope for draft in keyed), texts(draft.key for draft in keyed))
            questions.append((_USED, used))
        found, credits_, *used_rows = self._link.gather(*questions)
        for place, customer_id, last_written in found:
            draft = drafts[place - 1]
            self._people[draft.sender.account_id, draft.to.alias] = customer_id
            self._written[draft.sender.id, customer_id] = last_written
        self._credits = dict(credits_)
        self._used = {(scope, key): rest for scope, key, *rest in (used_rows[0] if used_rows else ())}
        counted = {sender.account_id for sender in senders if self._credits.get(sender.id) is not None}
        self._left: dict[Id, int] = {}
        if counted:
            self._left = dict(self._link.execute(_COUNTED, (numbers(counted),)).fetchall())

    # ---- what was looked up

    def repeated(self, draft: Draft) -> Message | None:
        """The message first sent under this key, None when the key is free; raises `Refusal(DUPLICATE)`."""
        key = (draft.key_scope, draft.key)
        if key in self._own_keys:
            fingerprint, first = self._own_keys[key]
            if fingerprint != draft.fingerprint:
                raise Refusal(Fault.DUPLICATE)
            return first
        if key not in self._used:
            return None
        fingerprint, message_id, expires_at = self._used[key]
        if expires_at <= draft.now:
            self._over.append(key)
            return None
        return self._first(draft, fingerprint, message_id)

    def whom(self, draft: Draft) -> tuple[Id | None, int | None]:
        """Who the customer is, and when they last wrote to the route's number, where either is known."""
        customer_id = self._people.get((draft.sender.account_id, draft.to.alias))
        if customer_id is None:
            return None, None
        return customer_id, self._written.get((draft.sender.id, customer_id))

    def credit(self, sender: Sender) -> int | None:
        """What the sender's account may still send; raises `Refusal(UNKNOWN_SENDER)` for one that was removed."""
        if sender.id not in self._credits:
            raise Refusal(Fault.UNKNOWN_SENDER)
        return self._left.get(sender.account_id)

    def templates(self, account_id: Id, name: str) -> tuple[TemplateRecord, ...]:
        """The account's templates of this name."""
        known = self._known_templates.get((account_id, name))
        if known is None:
            known = self._known_templates[account_id, name] = super().templates(account_id, name)
        return known

    def first_met(self, customer_id: Id) -> Address:
        """The address under which a customer was first met."""
        return self._made.get(customer_id) or super().first_met(customer_id)

    # ---- what is to be written

    def spend(self, account_id: Id) -> None:
        """One message less."""
        self._left[account_id] -= 1
        self._spent[account_id] = self._spent.get(account_id, 0) + 1

    def meet(self, draft: Draft) -> Id:
        """Write a customer who was not known."""
        made = customers.new(self._ids, draft.sender.account_id, draft.to, draft.now)
        self._customers.append(made.customer)
        self._aliases.extend(made.aliases)
        for account_id, alias, customer_id in made.aliases:
            self._people[account_id, alias] = customer_id
        customer_id = made.aliases[0][2]
        self._made[customer_id] = Address(AddressKind(made.customer[2]), made.customer[3])
        return customer_id

    def write(self, entry: tuple[Any, ...], waiting: tuple[Any, ...]) -> None:
        """Write a message and its place in the outbox."""
        self._entries.append(entry)
        self._queue.append((*waiting, *_READY))

    def keep_key(self, draft: Draft, message: Message) -> None:
        """Remember under which key a message was sent."""
        self._own_keys[draft.key_scope, draft.key] = (draft.fingerprint, message)
        self._keys.append((draft.key_scope, draft.key, draft.fingerprint, message.id, draft.now + KEY_LIFE))

    def close(self) -> None:
        """Write it. What must be the only one of its kind comes first: there other nodes may be in the way."""
        link = self._link
        if self._keys:
            if self._over:
                link.leave((_OVER, (numbers(each[0] for each in self._over), texts(each[1] for each in self._over))))
            link.copy("idempotency", _KEY, self._keys)
        if self._customers:
            link.copy("aliases", _ALIAS, self._aliases)
            link.copy("customers", customers.COLUMNS, self._customers)
        for account_id, count in sorted(self._spent.items()):
            link.leave(("UPDATE accounts SET credit = credit - ? WHERE id = ?", (count, account_id)))
        if self._entries:
            link.copy("messages", Entry._fields, self._entries)
            link.copy("outbox", _QUEUE, self._queue)

"""What is set up for senders, remembered in this process so that reads need no thread and no disk."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeAlias

from parlance.contract.registry import Key, Scope
from parlance.model.event import EventKind
from parlance.model.ids import Id
from parlance.model.sender import Route, Sender, Statuses, Subscription
from parlance.model.value import dataclass
from parlance.store.connection import Connection
from parlance.store.rows import load_object
from parlance.store.vault import Vault

_MOST_SENDERS = 20_000
_MOST_HINTS = 200_000

Hint: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is set up for one sender. `keys` are found by dialect and hash."""

    sender: Sender
    keys: Mapping[tuple[str, str], Key]
    documents: Mapping[str, Mapping[str, Any]]
    subscriptions: tuple[Subscription, ...]


class Known:
    """Standings by sender, and hints which sender something belongs to; both bounded, the longest unused go first.

    A hint is only believed after a look at the standing it leads to, so it need not be withdrawn. A standing that was
    read before a change and arrives after it is not kept: `changes` tells.
    """

    def __init__(self) -> None:
        self._standings: OrderedDict[Id, Standing] = OrderedDict()
        self._hints: OrderedDict[Hint, Id] = OrderedDict()
        self.changes = 0

    def standing(self, sender_id: Id) -> Standing | None:
        """What is remembered of a sender."""
        found = self._standings.get(sender_id)
        if found is not None:
            self._standings.move_to_end(sender_id)
        return found

    def keep(self, standing: Standing, changes: int) -> None:
        """Remember a standing that was asked for when `changes` had this value."""
        if changes == self.changes:
            self._standings[standing.sender.id] = standing
            if len(self._standings) > _MOST_SENDERS:
                self._standings.popitem(last=False)

    def forget(self, *sender_ids: Id) -> None:
        """These senders, or some unknown yet, have changed."""
        self.changes += 1
        for sender_id in sender_ids:
            self._standings.pop(sender_id, None)

    def forget_all(self) -> None:
        """Any sender may have changed."""
        self.changes += 1
        self._standings.clear()

    def hint(self, hint: Hint) -> Id | None:
        """Whose this was when last seen."""
        found = self._hints.get(hint)
        if found is not None:
            self._hints.move_to_end(hint)
        return found

    def keep_hint(self, hint: Hint, sender_id: Id) -> None:
        """Remember whose this is."""
        self._hints[hint] = sender_id
        if len(self._hints) > _MOST_HINTS:
            self._hints.popitem(last=False)


def shift_of(con: Connection, sender_id: Id) -> int:
    """How far the sender's clock has been moved, in milliseconds: only while it sends through the sandbox."""
    (shift,) = con.execute(
        "SELECT coalesce(sum(shift), 0) FROM clocks WHERE sender_id IN (0, ?) AND EXISTS "
        "(SELECT 1 FROM routes WHERE sender_id = ? AND active = 1 AND carrier = 'sandbox')",
        (sender_id, sender_id),
    ).fetchone()
    return int(shift)


def load_standing(con: Connection, vault: Vault, sender_id: Id) -> Standing | None:
    """Read all that is set up for a sender."""
    sender = _load_sender(con, vault, sender_id)
    if sender is None:
        return None
    keys = con.execute(
        "SELECT id, dialect, public, hash, scope, created_at, ends_at FROM keys WHERE sender_id = ? ORDER BY id",
        (sender_id,),
    )
    documents = con.execute("SELECT dialect, sealed FROM documents WHERE sender_id = ?", (sender_id,))
    return Standing(
        sender,
        {
            (dialect, hashed): Key(id_, sender_id, dialect, public, Scope(scope), created_at, ends_at)
            for id_, dialect, public, hashed, scope, created_at, ends_at in keys
        },
        {dialect: load_object(vault.open(sealed)) for dialect, sealed in documents},
        load_subscriptions(con, vault, sender_id),
    )


def _load_sender(con: Connection, vault: Vault, sender_id: Id) -> Sender | None:
    row = con.execute(
        "SELECT s.account_id, a.name, s.number, s.name, s.ordinal, s.created_at, s.held FROM senders s "
        "JOIN accounts a ON a.id = s.account_id WHERE s.id = ?",
        (sender_id,),
    ).fetchone()
    if row is None:
        return None
    account_id, account, number, name, ordinal, created_at, held = row
    routes, shift = load_routes(con, vault, sender_id), shift_of(con, sender_id)
    return Sender(sender_id, account_id, account, number, name, ordinal, created_at, routes, shift, held)


def load_routes(con: Connection, vault: Vault, sender_id: Id) -> tuple[Route, ...]:
    """Read a sender's routes in their order."""
    rows = con.execute(
        "SELECT id, carrier, number, settings, sealed, position, active, strict, callback_token, heard_since, held, "
        "backup FROM routes WHERE sender_id = ? ORDER BY position, id",
        (sender_id,),
    )
    return tuple(
        Route(
            id_,
            sender_id,
            carrier,
            number,
            {**load_object(settings), **load_object(vault.open(sealed))},
            position,
            bool(active),
            bool(strict),
            token,
            heard_since,
            held,
            bool(backup),
        )
        for id_, carrier, number, settings, sealed, position, active, strict, token, heard_since, held, backup in rows
    )


def load_subscriptions(con: Connection, vault: Vault, sender_id: Id) -> tuple[Subscription, ...]:
    """Read a sender's subscriptions in order of id."""
    rows = con.execute(
        "SELECT id, dialect, url, events, statuses, secret, webhook_secret, settings, own, paused_until "
        "FROM subscriptions WHERE sender_id = ? ORDER BY id",
        (sender_id,),
    )
    return tuple(
        Subscription(
            id_,
            sender_id,
            dialect,
            url,
            frozenset(map(EventKind, json.loads(events))),
            Statuses(statuses),
            vault.open(secret),
            vault.open(webhook_secret),
            load_object(settings),
            bool(own),
            paused_until,
        )
        for id_, dialect, url, events, statuses, secret, webhook_secret, settings, own, paused_until in rows
    )

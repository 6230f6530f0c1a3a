"""Who wants to hear: subscriptions, and the dialects' own settings that describe one."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from parlance.contract.registry import NewSubscription
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Subscription
from parlance.store.connection import Connection
from parlance.store.keys import write_document
from parlance.store.known import load_subscriptions
from parlance.store.ledger import Ledger
from parlance.store.rows import dump_object
from parlance.store.vault import Vault


class Subscriptions(Ledger):
    """Keeps subscriptions and dialect documents."""

    async def document(self, sender_id: Id, dialect: str) -> Mapping[str, Any]:
        """The dialect's settings of this sender; empty when none were ever set."""
        standing = await self._standing(sender_id)
        return standing.documents.get(dialect, {}) if standing else {}

    async def configure(
        self, sender_id: Id, dialect: str, document: Mapping[str, Any], own: NewSubscription | None
    ) -> None:
        """Write a dialect's settings together with the subscription they describe (None: none, and an old one goes).

        Deliveries of the dialect's own subscription stay when its url changes. Raises `Refusal(UNKNOWN_SENDER)`.
        """
        vault, now, text = self._vault, self._clock.now(), dump_object(document)

        def work(con: Connection) -> None:
            _check_sender(con, sender_id)
            self._audience.forget(sender_id)
            write_document(con, vault, sender_id, dialect, text)
            sql = "SELECT id FROM subscriptions WHERE sender_id = ? AND dialect = ? AND own = 1"
            row = con.execute(sql, (sender_id, dialect)).fetchone()
            if own is None and row is not None:
                _remove(con, row[0])
            elif own is not None and row is not None:
                _change(con, vault, row[0], own)
            elif own is not None:
                _insert(con, vault, self._ids.mint(), own, now, own=True)

        await self._change(work, lambda _: [sender_id])

    async def add_subscription(self, new: NewSubscription) -> Subscription:
        """Add a subscription by hand; raises `Refusal(UNKNOWN_SENDER)`."""
        vault, now = self._vault, self._clock.now()

        def work(con: Connection) -> Subscription:
            _check_sender(con, new.sender_id)
            self._audience.forget(new.sender_id)
            id_ = self._ids.mint()
            _insert(con, vault, id_, new, now, own=False)
            return _load(con, vault, new.sender_id, id_)

        return await self._change(work, lambda _: [new.sender_id])

    async def subscriptions(self, sender_id: Id | None = None) -> Sequence[Subscription]:
        """Subscriptions of one sender, or all."""
        if sender_id is not None:
            standing = await self._standing(sender_id)
            return standing.subscriptions if standing else ()
        vault = self._vault

        def work(con: Connection) -> list[Subscription]:
            rows = con.execute("SELECT DISTINCT sender_id FROM subscriptions ORDER BY sender_id").fetchall()
            found = [each for (sender_id,) in rows for each in load_subscriptions(con, vault, sender_id)]
            return sorted(found, key=lambda each: each.id)

        return await self._read(work)

    async def subscription(self, subscription_id: Id) -> Subscription | None:
        """One subscription."""
        hint = ("subscription", str(subscription_id))
        sender_id = self._known.hint(hint)
        if sender_id is None:
            sql = "SELECT sender_id FROM subscriptions WHERE id = ?"
            row = await self._read(lambda con: con.execute(sql, (subscription_id,)).fetchone())
            if row is None:
                return None
            sender_id = row[0]
            self._known.keep_hint(hint, sender_id)
        return next((each for each in await self.subscriptions(sender_id) if each.id == subscription_id), None)

    async def change_subscription(self, subscription_id: Id, new: NewSubscription) -> Subscription:
        """Put other values in a subscription's place; it stays its sender's. Raises `Refusal(UNKNOWN_MESSAGE)`."""
        vault = self._vault

        def work(con: Connection) -> Subscription:
            row = con.execute("SELECT sender_id FROM subscriptions WHERE id = ?", (subscription_id,)).fetchone()
            if row is None:
                raise Refusal(Fault.UNKNOWN_MESSAGE, "subscription", "There is no such subscription.")
            self._audience.forget(row[0])
            _change(con, vault, subscription_id, new)
            return _load(con, vault, row[0], subscription_id)

        return await self._change(work, lambda changed: [changed.sender_id])

    async def remove_subscription(self, subscription_id: Id) -> None:
        """Remove a subscription and what it still had to be told."""

        def work(con: Connection) -> list[Id]:
            rows = con.execute("SELECT sender_id FROM subscriptions WHERE id = ?", (subscription_id,)).fetchall()
            for (sender_id,) in rows:
                self._audience.forget(sender_id)
                _remove(con, subscription_id)
            return [sender_id for (sender_id,) in rows]

        await self._change(work, lambda touched: touched)


def _check_sender(con: Connection, sender_id: Id) -> None:
    """See that there is such a sender; what is set up for it is set up by one at a time."""
    if con.execute("SELECT 1 FROM senders WHERE id = ? /*+ FOR UPDATE */", (sender_id,)).fetchone() is None:
        raise Refusal(Fault.UNKNOWN_SENDER)


def _insert(con: Connection, vault: Vault, id_: Id, new: NewSubscription, now: int, *, own: bool) -> None:
    con.execute(
        "INSERT INTO subscriptions (dialect, url, events, statuses, secret, webhook_secret, settings, id, sender_id, "
        "own, last_number, paused_until, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
        (*_values(vault, new), id_, new.sender_id, int(own), now),
    )


def _change(con: Connection, vault: Vault, id_: Id, new: NewSubscription) -> None:
    """Put other values in place; what was paused because of the old ones goes on at once."""
    con.execute(
        "UPDATE subscriptions SET dialect = ?, url = ?, events = ?, statuses = ?, secret = ?, webhook_secret = ?, "
        "settings = ?, paused_until = 0 WHERE id = ?",
        (*_values(vault, new), id_),
    )


def _values(vault: Vault, new: NewSubscription) -> tuple[str, ...]:
    return (
        new.dialect,
        new.url,
        json.dumps(sorted(str(event) for event in new.events)),
        str(new.statuses),
        vault.seal(new.secret),
        vault.seal(new.webhook_secret),
        dump_object(new.settings),
    )


def _load(con: Connection, vault: Vault, sender_id: Id, id_: Id) -> Subscription:
    return next(each for each in load_subscriptions(con, vault, sender_id) if each.id == id_)


def _remove(con: Connection, subscription_id: Id) -> None:
    """What was told already stays in the record."""
    con.execute("DELETE FROM deliveries WHERE subscription_id = ? AND state IN ('due', 'dead')", (subscription_id,))
    con.execute("DELETE FROM subscriptions WHERE id = ?", (subscription_id,))

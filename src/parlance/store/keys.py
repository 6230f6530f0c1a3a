"""Credentials: only a keyed hash of each is stored."""

from collections.abc import Sequence

from parlance.contract.registry import Key, NewKey
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger
from parlance.store.rows import dump_object, load_object
from parlance.store.vault import Vault


class Keys(Ledger):
    """Keeps credentials."""

    async def find_key(self, dialect: str, secret: str) -> Key | None:
        """The key with this secret, None when there is none or it has ended."""
        digest = self._vault.digest(dialect, secret)
        hint = ("key", dialect, digest)
        key = None
        sender_id = self._known.hint(hint)
        if sender_id is not None:
            key = await self._key_of(sender_id, dialect, digest)
        if key is None or _ended(key, self._clock.now()):
            # An ended credential is free: another sender may have it now.
            sql = "SELECT sender_id FROM keys WHERE dialect = ? AND hash = ?"
            row = await self._read(lambda con: con.execute(sql, (dialect, digest)).fetchone())
            if row is None:
                return None
            self._known.keep_hint(hint, row[0])
            key = await self._key_of(row[0], dialect, digest)
        return key if key is not None and not _ended(key, self._clock.now()) else None

    async def _key_of(self, sender_id: Id, dialect: str, digest: str) -> Key | None:
        standing = await self._standing(sender_id)
        return standing.keys.get((dialect, digest)) if standing else None

    async def knows_public(self, dialect: str, public: str) -> bool:
        """Whether any sender has this public id in the dialect, under whatever key."""
        sql = "SELECT sender_id FROM keys WHERE dialect = ? AND public = ? LIMIT 1"
        hint = ("public", dialect, public)
        sender_id = self._known.hint(hint)
        if sender_id is not None:
            standing = await self._standing(sender_id)
            if standing and any((key.dialect, key.public) == (dialect, public) for key in standing.keys.values()):
                return True
        row = await self._read(lambda con: con.execute(sql, (dialect, public)).fetchone())
        if row is not None:
            self._known.keep_hint(hint, row[0])
        return row is not None

    async def keys(self, sender_id: Id) -> Sequence[Key]:
        """A sender's keys, ended ones left out."""
        standing, now = await self._standing(sender_id), self._clock.now()
        return [key for key in standing.keys.values() if not _ended(key, now)] if standing else []

    async def add_keys(self, sender_id: Id, keys: Sequence[NewKey], old_end_at: int | None) -> None:
        """Add keys; the older ones of the same dialects end at `old_end_at` (None: stay).

        What the new ones bring of settings goes over the dialect's document. Raises `Refusal(UNKNOWN_SENDER)`, or
        `Refusal(DUPLICATE, "<dialect>")` for a credential that another sender has.
        """
        vault, now = self._vault, self._clock.now()

        def work(con: Connection) -> None:
            if con.execute("SELECT 1 FROM senders WHERE id = ? /*+ FOR UPDATE */", (sender_id,)).fetchone() is None:
                raise Refusal(Fault.UNKNOWN_SENDER)
            for key in keys:
                _check_free(con, vault, sender_id, key, now)
            if old_end_at is not None:
                con.executemany(
                    "UPDATE keys SET ends_at = ? WHERE sender_id = ? AND dialect = ? AND coalesce(ends_at, ?) >= ?",
                    [
                        (old_end_at, sender_id, dialect, old_end_at, old_end_at)
                        for dialect in {key.dialect for key in keys}
                    ],
                )
            for key in keys:
                write_key(con, vault, self._ids.mint(), sender_id, key, now)
                merge_document(con, vault, sender_id, key)

        await self._change(work, lambda _: [sender_id])

    async def end_key(self, sender_id: Id, key_id: Id, at: int) -> None:
        """End one key."""
        sql = "UPDATE keys SET ends_at = ? WHERE id = ? AND sender_id = ?"
        await self._change(lambda con: con.execute(sql, (at, key_id, sender_id)).rowcount, lambda _: [sender_id])


def _ended(key: Key, now: int) -> bool:
    return key.ends_at is not None and key.ends_at <= now


def _check_free(con: Connection, vault: Vault, sender_id: Id, key: NewKey, now: int) -> None:
    row = con.execute(
        "SELECT 1 FROM keys WHERE dialect = ? AND hash = ? AND sender_id <> ? AND (ends_at IS NULL OR ends_at > ?)",
        (key.dialect, vault.digest(key.dialect, key.secret), sender_id, now),
    ).fetchone()
    if row is not None:
        raise Refusal(Fault.DUPLICATE, key.dialect)


def write_key(con: Connection, vault: Vault, key_id: Id, sender_id: Id, key: NewKey, now: int) -> None:
    """Write a credential; raises `Refusal(DUPLICATE, "<dialect>")` when another sender has it and it has not ended."""
    _check_free(con, vault, sender_id, key, now)
    digest = vault.digest(key.dialect, key.secret)
    con.execute("DELETE FROM keys WHERE dialect = ? AND hash = ?", (key.dialect, digest))
    con.execute(
        "INSERT INTO keys (id, sender_id, dialect, public, hash, scope, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key_id, sender_id, key.dialect, key.public, digest, key.scope.value, now),
    )


def merge_document(con: Connection, vault: Vault, sender_id: Id, key: NewKey) -> None:
    """Put the settings that come with a credential over the dialect's document."""
    if not key.document:
        return
    sql = "SELECT sealed FROM documents WHERE sender_id = ? AND dialect = ?"
    row = con.execute(sql, (sender_id, key.dialect)).fetchone()
    old = load_object(vault.open(row[0])) if row else {}
    write_document(con, vault, sender_id, key.dialect, dump_object({**old, **key.document}))


def write_document(con: Connection, vault: Vault, sender_id: Id, dialect: str, text: str) -> None:
    """Write a dialect's settings of a sender."""
    con.execute(
        "INSERT INTO documents (sender_id, dialect, sealed) VALUES (?, ?, ?) "
        "ON CONFLICT (sender_id, dialect) DO UPDATE SET sealed = excluded.sealed",
        (sender_id, dialect, vault.seal(text)),
    )

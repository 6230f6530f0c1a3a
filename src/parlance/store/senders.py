"""Accounts, senders and their routes."""

from collections.abc import Sequence
from dataclasses import replace

from parlance.contract.moments import Written
from parlance.contract.registry import NewKey, NewRoute
from parlance.model.address import Address, forms
from parlance.model.event import Event, EventKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Stage
from parlance.model.sender import Account, Route, Sender
from parlance.store import customers
from parlance.store.buckets import bucket
from parlance.store.connection import Connection
from parlance.store.dispatching import cancel
from parlance.store.keys import merge_document, write_key
from parlance.store.known import load_routes, load_standing, shift_of
from parlance.store.ledger import Ledger
from parlance.store.pen import Pen
from parlance.store.rows import dump_failure, dump_object
from parlance.store.vault import Vault

_ACCOUNT = "id, name, ordinal, created_at, credit"

_HELD = (
    "SELECT id FROM senders WHERE held <> '' UNION "
    "SELECT sender_id FROM routes WHERE held <> '' AND active = 1 ORDER BY 1"
)


class Senders(Ledger):
    """Keeps accounts, senders and routes."""

    async def account(self, name: str) -> Account:
        """The account of this name, made if there is none."""

        def work(con: Connection) -> Account:
            con.alone("accounts")
            con.execute(
                "INSERT INTO accounts (id, name, ordinal, created_at) "
                "SELECT ?, ?, coalesce(max(ordinal), 0) + 1, ? FROM accounts WHERE true ON CONFLICT (name) DO NOTHING",
                (self._ids.mint(), name, self._clock.now()),
            )
            sql = f"SELECT {_ACCOUNT} FROM accounts WHERE name = ?"  # noqa: S608  our words
            return Account(*con.execute(sql, (name,)).fetchone())

        for account in await self.accounts():
            if account.name == name:
                return account
        return await self._write(work)

    async def accounts(self) -> Sequence[Account]:
        """All accounts."""
        sql = f"SELECT {_ACCOUNT} FROM accounts ORDER BY ordinal"  # noqa: S608  our words
        return await self._read(lambda con: [Account(*row) for row in con.execute(sql)])

    async def set_credit(self, account_id: Id, credit: int | None) -> Account:
        """Set how many more messages an account may send (None: no limit); raises `Refusal(UNKNOWN_SENDER)`."""

        def work(con: Connection) -> Account:
            sql = f"UPDATE accounts SET credit = ? WHERE id = ? RETURNING {_ACCOUNT}"  # noqa: S608  our words
            rows = con.execute(sql, (credit, account_id)).fetchall()
            if not rows:
                raise Refusal(Fault.UNKNOWN_SENDER, "account")
            return Account(*rows[0])

        return await self._write(work)

    async def next_ordinal(self) -> int:
        """The ordinal the next sender will have; those of removed senders are not given again."""
        return await self._read(lambda con: _last_ordinal(con) + 1)

    async def add_sender(
        self, account: Account, number: str, name: str, route: NewRoute, keys: Sequence[NewKey], ordinal: int
    ) -> Sender:
        """Write a sender with its first route, keys and dialect documents.

        Raises `Refusal(DUPLICATE)` naming `number`, a dialect whose credential another sender has, or `ordinal`.
        """
        vault, now = self._vault, self._clock.now()

        def work(con: Connection) -> Sender:
            con.alone("senders")
            sender_id = self._ids.mint()
            if con.execute(
                "SELECT 1 FROM senders WHERE account_id = ? AND number = ?", (account.id, number)
            ).fetchone():
                raise Refusal(Fault.DUPLICATE, "number")
            if con.execute("SELECT 1 FROM senders WHERE ordinal = ?", (ordinal,)).fetchone():
                raise Refusal(Fault.DUPLICATE, "ordinal")
            con.execute("SAVEPOINT sender")
            try:
                con.execute(
                    "INSERT INTO senders (id, account_id, number, name, ordinal, bucket, created_at, held) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, '')",
                    (sender_id, account.id, number, name, ordinal, bucket(sender_id), now),
                )
                _keep_ordinal(con, ordinal)
                _write_route(con, vault, self._ids.mint(), sender_id, replace(route, number=route.number or number))
                for key in keys:
                    write_key(con, vault, self._ids.mint(), sender_id, key, now)
                    merge_document(con, vault, sender_id, key)
            except Refusal:
                con.execute("ROLLBACK TO sender")
                con.execute("RELEASE sender")
                raise
            con.execute("RELEASE sender")
            standing = load_standing(con, vault, sender_id)
            assert standing is not None  # noqa: S101  it was just written
            return standing.sender

        return await self._change(work, lambda added: [added.id])

    async def sender(self, sender_id: Id) -> Sender | None:
        """One sender."""
        standing = await self._standing(sender_id)
        return standing.sender if standing else None

    async def senders_of(self, number: str) -> Sequence[Sender]:
        """The senders of this number, one for each account that has it."""
        sql = "SELECT id FROM senders WHERE number = ? ORDER BY id"
        return await self._all(await self._read(lambda con: [id_ for (id_,) in con.execute(sql, (number,))]))

    async def senders_by_route(self, account_id: Id, carrier: str, number: str) -> Sequence[Sender]:
        """An account's senders that send by this carrier from this number, in whichever of its forms."""
        written = forms(number)
        marks = ", ".join("?" * len(written))
        sql = (
            "SELECT DISTINCT s.id FROM routes r JOIN senders s ON s.id = r.sender_id "  # noqa: S608  marks only
            f"WHERE s.account_id = ? AND r.carrier = ? AND r.number IN ({marks}) ORDER BY s.id"
        )
        known = (account_id, carrier, *written)
        return await self._all(await self._read(lambda con: [id_ for (id_,) in con.execute(sql, known)]))

    async def senders_by_carrier(self, carrier: str) -> Sequence[Sender]:
        """The senders that have a route of this carrier."""
        sql = "SELECT sender_id FROM routes WHERE carrier = ? ORDER BY sender_id"
        return await self._all(await self._read(lambda con: [id_ for (id_,) in con.execute(sql, (carrier,))]))

    async def senders(self, after: Id, limit: int) -> Sequence[Sender]:
        """Senders in order of id."""
        sql = "SELECT id FROM senders WHERE id > ? ORDER BY id LIMIT ?"
        return await self._all(await self._read(lambda con: [id_ for (id_,) in con.execute(sql, (after, limit))]))

    async def senders_of_account(self, account_id: Id) -> Sequence[Sender]:
        """An account's senders in order of id."""
        sql = "SELECT id FROM senders WHERE account_id = ? ORDER BY id"
        return await self._all(await self._read(lambda con: [id_ for (id_,) in con.execute(sql, (account_id,))]))

    async def held_senders(self, limit: int) -> tuple[int, Sequence[Sender]]:
        """How many senders let nothing leave, they or their active route; and the first of them in order of id."""
        held = await self._read(lambda con: [id_ for (id_,) in con.execute(_HELD)])
        return len(held), await self._all(held[:limit])

    async def _all(self, sender_ids: Sequence[Id]) -> list[Sender]:
        found = [await self.sender(sender_id) for sender_id in sender_ids]
        return [sender for sender in found if sender is not None]

    async def change_sender(self, sender_id: Id, *, name: str | None = None, held: str | None = None) -> Sender:
        """Change a sender; raises `Refusal(UNKNOWN_SENDER)`."""
        vault = self._vault

        def work(con: Connection) -> Sender:
            con.execute(
                "UPDATE senders SET name = coalesce(?, name), held = coalesce(?, held) WHERE id = ?",
                (name, held, sender_id),
            )
            standing = load_standing(con, vault, sender_id)
            if standing is None:
                raise Refusal(Fault.UNKNOWN_SENDER)
            return standing.sender

        return await self._change(work, lambda _: [sender_id])

    async def remove_sender(self, sender_id: Id) -> None:
        """Remove a sender with its keys, routes and subscriptions; its messages stay readable, none of them leaves."""
        now = self._clock.now()

        def work(con: Connection) -> None:
            self._audience.forget(sender_id)
            remove(self._pen(con), sender_id, now)

        await self._change(work, lambda _: [sender_id])

    async def set_route(self, sender_id: Id, route: NewRoute) -> Route:
        """Make this carrier the active route, or a backup; one of the same carrier is changed, its token kept.

        What held it is over. Raises `Refusal(UNKNOWN_SENDER)`, and `Refusal(BAD_VALUE, "backup")` for a backup of the
        active route's carrier.
        """
        vault = self._vault

        def work(con: Connection) -> Route:
            row = con.execute("SELECT number FROM senders WHERE id = ? /*+ FOR UPDATE */", (sender_id,)).fetchone()
            if row is None:
                raise Refusal(Fault.UNKNOWN_SENDER)
            if route.backup:
                _refuse_own_backup(con, sender_id, route.carrier)
            else:
                con.execute("UPDATE routes SET active = 0 WHERE sender_id = ?", (sender_id,))
            sending_as = replace(route, number=route.number or row[0])
            _write_route(con, vault, self._ids.mint(), sender_id, sending_as)
            return next(each for each in load_routes(con, vault, sender_id) if each.carrier == route.carrier)

        return await self._change(work, lambda _: [sender_id])

    async def change_route(self, route_id: Id, *, held: str | None = None, strict: bool | None = None) -> Written:
        """Change a route's state; one that is no longer there is left alone. A hold and its end are told as events."""
        now = self._clock.now()

        def work(con: Connection) -> tuple[Written, Sequence[Id]]:
            pen = self._pen(con)
            row = con.execute("SELECT sender_id, held FROM routes WHERE id = ?", (route_id,)).fetchone()
            if row is None:
                return Written(), ()
            sender_id, before = row
            con.execute(
                "UPDATE routes SET held = coalesce(?, held), strict = coalesce(?, strict) WHERE id = ?",
                (held, None if strict is None else int(strict), route_id),
            )
            if held is not None and bool(held) != bool(before):
                _tell_hold(pen, sender_id, now, held=bool(held))
            return pen.written(), (sender_id,)

        written, _ = await self._change(work, lambda result: result[1])
        return written

    async def remove_route(self, route_id: Id) -> bool:
        """Remove a route that is not the active one; False when there is none such."""

        def work(con: Connection) -> list[Id]:
            rows = con.execute("DELETE FROM routes WHERE id = ? AND active = 0 RETURNING sender_id", (route_id,))
            return [sender_id for (sender_id,) in rows.fetchall()]

        touched = await self._change(work, lambda touched: touched)
        return bool(touched)

    async def route_by_token(self, carrier: str, token: str) -> tuple[Sender, Route] | None:
        """Whose callback address this is."""
        hint = ("token", carrier, token)
        sender_id = self._known.hint(hint)
        if sender_id is None:
            sql = "SELECT sender_id FROM routes WHERE carrier = ? AND callback_token = ?"
            row = await self._read(lambda con: con.execute(sql, (carrier, token)).fetchone())
            if row is None:
                return None
            sender_id = row[0]
            self._known.keep_hint(hint, sender_id)
        standing = await self._standing(sender_id)
        for route in standing.sender.routes if standing else ():
            if standing and (route.carrier, route.callback_token) == (carrier, token):
                return standing.sender, route
        return None

    async def open_windows(self, sender: Sender, rows: Sequence[tuple[Address, int]]) -> int:
        """Learn who wrote when (later times win); gives how many windows changed."""
        now = self._clock.now()

        def work(con: Connection) -> int:
            changed = 0
            for address, at in rows:
                customer_id = customers.meet(con, self._ids, sender.account_id, [address], "", now)
                changed += customers.open_window(con, sender.id, sender.route.number, customer_id, at)
            return changed

        return await self._write(work)


def _last_ordinal(con: Connection) -> int:
    row = con.execute("SELECT value FROM meta WHERE name = 'last_ordinal'").fetchone()
    return int(row[0]) if row else 0


def _keep_ordinal(con: Connection, ordinal: int) -> None:
    con.execute(
        "INSERT INTO meta (name, value) VALUES ('last_ordinal', ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (str(max(ordinal, _last_ordinal(con))),),
    )


def _tell_hold(pen: Pen, sender_id: Id, now: int, *, held: bool) -> None:
    """A route holds its messages back, or lets them go again."""
    row = pen.con.execute("SELECT number FROM senders WHERE id = ?", (sender_id,)).fetchone()
    if row is not None:
        at = now + shift_of(pen.con, sender_id)
        state = "held" if held else "working"
        pen.announce(Event(pen.event_id(), EventKind.STATE, at, sender_id, row[0], state=state), now)


def _refuse_own_backup(con: Connection, sender_id: Id, carrier: str) -> None:
    sql = "SELECT 1 FROM routes WHERE sender_id = ? AND carrier = ? AND active = 1"
    if con.execute(sql, (sender_id, carrier)).fetchone():
        raise Refusal(Fault.BAD_VALUE, "backup", f"The active route is of the carrier {carrier} already.")


def _write_route(con: Connection, vault: Vault, route_id: Id, sender_id: Id, new: NewRoute) -> None:
    """Write a route, in the place of one of the same carrier. Another number's callbacks count for nothing."""
    plain = {name: value for name, value in new.settings.items() if name not in new.secret_names}
    secret = {name: value for name, value in new.settings.items() if name in new.secret_names}
    con.execute(
        "INSERT INTO routes (id, sender_id, carrier, number, settings, sealed, position, active, strict, "
        "callback_token, state, held, backup) VALUES "
        "(?, ?, ?, ?, ?, ?, (SELECT count(*) FROM routes WHERE sender_id = ?), ?, ?, ?, '', '', ?) "
        "ON CONFLICT (sender_id, carrier) DO UPDATE SET number = excluded.number, settings = excluded.settings, "
        "sealed = excluded.sealed, active = excluded.active, strict = excluded.strict, state = '', held = '', "
        "backup = excluded.backup, "
        "heard_since = CASE WHEN routes.number = excluded.number THEN routes.heard_since END",
        (
            *(route_id, sender_id, new.carrier, new.number, dump_object(plain), vault.seal(dump_object(secret))),
            *(sender_id, int(not new.backup), int(new.strict), vault.callback_token(route_id), int(new.backup)),
        ),
    )


def remove(pen: Pen, sender_id: Id, now: int) -> None:
    """Remove a sender, within a transaction; none of its messages leaves."""
    at = now + shift_of(pen.con, sender_id)
    cancel(pen, sender_id, None, now, at)
    rest = pen.con.execute("SELECT message_id FROM outbox WHERE sender_id = ?", (sender_id,)).fetchall()
    for (message_id,) in rest:
        entry = pen.entry(message_id)
        if entry is not None:
            failure = dump_failure(Failure(Fault.OUTCOME_UNKNOWN))
            pen.save(entry._replace(stage=Stage.FAILED.value, failure=failure))
            pen.keep(entry, "removed", at, now, {})
    subscribed = "SELECT id FROM subscriptions WHERE sender_id = ?"
    pen.con.execute(
        f"DELETE FROM deliveries WHERE state IN ('due', 'dead') AND subscription_id IN ({subscribed})",  # noqa: S608
        (sender_id,),
    )
    for table in ("subscriptions", "keys", "documents", "routes", "outbox", "windows", "clocks", "phone_callbacks"):
        pen.con.execute(f"DELETE FROM {table} WHERE sender_id = ?", (sender_id,))  # noqa: S608  our words
    pen.con.execute("DELETE FROM senders WHERE id = ?", (sender_id,))

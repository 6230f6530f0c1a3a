"""The memory of the sandbox's phones."""

from collections.abc import Sequence
from typing import Any

from parlance.contract.phones import Behaviour, Habit, PhoneCallback, PhoneMessage
from parlance.formats.canonical import dump_content, load_content
from parlance.model.ids import Id
from parlance.model.message import Direction, Stage
from parlance.rules.lifecycle import join
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger

_BUBBLE = "id, number, sender_id, sender, direction, content, at, stage, quote, token, name"
_CALLBACK = "id, sender_id, token, due_at, body"


class Phones(Ledger):
    """Keeps what phones show and what the simulated network owes."""

    async def behaviour(self, number: str) -> Behaviour:
        """A phone's behaviour; the default for one never set."""
        sql = "SELECT delivers, reads, delay FROM phones WHERE number = ?"
        row = await self._read(lambda con: con.execute(sql, (number,)).fetchone())
        return Behaviour(number, Habit(row[0]), Habit(row[1]), row[2]) if row else Behaviour(number)

    async def set_behaviour(self, behaviour: Behaviour) -> None:
        """Set it."""
        values = (behaviour.number, behaviour.delivers.value, behaviour.reads.value, behaviour.delay_ms)

        def work(con: Connection) -> None:
            con.execute(
                "INSERT INTO phones (number, delivers, reads, delay) VALUES (?, ?, ?, ?) ON CONFLICT (number) "
                "DO UPDATE SET delivers = excluded.delivers, reads = excluded.reads, delay = excluded.delay",
                values,
            )

        await self._write(work)

    async def take(self, message: PhoneMessage, owed: Sequence[PhoneCallback]) -> bool:
        """Keep a message and what is owed for it; False, and nothing written, when the id was taken before."""
        values = (
            *(message.id, message.number, message.sender_id, message.sender, message.direction.value),
            *(dump_content(message.content).decode(), message.at, message.stage.value, message.quote),
            *(message.token, message.name),
        )

        def work(con: Connection) -> bool:
            new = con.execute(
                f"INSERT INTO phone_messages ({_BUBBLE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
                "ON CONFLICT (id) DO NOTHING",
                values,
            ).rowcount
            if new:
                _owe(con, owed)
            return bool(new)

        return await self._write(work)

    async def bubble(self, message_id: Id) -> PhoneMessage | None:
        """One message."""
        sql = f"SELECT {_BUBBLE} FROM phone_messages WHERE id = ?"  # noqa: S608  our words
        row = await self._read(lambda con: con.execute(sql, (message_id,)).fetchone())
        return _bubble(row) if row else None

    async def screen(self, number: str, sender_id: Id | None, after: Id, limit: int) -> Sequence[PhoneMessage]:
        """What a phone shows, oldest first."""
        whose, mine = ("", ()) if sender_id is None else ("AND sender_id = ? ", (sender_id,))
        sql = (
            f"SELECT {_BUBBLE} FROM phone_messages WHERE number = ? AND id > ? {whose}"  # noqa: S608  our words
            "ORDER BY id LIMIT ?"
        )
        values = (number, after, *mine, limit)
        return await self._read(lambda con: [_bubble(row) for row in con.execute(sql, values)])

    async def reach(self, message_ids: Sequence[Id], stage: Stage, owed: Sequence[PhoneCallback]) -> None:
        """Messages reach a stage (never back), together with what is owed for it."""

        def work(con: Connection) -> None:
            for message_id in message_ids:
                row = con.execute(
                    "SELECT stage FROM phone_messages WHERE id = ? /*+ FOR UPDATE */", (message_id,)
                ).fetchone()
                if row is not None and join(Stage(row[0]), stage).changed:
                    con.execute("UPDATE phone_messages SET stage = ? WHERE id = ?", (stage.value, message_id))
            _owe(con, owed)

        await self._write(work)

    async def phones(self) -> Sequence[str]:
        """Numbers that have ever received or written anything."""
        sql = "SELECT DISTINCT number FROM phone_messages ORDER BY number"
        return await self._read(lambda con: [number for (number,) in con.execute(sql)])

    async def owed(self, now: int, limit: int) -> tuple[Sequence[PhoneCallback], int | None]:
        """Callbacks that are due, in order of `due_at` and id, and when the next falls due after `now`."""

        def work(con: Connection) -> tuple[list[PhoneCallback], int | None]:
            due = con.execute(
                f"SELECT {_CALLBACK} FROM phone_callbacks WHERE due_at <= ? ORDER BY due_at, id LIMIT ?",  # noqa: S608
                (now, limit),
            ).fetchall()
            (then,) = con.execute("SELECT min(due_at) FROM phone_callbacks WHERE due_at > ?", (now,)).fetchone()
            return [PhoneCallback(*row) for row in due], then

        return await self._read(work)

    async def paid(self, callback_ids: Sequence[Id]) -> None:
        """These callbacks were taken."""

        def work(con: Connection) -> None:
            con.executemany("DELETE FROM phone_callbacks WHERE id = ?", [(id_,) for id_ in callback_ids])

        await self._write(work)


def _owe(con: Connection, owed: Sequence[PhoneCallback]) -> None:
    con.executemany(
        f"INSERT INTO phone_callbacks ({_CALLBACK}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608  our words
        [(each.id, each.sender_id, each.token, each.due_at, each.body) for each in owed],
    )


def _bubble(row: tuple[Any, ...]) -> PhoneMessage:
    id_, number, sender_id, sender, direction, content, at, stage, *rest = row
    return PhoneMessage(
        id_, number, sender_id, sender, Direction(direction), load_content(content), at, Stage(stage), *rest
    )

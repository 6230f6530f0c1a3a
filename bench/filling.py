"""Fills a store as it looks after years: messages with all that belongs to them, senders, customers, open windows.

What is to be repeated is made once by the gateway itself, and then copied within the database, every column as it is
but for what names it: so the rows are what the gateway writes, whatever its tables have learnt since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from databases import Database
from parlance.model.ids import COUNTER_BITS, NODE_BITS
from parlance.store.schema import metadata

_SHIFT = COUNTER_BITS + NODE_BITS
_BATCH = 100_000
_OLDEST = 700_000
"""Milliseconds by which everything filled in lies back, so that no pace remembers it."""

_APART = 500
"""Milliseconds between two messages."""

FIRST_FILLED = 972_560_000_000
"""Customers' numbers; senders' are so many further on."""
_SENDERS_ON = 220_000_000_000


@dataclass(frozen=True, slots=True)
class Seed:
    """What is copied: a message that was sent, with its sender and its customer, and one that waits, of another."""

    message: int
    sender: int
    customer: int
    waiting: int
    waiting_sender: int


def find_seed(database: Database, sender: int, waiting_sender: int) -> Seed:
    """The one message that each of these senders has sent."""
    own = "SELECT id, customer_id FROM messages WHERE sender_id = ? AND direction = 'out'"
    [(message, customer)], [(waiting, _)] = database.fetch(own, sender), database.fetch(own, waiting_sender)
    return Seed(message, sender, customer, waiting, waiting_sender)


def fill(database: Database, seed: Seed, *, messages: int, senders: int, windows: int, queued: int) -> None:
    """Write the copies; only while no gateway has the database open."""
    for statement in (
        *_senders(database, seed, senders),
        *_customers(seed, windows, senders),
        *_messages(database, seed, messages, senders, windows),
        *_queue(seed, queued, windows),
    ):
        database.run([statement])
    database.tidy()


def _id(seed_id: int, slot: int, place: str = "n.i", apart: int = 1) -> str:
    """An id long before another one; `slot` keeps rows of one table apart that are made of different ones."""
    first = (seed_id >> _SHIFT) - 1
    return f"((({first}) - {place} * {apart}) * {1 << _SHIFT} + {slot})"


def _copies(table: str, where: str, changes: Mapping[str, str], count: int) -> Iterator[str]:
    """Statements that copy a row so many times; `n.i` counts the copies in `changes`."""
    columns = [column.name for column in metadata.tables[table].columns]
    values = ", ".join(changes.get(name, f"t.{name}") for name in columns)
    # Downwards, since ids lie before the original's: they grow as they would have, and pages are filled in order.
    for first in reversed(range(0, count, _BATCH)):
        last = min(first + _BATCH, count) - 1
        yield (
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  our own words
            f"WITH RECURSIVE n (i) AS (SELECT CAST({last} AS BIGINT) UNION ALL SELECT i - 1 FROM n WHERE i > {first}), "
            f"o AS MATERIALIZED (SELECT t.* FROM {table} t WHERE {where}) SELECT {values} FROM n, o t"
        )


def _senders(database: Database, seed: Seed, count: int) -> Iterator[str]:
    """Senders with their routes, keys and settings. Keys may lie further apart than a millisecond."""
    number = f"CAST({FIRST_FILLED + _SENDERS_ON} + n.i AS TEXT)"
    own, sender = f"t.sender_id = {seed.sender}", _id(seed.sender, 1)
    named = {"id": sender, "number": number, "ordinal": "t.ordinal + 1000 + n.i", "bucket": "n.i % 256"}
    yield from _copies("senders", f"t.id = {seed.sender}", named, count)
    for slot, (route,) in enumerate(database.fetch("SELECT id FROM routes WHERE sender_id = ?", seed.sender)):
        changes = {
            "id": _id(route, slot + 1, apart=4_096),
            "sender_id": sender,
            "number": number,
            "callback_token": f"'filled-{slot}-' || CAST(n.i AS TEXT)",
        }
        yield from _copies("routes", f"t.id = {route}", changes, count)
    for slot, (key,) in enumerate(database.fetch("SELECT id FROM keys WHERE sender_id = ?", seed.sender)):
        changes = {
            "id": _id(key, slot + 1, apart=4_096),
            "sender_id": sender,
            "public": "t.public || '-' || CAST(n.i AS TEXT)",
            "hash": "t.hash || '-' || CAST(n.i AS TEXT)",
        }
        yield from _copies("keys", f"t.id = {key}", changes, count)
    yield from _copies("documents", own, {"sender_id": sender}, count)


def _customers(seed: Seed, count: int, senders: int) -> Iterator[str]:
    """Customers, known by number and user id, each with a window that is open with one sender."""
    number, customer = f"CAST({FIRST_FILLED} + n.i AS TEXT)", _id(seed.customer, 1)
    named = {"id": customer, "value": number, "user_id": "t.user_id || CAST(n.i AS TEXT)"}
    yield from _copies("customers", f"t.id = {seed.customer}", named, count)
    for kind, alias in (("phone", f"'phone:' || {number}"), ("user", "t.alias || CAST(n.i AS TEXT)")):
        where = f"t.customer_id = {seed.customer} AND t.alias LIKE '{kind}:%'"
        yield from _copies("aliases", where, {"alias": alias, "customer_id": customer}, count)
    changes = {
        "sender_id": _sender(seed, senders),
        "number": f"CAST({FIRST_FILLED + _SENDERS_ON} + n.i % {senders} AS TEXT)",
        "customer_id": customer,
    }
    where = f"t.sender_id = {seed.sender} AND t.customer_id = {seed.customer}"
    yield from _copies("windows", where, changes, count)


def _sender(seed: Seed, senders: int) -> str:
    return _id(seed.sender, 1, f"(n.i % {senders})")


def _messages(database: Database, seed: Seed, count: int, senders: int, windows: int) -> Iterator[str]:
    """Messages that were sent, with their tries, the carrier's ids of them, and what was told of them."""
    message, sender = _id(seed.message, 1, apart=_APART), _sender(seed, senders)
    whose = {"sender_id": sender, "customer_id": _id(seed.customer, 1, f"(n.i % {windows})")}
    external = "'filled-' || CAST(n.i AS TEXT)"
    changes = {"id": message, **whose, "external_id": external, "at": _long_ago("at"), "real_at": _long_ago("real_at")}
    yield from _copies("messages", f"t.id = {seed.message}", changes, count)
    yield from _copies(
        "attempts",
        f"t.message_id = {seed.message}",
        {"message_id": message, "started_at": _long_ago("started_at"), "ended_at": _long_ago("ended_at")},
        count,
    )
    yield from _copies(
        "carrier_ids", f"t.message_id = {seed.message}", {"message_id": message, "external_id": external}, count
    )
    for slot, (event,) in enumerate(database.fetch("SELECT id FROM events WHERE message_id = ?", seed.message)):
        changes = {
            "id": _id(event, slot + 1, apart=_APART),
            "message_id": message,
            "sender_id": sender,
            "at": _long_ago("at"),
            "real_at": _long_ago("real_at"),
        }
        yield from _copies("events", f"t.id = {event}", changes, count)


def _long_ago(column: str) -> str:
    return f"t.{column} - {_OLDEST} - n.i * {_APART}"


def _queue(seed: Seed, count: int, windows: int) -> Iterator[str]:
    """Messages of one sender that wait to be sent, to one customer after the other."""
    changes = {"customer_id": _id(seed.customer, 1, f"(n.i % {windows})")}
    message = _id(seed.waiting, 2)
    yield from _copies("messages", f"t.id = {seed.waiting}", {**changes, "id": message}, count)
    where = f"t.message_id = {seed.waiting} AND t.sender_id = {seed.waiting_sender}"
    yield from _copies("outbox", where, {**changes, "message_id": message}, count)

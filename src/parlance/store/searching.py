"""Finding messages among millions, a bounded look at a time.

Only a sender's messages have an index beside the order of ids: an index for each filter would cost every accept
something (see `schema`). Whatever else is asked for is looked for along the ids, and a look ends after `SPAN` of them.
"""

import json
from collections.abc import Iterator
from typing import Any

from parlance.contract.views import Found, MessageFilter
from parlance.model.address import USER_ID, Address, AddressKind
from parlance.model.ids import EPOCH, Id, compose
from parlance.model.message import Message, Stage
from parlance.store.connection import Connection
from parlance.store.rows import ENTRY, Entry, read_message

SPAN = 20_000
"""So many messages one look goes through, when it does not find enough before."""

_BATCH = 500
_BATCHES = 4
"""Rows whose texts may hold a word are read in batches; after so many of these the look ends as well."""

_LAST = (1 << 63) - 1
_UNSURE = "id IN (SELECT message_id FROM outbox WHERE state = 'unsure')"
_NAMES_OF_KINDS = frozenset({"kind", "type", "sub_type"})


def search(con: Connection, picked: MessageFilter) -> Found:
    """Look once; see `contract.views.Views.search`."""
    where, values = _whole(picked)
    narrow, more = _narrow(picked)
    floor: Id | None = None
    if picked.stage == Stage.UNSURE:
        # What is unsure stands in the outbox: few among the millions, found without looking at these.
        where += f" AND {_UNSURE}"
    elif narrow:
        floor = _floor(con, where, values, picked)
    if floor is not None:
        where, values = f"{where} AND id {'>=' if picked.newest else '<='} ?", [*values, floor]
    statement = f"SELECT {ENTRY} FROM messages WHERE {where}{narrow}"  # noqa: S608  our words
    if picked.text:
        return _reading(con, statement, [*values, *more], picked, floor)
    found = list(_rows(con, statement, [*values, *more], picked, picked.after, picked.limit + 1))
    if len(found) > picked.limit:
        return Found(found[: picked.limit], found[picked.limit - 1].id)
    return Found(found, floor)


def find(con: Connection, picked: MessageFilter) -> list[Message]:
    """All messages by filter, however far they are apart."""
    where, values = _whole(picked)
    narrow, more = _narrow(picked)
    statement = f"SELECT {ENTRY} FROM messages WHERE {where}{narrow}"  # noqa: S608  our words
    return list(_rows(con, statement, [*values, *more], picked, picked.after, picked.limit))


def _whole(picked: MessageFilter) -> tuple[str, list[Any]]:
    """What an index answers: whose messages, and between which times; ids tell when they were minted."""
    terms, values = ["1 = 1"], list[Any]()
    if picked.sender_id is not None:
        terms.append("sender_id = ?")
        values.append(picked.sender_id)
    for sign, moment in ((">=", picked.stored_since), ("<", picked.stored_until)):
        if moment:
            terms.append(f"id {sign} ?")
            values.append(min(compose(max(moment, EPOCH), 0, 0), _LAST))
    return " AND ".join(terms), values


def _narrow(picked: MessageFilter) -> tuple[str, list[Any]]:
    """What has to be looked at row by row."""
    terms, values = [""], list[Any]()
    for column in ("stage", "direction", "dialect"):
        if value := getattr(picked, column):
            terms.append(f"{column} = ?")
            values.append(value)
    if picked.since:
        terms.append("at >= ?")
        values.append(picked.since)
    if picked.customer:
        marks = _aliases(picked.customer)
        alike = ", ".join("?" * len(marks))
        terms.append(f"customer_id IN (SELECT customer_id FROM aliases WHERE alias IN ({alike}))")  # noqa: S608
        values.extend(marks)
    if picked.carrier:
        ways = "(SELECT id FROM routes WHERE carrier = ?)"
        # Only what a carrier took or brought has its route; what it refused was tried by it.
        tried = f"SELECT 1 FROM attempts a WHERE a.message_id = messages.id AND a.route_id IN {ways}"  # noqa: S608
        terms.append(f"(route_id IN {ways} OR EXISTS ({tried}))")
        values.extend((picked.carrier, picked.carrier))
    if picked.text:
        forms = sorted(_forms(picked.text))
        terms.append("(" + " OR ".join(["lower(content) LIKE ? ESCAPE '!'"] * len(forms)) + ")")
        values.extend(forms)
    return " AND ".join(terms), values


def _floor(con: Connection, where: str, values: list[Any], picked: MessageFilter) -> Id | None:
    """The id at which a look ends, None when there are no more than `SPAN` messages left."""
    behind, order = _behind(picked)
    sql = f"SELECT id FROM messages WHERE {where} AND id {behind} ? ORDER BY id {order} LIMIT 1 OFFSET ?"  # noqa: S608
    row = con.execute(sql, (*values, _start(picked, picked.after), SPAN - 1)).fetchone()
    return row[0] if row else None


def _rows(
    con: Connection, statement: str, values: list[Any], picked: MessageFilter, after: Id, limit: int
) -> Iterator[Message]:
    behind, order = _behind(picked)
    sql = f"{statement} AND id {behind} ? ORDER BY id {order} LIMIT ?"
    for row in con.execute(sql, (*values, _start(picked, after), limit)):
        yield read_message(Entry._make(row))


def _behind(picked: MessageFilter) -> tuple[str, str]:
    return ("<", "DESC") if picked.newest else (">", "ASC")


def _start(picked: MessageFilter, after: Id) -> Id:
    return after or (_LAST if picked.newest else 0)


# ---- words


def _reading(con: Connection, statement: str, values: list[Any], picked: MessageFilter, floor: Id | None) -> Found:
    """Read what may hold the word, and keep what does: the database looks at the names of fields as well."""
    found: list[Message] = []
    after, word = picked.after, picked.text.casefold()
    for _ in range(_BATCHES):
        rows = _entries(con, statement, values, picked, after)
        for entry in rows:
            if _says(json.loads(entry.content), word):
                found.append(read_message(entry))
                if len(found) > picked.limit:
                    return Found(found[: picked.limit], found[picked.limit - 1].id)
        if len(rows) < _BATCH:
            return Found(found, floor)
        after = rows[-1].id
    return Found(found, after)


def _entries(con: Connection, statement: str, values: list[Any], picked: MessageFilter, after: Id) -> list[Entry]:
    behind, order = _behind(picked)
    sql = f"{statement} AND id {behind} ? ORDER BY id {order} LIMIT ?"
    return [Entry._make(row) for row in con.execute(sql, (*values, _start(picked, after), _BATCH))]


def _forms(word: str) -> set[str]:
    """Patterns for a word as it may stand in stored JSON; databases know the case of Latin letters alone."""
    written = {json.dumps(each, ensure_ascii=False)[1:-1] for each in (word, word.lower(), word.upper(), word.title())}
    plain = {"".join(letter.lower() if letter.isascii() else letter for letter in each) for each in written}
    return {"%" + each.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%" for each in plain}


def _says(value: Any, word: str) -> bool:
    """Whether any text in a content holds the word; what only names its kind does not count."""
    if isinstance(value, dict):
        return any(_says(each, word) for name, each in value.items() if name not in _NAMES_OF_KINDS)
    if isinstance(value, list):
        return any(_says(each, word) for each in value)
    return isinstance(value, str) and word in value.casefold()


def _aliases(customer: str) -> list[str]:
    """The forms under which a person so named may be known."""
    kind, colon, value = customer.partition(":")
    if colon and kind in set(AddressKind):
        return [Address(AddressKind(kind), value).alias]
    if USER_ID.fullmatch(customer):
        return [Address(AddressKind.USER, customer).alias]
    return [Address(kind, customer.removeprefix("+")).alias for kind in AddressKind]

"""Accept: the one transaction before a client hears yes."""

import json
from dataclasses import replace
from typing import Any, NamedTuple

from parlance.contract.moments import Draft, Facts, Judge, Stored, Verdict
from parlance.formats.canonical import dump_content
from parlance.model.address import AddressKind
from parlance.model.ids import Id
from parlance.model.message import Content, Direction, Message, Receipt, Stage, Template
from parlance.store.books import Books
from parlance.store.ledger import Ledger
from parlance.store.rows import dump_failure, dump_object


class Accepting(Ledger):
    """Takes messages in."""

    async def accept(self, draft: Draft, judge: Judge) -> Stored:
        """Take a message in: look up key, customer, window, quote, template; judge; write message, outbox and key."""
        order = Order(draft, judge, (draft.body or dump_content(draft.content)).decode(), dump_object(draft.refs))
        ids = self._ids
        return await self._write(lambda con: take_in(Books(con, ids), order), item=order)


class Order(NamedTuple):
    """A draft with its judge, and what of it is written as JSON."""

    draft: Draft
    judge: Judge
    content: str
    refs: str


def take_in(books: Books, order: Order) -> Stored:
    """Take one message in, within a transaction; raises what the judge raises, and `Refusal(DUPLICATE)`."""
    draft, sender, content = order.draft, order.draft.sender, order.content
    if draft.key and (first := books.repeated(draft)) is not None:
        return Stored(first, repeated=True)
    customer_id, last_written = books.whom(draft)
    facts = _facts(books, draft, customer_id, last_written)
    verdict = order.judge(facts)
    if facts.credit is not None and not isinstance(draft.content, Receipt):
        books.spend(sender.account_id)
    if customer_id is not None and draft.to.kind is AddressKind.USER:
        # A user id that we made up is known to nobody else: the carrier is given what the person was first met under.
        draft = replace(draft, to=books.first_met(customer_id))
    if customer_id is None:
        customer_id = books.meet(draft)
    message = _message(draft, customer_id, verdict)
    if verdict.content is not None:
        content = dump_content(verdict.content).decode()
    doomed = dump_failure(verdict.doomed)
    waiting = (sender.id, draft.id, customer_id, draft.now, draft.expires_at, draft.dialect, doomed)
    books.write(_entry(message, draft, content, order.refs), waiting)
    if draft.key:
        books.keep_key(draft, message)
    return Stored(message, doomed=verdict.doomed is not None)


def _facts(books: Books, draft: Draft, customer_id: Id | None, last_written: int | None) -> Facts:
    quote_known = False
    if draft.quote is not None and draft.quote.id is not None and customer_id is not None:
        quote_known = books.in_chat(draft.quote.id, draft.sender.id, customer_id)
    credit = books.credit(draft.sender)
    if not isinstance(draft.content, Template):
        return Facts(last_written, quote_known, credit)
    return Facts(last_written, quote_known, credit, books.templates(draft.sender.account_id, draft.content.name))


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

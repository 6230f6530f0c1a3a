"""getMessage, getChatHistory, lastIncomingMessages and lastOutgoingMessages (spec/greenapi.md §9)."""

from collections.abc import Mapping
from typing import Any

from parlance.model.command import Journal, QuoteRef, ReadJournal, Reply
from parlance.model.event import Customer
from parlance.model.message import Direction, Message, Reaction
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import contents, forms, wire, words
from parlance.providers.greenapi.chats import read_chat, wid, write_chat
from parlance.providers.greenapi.contents import Quote
from parlance.providers.greenapi.hooks import word_for
from parlance.providers.greenapi.ids import read_id, write_id
from parlance.providers.greenapi.sending import FORWARDING, KEY, to_chat

HISTORY = 100
"""How many messages getChatHistory gives when it is not asked for a number."""
MOST = 10_000
"""The most messages any journal gives at a time."""
DAY = 1_440
LONGEST = 5_256_000
"""Ten years in minutes: further back there is nothing."""

_FLAGS: dict[str, Any] = {"deletedMessageId": "", "editedMessageId": "", "isEdited": False, "isDeleted": False}
_JSON_TYPES = {str: "string", bool: "bool", list: "array", dict: "object"}


def read_get_message(request: WireRequest) -> ReadJournal:
    """Read getMessage."""
    form = wire.read(forms.MessageIdForm, request)
    return ReadJournal(to_chat(form.chat_id), message=QuoteRef(form.id_message, read_id(form.id_message)))


def read_get_chat_history(request: WireRequest) -> ReadJournal:
    """Read getChatHistory, which minds types but neither unknown fields nor chats: those have no messages."""
    raw = wire.parse(request.body)
    chat_id = _unmarshal(raw, "chatId", str, "string", "")
    count = _unmarshal(raw, "count", int, "int", HISTORY)
    peer = read_chat(chat_id)
    return ReadJournal(peer, limit=max(0, min(count, MOST)) if peer else 0)


def _unmarshal(raw: Mapping[str, Any], name: str, wanted: type[Any], called: str, otherwise: Any) -> Any:
    """Take a field as the Go program does that serves this method: null is nothing, and no type stands for another."""
    value = raw.get(name)
    if value is None:
        return otherwise
    if type(value) is not wanted:
        given = _JSON_TYPES.get(type(value)) or f"number {value}" * (wanted is int) or "number"
        raise wire.malformed(name, "unmarshal", given=given, wanted=called)
    return value


def read_last_incoming(request: WireRequest) -> ReadJournal:
    """Read lastIncomingMessages."""
    return ReadJournal(direction=Direction.IN.value, age=_minutes(request) * 60_000, limit=MOST)


def read_last_outgoing(request: WireRequest) -> ReadJournal:
    """Read lastOutgoingMessages."""
    return ReadJournal(direction=Direction.OUT.value, age=_minutes(request) * 60_000, limit=MOST)


def _minutes(request: WireRequest) -> int:
    """How far back: from the query, else from a body that is an object or the bare number (U-26)."""
    given: object = request.query.get("minutes")
    if given is None and request.body:
        body = wire.from_body(request.body)
        given = body.get("minutes") if isinstance(body, dict) else body
    if given is None:
        return DAY
    return max(0, min(wire.number("minutes", given), LONGEST))


# ---- writing


def _journal(reply: Reply) -> Journal:
    if not isinstance(reply, Journal):
        raise TypeError(f"not a journal: {type(reply).__name__}")
    return reply


def write_messages(reply: Reply) -> WireResponse:
    """Write a list of entries."""
    found = _journal(reply)
    return wire.answer([_entry(each, found) for each in found.messages])


def write_message(reply: Reply) -> WireResponse:
    """Write the one entry, bare."""
    found = _journal(reply)
    return wire.answer(_entry(found.messages[0], found))


def _entry(message: Message, journal: Journal) -> dict[str, Any]:
    outgoing = message.direction is Direction.OUT
    quote = _quote(message, journal)
    ours = message.refs.get(KEY)
    forwarded = isinstance(ours, Mapping) and ours.get("type") == FORWARDING
    said = contents.say(message.content, outgoing=outgoing, forwarded=forwarded, quote=quote)
    return {
        "type": "outgoing" if outgoing else "incoming",
        "idMessage": write_id(message.id, incoming=not outgoing),
        "timestamp": message.at // 1000,
        "typeMessage": said.type,
        "chatId": write_chat(message.peer),
        **({} if outgoing else _sender(message, journal.customers.get(message.customer_id))),
        **contents.journal_fields(said),
        **(_fate(message) if outgoing else {}),
        **({} if quote is None else {"quotedMessage": contents.quoted_message(quote) | _FLAGS}),
        **_FLAGS,
    }


def _sender(message: Message, customer: Customer | None) -> dict[str, str]:
    name = customer.name if customer else ""
    return {"senderId": write_chat(message.peer), "senderName": name, "senderContactName": ""}


def _fate(message: Message) -> dict[str, Any]:
    return {"statusMessage": word_for(message.failure, words.STATUSES[message.stage]), "sendByApi": True}


def _quote(message: Message, journal: Journal) -> Quote | None:
    quoted = message.quote
    if isinstance(message.content, Reaction) and message.content.target:
        quoted = message.content.target
    if quoted is None:
        return None
    original = journal.quoted.get(quoted)
    incoming = message.direction is Direction.OUT if original is None else original.direction is Direction.IN
    return Quote(
        write_id(quoted, incoming=incoming),
        write_chat(message.peer) if incoming else wid(message.number),
        original.content if original else None,
    )

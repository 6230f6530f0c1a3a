"""The queue of messages, and notifications that are fetched (spec/greenapi.md §7, §8.2)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from parlance.model.command import (
    ClearQueue,
    CountDeliveries,
    DropDelivery,
    Journal,
    ReadQueue,
    Reply,
    TakeDelivery,
    Taken,
)
from parlance.model.fault import Malformed
from parlance.model.message import Contacts, Message, Text
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import hooks, wire
from parlance.providers.greenapi.chats import write_chat
from parlance.providers.greenapi.ids import write_id
from parlance.providers.greenapi.sending import FORWARDING, KEY, contact_of

SHOWN = 500
SHORTEST, LONGEST = 5, 60
"""Seconds that receiveNotification may wait (U-23)."""


# ---- messages that wait


def read_show_queue(request: WireRequest) -> ReadQueue:  # noqa: ARG001 - it asks for nothing but itself
    """Read showMessagesQueue."""
    return ReadQueue(SHOWN)


def read_count_messages(request: WireRequest) -> ReadQueue:  # noqa: ARG001 - as above
    """Read getMessagesCount."""
    return ReadQueue(0)


def read_clear_queue(request: WireRequest) -> ClearQueue:  # noqa: ARG001 - as above
    """Read clearMessagesQueue."""
    return ClearQueue()


def _journal(reply: Reply) -> Journal:
    if not isinstance(reply, Journal):
        raise TypeError(f"not a queue: {type(reply).__name__}")
    return reply


def write_queue(reply: Reply) -> WireResponse:
    """Write what waits, the messages of one forwarding together."""
    return wire.answer(list(_items(_journal(reply).messages)))


def _items(messages: tuple[Message, ...]) -> Iterator[dict[str, Any]]:
    batch: dict[str, Any] = {}
    belongs: object = None
    for message in messages:
        shown = message.refs.get(KEY)
        name = write_id(message.id, incoming=False)
        if isinstance(shown, Mapping) and shown.get("type") == FORWARDING:
            if batch and shown == belongs:
                batch["messagesIDs"].append(name)
                continue
            belongs, batch = shown, {"messagesIDs": [name], "type": FORWARDING, "body": shown["body"]}
            yield batch
            continue
        belongs, batch = None, {}
        kind, body = (shown["type"], shown["body"]) if isinstance(shown, Mapping) else _request_of(message)
        yield {"messageID": name, "type": kind, "body": body}


def _request_of(message: Message) -> tuple[str, dict[str, Any]]:
    """The request that would have asked for a message that came by another dialect."""
    chat = {"chatId": write_chat(message.peer)}
    quote = {} if message.quote is None else {"quotedMessageId": write_id(message.quote, incoming=True)}
    match message.content:
        case Text(body=body, preview=preview):
            further = {"linkPreview": preview is not False, "typingTime": None, "typePreview": "small"}
            return "sendMessage", {**chat, "message": body, **quote, **further}
        case Contacts(cards=cards) if cards:
            return "sendContact", {**chat, **quote, "contact": contact_of(cards[0])}
        case other:
            return other.kind, chat


def write_count(reply: Reply) -> WireResponse:
    """Write how many messages or notifications wait."""
    if isinstance(reply, Taken | Journal):
        return wire.answer({"count": reply.count})
    raise TypeError(f"not a number of things: {type(reply).__name__}")


def write_cleared(reply: Reply) -> WireResponse:
    """Answer clearMessagesQueue."""
    _journal(reply)
    return wire.answer({"isCleared": True})


# ---- notifications


def read_receive_notification(request: WireRequest) -> TakeDelivery:
    """Read receiveNotification; a time out of range is brought into it (U-23)."""
    given = request.query.get("receiveTimeout")
    seconds = SHORTEST if given is None else wire.number("receiveTimeout", given)
    timeout = max(SHORTEST, min(seconds, LONGEST)) * 1000
    return TakeDelivery(timeout, {"instance": int(request.params["instance"])})


def write_notification(reply: Reply) -> WireResponse:
    """Write the notification at the head with its number, or null (§2 rule 4)."""
    if not isinstance(reply, Taken):
        raise TypeError(f"nothing was fetched: {type(reply).__name__}")
    asked = reply.command.echo if isinstance(reply.command, TakeDelivery) else None
    instance = asked["instance"] if asked else 0
    said = None if reply.event is None else hooks.body(reply.event, instance)
    return wire.answer(None if said is None else {"receiptId": reply.number, "body": said})


def read_delete_notification(request: WireRequest) -> DropDelivery:
    """Read deleteNotification: the number in the path, else in the body (U-26)."""
    given: object = request.params.get("receipt")
    if given is None and request.body:
        try:
            given = wire.from_body(request.body)
        except Malformed:
            given = None
    text = str(given) if isinstance(given, str) or type(given) is int else ""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise wire.malformed("receiptId", "receipt_id")
    return DropDelivery(int(text))


def read_clear_notifications(request: WireRequest) -> DropDelivery:  # noqa: ARG001 - it asks for nothing but itself
    """Read clearWebhooksQueue."""
    return DropDelivery(None)


def read_count_notifications(request: WireRequest) -> CountDeliveries:  # noqa: ARG001 - as above
    """Read getWebhooksCount."""
    return CountDeliveries()


def _dropped(reply: Reply) -> tuple[int | None, int]:
    if not isinstance(reply, Taken) or not isinstance(reply.command, DropDelivery):
        raise TypeError(f"nothing was dropped: {type(reply).__name__}")
    return reply.command.number, reply.count


def write_deleted(reply: Reply) -> WireResponse:
    """Answer deleteNotification (U-25)."""
    number, count = _dropped(reply)
    reason = "" if count else f"Notification with receiptId {number} not found"
    return wire.answer({"result": bool(count), "reason": reason})


def write_cleared_notifications(reply: Reply) -> WireResponse:
    """Answer clearWebhooksQueue."""
    _dropped(reply)
    return wire.answer({"isCleared": True, "reason": ""})

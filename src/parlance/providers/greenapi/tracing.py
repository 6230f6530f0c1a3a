"""What became of a message whose sending got no answer (spec/greenapi.md §7, §9, §11.1).

The vendor keeps no id of ours. A message is known again by its chat, its content and its time, in the queue or in the
journal; where that does not name exactly one, nothing is said of it.
"""

from collections.abc import Generator, Iterator

from parlance.contract.provider import Ask, Steps
from parlance.formats.vcard import read_cards
from parlance.model.address import Address, AddressKind
from parlance.model.fault import Refusal
from parlance.model.message import Message, Stage
from parlance.model.outcome import Absent, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.value import dataclass
from parlance.model.wire import WireResponse
from parlance.providers.greenapi import causes, words
from parlance.providers.greenapi.cards import digits_of
from parlance.providers.greenapi.carrying import Call, asking, request, sending
from parlance.providers.greenapi.chats import read_chat
from parlance.providers.greenapi.wild import (
    Wild,
    external_id,
    first,
    label,
    member,
    object_of,
    objects_of,
    told_at,
)

QUEUE_SHOWN = 500
"""How many messages the queue shows; what stands behind them is not seen."""
DAY = 1_440
"""Minutes: the furthest that a message is looked for in the journal."""

_SLACK = 5
"""Seconds by which the vendor's clock may be behind."""
_MARGIN = 5
"""Minutes that are looked further back than the message is old."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A message that may be the one. `sure`: it is in the same chat, not in one that may be the same."""

    external_id: str
    sure: bool


def trace(message: Message, known: str, route: Route) -> Steps:
    """Look for a message in the vendor's queue and journal; by its id there, where it is `known`."""
    try:
        call = sending(message)
    except Refusal:
        return Absent()
    if known:
        return (yield from _by_id(call, known, route))
    answer = yield Ask(asking(route, "showMessagesQueue"))
    queued = objects_of(answer) if answer.status == 200 else None
    if queued is None:
        return Unsure(f"the queue answered HTTP {answer.status}")
    found = list(_in_queue(queued, call))
    if not found:
        journal = yield Ask(asking(route, "lastOutgoingMessages", f"minutes={_minutes(message, answer)}"))
        entries = objects_of(journal) if journal.status == 200 else None
        if entries is None:
            return Unsure(f"the journal answered HTTP {journal.status}")
        found = list(_in_journal(entries, call, message.at // 1000 - _SLACK))
    ids = {each.external_id for each in found}
    if len(ids) == 1 and all(each.sure for each in found):
        return Sent(ids.pop())
    if ids or len(queued) >= QUEUE_SHOWN:
        return Unsure("several may be this one" if ids else "the queue is longer than is shown")
    return Absent()


def _by_id(call: Call, known: str, route: Route) -> Generator[Ask, WireResponse, Outcome]:
    """The vendor took it: what is left to learn is whether it failed since."""
    body = {"chatId": call.body["chatId"], "idMessage": known}
    answer = yield Ask(request(route, Call("getMessage", body)))
    status = label(object_of(answer), "statusMessage") if answer.status == 200 else ""
    if words.STAGES.get(status) is Stage.FAILED:
        return Refused(causes.of_status(status, ""))
    return Sent(known)


def _minutes(message: Message, answer: WireResponse) -> int:
    """How far back to look: as far as the message is old by the vendor's clock, else a day."""
    now = told_at(answer)
    return max(_MARGIN, min((now - message.at) // 60_000 + _MARGIN, DAY)) if now else DAY


# ---- known again


def _in_queue(items: list[Wild], call: Call) -> Iterator[_Seen]:
    for item in items:
        body = member(item, "body")
        same_quote = first(body, "quotedMessageId") == call.body.get("quotedMessageId", "")
        if first(item, "type") == call.method and same_quote and _holds(body, call):
            yield from _seen(external_id(item, "messageID"), first(body, "chatId"), call)


def _holds(body: Wild, call: Call) -> bool:
    if call.method == "sendMessage":
        return first(body, "message").strip() == str(call.body["message"]).strip()
    contact = member(body, "contact")
    return all(first(contact, name) == str(value) for name, value in call.body["contact"].items())


def _in_journal(entries: list[Wild], call: Call, since: int) -> Iterator[_Seen]:
    for entry in entries:
        at = entry.get("timestamp")
        typed = entry.get("sendByApi") is False
        if first(entry, "type") != "outgoing" or typed or not isinstance(at, int) or at < since:
            continue
        if _quotes(entry) == call.body.get("quotedMessageId", "") and _shows(entry, call):
            yield from _seen(external_id(entry, "idMessage"), first(entry, "chatId"), call)


def _quotes(entry: Wild) -> str:
    return first(member(entry, "quotedMessage"), "stanzaId") or first(member(entry, "extendedTextMessage"), "stanzaId")


def _shows(entry: Wild, call: Call) -> bool:
    if call.method == "sendMessage":
        said = first(entry, "textMessage") or first(member(entry, "extendedTextMessage"), "text")
        return said.strip() == str(call.body["message"]).strip()
    shown = member(entry, "contact")
    contact = call.body["contact"]
    names = " ".join(contact[part] for part in ("firstName", "middleName", "lastName") if part in contact)
    numbers = {digits_of(phone) for card in read_cards(first(shown, "vcard")) for phone in card.phones}
    named = first(shown, "displayName").split() == (names or contact["company"]).split()
    return named and str(contact["phoneContact"]) in numbers


def _seen(found: str, chat_id: str, call: Call) -> Iterator[_Seen]:
    """Give what was found, unless it is in another chat; a hidden id and a number may be the same chat's."""
    there, ours = read_chat(chat_id), read_chat(call.body["chatId"])
    if not found or there is None or ours is None:
        return
    if there.alias == ours.alias:
        yield _Seen(found, sure=True)
    elif _may_be_one(there, ours):
        yield _Seen(found, sure=False)


def _may_be_one(there: Address, ours: Address) -> bool:
    return {there.kind, ours.kind} == {AddressKind.LID, AddressKind.PHONE}

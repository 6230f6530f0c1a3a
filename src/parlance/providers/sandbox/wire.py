"""The network's HTTP, from the carrier's side: requests it is sent, answers it gives."""

from parlance.formats.sandbox import (
    JSON_HEADERS,
    MESSAGES,
    PHONES,
    RECEIPTS,
    Posted,
    PostedReceipt,
    read_json,
    write_posted,
    write_receipt,
)
from parlance.model.address import Address
from parlance.model.fault import Failure, Fault, Malformed
from parlance.model.ids import to_text
from parlance.model.message import Message, Receipt
from parlance.model.outcome import Absent, Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse


def message_request(message: Message, route: Route) -> WireRequest:
    """Post a message under its own id, so that a repeat arrives once."""
    posted = Posted(
        id=message.id,
        sender=message.number,
        sender_id=message.sender_id,
        token=route.callback_token,
        to=message.peer.value,
        content=message.content,
        at=message.at,
        quote=message.quote,
    )
    return WireRequest("POST", MESSAGES, JSON_HEADERS, write_posted(posted))


def receipt_request(message: Message, receipt: Receipt) -> WireRequest:
    """Tell a phone that we have read."""
    posted = PostedReceipt(message.id, message.sender_id, message.peer.value, receipt.target)
    return WireRequest("POST", RECEIPTS, JSON_HEADERS, write_receipt(posted))


def look_up_request(message: Message) -> WireRequest:
    """Ask whether the network has a message."""
    return WireRequest("GET", f"{MESSAGES}/{to_text(message.id)}")


def find_request(address: Address) -> WireRequest:
    """Ask whether there is such a phone."""
    return WireRequest("GET", f"{PHONES}/{address.value}")


def read_answer(answer: WireResponse) -> Outcome:
    """Judge the answer to something posted: 200 taken, 429 try again, another 4xx refused, else nobody knows."""
    if answer.status == 200:
        external_id = _member(answer, "id")
        return Sent(external_id) if external_id else Unsure("an answer without an id")
    if answer.status == 429:
        return Busy(_read_after(answer))
    if 400 <= answer.status < 500:
        return Refused(Failure(Fault.CARRIER_REFUSED, _member(answer, "code"), _member(answer, "message")))
    return Unsure(f"HTTP {answer.status}")


def read_found(answer: WireResponse) -> Outcome:
    """Judge the answer to a look-up: 404 means that the network never took it."""
    if answer.status == 404:
        return Absent()
    external_id = _member(answer, "id") if answer.status == 200 else ""
    return Sent(external_id) if external_id else Unsure(f"HTTP {answer.status}")


def _read_after(answer: WireResponse) -> int | None:
    seconds = answer.headers.get("retry-after", "")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None


def _member(answer: WireResponse, name: str) -> str:
    """One text of the answer's object or of its `error`, empty when it has none."""
    try:
        value = read_json(answer.body)
    except Malformed:
        return ""
    if isinstance(value, dict) and isinstance(value.get("error"), dict):
        value = value["error"]
    found = value.get(name, "") if isinstance(value, dict) else ""
    return found if isinstance(found, str) else ""

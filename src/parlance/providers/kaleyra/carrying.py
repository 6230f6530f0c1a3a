"""What is posted to the vendor, and what its answers mean (spec/kaleyra.md §1 to §9, §15)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from pydantic_core import from_json

from parlance.formats import meta
from parlance.formats.tags import write_tag
from parlance.model.address import AddressKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Contacts, Content, Message, Reaction, Receipt, Template
from parlance.model.outcome import Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import causes, wire, words
from parlance.providers.kaleyra.wild import first, member

POD: Final = "in"
NAMELESS: Final = "callback:"
"""What our own ids of incoming messages begin with, for those that come without one (§10.4)."""

_NOT_LET_IN: Final = frozenset({401, 403})
_WRONG_PLACE: Final = frozenset({307, 308, 404, 405})
"""Answers to an address that is not there: it is made of the route's settings alone."""
_NOT_TAKEN_WHOLE: Final = 408
_SOURCE: Final = "api"
_HIDDEN: Final = b"***"
_SECRET_FROM: Final = 8
"""Letters from which on a text is a key, and not part of a word."""
_ID = re.compile(r'[^"\\\s]{1,255}')
_ID_IN_TEXT = re.compile(rb'"message_id"\s*:\s*"([!-~]{1,255}?)"')


# ---- requests


def address(route: Route, version: str, path: str) -> str:
    """Where a call of the route's account goes."""
    pod = words.PODS.get(route.settings.get("pod") or POD, words.PODS[POD])
    base = (route.settings.get("base_url") or pod).rstrip("/")
    return f"{base}/{version}/{quote(route.settings.get('sid', ''), safe='')}/{path}"


def headers(route: Route) -> dict[str, str]:
    """What every call carries."""
    return {"api-key": route.settings.get("api_key", ""), **wire.JSON_HEADERS}


def message_request(message: Message, route: Route) -> WireRequest:
    """Post a message, a reaction or a read receipt, with our id as its `ref` (§15); raises `Refusal`.

    `NOT_SAYABLE` for what has no form there, `EMPTY_PHONE` and `UNKNOWN_MESSAGE` for what lacks an essential.
    """
    extra = {"ref": write_tag(message), "wa_source": _SOURCE}
    if profile := route.settings.get("callback_profile"):
        extra["callback_profile_id"] = profile
    body = {"messaging_object": _message_object(message), "extra_info": extra}
    url = address(route, "v2", f"whatsapp/+{route.number}/messages")
    return WireRequest("POST", url, headers(route), wire.dump(body))


def _message_object(message: Message) -> dict[str, Any]:
    content = message.content
    head: dict[str, Any] = {"messaging_product": meta.PRODUCT}
    if isinstance(content, Receipt):
        # Neither `to` nor `type` (§8).
        typing = {"typing_indicator": {"type": "text"}} if content.typing else {}
        return {**head, "status": "read", "message_id": _target(content), **typing}
    if message.peer.kind is not AddressKind.PHONE:
        raise _unsayable("to")
    head |= {"recipient_type": "individual", "to": f"+{message.peer.value}"}
    if isinstance(content, Reaction):
        return {**head, "type": "reaction", "reaction": {"message_id": _target(content), "emoji": content.emoji}}
    _check(content)
    return {**head, **meta.write_content(content, first_name=True), **_context(message)}


def _target(content: Reaction | Receipt) -> str:
    if not _is_theirs(content.target_external):
        raise _unsayable("message_id", Fault.UNKNOWN_MESSAGE)
    return content.target_external


def _context(message: Message) -> dict[str, Any]:
    """Quote, where the vendor knows the message that is quoted (§6)."""
    return {"context": {"message_id": message.quote_external}} if _is_theirs(message.quote_external) else {}


def _is_theirs(external_id: str) -> bool:
    return bool(external_id) and not external_id.startswith(NAMELESS)


def _check(content: Content) -> None:
    """See that what the vendor makes mandatory is there (§4, §7)."""
    match content:
        case Contacts(cards=cards):
            for place, card in enumerate(cards):
                if not card.phones:
                    raise _unsayable(f"contacts[{place}].phones", Fault.EMPTY_PHONE)
        case Template(language=None):
            raise _unsayable("template.language")


def _unsayable(field: str, fault: Fault = Fault.NOT_SAYABLE) -> Refusal:
    return Refusal(fault, field)


# ---- answers


def read_answer(answer: WireResponse, route: Route) -> Outcome:
    """Judge the answer to what may not be repeated (§9).

    2xx with an id is sent, whatever the code; 429 is busy; a refusal is one of the account or of the message. The
    vendor nowhere says that a 5xx has sent nothing: nobody knows.
    """
    said, status = read_body(answer, route), answer.status
    if 200 <= status < 300:
        external_id = _external_id(said, answer)
        return Sent(external_id) if external_id else Unsure("an answer without an id")
    account = status in _NOT_LET_IN or status in _WRONG_PLACE
    failure = why(said, status, Fault.CARRIER_CREDENTIAL if account else Fault.CARRIER_REFUSED)
    if status == 429:
        return Busy(read_after(answer), str(failure))
    if account or (400 <= status < 500 and status != _NOT_TAKEN_WHOLE):
        return Refused(failure)
    return Unsure(str(failure))


def read_harmless(answer: WireResponse, route: Route) -> Outcome:
    """Judge the answer to what may be repeated at will: taken, with an id or without, or to be tried again."""
    match read_answer(answer, route):
        case Unsure() if 200 <= answer.status < 300:
            return Sent("")
        case Unsure(detail):
            return Busy(read_after(answer), detail)
        case outcome:
            return outcome


def read_body(answer: WireResponse, route: Route) -> Mapping[str, Any]:
    """The four keys of an answer, the route's key taken out; none where it is no JSON, like the page's sample (§15)."""
    key = route.settings.get("api_key", "").encode()
    body = answer.body.replace(key, _HIDDEN) if len(key) >= _SECRET_FROM else answer.body
    try:
        said = from_json(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def why(said: Mapping[str, Any], status: int, otherwise: Fault) -> Failure:
    """Why an answer says no, by its HTTP status where it says nothing itself."""
    found = causes.of_answer(said, otherwise)
    return found if found.detail else replace(found, detail=f"HTTP {status}")


def read_after(answer: WireResponse) -> int | None:
    """How long the vendor asks to wait, in milliseconds, where it says so in seconds."""
    seconds = answer.headers.get("retry-after", "").strip()
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None


def _external_id(said: Mapping[str, Any], answer: WireResponse) -> str:
    """`data.message_id`, out of a body that is no JSON too: it is there to be read."""
    if not said:
        found = _ID_IN_TEXT.search(answer.body)
        return found[1].decode() if found else ""
    named = first(member(said, "data"), "message_id")
    return named if _ID.fullmatch(named) else ""

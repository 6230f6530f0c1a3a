"""What the vendor's answers mean (spec/lipachat.md §7, §11)."""

import json
import re
from collections.abc import Mapping
from typing import Any

from parlance.model.fault import Failure, Fault, Malformed, Refusal
from parlance.model.outcome import Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireResponse
from parlance.providers.lipachat import wire, words

LONGEST = 300
"""Characters of the vendor's words that are kept."""

_CODED = re.compile(r"([0-9]{3,6}): (.+)", re.DOTALL | re.ASCII)


def judge(answer: WireResponse, route: Route) -> Outcome:
    """Say what became of a message.

    A 409 says that the vendor has a message under this id already, which can only be this one: whether it left is told
    by its callback. Everything that is neither a success nor a refusal leaves the message unsure; the engine then
    repeats it under the same id.
    """
    said = _read(answer)
    external_id = _sent(answer, said)
    if external_id:
        return Sent(external_id)
    if answer.status == 429:
        return Busy(_retry_after(answer), read_words(said, route))
    if not (200 <= answer.status < 300 or 400 <= answer.status < 500) or answer.status == 409:
        return Unsure(f"HTTP {answer.status}")
    failure = _failure(answer, said, route)
    return Unsure("an answer without an id") if failure is None else Refused(failure)


def read_data(answer: WireResponse, route: Route) -> Mapping[str, Any]:
    """Give the `data` of an answer to a question.

    Raises `Refusal`: `CARRIER_CREDENTIAL`, `RATE_LIMITED`, `CARRIER_REFUSED`.
    """
    said = _read(answer)
    if answer.status == 429:
        after = _retry_after(answer)
        raise Refusal(Fault.RATE_LIMITED, retry_after=None if after is None else after / 1000)
    data = said.get("data")
    if 200 <= answer.status < 300 and _text(said, "status").casefold() == words.SUCCESS and isinstance(data, dict):
        return data
    failure = _failure(answer, said, route) or Failure(Fault.CARRIER_REFUSED)
    raise Refusal(failure.fault, detail=failure.detail or f"HTTP {answer.status}")


def read_failure(described: str) -> Failure:
    """Make a failure of a description such as `131026: recipient not reachable` (§8.4)."""
    coded = _CODED.fullmatch(described)
    if coded is None:
        return Failure(Fault.CARRIER_REFUSED, "", described[:LONGEST])
    return Failure(words.CODES.get(coded[1], Fault.CARRIER_REFUSED), coded[1], coded[2][:LONGEST])


def read_words(said: Mapping[str, Any], route: Route) -> str:
    """The vendor's own words: `message` and what `errors` holds, in any shape; never the key."""
    errors = said.get("errors")
    told = json.dumps(errors, ensure_ascii=False) if errors else ""
    text = " ".join(filter(None, (_text(said, "message"), told)))
    key = route.settings.get("api_key", "")
    return (text.replace(key, "…") if key else text)[:LONGEST]


def _read(answer: WireResponse) -> Mapping[str, Any]:
    """The answer's object, an empty one where it is none."""
    try:
        return wire.parse(answer.body)
    except Malformed:
        return {}


def _text(said: object, name: str) -> str:
    value = said.get(name) if isinstance(said, Mapping) else None
    return value if isinstance(value, str) else ""


def _sent(answer: WireResponse, said: Mapping[str, Any]) -> str:
    """The id under which the vendor took the message; empty unless all the signs of success are there (§7.2)."""
    data = said.get("data")
    if not 200 <= answer.status < 300 or _text(said, "status").casefold() != words.SUCCESS:
        return ""
    if words.STAGES.get(_text(data, "status").upper()) is words.STAGES["FAILED"]:
        return ""
    return _text(data, "waId") or _text(data, "messageId")


def _failure(answer: WireResponse, said: Mapping[str, Any], route: Route) -> Failure | None:
    """Why a message was certainly not taken, None when that is not sure (§11)."""
    told = read_words(said, route)
    message = _text(said, "message").casefold()
    for sign, fault in words.CAUSES.items():
        if sign in message:
            return Failure(fault, "", told)
    if answer.status >= 400:
        return Failure(words.STATUS_CAUSES.get(answer.status, Fault.CARRIER_REFUSED), "", told)
    data = said.get("data")
    if words.STAGES.get(_text(data, "status").upper()) is words.STAGES["FAILED"]:
        return read_failure(_text(data, "statusDesc"))
    return Failure(Fault.CARRIER_REFUSED, "", told) if _text(said, "status").casefold() == words.ERROR else None


def _retry_after(answer: WireResponse) -> int | None:
    """Milliseconds that the vendor asks for, None when it does not say (or names a date: there is no clock here)."""
    seconds = answer.headers.get("retry-after", "")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None

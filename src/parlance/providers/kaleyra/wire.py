"""The bodies that programs send, from bytes to checked parts, and the four keys in which they are answered."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import words

JSON_HEADERS: Final = {"content-type": "application/json"}
RETRY_AFTER = 5
"""Seconds that a 429 and a 503 ask for when nobody knows better."""

_JSON_TYPE = "application/json"
_NUMBER = re.compile(r"(?:\+|%2[Bb])?([0-9]+)")


# ---- reading


def number_of(request: WireRequest) -> str:
    """The sender in the path (§2): its digits, the text itself where it is no number; empty on paths without one."""
    text = request.params.get("phone_number", "")
    found = _NUMBER.fullmatch(text)
    return found[1] if found else text


def parse(request: WireRequest) -> dict[str, Any]:
    """Parse a body into a JSON object; raises `Malformed`, also for one that does not say it is JSON (§16 U3)."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated != _JSON_TYPE:
        raise Malformed("Content-Type", "content_type")
    try:
        raw = from_json(request.body, allow_inf_nan=False)
    except ValueError:
        raise Malformed("", "json_invalid") from None
    if not isinstance(raw, dict):
        raise Malformed("", "dict_type")
    return raw


def held(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within an object, empty where it is left out or null; raises `Malformed` for other types."""
    value = raw.get(name)
    if value is not None and not isinstance(value, dict):
        raise Malformed(name, "dict_type")
    return value or {}


# ---- writing


def dump(value: Any) -> bytes:
    """Write JSON as it goes over the wire: compact, letters of every script as they are."""
    return to_json(value)


def envelope(code: str, message: str, data: Any, error: Mapping[str, str]) -> dict[str, Any]:
    """The four keys of every answer, in the page's order (§9)."""
    return {"code": code, "message": message, "data": data, "error": error}


def answer(fields: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> WireResponse:
    """Answer with these fields in their order."""
    return WireResponse(status, dump(fields), {**JSON_HEADERS, **(headers or {})})


def refuse(refusal: Refusal) -> WireResponse:
    """Say no, with the HTTP status, code and words of the vendor (§9, §16 U8, U15, U16)."""
    kind = words.ANSWERS.get(refusal.fault, words.OTHERWISE)
    if refusal.fault is Fault.NOT_AUTHORIZED and refusal.field == words.VERSION:
        kind = words.VERSION
    status, code, message, name, explained = words.REFUSED[kind]
    headers: dict[str, str] = {}
    if status in {429, 503}:
        headers["retry-after"] = str(max(1, math.ceil(refusal.retry_after or RETRY_AFTER)))
    # An array in place of the object, in this one answer alone: so the page has it.
    data: Any = [] if kind == words.ANSWERS[Fault.BAD_CREDENTIAL] else {}
    return answer(envelope(code, message, data, {name: explained or message}), status, headers)

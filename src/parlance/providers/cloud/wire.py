"""Bodies from bytes to JSON objects and back."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from parlance.formats import meta
from parlance.model.fault import Malformed
from parlance.model.wire import WireRequest, WireResponse

JSON_HEADERS: Final = {"content-type": "application/json; charset=UTF-8"}


def parse(request: WireRequest) -> dict[str, Any]:
    """Parse a body into a JSON object; raises `Malformed`. One that is a text holding an object counts as that object.

    Some clients write the template they register twice over.
    """
    raw = _from_json(request.body)
    if isinstance(raw, str):
        raw = _from_json(raw.encode())
    if not isinstance(raw, dict):
        raise Malformed("", meta.NOT_OBJECT)
    return raw


def _from_json(text: bytes) -> Any:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        raise Malformed("", meta.NOT_JSON) from None


def dump(value: Mapping[str, Any]) -> bytes:
    """Write JSON as it goes over the wire: compact, and in ASCII, as the signature of webhooks covers it (§11.2)."""
    return to_json(value, ensure_ascii=True)


def answer(fields: Mapping[str, Any], status: int = 200) -> WireResponse:
    """Answer with these fields in their order."""
    return WireResponse(status, dump(fields), JSON_HEADERS)


def done() -> WireResponse:
    """Say that it was done."""
    return answer({"success": True})

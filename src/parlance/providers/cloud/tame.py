"""JSON of strangers, taken member by member: what is missing or of another type counts as empty."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

_NUMBER = re.compile(r"\+?([0-9]{5,20})", re.ASCII)


def read(body: bytes) -> Mapping[str, Any]:
    """Read a body; empty when it is no object."""
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def text(raw: Mapping[str, Any], name: str) -> str:
    """A text, or a whole number as one: ids are written in both ways."""
    value = raw.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 64 else ""


def inner(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def inners(raw: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list; one that stands alone counts as a list of it."""
    value = raw.get(name)
    each = value if isinstance(value, list) else [value]
    return tuple(item for item in each if isinstance(item, dict))


def code(raw: Mapping[str, Any], name: str) -> int | None:
    """A whole number, or its digits as a text."""
    digits = text(raw, name)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 11 else None


def millis(raw: Mapping[str, Any], name: str, otherwise: int) -> int:
    """Unix seconds as Unix milliseconds; `otherwise` for what is no time."""
    return (code(raw, name) or 0) * 1000 or otherwise


def number(written: str) -> str:
    """The digits of a number, empty for what is none."""
    found = _NUMBER.fullmatch(written)
    return found[1] if found else ""

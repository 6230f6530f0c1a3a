"""Takes what is wanted out of JSON and queries of strangers, and never complains: what is not there is empty."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Wild = Mapping[str, Any]

_LONGEST_NUMBER = 1 << 64
_SECONDS = re.compile(r"[0-9]{9,11}(?:\.[0-9]+)?")
_MILLIS = re.compile(r"[0-9]{12,14}")


def text(value: object) -> str:
    """A text, or a number as one; empty for all else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LONGEST_NUMBER:
        return ""
    return str(value)


def first(raw: Wild, *names: str) -> str:
    """The first of these members that has a text."""
    return next((found for name in names if (found := text(raw.get(name)))), "")


def member(raw: Wild, name: str) -> Wild:
    """An object within an object."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def members(raw: Wild, name: str) -> list[Wild]:
    """The objects of a list; one that stands without a list counts as a list of one."""
    value = raw.get(name)
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, dict)]


def digits(value: object) -> str:
    """The digits of a number, however it is written; empty where there are too few or too many for one."""
    found = re.sub(r"[^0-9]", "", text(value))
    return found if 5 <= len(found) <= 20 else ""


def moment(value: object, otherwise: int) -> int:
    """Unix milliseconds of a time in seconds, milliseconds or ISO 8601 (UTC where it names no zone)."""
    shown = text(value).strip()
    if _MILLIS.fullmatch(shown):
        return int(shown)
    if _SECONDS.fullmatch(shown):
        return int(float(shown) * 1000)
    try:
        found = datetime.fromisoformat(shown)
        stamp = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return otherwise
    return int(stamp * 1000) if stamp > 0 else otherwise

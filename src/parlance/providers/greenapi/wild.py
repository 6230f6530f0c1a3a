"""Takes what is wanted out of JSON of strangers, and never complains: what is not there is empty."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from parlance.model.wire import WireResponse

Wild = Mapping[str, Any]

_MOST = 1 << 64
_LAST_SECOND = 1 << 37
_ID_LIMIT = 255


def parse(body: bytes) -> object:
    """Parse JSON; raises `ValueError`.

    Half a character, which a text cut short may end with, becomes a sign for one: it is no reason to lose the rest.
    """
    try:
        return from_json(body)
    except ValueError:
        try:
            return from_json(json.dumps(_whole(json.loads(body.decode("utf-8", "replace")))))
        except RecursionError:
            raise ValueError("nested too deep") from None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return {_whole(name): _whole(each) for name, each in value.items()} if isinstance(value, dict) else value


def object_of(answer: WireResponse) -> Wild:
    """The object that an answer's body is; an empty one for anything else."""
    try:
        found = parse(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def objects_of(answer: WireResponse) -> list[Wild] | None:
    """The objects of the list that an answer's body is; None for anything else."""
    try:
        found = parse(answer.body)
    except ValueError:
        return None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def text(value: object) -> str:
    """A text, or a number as one; empty for all else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        return ""
    return str(value)


def first(raw: Wild, *names: str) -> str:
    """The first of these members that has a text."""
    return next((found for name in names if (found := text(raw.get(name)))), "")


def label(raw: Wild, *names: str) -> str:
    """Likewise, for what stands in columns of its own: visible letters, and not too many of them."""
    shown = (re.sub(r"[\x00-\x1f\x7f]+", " ", text(raw.get(name))).strip() for name in names)
    return next((found[:_ID_LIMIT] for found in shown if found), "")


def external_id(raw: Wild, *names: str) -> str:
    """Likewise, for an id: one too long for one is none."""
    found = first(raw, *names)
    return found if len(found) <= _ID_LIMIT and found.isprintable() else ""


def member(raw: Wild, name: str) -> Wild:
    """An object within an object."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def members(raw: Wild, name: str) -> list[Wild]:
    """The objects of a list within an object."""
    value = raw.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment(value: object, otherwise: int) -> int:
    """Unix milliseconds of a time in seconds."""
    shown = text(value)
    if not re.fullmatch(r"[0-9]{1,12}", shown) or not 0 < int(shown) < _LAST_SECOND:
        return otherwise
    return int(shown) * 1000


def told_at(answer: WireResponse) -> int:
    """Unix milliseconds by the clock of whoever answered, 0 where they do not tell."""
    try:
        found = datetime.strptime(f"{answer.headers.get('date', '')} +0000", "%a, %d %b %Y %H:%M:%S GMT %z")
    except ValueError:
        return 0
    return int(found.timestamp()) * 1000

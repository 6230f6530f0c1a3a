"""The store's statements as PostgreSQL reads them, and texts as it can hold them."""

import re
from functools import cache
from typing import Any

_ESCAPE = "\x1a"
_MARK = re.compile(r"\?|(?<![:\w]):([a-z_]+)|%|/\*\+ (.*?) \*/| INDEXED BY \w+")


@cache
def spell(sql: str) -> bytes:
    """Translate a statement: values, what only PostgreSQL needs, what only SQLite knows."""

    def spelt(found: re.Match[str]) -> str:
        text = found[0]
        if text == "?":
            return "%s"
        if text == "%":
            return "%%"
        if text.startswith(":"):
            return f"%({found[1]})s"
        return found[2] or ""

    return _MARK.sub(spelt, sql).encode()


def pack(value: Any) -> Any:
    """A value as it can be stored: PostgreSQL's texts hold every character but NUL, so that one is written as two."""
    if type(value) is str and ("\0" in value or _ESCAPE in value):
        return value.replace(_ESCAPE, _ESCAPE + "1").replace("\0", _ESCAPE + "0")
    return value


def unpack(value: Any) -> Any:
    """What `pack` was given."""
    if type(value) is str and _ESCAPE in value:
        return value.replace(_ESCAPE + "0", "\0").replace(_ESCAPE + "1", _ESCAPE)
    return value

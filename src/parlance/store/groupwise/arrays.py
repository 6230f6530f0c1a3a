"""Lists of values as one value of a statement; the driver's own way costs more than all the rest of a group."""

from collections.abc import Iterable


def numbers(values: Iterable[int]) -> str:
    """Numbers as the text of an array."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Iterable[str]) -> str:
    """Texts as the text of an array."""
    return "{" + ",".join(map(_quoted, values)) + "}"


def maybe_numbers(values: Iterable[int | None]) -> str:
    """Numbers, some of which may be missing, as the text of an array."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

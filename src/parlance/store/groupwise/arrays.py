"""Lists of values as one value of a statement; the driver's own way costs more than all the rest of a group."""

from collections.abc import Iterable


def numbers(values: Iterable[int]) -> str:
    """Numbers as the text of an array."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Iterable[str]) -> str:
    """Texts as the text of an array."""
    joined = "\x1d".join(values)
    if '"' in joined or "\\" in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + joined.replace("\x1d", '","') + '"}'

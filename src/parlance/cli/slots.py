"""Texts with places for a recipient's own values: `Hello {name}`, `Hello {name|friend}`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from parlance.model.value import dataclass

_MARK = re.compile(r"(?P<open>\{\{)|(?P<close>\}\})|\{(?P<column>[^{}|\n]+)(?:\|(?P<otherwise>[^{}\n]*))?\}")

Values: TypeAlias = Mapping[str, str]
"""A recipient's values by column, the names as `folded` gives them."""


class UnknownColumn(Exception):
    """A text names a column that the file does not have."""


class Blank(Exception):
    """A recipient has no value for a column. The text is the column's name."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A column's value; `otherwise` stands for an empty one, None: there must be one."""

    column: str
    otherwise: str | None = None

    def fill(self, values: Values) -> str:
        """Give the value; raises `Blank`."""
        value = values.get(folded(self.column), "").strip() or self.otherwise
        if value is None:
            raise Blank(self.column)
        return value


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text in parts."""

    parts: tuple[str | Slot, ...]

    def fill(self, values: Values) -> str:
        """Put a recipient's values in; raises `Blank`."""
        return "".join(part if isinstance(part, str) else part.fill(values) for part in self.parts)


def folded(column: str) -> str:
    """A column's name as it is compared: neither case nor blanks around it matter."""
    return column.strip().casefold()


def pattern(text: str, columns: Iterable[str]) -> Pattern:
    """Read a text whose slots are these columns; `{{` and `}}` stand for a brace. Raises `UnknownColumn`."""
    known = {folded(column) for column in columns}
    parts: list[str | Slot] = []
    end = 0
    for found in _MARK.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        column = found["column"]
        if column is None:
            parts.append(found[0][0])
        elif folded(column) in known:
            parts.append(Slot(column.strip(), found["otherwise"]))
        else:
            raise UnknownColumn(column.strip())
    parts.append(text[end:])
    return Pattern(tuple(part for part in parts if part))


def fill(value: Any, values: Values) -> Any:
    """Fill every pattern in a JSON-like value; raises `Blank`."""
    match value:
        case Pattern():
            return value.fill(values)
        case Mapping():
            return {name: fill(each, values) for name, each in value.items()}
        case list() | tuple():
            return [fill(each, values) for each in value]
        case _:
            return value


def plain(value: Any) -> Any:
    """A JSON-like value with every pattern written out, so that equal ones look equal."""
    match value:
        case Pattern():
            parts = [part if isinstance(part, str) else [folded(part.column), part.otherwise] for part in value.parts]
            return {"parts": parts}
        case Mapping():
            return {name: plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return value

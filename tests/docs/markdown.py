"""Pages of the docs as tests read them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from architecture.project import ROOT

_FENCE = re.compile(r"(?ms)^```(\S*)(?: ([^\n]*))?\n(.*?)^```$")


@dataclass(frozen=True)
class Block:
    """A block of code. `title` is the rest of the line that opens it, such as a file's name."""

    language: str
    title: str
    text: str


def blocks(page: str) -> Sequence[Block]:
    """The blocks of code of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Block(found[1], found[2] or "", found[3]) for found in _FENCE.finditer(text)]


def pattern(shown: str) -> re.Pattern[str]:
    """An expression for what a page shows of an answer: `…` stands for anything, blanks between values do not count."""
    parts = [re.escape(re.sub(r"\n\s*", "", part)) for part in shown.strip().split("…")]
    return re.compile(".*".join(parts), re.DOTALL)

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.project import ROOT, SOURCE, File, files
from parlance.contract.provider import Provider
from parlance.providers import discover

OURS = "sandbox"
VENDORS = [provider for provider in discover().values() if provider.name != OURS]

_CITED = re.compile(r"spec/[\w-]+\.md")
"""Naming the page that a fact was taken from is no dependency."""


def _patterns(provider: Provider) -> Iterator[str]:
    """Expressions that find the vendor's name, however it is spelt.

    A name that is an ordinary word of the language (neither its title run together nor with a digit in it) counts only
    where it is used as a name: in quotes, or as a module or folder of the providers.
    """
    parts = re.findall(r"[a-z]+|\d+", provider.title.lower())
    yield r"[\W_]?".join(parts)
    if provider.name == "".join(parts) or any(letter.isdigit() for letter in provider.name):
        yield re.escape(provider.name)
    else:
        yield rf"""["']{provider.name}["']|providers[./]{provider.name}\b"""


def _is_at_home(path: Path, provider: Provider) -> bool:
    """A folder of the vendor's name is its home, and recorded exchanges are data."""
    inside = path.relative_to(ROOT)
    return provider.name in inside.parts or (inside.parts[:2] == ("tests", "vectors") and path.suffix != ".py")


def _searched(provider: Provider) -> list[File]:
    return [
        file
        for file in files()
        if (file.path.is_relative_to(SOURCE) or file.path.is_relative_to(ROOT / "tests"))
        and not _is_at_home(file.path, provider)
    ]


@pytest.mark.parametrize("provider", VENDORS, ids=lambda each: each.name)
def test_a_vendors_name_stays_in_its_folder(provider: Provider) -> None:
    pattern = re.compile("|".join(_patterns(provider)), re.IGNORECASE)
    strays = [
        f"{file.name}:{number}: {line.strip()}"
        for file in _searched(provider)
        for number, line in enumerate(file.lines, 1)
        if pattern.search(_CITED.sub("", line))
    ]
    assert strays == []


@pytest.mark.parametrize(
    ("name", "title", "line", "found"),
    [
        ("acme", "ACME", "def read_acme_id():", True),
        ("greenphone", "GREEN-Phone", "the Green Phone way", True),
        ("phone77", "77phone", "from x import Phone77Dialect", True),
        ("phone77", "77phone", "as 77phone does", True),
        ("mist", "Mist API", "a mist of words", False),
        ("mist", "Mist API", 'carrier="mist"', True),
        ("mist", "Mist API", "from parlance.providers.mist import x", True),
        ("mist", "Mist API", "the Mist-API's codes", True),
    ],
)
def test_the_search_finds_a_name_however_it_is_spelt(name: str, title: str, line: str, found: bool) -> None:
    provider = Provider(name, title, None, None)
    assert bool(re.search("|".join(_patterns(provider)), line, re.IGNORECASE)) is found

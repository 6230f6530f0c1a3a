import ast
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from pages import pages
from reference import commands, commands_page, settings_page

from architecture.project import ROOT, files
from parlance.providers import discover
from parlance.settings import PREFIX, Settings

DOCS = ROOT / "docs"
MADE = pages()
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_PLACE = re.compile(r"\]\(([^)#\s]*)#([^)]+)\)")
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
_TOCTREE = re.compile(r"(?ms)^```\{toctree\}\n(.*?)^```$")


def test_the_settings_page_is_current() -> None:
    assert (DOCS / "settings.md").read_text() == settings_page(), "run: .venv/bin/python tools/reference.py"


def test_the_commands_page_is_current() -> None:
    assert (DOCS / "commands.md").read_text() == commands_page(), "run: .venv/bin/python tools/reference.py"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_on_its_page_with_what_it_does(name: str) -> None:
    page = (DOCS / "settings.md").read_text()
    assert re.search(rf"(?m)^\| `{name}` \| `{PREFIX}{name.upper()}` \| .* \| [A-Z`].+\. \|$", page)


def test_every_command_is_on_its_page_with_what_it_does() -> None:
    page = (DOCS / "commands.md").read_text()
    silent = [path for path, _ in commands() if not re.search(rf"(?m)^## {re.escape(path)}\n\n[A-Z].+\.", page)]
    assert silent == []
    assert "parlance dev" in [path for path, _ in commands()]


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in files()
        if page.path.suffix == ".md"
        for target in _LINK.findall(page.text)
        if "://" not in target and not Path(page.path.parent, target).exists()
    ]
    assert broken == []


def test_every_page_is_reached_from_the_first_one() -> None:
    linked = {
        Path(page.path.parent, target).resolve()
        for page in files()
        if page.path.is_relative_to(DOCS)
        for target in _LINK.findall(page.text)
    }
    alone = {page.name for page in files() if _is_page(page.path) and page.path not in linked}
    assert alone - {"docs/index.md"} == set()


def test_every_decision_says_context_decision_and_cost() -> None:
    for path in sorted((DOCS / "decisions").glob("*.md")):
        assert re.findall(r"(?m)^## (.+)$", path.read_text()) == ["Context", "Decision", "What it costs"], path.name


# ---- pages that are made


@pytest.mark.parametrize("name", MADE)
def test_a_page_that_is_made_is_current(name: str) -> None:
    assert (DOCS / name).read_text() == MADE[name], "run: .venv/bin/python tools/pages.py"


def test_every_dialect_and_every_carrier_has_its_page() -> None:
    providers = discover().values()
    wanted = {f"dialects/{each.name}.md" for each in providers if each.dialect}
    wanted |= {f"carriers/{each.name}.md" for each in providers if each.carrier}
    there = {path.relative_to(DOCS).as_posix() for side in ("dialects", "carriers") for path in (DOCS / side).iterdir()}
    assert there == wanted
    assert wanted <= MADE.keys()


# ---- what pages promise


def _named_tests() -> list[tuple[str, str, str]]:
    return [(page.name, *found) for page in files() if page.path.suffix == ".md" for found in _TEST.findall(page.text)]


def test_every_test_that_a_page_names_is_there() -> None:
    missing = []
    for page, path, name in _named_tests():
        there = ROOT / path
        trees = ast.walk(ast.parse(there.read_text())) if there.exists() else ()
        names = {each.name for each in trees if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in names:
            missing.append(f"{page}: {path}::{name}")
    assert missing == []


def test_every_promise_names_a_test() -> None:
    """A point of the page either names a test, or stands where the page says that nothing is promised."""
    page = (DOCS / "guarantees.md").read_text().partition("## What is not promised")[0]
    points = re.split(r"(?m)^- ", page)[1:]
    bare = [point.split("\n")[0] for point in points if not _TEST.search(point)]
    assert [each[:30] for each in bare] == ["**Your program asks twice with", "**What a vendor did not send u"]
    assert len(points) > 30


# ---- the site


def test_every_link_to_a_place_on_a_page_leads_to_a_heading() -> None:
    lost = []
    for page in files():
        if page.path.suffix != ".md" or not page.path.is_relative_to(DOCS):
            continue
        for target, place in _PLACE.findall(page.text):
            other = (page.path.parent / target).resolve() if target else page.path
            if "://" not in target and place not in _places(other.read_text()):
                lost.append(f"{page.name}: {target}#{place}")
    assert lost == []


def _places(text: str) -> set[str]:
    """The names under which the headings of a page are linked to."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_page_has_its_place_in_the_site() -> None:
    placed = set()
    for page in files():
        for tree in _TOCTREE.findall(page.text) if page.path.is_relative_to(DOCS) else ():
            placed |= {line for line in tree.splitlines() if line and not line.startswith(":")}
    all_pages = {page.path.relative_to(DOCS).with_suffix("").as_posix() for page in files() if _is_page(page.path)}
    assert {each for each in all_pages if not any(fnmatch(each, name) for name in placed)} == {"index"}
    assert {name for name in placed if not any(fnmatch(each, name) for each in all_pages)} == set()


def _is_page(path: Path) -> bool:
    return path.is_relative_to(DOCS) and path.suffix == ".md"


def test_what_the_docs_need_is_locked_with_hashes() -> None:
    lock = re.sub(r"(?m)^ *#.*\n", "", (ROOT / "requirements" / "docs.txt").read_text()).strip()
    entries = re.split(r"\n(?=[a-z])", lock)
    assert [each for each in entries if not re.match(r"[a-z0-9-]+==[\w.]+ .*\\\n( +--hash=sha256:)", each)] == []
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    wanted = {re.split(r"[^A-Za-z0-9_-]", each)[0].lower() for each in groups["docs"]}
    assert wanted - {each.partition("==")[0] for each in entries} == set()

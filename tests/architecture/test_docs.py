import re
from pathlib import Path

import pytest
from reference import commands, commands_page, settings_page

from architecture.project import ROOT, files
from parlance.settings import PREFIX, Settings

DOCS = ROOT / "docs"
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


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
    alone = {page.name for page in files() if page.path.is_relative_to(DOCS) and page.path not in linked}
    assert alone == {"docs/index.md"}


def test_every_decision_says_context_decision_and_cost() -> None:
    for path in sorted((DOCS / "decisions").glob("*.md")):
        assert re.findall(r"(?m)^## (.+)$", path.read_text()) == ["Context", "Decision", "What it costs"], path.name

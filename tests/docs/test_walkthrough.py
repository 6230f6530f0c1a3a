"""The page on adding a provider, followed: what its blocks of code build passes the suite of every provider."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.project import ROOT
from cli.processes import environment
from docs.markdown import blocks

NAME = "parrot"
PAGE = "docs/add-a-provider.md"
FORMLESS = "card or contact or media or reaction or strict"
"""What the toy's API has no form for; the page says so."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the page has somebody write, where the page has it written."""
    made = tmp_path_factory.mktemp("walkthrough")
    home = made / "providers" / NAME
    for block in blocks(PAGE):
        if not block.title:
            continue
        path = made / "loopback" / NAME / block.title if block.title == "loopback.json" else home / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    return made


def _suite(folder: Path, *words: str) -> str:
    env = environment(WALKTHROUGH=str(folder), PYTHONPATH=f"{ROOT / 'tests'}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "docs.another_provider", "-p", "no:cacheprovider", "-n0"]
    done = subprocess.run(
        [*command, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    return done.stdout


def test_the_page_names_the_commands_that_are_run_here() -> None:
    commands = "\n".join(block.text for block in blocks(PAGE))
    assert f"tests/vectors -k {NAME}\n" in commands
    assert f'tests/conformance -k "{NAME}-{NAME} and not ({FORMLESS})"\n' in commands


def test_the_page_builds_a_whole_provider(folder: Path) -> None:
    home = folder / "providers" / NAME
    assert {path.name for path in home.iterdir()} - {"__pycache__"} == {
        "__init__.py", "words.py", "wire.py", "dialect.py", "carrier.py", "PROVIDER.md", "vectors",
    }  # fmt: skip
    assert len(list((home / "vectors").glob("*.json"))) == 8


@pytest.mark.parametrize(
    ("words", "least"),
    [(("tests/vectors", "-k", NAME), 85), (("tests/conformance", "-k", f"{NAME}-{NAME} and not ({FORMLESS})"), 35)],
    ids=["vectors", "round trip"],
)
def test_the_toy_passes_the_suite(folder: Path, tmp_path: Path, words: tuple[str, ...], least: int) -> None:
    said = _suite(folder, *words)
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None, said
    assert int(passed[1]) >= least


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--config", 'lint.isort.known-first-party=["parlance"]', "--extend-ignore", "INP001"),
        ("format", "--check", "--diff"),
    ],
    ids=["lint", "form"],
)
def test_the_toy_keeps_to_the_houses_style(folder: Path, words: tuple[str, ...]) -> None:
    for path in sorted((folder / "providers" / NAME).glob("*.py")):
        # Judged as what it would be in the place that the page names.
        place = f"src/parlance/providers/{NAME}/{path.name}"
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", "--stdin-filename", place, "-"],
            cwd=ROOT, input=path.read_text(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

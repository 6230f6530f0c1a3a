"""Wrong usage ends with 2, and help is at hand."""

import pytest
from typer.testing import CliRunner

from parlance import __version__
from parlance.cli.commands import app

COMMANDS = [
    ["dev"],
    ["serve"],
    ["ready"],
    ["version"],
    *(["sender", word] for word in ("add", "list", "show", "route", "rotate", "remove")),
    *(["template", word] for word in ("add", "list", "remove")),
    ["window", "import"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_has_an_example(words: list[str]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    assert "Example: " in result.output
    assert " ".join(["parlance", *words]) in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["dev", "--port", "many"],
        ["ready", "--wait", "-1"],
        ["sender", "add"],
        ["sender", "add", "972770000111", "--set", "noequals"],
        ["sender", "add", "972770000111", "--set", "=value"],
        ["sender", "add", "972770000111", "--set", "a=1", "--set", "a=2"],
        ["sender", "add", "972770000111", "--set", "a=env:PARLANCE_NOT_THERE"],
        ["sender", "route", "972770000111"],
        ["sender", "rotate", "972770000111", "--grace", "-1"],
        ["template", "add", "hello", "--body", "Hello"],
        ["template", "add", "hello", "--language", "en_US", "--body", "Hello", "--category", "CHAT"],
        ["window", "import", "/nowhere.csv", "--sender", "972770000111"],
    ],
    ids=" ".join,
)
def test_wrong_usage(words: list[str]) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "Usage: " in result.output


def test_version() -> None:
    assert CliRunner().invoke(app, ["version"]).output == f"parlance {__version__}\n"
    assert CliRunner().invoke(app, ["version", "--json"]).output == f'{{"version": "{__version__}"}}\n'

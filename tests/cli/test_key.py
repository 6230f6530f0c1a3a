"""Operators' keys by command."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from parlance import cli, logs

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process on a folder of its own; gives exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda level, *, as_json: None)

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["parlance", "key", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, said.out, said.err

    return command


def test_a_key_is_made_listed_replaced_and_ended(command: Command) -> None:
    code, out, err = command("add", "monitoring", "--json")
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert (made["name"], made["scope"], made["ends_at"]) == ("monitoring", "read", None)
    assert made["token"].startswith("pk_read_")
    code, out, _ = command("add", "robot", "--scope", "admin", "--replaces", made["id"], "--grace", "60")
    assert code == 0
    assert "Token  pk_admin_" in out
    assert out.endswith(f"Key {made['id']} works for another 60 s.\n")
    code, out, _ = command("list", "--json")
    first, second = json.loads(out)
    assert (first["id"], first["ends_at"] is None) == (made["id"], False)
    assert (second["name"], second["scope"], second["ends_at"]) == ("robot", "admin", None)
    assert made["token"] not in out
    assert command("end", second["id"]) == (0, f"Key {second['id']} has ended.\n", "")
    code, out, _ = command("list")
    assert [line.split()[0] for line in out.splitlines()] == ["NAME", "monitoring"]


def test_a_key_that_is_none_is_said_to_be_none(command: Command) -> None:
    command("add", "x")
    assert command("end", "nothing") == (1, "", "parlance: There is no such key.\n")
    code, _, err = command("add", "x", "--replaces", "0" * 16)
    assert (code, err) == (1, "parlance: There is no such key.\n")


def test_without_keys_the_next_step_is_said(command: Command) -> None:
    command("add", "x", "--json")
    (key,) = json.loads(command("list", "--json")[1])
    command("end", key["id"])
    assert "parlance key add NAME" in command("list")[1]

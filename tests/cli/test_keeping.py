"""The data as a whole: brought up to date, moved, locked anew, and customers forgotten."""

import json
from pathlib import Path

import pytest

from cli.conftest import Command

NUMBER = "972770000333"


def _sender(command: Command) -> dict[str, object]:
    code, out, _ = command("sender", "add", NUMBER, "--json")
    assert code == 0
    made: dict[str, object] = json.loads(out)
    return made


def test_the_tables_are_brought_up_to_date(command: Command) -> None:
    assert command("migrate") == (0, "The database is up to date.\n", "")
    assert command("migrate") == (0, "The database is up to date.\n", "")


def test_everything_moves_to_another_folder(command: Command, tmp_path: Path) -> None:
    made = _sender(command)
    code, out, err = command("export", "all.jsonl")
    assert (code, err) == (0, "")
    assert "bytes are in all.jsonl" in out
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o077 == 0
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "secret.key").write_text((tmp_path / "data" / "secret.key").read_text())
    code, out, _ = command("import", "all.jsonl", "--data", "new", "--json")
    assert (code, json.loads(out)["senders"]) == (0, 1)
    code, out, _ = command("sender", "show", NUMBER, "--data", "new", "--json")
    assert (code, json.loads(out)["id"]) == (0, made["id"])
    code, _, err = command("import", "all.jsonl", "--data", "new")
    assert code == 1
    assert "Traceback" not in err


def test_without_its_key_an_export_is_not_taken(command: Command) -> None:
    _sender(command)
    assert command("export", "all.jsonl")[0] == 0
    code, _, err = command("import", "all.jsonl", "--data", "stranger")
    assert code == 1
    assert "key" in err


def test_a_folder_gets_a_new_key(command: Command, tmp_path: Path) -> None:
    _sender(command)
    before = (tmp_path / "data" / "secret.key").read_text()
    code, out, _ = command("rekey")
    assert (code, "holds the new key" in out) == (0, True)
    assert (tmp_path / "data" / "secret.key").read_text() != before
    assert sorted(each.name for each in (tmp_path / "data").glob("secret*")) == ["secret.key"]
    assert command("sender", "show", NUMBER)[0] == 0
    (tmp_path / "data" / "secret.key").write_text(before)
    code, _, err = command("sender", "show", NUMBER)
    assert (code, "key" in err) == (1, True)


def test_a_key_that_is_given(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLANCE_SECRET_KEY", "the-first-of-two-long-secret-keys")
    _sender(command)
    assert command("rekey")[0] == 1
    monkeypatch.setenv("PARLANCE_NEW_SECRET_KEY", "short")
    assert command("rekey")[0] == 1
    monkeypatch.setenv("PARLANCE_NEW_SECRET_KEY", "the-second-of-two-long-secret-keys")
    assert command("rekey")[0] == 0
    assert command("sender", "show", NUMBER)[0] == 1
    monkeypatch.setenv("PARLANCE_SECRET_KEY", "the-second-of-two-long-secret-keys")
    assert command("sender", "show", NUMBER)[0] == 0


def test_a_customer_is_forgotten(command: Command, tmp_path: Path) -> None:
    _sender(command)
    (tmp_path / "windows.csv").write_text("customer,last_message_at\n972550000222,2026-11-20T10:00:00Z\n")
    assert command("window", "import", "windows.csv", "--sender", NUMBER)[0] == 0
    assert command("forget", "972550000222") == (0, "972550000222 is forgotten, with 0 messages.\n", "")
    code, _, err = command("forget", "972550000222")
    assert (code, "no such customer" in err) == (1, True)
    assert command("forget", "972550000222", "--account", "nobody")[0] == 1

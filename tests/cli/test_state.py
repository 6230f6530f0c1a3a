"""Commands that change state: through a running gateway, and on a folder alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Command
from cli.processes import Dev, run
from parlance.folder import DataFolder
from parlance.providers import discover

NUMBER = "972770000333"
DIALECTS = {name for name, provider in discover().items() if provider.dialect is not None}


def made(command: Command, *words: str) -> dict[str, Any]:
    code, out, err = command("sender", "add", NUMBER, "--json", *words)
    assert (code, err) == (0, "")
    value = json.loads(out)
    assert isinstance(value, dict)
    return value


def test_sender_add_prints_every_credential(command: Command) -> None:
    sender = made(command, "--name", "Shop", "--account", "acme")
    assert sender["sender"] == NUMBER
    assert sender["account"] == "acme"
    assert sender["carrier"] == "sandbox"
    assert sender["webhook_secret"].startswith("whsec_")
    assert set(sender["credentials"]) == DIALECTS


def test_sender_add_for_a_person(command: Command) -> None:
    code, out, _ = command("sender", "add", NUMBER)
    assert code == 0
    assert out.startswith(f"Sender {NUMBER} of account default is made. Its id is ")
    assert "they are not shown again" in out


def test_sender_add_again(command: Command) -> None:
    sender = made(command)
    code, out, err = command("sender", "add", NUMBER)
    assert (code, out) == (1, "")
    assert err.startswith("parlance: ")
    assert len(err.splitlines()) == 1
    again = made(command, "--if-missing")
    assert again["id"] == sender["id"]
    assert not again.get("credentials")


def test_unknown_carrier_and_setting_are_refused(command: Command) -> None:
    code, _, err = command("sender", "add", NUMBER, "--carrier", "pigeon")
    assert code == 1
    assert "There is no carrier pigeon" in err
    code, _, err = command("sender", "add", NUMBER, "--set", "colour=red")
    assert code == 1
    assert "colour" in err


def test_value_from_the_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARRIER_COLOUR", "red")
    code, _, err = command("sender", "add", NUMBER, "--set", "colour=env:CARRIER_COLOUR")
    assert code == 1
    assert "env:" not in err


def test_sender_list_and_show(command: Command) -> None:
    sender = made(command, "--name", "Shop")
    code, out, _ = command("sender", "list")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["SENDER", "ACCOUNT", "CARRIER", "NAME", "STATE", "ID"],
        [NUMBER, "default", "sandbox", "Shop", "ok", sender["id"]],
    ]
    assert [each["id"] for each in json.loads(command("sender", "list", "--json")[1])] == [sender["id"]]
    assert json.loads(command("sender", "show", NUMBER, "--json")[1])["id"] == sender["id"]
    code, out, _ = command("sender", "show", sender["id"])
    assert code == 0
    for shown in sender["credentials"].values():
        assert not [secret for secret in map(str, shown.values()) if len(secret) > 30 and secret in out]


def test_route_prints_the_callback_address(command: Command) -> None:
    made(command)
    code, out, _ = command("sender", "route", NUMBER, "--carrier", "sandbox", "--json")
    assert code == 0
    assert json.loads(out)["callback_url"].startswith("http://127.0.0.1:8900/callbacks/sandbox/")


def test_rotate_changes_one_dialect(command: Command) -> None:
    sender = made(command)
    dialect = min(sender["credentials"])
    code, out, _ = command("sender", "rotate", NUMBER, "--dialect", dialect, "--json")
    assert code == 0
    rotated = json.loads(out)["credentials"]
    assert list(rotated) == [dialect]
    assert rotated[dialect] != sender["credentials"][dialect]


def test_remove(command: Command) -> None:
    made(command)
    assert command("sender", "remove", NUMBER) == (0, f"Sender {NUMBER} is removed.\n", "")
    assert command("sender", "show", NUMBER)[0] == 1
    assert command("sender", "list")[1] == "There is no sender yet. Make one with: parlance sender add NUMBER\n"


def test_templates(command: Command) -> None:
    words = ("--language", "en_US", "--body", "Hello {{1}}", "--account", "acme")
    code, out, _ = command("template", "add", "hello", *words, "--json")
    assert code == 0
    assert json.loads(out)["status"] == "approved"
    code, out, _ = command("template", "list")
    assert [line.split(maxsplit=5) for line in out.splitlines()] == [
        ["NAME", "LANGUAGE", "CATEGORY", "STATUS", "ACCOUNT", "BODY"],
        ["hello", "en_US", "UTILITY", "approved", "acme", "Hello {{1}}"],
    ]
    code, _, err = command("template", "remove", "hello")
    assert (code, err) == (1, "parlance: Account default has no template hello.\n")
    code, out, _ = command("template", "remove", "hello", "--account", "acme")
    assert (code, out) == (0, "Template hello (en_US) is removed.\n")
    assert json.loads(command("template", "list", "--json")[1]) == []


def test_refused_values_are_named(command: Command) -> None:
    code, _, err = command("template", "add", "no blanks", "--language", "?", "--body", "Hello")
    assert code == 1
    assert err == "parlance: name has a form that cannot be used; language has a form that cannot be used.\n"


def test_windows_are_imported_whole(command: Command, tmp_path: Path) -> None:
    made(command)
    (tmp_path / "windows.csv").write_text("972550000222,2026-01-31T12:00:00Z\n972550000223,1769860800\n")
    code, out, _ = command("window", "import", "windows.csv", "--sender", NUMBER, "--json")
    assert (code, json.loads(out)) == (0, {"rows": 2, "opened": 2})
    code, out, _ = command("window", "import", "windows.csv", "--sender", NUMBER)
    assert (code, out) == (0, "Lines read: 2. Windows changed: 0.\n")


def test_missing_folder_is_not_made_to_look_into_it(command: Command, tmp_path: Path) -> None:
    code, _, err = command("sender", "list", "--data", "nowhere")
    assert code == 1
    assert err.startswith("parlance: There is no data folder nowhere.")
    assert not (tmp_path / "nowhere").exists()


def test_gateway_that_died_is_passed_over(command: Command, tmp_path: Path) -> None:
    sender = made(command)
    DataFolder(tmp_path / "data").announce("http://127.0.0.1:1")
    assert json.loads(command("sender", "list", "--json")[1])[0]["id"] == sender["id"]


def test_address_without_token_or_gateway(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = command("sender", "list", "--url", "http://127.0.0.1:1")
    assert (code, err) == (1, "parlance: Put the gateway's admin token into PARLANCE_ADMIN_TOKEN.\n")
    monkeypatch.setenv("PARLANCE_ADMIN_TOKEN", "t" * 16)
    code, _, err = command("sender", "list", "--url", "http://127.0.0.1:1")
    assert code == 1
    assert err.startswith("parlance: The gateway at http://127.0.0.1:1 does not answer: nothing listens there")
    code, _, err = command("sender", "list", "--url", "127.0.0.1")
    assert (code, err) == (1, "parlance: '127.0.0.1' is no address. Give one such as http://127.0.0.1:8900.\n")


def test_running_gateway_is_found(running: Dev) -> None:
    result = run("sender", "add", NUMBER, "--json", "--data", running.data)
    assert (result.returncode, result.stderr) == (0, "")
    sender = json.loads(result.stdout)
    assert set(sender["credentials"]) == DIALECTS
    token = running.facts["admin_token"]
    result = run("sender", "list", "--json", "--url", running.facts["url"], PARLANCE_ADMIN_TOKEN=token)
    assert sender["id"] in [each["id"] for each in json.loads(result.stdout)]
    result = run("sender", "list", "--url", running.facts["url"], PARLANCE_ADMIN_TOKEN="w" * 16)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1

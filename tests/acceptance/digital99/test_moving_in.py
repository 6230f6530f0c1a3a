"""A program moves from the vendor to the gateway: number, key, templates and open windows come along."""

import json
from pathlib import Path
from typing import Any

from acceptance.digital99.conftest import Program
from acceptance.outside import Outside
from cli.processes import run

NUMBER = "972771234567"
KEY = "k-7f3a-already-in-use"
DAY = 86_400


def _command(town: Outside, *words: str | Path) -> Any:
    done = run(*words, "--data", town.gateway.data, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_everything_comes_along(town: Outside, tmp_path: Path) -> None:
    made = _command(town, "sender", "add", NUMBER, "--credential", f"digital99.apiKey={KEY}")
    assert made["credentials"]["digital99"] == {"apiKey": KEY, "from": NUMBER}
    _command(town, "template", "add", "welcome", "--language", "en_US", "--body", "Welcome {{1}}")
    now = int(town.call("GET", "/sandbox/v1/clock")["timestamp"])
    rows = tmp_path / "windows.csv"
    rows.write_text(f"customer,last_message_at\n972559000001,{now - DAY + 600}\n972559000002,{now - DAY - 600}\n")
    assert _command(town, "window", "import", rows, "--sender", NUMBER) == {"rows": 2, "opened": 2}
    program = Program(town.http, KEY, NUMBER)
    said = program.call("sendMessage", to="972559000001", body="Still open")
    assert (said["reason"], said["templateTimeLeft"]) == (1, 9)
    assert (program.text("972559000002"), program.text("972559000003")) == (7, 8)
    template = {"to": "972559000002", "name": "welcome", "headerType": 1, "bodyVariable1": "Dana"}
    assert program.reason("sendTemplate", **template) == 1
    assert town.wait("972559000002", type="template")["text"] == "Welcome Dana"


def test_a_key_opens_its_own_number_alone(town: Outside, program: Program) -> None:
    taken = "digital99.apiKey=k-taken-over-once"
    _command(town, "sender", "add", "972771234560", "--credential", taken)
    assert Program(town.http, "k-taken-over-once", program.number).text(town.customer) == 3
    again = run("sender", "add", "972771234568", "--credential", taken, "--data", town.gateway.data)
    assert (again.returncode, again.stderr) == (
        1,
        "parlance: Another sender has this digital99 credential already.\n",
    )


def test_what_is_no_credential_is_named(town: Outside) -> None:
    add = ("sender", "add", "972771234569", "--data", town.gateway.data, "--credential")
    for given, said in (
        ("digital99.token=x", "token is not taken over: give the apiKey alone."),
        ("digital99.apiKey=two words", "apiKey is 1 to 256 visible ASCII characters."),
    ):
        done = run(*add, given)
        assert (done.returncode, done.stderr) == (1, f"parlance: {said}\n")

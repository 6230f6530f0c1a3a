"""What `parlance doctor` and `parlance ledger` say."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.conftest import Command

NUMBER = "972770000333"


def test_all_is_well_on_a_fresh_folder(command: Command) -> None:
    assert command("sender", "add", NUMBER)[0] == 0
    code, out, err = command("doctor", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [each for each in found if each["fault"]] == []
    assert {"settings", "disk", "gateway and database"} <= {each["what"] for each in found}


def test_what_is_wrong_is_said_with_what_to_do(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("sender", "add", NUMBER)[0] == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 1024 * 1024))
    code, out, err = command("doctor")
    assert code == 1
    assert "WRONG  disk: 3 MiB are free at " in out
    assert "Make room" in out
    assert err == "parlance: 1 of 4 checks found something wrong.\n"


def test_settings_that_cannot_be_used_are_all_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "parlance.toml").write_text('admin_token = "short"\nnonsense = 1\n')
    code, out, _ = command("doctor", "--json")
    assert code == 1
    faults = [each for each in json.loads(out) if each["what"] == "settings"]
    assert len(faults) == 2
    assert any("nonsense" in each["fault"] for each in faults)


def test_no_gateway_and_no_folder(command: Command) -> None:
    code, out, _ = command("doctor", "--json", "--data", "nowhere")
    assert code == 1
    (gateway,) = [each for each in json.loads(out) if each["what"] == "gateway"]
    assert "There is no data folder" in gateway["fault"]
    assert gateway["repair"]


def test_a_month_without_prices(command: Command) -> None:
    assert command("sender", "add", NUMBER)[0] == 0
    assert command("ledger", "--month", "2026-11") == (0, "No vendor has priced a message in this month.\n", "")
    assert command("ledger", "--json") == (0, "[]\n", "")
    code, _, err = command("ledger", "--month", "2026-13")
    assert (code, "month" in err) == (1, True)


def test_an_empty_ledger_as_a_file(command: Command, tmp_path: Path) -> None:
    assert command("sender", "add", NUMBER)[0] == 0
    assert command("ledger", "--csv", "out.csv")[0] == 0
    header = "month,account,sender,carrier,category,pricing_model,type,billable,messages"
    assert (tmp_path / "out.csv").read_text().splitlines() == [header]

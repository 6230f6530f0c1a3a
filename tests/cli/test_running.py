"""`dev`, `serve` and `ready` as processes."""

import json
import shlex
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from cli.processes import LIMIT_SECONDS, Dev, dev, environment, keys, run
from parlance.providers import discover

DIALECTS = sorted(name for name, provider in discover().items() if provider.dialect is not None)


def only_line(said: str) -> str:
    """What a refused start says: one line, no trace."""
    assert "Traceback" not in said
    (line,) = said.splitlines()
    return line


def paste(command: str) -> httpx.Response:
    """Do what a printed curl command does."""
    words = iter(shlex.split(command.replace("\\\n", "")))
    assert next(words) == "curl"
    method, url, headers, body = "GET", "", {}, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        else:
            url = word
    return httpx.request(method, url, headers=headers, content=body.encode())


def public_ids(gateway: Dev) -> object:
    """What the demo sender is called in each dialect."""
    bearer = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
    url = f"{gateway.facts['admin_url']}/senders/{gateway.facts['sender']}"
    return httpx.get(url, headers=bearer).json()["public_ids"]


def test_dev_is_ready(running: Dev) -> None:
    result = run("ready", "--data", running.data)
    assert (result.returncode, result.stdout) == (0, "ready\n")
    assert run("ready", "--url", running.facts["url"]).returncode == 0


def test_dev_keeps_its_secrets_from_others(running: Dev) -> None:
    for name in ("admin-token", "secret.key", "demo.json", "gateway.json"):
        assert stat.S_IMODE((running.data / name).stat().st_mode) == 0o600, name
    assert (running.data / "admin-token").read_text().strip() == running.facts["admin_token"]
    assert json.loads((running.data / "gateway.json").read_text()) == {
        "url": running.facts["url"],
        "pid": running.process.pid,
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_printed_curl_reaches_the_phone(running: Dev, dialect: str) -> None:
    phone = f"{running.facts['url']}/sandbox/v1/phones/{running.facts['customer']}"
    bearer = {"authorization": f"Bearer {running.facts['admin_token']}"}
    assert running.facts["curl"][dialect]
    for command in running.facts["curl"][dialect]:
        last = paste(running.facts["phone_curl"]).json()[-1]["id"]
        answer = paste(command)
        arrived = httpx.get(f"{phone}/wait", params={"after": last}, headers=bearer)
        assert answer.is_success, answer.text
        assert arrived.json()["id"] == answer.headers["parlance-message-id"]


def test_second_process_on_the_folder_is_refused(running: Dev) -> None:
    result = run("serve", "--port", "0", "--data", running.data)
    assert result.returncode == 1
    assert f"is in use by the process {running.process.pid}" in only_line(result.stderr)


def test_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("serve", "--port", str(port), "--data", tmp_path / "data")
    assert result.returncode == 1
    assert only_line(result.stderr).startswith(f"parlance: Port {port} on 127.0.0.1 is taken")
    assert not (tmp_path / "data").exists()


def test_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("dev", "--port", "0", "--data", tmp_path / "file" / "data")
    assert result.returncode == 1
    assert only_line(result.stderr).endswith(f"{tmp_path}/file is a file; name a folder.")


def test_damaged_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("k" * 64)
    (tmp_path / "parlance.db").write_bytes(b"no database, but long enough to look like one. " * 400)
    result = run("serve", "--port", "0", "--data", tmp_path)
    assert result.returncode == 1
    assert str(tmp_path / "parlance.db") in only_line(result.stderr)
    assert not (tmp_path / "gateway.json").exists()


def test_unsafe_settings_are_refused_all_at_once(tmp_path: Path) -> None:
    result = run(
        "serve", "--host", "0.0.0.0", "--data", tmp_path, PARLANCE_ADMIN_TOKEN="short", PARLANCE_PUBLIC_URL="http://a.b"
    )
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "parlance: These settings cannot be used:",
        "  PARLANCE_PUBLIC_URL is 'http://a.b': keys would travel in clear; use https",
        "  PARLANCE_ADMIN_TOKEN is (hidden): give at least 16 characters, or leave the setting out to have one made",
    ]


def test_dev_twice_keeps_everything(tmp_path: Path) -> None:
    with dev(tmp_path) as first:
        assert len(paste(first.facts["phone_curl"]).json()) == 1
        assert first.stop() == 0
        assert not (tmp_path / "gateway.json").exists()
    with dev(tmp_path) as second:
        assert keys(second.facts) == keys(first.facts)
        assert len(paste(second.facts["phone_curl"]).json()) == 1
        second.process.send_signal(signal.SIGINT)
        assert second.process.wait(LIMIT_SECONDS) == 0


def test_dev_makes_equal_public_ids_and_other_secrets(tmp_path: Path, running: Dev) -> None:
    with dev(tmp_path / "fresh") as other:
        assert public_ids(other) == public_ids(running)
    assert other.facts["admin_token"] != running.facts["admin_token"]
    for dialect, shown in running.facts["credentials"].items():
        fresh = other.facts["credentials"][dialect]
        assert shown.keys() == fresh.keys()
        assert shown != fresh


def test_operators_addresses_are_not_on_a_public_port(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "parlance", "serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path)]
    env = environment(
        PARLANCE_PUBLIC_URL="https://wa.example.com", PARLANCE_ADMIN_LISTEN="127.0.0.1:0", PARLANCE_LOG_JSON="true"
    )
    with subprocess.Popen([*command], env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            up = json.loads(process.stderr.readline())
            assert up["event"] == "the gateway is up"
            bearer = {"authorization": f"Bearer {(tmp_path / 'admin-token').read_text().strip()}"}
            asked = {
                (place, path): httpx.get(f"{up[place]}{path}", headers=bearer).status_code
                for place in ("url", "admin")
                for path in ("/admin/v1/senders", "/metrics", "/healthz")
            }
        finally:
            process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0
    assert asked == {
        ("url", "/admin/v1/senders"): 404,
        ("url", "/metrics"): 404,
        ("url", "/healthz"): 200,
        ("admin", "/admin/v1/senders"): 200,
        ("admin", "/metrics"): 200,
        ("admin", "/healthz"): 200,
    }


def test_nothing_is_ready_where_nothing_runs(tmp_path: Path) -> None:
    result = run("ready", "--data", tmp_path)
    assert (result.returncode, result.stderr) == (1, "parlance: No gateway runs on this data folder.\n")

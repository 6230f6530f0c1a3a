"""SIGHUP: the gateway begins anew, and nobody is refused meanwhile."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.processes import LIMIT_SECONDS, environment, run

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")


@contextmanager
def _serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir()
    command = [sys.executable, "-m", "parlance", "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _says(process: subprocess.Popen[str], wanted: str) -> str:
    """The next line that says this."""
    assert process.stderr is not None
    while line := process.stderr.readline():
        if wanted in line:
            return line
    raise AssertionError(f"it ended without saying: {wanted}")


def _address(line: str) -> str:
    return next(word.removeprefix("url=") for word in line.split() if word.startswith("url="))


def test_the_address_stays_and_requests_wait(tmp_path: Path) -> None:
    with _serving(tmp_path / "data") as process:
        url = _address(_says(process, "the gateway is up"))
        process.send_signal(signal.SIGHUP)
        _says(process, "the gateway begins anew")
        # Nobody serves now: the connection waits in the system's queue for the one who will.
        assert httpx.get(f"{url}/healthz", timeout=LIMIT_SECONDS).status_code == 200
        assert _address(_says(process, "the gateway is up")) == url
        assert run("ready", "--data", tmp_path / "data").returncode == 0
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0


def test_settings_that_cannot_be_used_change_nothing(tmp_path: Path) -> None:
    with _serving(tmp_path / "data") as process:
        url = _address(_says(process, "the gateway is up"))
        settings = tmp_path / "data" / "parlance.toml"
        settings.write_text("nonsense = 1\n")
        process.send_signal(signal.SIGHUP)
        assert "nonsense" in _says(process, "cannot begin anew")
        assert httpx.get(f"{url}/healthz").status_code == 200
        settings.write_text('log_level = "debug"\n')
        process.send_signal(signal.SIGHUP)
        _says(process, "the gateway begins anew")
        assert httpx.get(f"{url}/healthz", timeout=LIMIT_SECONDS).status_code == 200

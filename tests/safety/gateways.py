"""A gateway in a process of its own, with settings, whose log is kept."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from acceptance.outside import Outside
from cli.processes import LIMIT_SECONDS, Dev, environment


@dataclass
class Watched(Outside):
    """A gateway and its log."""

    log: Path

    def stop(self) -> str:
        """Stop it and give its whole log."""
        assert self.gateway.stop() == 0
        return self.log.read_text()


@contextmanager
def watched(folder: Path, **settings: object) -> Iterator[Watched]:
    """Start `parlance dev` on a new folder with these settings."""
    data, log = folder / "data", folder / "log"
    command = [sys.executable, "-m", "parlance", "dev", "--json", "--port", "0", "--data", str(data)]
    env = environment(**{f"PARLANCE_{name.upper()}": str(value) for name, value in settings.items()})
    with log.open("w") as errors:
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text()
            gateway = Dev(process, json.loads(line), data)
            headers = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
            with httpx.Client(base_url=gateway.facts["url"], headers=headers, timeout=LIMIT_SECONDS) as http:
                yield Watched(gateway, http, log)
        finally:
            process.kill()

"""Real gateways in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_SECONDS = 60


def environment(**more: str) -> dict[str, str]:
    """Our own environment without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLANCE_")} | more


def run(*words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "parlance", *map(str, words)],
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


@dataclass
class Dev:
    """A `parlance dev` that is up, with what it printed."""

    process: subprocess.Popen[str]
    facts: dict[str, Any]
    data: Path

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(LIMIT_SECONDS)


@contextmanager
def dev(data: Path, *words: str) -> Iterator[Dev]:
    command = [sys.executable, "-m", "parlance", "dev", "--json", "--port", "0", "--data", str(data), *words]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "dev ended before it was up"
            yield Dev(process, json.loads(line), data)
        finally:
            process.kill()


def keys(facts: dict[str, Any]) -> Sequence[Any]:
    """The parts of `dev`'s facts that stay from start to start."""
    return [facts[name] for name in ("admin_token", "credentials", "webhook_secret", "sender", "customer", "template")]

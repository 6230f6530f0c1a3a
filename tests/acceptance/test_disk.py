"""A disk that is full, or fills while messages come in."""

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from acceptance.conftest import outside
from cli.processes import LIMIT_SECONDS, environment

CLIENTS = 8
ENOUGH = 60
PADDING = "x" * 2_000


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a running process can be changed on Linux only")
def test_a_full_disk_refuses_keeps_every_promise_and_passes(tmp_path: Path) -> None:
    with outside(tmp_path / "data") as town:
        town.write(town.customer)
        before = (tmp_path / "data" / "parlance.db-wal").stat().st_size
        _, most = resource.prlimit(town.gateway.process.pid, resource.RLIMIT_FSIZE)
        # No file may grow beyond this: what a full disk is to a database, without one.
        resource.prlimit(town.gateway.process.pid, resource.RLIMIT_FSIZE, (before + 500_000, most))
        numbers = count()
        refused: list[str | None] = []
        taken: set[str] = set()

        def client(_: int) -> None:
            while len(refused) < ENOUGH:
                text = f"{next(numbers)} {PADDING}"
                answer = town.post(town.customer, text)
                assert answer.status_code in {200, 503}, answer.text
                if "parlance-message-id" in answer.headers:
                    taken.add(text)
                else:
                    refused.append(answer.headers.get("retry-after"))

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(client, range(CLIENTS)))
        assert set(refused) == {"1"}
        assert taken
        assert town.http.get("/healthz").status_code == 200
        resource.prlimit(town.gateway.process.pid, resource.RLIMIT_FSIZE, (most, most))
        town.send(town.customer, "There is room again")
        taken.add("There is room again")
        stages = town.until(
            lambda: {each["stage"] for each in town.listed("messages", direction="out")},
            lambda found: found == {"delivered"},
        )
        assert stages == {"delivered"}
        assert town.shown(town.customer) == dict.fromkeys(taken, 1)
        assert len(town.listed("messages", direction="out")) == len(taken)


@pytest.mark.parametrize("blocks", [200, 600])
def test_a_start_without_room_says_so_in_one_line(tmp_path: Path, blocks: int) -> None:
    # The shell's limit counts 512 bytes: the one stops the making of tables, the other what comes after it.
    limited = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(blocks)]
    command = [*limited, sys.executable, "-m", "parlance", "dev", "--port", "0", "--data", str(tmp_path / "data")]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("parlance: The d")
    assert f"{tmp_path}/data" in line
    assert "written" in line

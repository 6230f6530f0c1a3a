"""A disk without room shows from outside, and so does that there is room again."""

import resource
import sys
from pathlib import Path

import pytest

from acceptance.outside import Outside
from safety.gateways import watched

PADDING = "x" * 2_000


def store(gateway: Outside) -> tuple[int, str]:
    ready = gateway.http.get("/readyz")
    part = ready.json()["parts"]["store"]
    return ready.status_code, part.get("reason", "")


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a running process can be changed on Linux only")
def test_a_store_that_cannot_be_written_is_not_ready_until_it_can(tmp_path: Path) -> None:
    with watched(tmp_path) as gateway:
        gateway.write(gateway.customer)
        assert store(gateway) == (200, "")
        size = (tmp_path / "data" / "parlance.db-wal").stat().st_size
        _, most = resource.prlimit(gateway.gateway.process.pid, resource.RLIMIT_FSIZE)
        # No file may grow beyond this: what a full disk is to a database, without one.
        resource.prlimit(gateway.gateway.process.pid, resource.RLIMIT_FSIZE, (size, most))
        status, reason = gateway.until(lambda: store(gateway), lambda found: found[0] == 503)
        assert (status, reason) == (503, "it cannot be written: The gateway cannot store the message now.")
        figures = gateway.http.get("/metrics").text
        assert "\nparlance_store_writable 0.0\n" in figures
        assert gateway.http.get("/healthz").status_code == 200
        assert gateway.post(gateway.customer, PADDING).status_code == 503
        resource.prlimit(gateway.gateway.process.pid, resource.RLIMIT_FSIZE, (most, most))
        assert gateway.until(lambda: store(gateway), lambda found: found[0] == 200) == (200, "")
        gateway.staged(gateway.send(gateway.customer, "There is room again"), "delivered")

"""`parlance serve --workers N`: several processes behind one port, each a node of its own on the shared database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from parlance.cli.place import Failed

if TYPE_CHECKING:
    from parlance.settings import Settings

PORTS = "_PARLANCE_WORKER_PORTS"
"""Where a worker finds the ports that its parent keeps for all of them; also tells it that it is one."""

_MOST_ENDS = 5
_WITHIN_SECONDS = 60.0
_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_log = structlog.get_logger("workers")


def is_worker() -> bool:
    """Whether this process is one of several that a parent looks after."""
    return PORTS in os.environ


def reserved_ports() -> list[int]:
    """The ports that the parent keeps for this worker; none where it is no worker."""
    return [int(port) for port in os.environ.get(PORTS, "").split(",") if port]


def supervise(settings: "Settings") -> None:
    """Keep the workers running until a signal ends them all; raises `Failed` when they end again and again."""
    from parlance import logs  # noqa: PLC0415
    from parlance.folder import DataFolder, FolderFault  # noqa: PLC0415
    from parlance.listeners import ListenFault, reserved  # noqa: PLC0415

    logs.configure(settings.log_level, as_json=settings.log_json)
    folder = DataFolder(settings.data)
    try:
        folder.prepare()
        with reserved(settings) as (ports, admin_url):
            folder.announce(admin_url)
            try:
                _keep(settings.workers, ",".join(map(str, ports)))
            finally:
                folder.withdraw()
    except (FolderFault, ListenFault) as fault:
        raise Failed(str(fault)) from None


def _keep(count: int, ports: str) -> None:
    ends: list[float] = []
    with _until_signalled() as stopped:
        workers = [_start(ports) for _ in range(count)]
        try:
            while not stopped:
                time.sleep(_LOOK_SECONDS)
                for place, worker in enumerate(workers):
                    if stopped or (code := worker.poll()) is None:
                        continue
                    _log.error("a worker has ended and is started again", pid=worker.pid, code=code)
                    ends = [*(each for each in ends if time.monotonic() - each < _WITHIN_SECONDS), time.monotonic()]
                    if len(ends) > _MOST_ENDS:
                        raise Failed("Workers end again and again: see their last lines above.")
                    time.sleep(_PAUSE_SECONDS)
                    workers[place] = _start(ports)
        finally:
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            for worker in workers:
                worker.wait()


def _start(ports: str) -> subprocess.Popen[bytes]:
    # The worker is this very command once more; ours is the only hand on its environment.
    return subprocess.Popen([sys.executable, "-m", "parlance", *sys.argv[1:]], env={**os.environ, PORTS: ports})  # noqa: S603


@contextmanager
def _until_signalled() -> Iterator[list[int]]:
    """Collect signals that ask to stop."""
    heard: list[int] = []
    before = {each: signal.signal(each, lambda number, _: heard.append(number)) for each in _STOPS}
    try:
        yield heard
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


_STOPS = (signal.SIGTERM, signal.SIGINT)

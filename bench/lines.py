"""What the bench says: one JSON object for each figure, with what it is compared to in the same run."""

import platform
import sqlite3
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from os import fsync, sched_getaffinity
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import Any, TypeAlias

from pool import Measured

Line: TypeAlias = dict[str, Any]

_SYNCS = 50


def median(values: Sequence[float], digits: int = 1) -> float:
    """The value in the middle."""
    return round(statistics.median(values), digits)


def ratio(ours: Sequence[float], baseline: Sequence[float]) -> float:
    """What we did of what the baseline did, both taken by turns: the ratio of the medians."""
    return round(statistics.median(ours) / statistics.median(baseline), 3)


def rates(rounds: Sequence[Measured]) -> list[float]:
    """Successes a second, of each round."""
    return [each.rps for each in rounds]


def figures(rounds: Sequence[Measured]) -> Line:
    """The medians of several rounds."""
    return {
        "rps": median(rates(rounds)),
        "p50_ms": median([each.percentile(0.5) for each in rounds], 3),
        "p99_ms": median([each.percentile(0.99) for each in rounds], 3),
    }


def skipped(bench: str, why: str, **more: object) -> Line:
    """A figure that cannot be taken here."""
    return {"bench": bench, **more, "skipped": why}


def machine(folder: Path) -> Line:
    """What the figures were taken on; `sync_ms` is how long the disk takes to keep 4 KiB."""
    return {
        "bench": "machine",
        "cpu": _processor(),
        "cores": len(sched_getaffinity(0)),
        "sync_ms": _sync_ms(folder),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "uvicorn": version("uvicorn"),
        "parlance": version("parlance"),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _sync_ms(folder: Path) -> float:
    took = []
    with TemporaryFile(dir=folder) as file:
        for _ in range(_SYNCS):
            file.write(b"\0" * 4_096)
            file.flush()
            began = perf_counter()
            fsync(file.fileno())
            took.append((perf_counter() - began) * 1_000)
    return median(took, 3)

"""The long attack, in short: a gateway that runs is asked strange things, and goes on."""

from pathlib import Path

import hostile

from parlance.providers import discover
from safety.rude import KINDS

CASES = 500
MOST_MIB = 60


def test_a_gateway_outlives_a_short_attack(tmp_path: Path) -> None:
    counts = hostile.run(CASES, 5, tmp_path)
    assert (counts.undocumented, counts.hung, counts.broken) == ([], [], 0)
    assert counts.is_well
    told = counts.told()
    assert told["cases"] >= CASES
    names = {name for name, provider in discover().items() if provider.dialect is not None}
    assert names | {"operators", "callbacks"} | {f"rude {kind}" for kind in KINDS} == set(told["by_kind"])
    assert {200, 400, 401, 404, 408, 422, 431} <= set(counts.statuses)
    assert told["memory_mib"]["after"] - told["memory_mib"]["before"] < MOST_MIB
    assert told["open_files"]["after"] - told["open_files"]["before"] < 10

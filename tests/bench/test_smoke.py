"""Every bench runs, says what it has to say, and loses nothing. How fast anything is, nobody asks here."""

from typing import Any

import pytest
from asking import apis
from lines import Line
from plan import Plan
from run import BENCHES, measure

FIRST = apis()[0].name
TINY = Plan(
    rounds=1, hello=100, accept=40, pipeline=40, webhooks=20, latency=10, slow=40, customers=20, stored=300, senders=20,
    windows=50, queued=100, numbers=2, seconds=1, sync_ms=1, answer_ms=20, connections=(4, 8), engines=("sqlite",),
    dialects=(FIRST,),
)  # fmt: skip

RATIOS = {
    "accept": {"ratio_to_hello", "ratio_to_fewest_connections", "ratio_to_best"},
    "pipeline": {"ratio_to_hello"},
    "webhooks": {"ratio_to_pipeline", "events_ratio_to_pipeline"},
    "latency": {"ratio_to_hello"},
    "backlog": {"accept_ratio_to_empty", "pipeline_ratio_to_empty", "ratio_to_alone"},
    "slow": set[str](),
    "memory": set[str](),
    "startup": set[str](),
}
LINES = {"accept": 2, "pipeline": 1, "webhooks": 1, "latency": 1, "backlog": 2, "slow": 2, "memory": 1, "startup": 2}


async def _lines(name: str, plan: Plan) -> list[Line]:
    said: list[Line] = []
    assert await measure(plan, [name], said.append) == 0, said
    assert said[0]["bench"] == "machine"
    return said[1:]


@pytest.mark.parametrize("name", BENCHES)
async def test_a_bench_says_its_lines_and_loses_nothing(name: str) -> None:
    said = await _lines(name, TINY)
    assert len(said) == LINES[name]
    assert [line["bench"] for line in said] == [name] * len(said)
    assert [line["lost"] for line in said] == [0] * len(said)
    assert {line["engine"] for line in said} == {"sqlite"}
    assert {key for line in said for key in line if "ratio" in key} == RATIOS[name]
    assert all(_positive(line) for line in said), said


def _positive(line: Line) -> bool:
    figures: list[Any] = [value for key, value in line.items() if key.endswith(("rps", "_ms", "_mib")) or "ratio" in key]
    # When the upstream is faster than the answer to the client, the time from there to it is negative.
    return all(value > 0 for key, value in line.items() if not key.startswith("upstream_p") and value in figures)


async def test_accept_is_said_in_the_promised_form() -> None:
    [line] = [line for line in await _lines("accept", TINY) if line["connections"] == 4]
    promised = ["bench", "engine", "dialect", "connections", "rps", "p50_ms", "p99_ms", "hello_rps", "ratio_to_hello"]
    assert list(line)[:9] == promised
    assert (line["bench"], line["engine"], line["dialect"], line["lost"]) == ("accept", "sqlite", FIRST, 0)
    assert 600 <= line["body_bytes"] <= 800

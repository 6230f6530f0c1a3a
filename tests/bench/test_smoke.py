"""Every bench runs, says what it has to say, and loses nothing. How fast anything is, nobody asks here."""

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

LINES = {
    "accept": 2, "pipeline": 2, "webhooks": 1, "latency": 1, "backlog": 2, "slow": 2, "memory": 1, "startup": 2,
}  # fmt: skip
RATIOS = {
    "accept": {"ratio_to_hello", "ratio_to_fewest_connections", "ratio_to_best"},
    "pipeline": {"ratio_to_hello"},
    "webhooks": {"ratio_to_pipeline", "events_ratio_to_pipeline"},
    "latency": {"ratio_to_hello"},
    "backlog": {"accept_ratio_to_empty", "pipeline_ratio_to_empty", "ratio_to_alone"},
}
PROMISED = ["bench", "engine", "dialect", "connections", "rps", "p50_ms", "p99_ms", "hello_rps", "ratio_to_hello"]


@pytest.mark.parametrize("name", list(BENCHES))
async def test_every_bench_says_its_lines_and_loses_nothing(name: str) -> None:
    said: list[Line] = []
    assert await measure(TINY, [name], said.append) == 0, said
    machine, *lines = said
    assert machine["bench"] == "machine"
    assert [line["bench"] for line in lines] == [name] * LINES[name]
    for line in lines:
        assert (line["engine"], line["lost"]) == ("sqlite", 0), line
        # When the upstream has a message before the client has its answer, the time from there to it is negative.
        figures = [key for key in line if key.endswith(("rps", "_ms", "_mib")) and not key.startswith("upstream_p")]
        assert all(line[key] > 0 for key in figures), line
        assert all(line[key] > 0 for key in line if "ratio" in key), line
    if name in RATIOS:
        assert {key for line in lines for key in line if "ratio" in key} == RATIOS[name]
    if name == "accept":
        assert list(lines[0])[:9] == PROMISED
        assert (lines[0]["dialect"], lines[0]["connections"]) == (FIRST, 4)
        assert 600 <= lines[0]["body_bytes"] <= 800

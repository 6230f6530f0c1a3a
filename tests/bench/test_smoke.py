"""Every bench runs, says what it has to say, and loses nothing. How fast anything is, nobody asks here."""

import asyncio
from collections import Counter

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
    "machine": 2, "accept": 2, "pipeline": 1, "webhooks": 1, "latency": 1, "backlog": 2, "slow": 2, "memory": 1,
    "startup": 2,
}  # fmt: skip
RATIOS = {
    "accept": {"ratio_to_hello", "ratio_to_fewest_connections", "ratio_to_best"},
    "pipeline": {"ratio_to_hello"},
    "webhooks": {"ratio_to_pipeline", "events_ratio_to_pipeline"},
    "latency": {"ratio_to_hello"},
    "backlog": {"accept_ratio_to_empty", "pipeline_ratio_to_empty", "ratio_to_alone"},
}
PROMISED = ["bench", "engine", "dialect", "connections", "rps", "p50_ms", "p99_ms", "hello_rps", "ratio_to_hello"]


async def test_every_bench_says_its_lines_and_loses_nothing() -> None:
    said: list[Line] = []
    # Most of the time goes into starting gateways: two at a time.
    names = list(BENCHES)
    faults = await asyncio.gather(*(measure(TINY, part, said.append) for part in (names[::2], names[1::2])))
    assert faults == [0, 0], said
    assert Counter(line["bench"] for line in said) == LINES
    for line in said:
        if line["bench"] == "machine":
            continue
        assert (line["engine"], line["lost"]) == ("sqlite", 0), line
        # When the upstream has a message before the client has its answer, the time from there to it is negative.
        figures = [name for name in line if name.endswith(("rps", "_ms", "_mib")) and not name.startswith("upstream_p")]
        assert all(line[name] > 0 for name in figures), line
        assert all(line[name] > 0 for name in line if "ratio" in name), line
    for name, ratios in RATIOS.items():
        lines = [line for line in said if line["bench"] == name]
        assert {key for line in lines for key in line if "ratio" in key} == ratios
    first = next(line for line in said if line["bench"] == "accept")
    assert list(first)[:9] == PROMISED
    assert (first["dialect"], first["connections"]) == (FIRST, 4)
    assert 600 <= first["body_bytes"] <= 800

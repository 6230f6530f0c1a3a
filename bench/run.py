"""`make bench`: measure, and print one JSON object for each figure.

`python run.py [--only accept,pipeline] [--peers] [--full] [--save NAME] [name=value …]`; the names are those of `Plan`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

import accepting
import announcing
import growing
import lines
import pipelining
import resting
import slowness
from plan import FULL, Plan, PlanFault
from processes import HERE, ProcessFault
from rig import Rig

RESULTS = HERE / "results"
Bench = Callable[[Rig], AsyncIterator[lines.Line]]

BENCHES: Mapping[str, Bench] = {
    "accept": accepting.accept,
    "pipeline": pipelining.pipeline,
    "webhooks": announcing.webhooks,
    "latency": resting.latency,
    "backlog": growing.backlog,
    "slow": slowness.slow,
    "memory": resting.memory,
    "startup": resting.startup,
}


async def measure(plan: Plan, names: list[str], say: Callable[[lines.Line], None], *, peers: bool = False) -> int:
    """Run benches, with `peers` beside ours where they are installed; gives how many could not be finished."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="parlance-bench-", ignore_cleanup_errors=True) as folder:
        say(lines.machine(Path(folder)))
        async with AsyncExitStack() as stack:
            rig = Rig(plan, Path(folder), stack, peers=peers)
            for name in names:
                try:
                    async for line in BENCHES[name](rig):
                        say(line)
                except (ProcessFault, OSError) as fault:
                    failed += 1
                    say({"bench": name, "fault": f"{type(fault).__name__}: {fault}"})
    return failed


def main(words: list[str]) -> int:
    """Read the command line and run; gives the exit code."""
    parser = argparse.ArgumentParser(description="Measure the gateway; prints one JSON object for each figure.")
    parser.add_argument("--only", default="", help=f"of {', '.join(BENCHES)}, with commas between")
    parser.add_argument("--peers", action="store_true", help="also run the peers that are installed")
    parser.add_argument("--full", action="store_true", help="growth as it is promised: takes long to fill")
    parser.add_argument("--save", default="", metavar="NAME", help="also write to bench/results/NAME.jsonl")
    parser.add_argument("changes", nargs="*", metavar="name=value", help="change the plan, such as rounds=5")
    given = parser.parse_args(words)
    names = [name for name in given.only.split(",") if name] or list(BENCHES)
    if unknown := set(names) - set(BENCHES):
        parser.error(f"no bench is named {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    try:
        plan = (FULL if given.full else Plan()).changed(given.changes)
    except PlanFault as fault:
        parser.error(str(fault))
    file = RESULTS / f"{given.save}.jsonl" if given.save else None

    RESULTS.mkdir(exist_ok=True)

    def say(line: lines.Line) -> None:
        text = json.dumps(line)
        print(text, flush=True)
        if file is not None:
            with file.open("a", encoding="utf-8") as kept:
                kept.write(f"{text}\n")

    return 1 if uvloop.run(measure(plan, names, say, peers=given.peers)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Writes the figures of a run into docs/performance.md: `python report.py results/NAME.jsonl`.

The page keeps everything but what stands between its two marks. A test says when it is not current.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lines import Line
from processes import HERE

PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by bench/report.py -->", "<!-- end of figures -->"

_KEPT_OUT = frozenset({"bench", "case"})
_TITLES = {
    "accept": "Accept",
    "pipeline": "Pipeline",
    "webhooks": "Webhooks",
    "latency": "Latency at rest",
    "backlog": "Growth",
    "slow": "Slow world",
    "memory": "Memory",
    "startup": "Start",
}


class ReportFault(Exception):
    """The figures cannot be written. The text says why."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A bound on some figure. `at_most`: the figure must not be larger; else not smaller.

    `first`: it is promised of the first dialect alone.
    """

    what: str
    bench: str
    figure: Callable[[Line], float | None]
    bound: float
    at_most: bool = False
    first: bool = False

    def of(self, line: Line) -> float | None:
        """The figure, None where the line is not what the promise is about."""
        return self.figure(line) if line["bench"] == self.bench and "skipped" not in line else None

    def kept(self, value: float) -> bool:
        """Whether this value is within the bound."""
        return value <= self.bound if self.at_most else value >= self.bound


def _named(key: str, **wanted: object) -> Callable[[Line], float | None]:
    """The figure of this key, of lines that have these values."""
    return lambda line: line.get(key) if all(line.get(name) == value for name, value in wanted.items()) else None


def _spread(line: Line) -> float | None:
    return round(line["p99_ms"] / line["p50_ms"], 2) if line.get("connections") == 64 else None


_SQLITE = _named("ratio_to_hello", engine="sqlite", connections=64)
_POSTGRES = _named("ratio_to_hello", engine="postgres", connections=64)

PROMISES = (
    Promise("accept against hello, SQLite", "accept", _SQLITE, 0.25, first=True),
    Promise("accept against hello, PostgreSQL", "accept", _POSTGRES, 0.35, first=True),
    Promise("accept, p99 against p50", "accept", _spread, 4, at_most=True, first=True),
    Promise(
        "accept, 256 connections against 64",
        "accept",
        _named("ratio_to_fewest_connections", connections=256),
        0.9,
        first=True,
    ),
    Promise("accept, each dialect against the best", "accept", _named("ratio_to_best"), 0.75),
    Promise(
        "pipeline, one process against Kannel's file store",
        "pipeline",
        _named("ratio_to_kannel_file", processes=1),
        0.8,
    ),
    Promise(
        "pipeline, two processes against Kannel's file store",
        "pipeline",
        _named("ratio_to_kannel_file", processes=2),
        1.2,
    ),
    Promise("pipeline against Jasmin", "pipeline", _named("ratio_to_jasmin"), 8),
    Promise("webhooks told, against messages of the bare pipeline", "webhooks", _named("events_ratio_to_pipeline"), 1),
    Promise("answer at rest against hello", "latency", _named("ratio_to_hello"), 6, at_most=True),
    Promise("accepted to upstream at rest, ms", "latency", _named("upstream_p99_ms"), 10, at_most=True),
    Promise("accept on a full store against an empty one", "backlog", _named("accept_ratio_to_empty"), 0.9),
    Promise("pipeline on a full store against an empty one", "backlog", _named("pipeline_ratio_to_empty"), 0.9),
    Promise("others beside a long queue against alone", "backlog", _named("ratio_to_alone"), 0.95),
    Promise("slow world, one number, messages a second", "slow", _named("rps", case="one_number"), 1_000),
    Promise("slow world, slowest of many numbers", "slow", _named("slowest_rps"), 79),
    Promise("memory when busy, MiB", "memory", _named("peak_mib"), 150, at_most=True),
    Promise("first answer after a start, ms", "startup", _named("again_ms", console=False), 1_500, at_most=True),
)


def read(file: Path) -> list[Line]:
    """The lines of a run; raises `ReportFault`."""
    try:
        found: list[Line] = [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines() if text]
    except (OSError, ValueError) as fault:
        raise ReportFault(f"{file} cannot be read: {fault}") from None
    if not found or any("bench" not in line for line in found):
        raise ReportFault(f"{file} holds no figures")
    return found


def section(name: str, found: Sequence[Line]) -> str:
    """What stands between the marks."""
    return "".join(
        (
            f"{BEGIN}\n\n## Figures\n\nKept in `bench/results/{name}`; each line is of one run.\n\n",
            *_machine(found),
            "\n### Against what is wanted\n\nThe worst of all lines that a bound is about.\n\n",
            *_table([("what", "bound", "measured", "within")], _promises(found)),
            *(part for bench, title in _TITLES.items() for part in _figures(title, [*_of(bench, found)])),
            "\n## Raw output\n\n```text\n",
            *(f"{json.dumps(line)}\n" for line in found),
            f"```\n\n{END}",
        )
    )


def _of(bench: str, found: Sequence[Line]) -> Iterator[Line]:
    return (line for line in found if line["bench"] == bench)


def _machine(found: Sequence[Line]) -> Iterator[str]:
    for line in _of("machine", found):
        facts = {name: value for name, value in line.items() if name != "bench"}
        yield from _table([tuple(facts)], [tuple(map(_shown, facts.values()))])


def _promises(found: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    first = next((line["dialect"] for line in found if "dialect" in line), "")
    for promise in PROMISES:
        lines = [line for line in found if not promise.first or line.get("dialect") == first]
        values = [value for line in lines if (value := promise.of(line)) is not None]
        if values:
            worst = max(values) if promise.at_most else min(values)
            sign = "at most" if promise.at_most else "at least"
            within = "yes" if promise.kept(worst) else "no"
            yield promise.what, f"{sign} {promise.bound:g}", _shown(worst), within
    lost = sum(line.get("lost", 0) for line in found)
    yield "messages lost, in all", "0", str(lost), "no" if lost else "yes"


def _figures(title: str, found: Sequence[Line]) -> Iterator[str]:
    """A table for each kind of line."""
    if not found:
        return
    yield f"\n### {title}\n"
    kinds: dict[tuple[str, ...], list[Line]] = {}
    for line in found:
        kinds.setdefault(tuple(name for name in line if name not in _KEPT_OUT), []).append(line)
    for names, lines in kinds.items():
        yield "\n"
        yield from _table([names], [tuple(_shown(line[name]) for name in names) for line in lines])


def _table(
    head: Sequence[tuple[str, ...]], rows: Sequence[tuple[str, ...]] | Iterator[tuple[str, ...]]
) -> Iterator[str]:
    for names in head:
        yield f"| {' | '.join(name.replace('_', ' ') for name in names)} |\n|{'---|' * len(names)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def page(text: str, name: str, found: Sequence[Line]) -> str:
    """The page with these figures in place of the ones it had; raises `ReportFault`."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ReportFault(f"{PAGE.name} has no marks between which figures could stand")
    return f"{before}{section(name, found)}{after}"


def main(words: list[str]) -> int:
    """Write the page; gives the exit code."""
    if len(words) != 1:
        print("usage: python report.py results/NAME.jsonl", file=sys.stderr)
        return 2
    file = Path(words[0])
    try:
        text = page(PAGE.read_text(encoding="utf-8"), file.name, read(file))
    except ReportFault as fault:
        print(fault, file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE.relative_to(HERE.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

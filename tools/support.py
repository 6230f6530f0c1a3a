"""Writes docs/support.md: what goes through which pair, as the conformance suite asserts it.

Run it after a change of what a carrier can say: `.venv/bin/python tools/support.py`.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# The scenarios live beside the tests that assert them.
sys.path.append(str(ROOT / "tests"))

from conformance.manners import CARRIERS, DIALECTS, PROVIDERS, Side  # noqa: E402
from conformance.scenarios import SCENARIOS, How, Scenario  # noqa: E402

HEAD = """\
# What goes through which pair

A program speaks one API; its messages leave by the carrier that the operator chose. This page says for every such pair
what the customer gets and what the program is told. It is made from what the carriers declare and from the scenarios
that the conformance suite plays over every pair (`tests/conformance`), so it cannot promise what is not tested.

| | |
|---|---|
| yes | it arrives as it was sent |
| in parts | one by one and in order; to the program it stays one message, as far as its slowest part |
| without … | it arrives without these (`emails.type`: a part of each, `emails[1]`: the second one) |
| refused | before anything is sent, with field and carrier named, in the words of the program's own API |
| — | the program's own API has no words for it |

What a card loses on its way out is named in the answer's header `Parlance-Dropped` and in the message's history.

"""

TAIL = """\
## Scenarios

Each is a test of this number, run for every pair. Those without a table row above end alike everywhere.

"""


def support_page() -> str:
    """The whole page."""
    return "".join([HEAD, *map(_section, DIALECTS), TAIL, *_scenarios()])


def _section(dialect: str) -> str:
    titles = [PROVIDERS[carrier].title for carrier in CARRIERS]
    rows = [(number, scenario, _cells(scenario, dialect)) for number, scenario in SCENARIOS.items() if scenario.expect]
    unspoken = [scenario.title.lower() for _, scenario, cells in rows if set(cells) == {How.UNSPOKEN}]
    lines = [
        f"## Programs of {PROVIDERS[dialect].title}\n\n",
        f"| | {' | '.join(titles)} |\n",
        f"|---|{'---|' * len(titles)}\n",
        *(_row(number, scenario, cells) for number, scenario, cells in rows if set(cells) != {How.UNSPOKEN}),
        f"\nThis API has no words for: {', '.join(unspoken)}.\n" if unspoken else "",
        "\n",
    ]
    return "".join(lines)


def _cells(scenario: Scenario, dialect: str) -> list[str]:
    return [str(scenario.expect(Side(dialect), Side(carrier))) for carrier in CARRIERS] if scenario.expect else []


def _row(number: int, scenario: Scenario, cells: Sequence[str]) -> str:
    return f"| {scenario.title} ({number}) | {' | '.join(cells)} |\n"


def _scenarios() -> Iterator[str]:
    for number, scenario in SCENARIOS.items():
        yield f"{number}. **{scenario.title}.** {scenario.about}\n"


def main() -> None:
    """Write the page."""
    (DOCS / "support.md").write_text(support_page(), encoding="utf-8")
    print("docs/support.md")


if __name__ == "__main__":
    main()

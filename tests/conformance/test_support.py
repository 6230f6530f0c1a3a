"""The support page says what the suite asserts, and the suite asserts all that is numbered."""

import re
from pathlib import Path

from support import DOCS, support_page

from conformance.scenarios import SCENARIOS

_TEST = re.compile(r"(?m)^async def test_(\d\d)_")


def test_the_support_page_is_current() -> None:
    assert (DOCS / "support.md").read_text() == support_page(), "run: .venv/bin/python tools/support.py"


def test_every_scenario_has_its_test_and_every_test_its_scenario() -> None:
    found = [number for path in Path(__file__).parent.glob("test_*.py") for number in _TEST.findall(path.read_text())]
    assert sorted(map(int, found)) == list(SCENARIOS)

"""The window at its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.rules.window import LENGTH, WindowState, left, state, watched

WROTE = 1_788_000_000_000


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (WROTE, WindowState.OPEN),
        (WROTE + LENGTH - 1_000, WindowState.OPEN),
        (WROTE + LENGTH - 1, WindowState.OPEN),
        (WROTE + LENGTH, WindowState.CLOSED),
        (WROTE + LENGTH + 1, WindowState.CLOSED),
    ],
)
def test_the_edge(now: int, expected: WindowState) -> None:
    assert state(WROTE, now, watched=True) is expected


def test_never_written_is_only_known_to_those_who_watched() -> None:
    assert state(None, WROTE, watched=True) is WindowState.NEVER_OPENED
    assert state(None, WROTE, watched=False) is WindowState.UNKNOWN
    assert state(WROTE, WROTE + LENGTH, watched=False) is WindowState.UNKNOWN


def test_watching_takes_a_whole_window() -> None:
    assert watched(WROTE, None, knows_windows=True)
    assert not watched(WROTE, None, knows_windows=False)
    assert not watched(WROTE, WROTE - LENGTH + 1, knows_windows=False)
    assert watched(WROTE, WROTE - LENGTH, knows_windows=False)


@pytest.mark.parametrize(
    ("until", "minutes"),
    [(None, 0), (WROTE + LENGTH, 1440), (WROTE + LENGTH - 1, 1439), (WROTE + 59_999, 0), (WROTE - 1, 0)],
)
def test_minutes_left(until: int | None, minutes: int) -> None:
    assert left(until, WROTE) == minutes


@given(st.integers(0, 3 * LENGTH), st.booleans())
def test_open_exactly_while_minutes_may_be_left(age: int, seen: bool) -> None:
    now = WROTE + age
    is_open = state(WROTE, now, watched=seen) is WindowState.OPEN
    assert is_open == (age < LENGTH)
    assert not left(WROTE + LENGTH, now) or is_open

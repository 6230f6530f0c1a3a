"""Pauses grow, stay bounded, and honour what the vendor asks."""

from hypothesis import given
from hypothesis import strategies as st

from parlance.rules.retry import LONGEST, backoff


def test_it_doubles_from_one_second() -> None:
    assert [backoff(attempt, 0.5) for attempt in (1, 2, 3, 4)] == [1_000, 2_000, 4_000, 8_000]


def test_what_the_vendor_asks_is_a_lower_bound() -> None:
    assert backoff(1, 0.5, 30_000) == 30_000
    assert backoff(9, 0.5, 1_000) == 256_000


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_it_is_bounded(attempt: int, chance: float) -> None:
    assert 800 <= backoff(attempt, chance) <= LONGEST * 1.2

"""Departures keep to a route's limits."""

from hypothesis import given
from hypothesis import strategies as st

from parlance.contract.provider import Limits, PairLimit
from parlance.rules.pacing import Pacer

NOW = 1_788_000_000_000


def _send_all(pacer: Pacer, customers: list[int]) -> list[int]:
    """Send one message after the other as early as allowed; gives the departures."""
    now, departures = NOW, []
    for customer in customers:
        slot = max(pacer.route_slot(now), pacer.pair_slot(now, customer))
        now = int(slot) + (slot > int(slot))
        pacer.depart(now, customer)
        departures.append(now)
    return departures


def test_without_limits_everything_goes_at_once() -> None:
    assert _send_all(Pacer(Limits()), [1] * 100) == [NOW] * 100


def test_a_gap_counts_from_the_previous_departure() -> None:
    pacer = Pacer(Limits(gap=500))
    pacer.depart(NOW, 1)
    assert pacer.route_slot(NOW + 100) == NOW + 500
    assert pacer.route_slot(NOW + 700) == NOW + 700


def test_the_pair_limit_lends_a_burst_and_is_repaid() -> None:
    departures = _send_all(Pacer(Limits(pair=PairLimit(6_000, 45))), [1] * 50)
    assert departures[:45] == [NOW] * 45
    assert [at - NOW for at in departures[45:]] == [6_000, 12_000, 18_000, 24_000, 30_000]


def test_a_repaid_burst_may_be_taken_again() -> None:
    pacer = Pacer(Limits(pair=PairLimit(6_000, 45)))
    for _ in range(20):
        pacer.depart(NOW, 1)
    later = NOW + 120_000
    assert pacer.pair_slot(later, 1) == later
    assert all(pacer.pair_slot(NOW, customer) == NOW for customer in (2, 3))


def test_other_customers_are_forgotten_when_they_owe_nothing() -> None:
    pacer = Pacer(Limits(pair=PairLimit(6_000, 1)))
    for customer in range(5_000):
        pacer.depart(NOW + customer * 6_000, customer)
    assert pacer.pair_slot(NOW + 5_000 * 6_000, 4_999) == NOW + 5_000 * 6_000


@given(st.integers(1, 1_000), st.integers(1, 300))
def test_throughput_is_reached_and_hardly_exceeded(per_second: int, count: int) -> None:
    departures = _send_all(Pacer(Limits(per_second=per_second)), [1] * count)
    lead = max(50.0, 1000 / per_second) * per_second / 1000
    for index, at in enumerate(departures):
        assert index <= (at - NOW) * per_second / 1000 + lead + 1
    assert departures[-1] - NOW <= count * 1000 / per_second + 1

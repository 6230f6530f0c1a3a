"""Failed logins are counted, boundedly, and without harm to those who are known."""

import pytest

from parlance.engine import limiter
from parlance.engine.limiter import FailedLogins, place_of
from parlance.model.fault import Fault, Refusal
from toys import HandClock

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def failing(logins: FailedLogins, address: str, what: str | None, times: int) -> int:
    """How many of so many failures are told as what they are."""
    for done in range(times):
        try:
            logins.failed(address, what)
        except Refusal:
            return done
    return times


def wait_told(logins: FailedLogins, address: str, what: str | None) -> float | None:
    with pytest.raises(Refusal) as refused:
        logins.failed(address, what)
    assert refused.value.fault is Fault.RATE_LIMITED
    return refused.value.retry_after


def test_so_many_may_fail_and_then_one_after_the_other(clock: HandClock) -> None:
    logins = FailedLogins(clock, 20)
    assert failing(logins, HERE, None, 50) == 20
    assert wait_told(logins, HERE, None) == 3.0
    clock.advance(2_999)
    assert wait_told(logins, HERE, None) == pytest.approx(0.001)
    clock.advance(1)
    assert failing(logins, HERE, None, 50) == 1
    clock.advance(60_000)
    assert failing(logins, HERE, None, 50) == 20


def test_one_sender_may_see_three_times_as_many_from_everywhere(clock: HandClock) -> None:
    logins = FailedLogins(clock, 5)
    told = [failing(logins, f"192.0.2.{each}", "sender", 100) for each in range(5)]
    assert told == [5, 5, 5, 0, 0]
    assert failing(logins, "192.0.2.9", "another", 100) == 5


def test_what_was_guessed_right_too_late_is_not_told(clock: HandClock) -> None:
    logins = FailedLogins(clock, 5)
    failing(logins, HERE, "sender", 100)
    with pytest.raises(Refusal) as refused:
        logins.passed(HERE, "sender", 7)
    assert refused.value.fault is Fault.RATE_LIMITED
    logins.passed(THERE, "sender", 7)


def test_who_was_in_before_stays_in_from_the_same_address_alone(clock: HandClock) -> None:
    logins = FailedLogins(clock, 5)
    logins.passed(HERE, "sender", 7)
    for each in range(10):
        failing(logins, f"192.0.3.{each}", "sender", 100)
    failing(logins, HERE, "sender", 100)
    logins.passed(HERE, "sender", 7)
    with pytest.raises(Refusal):
        logins.passed(THERE, "sender", 7)
    with pytest.raises(Refusal):
        logins.passed(HERE, "sender", 8)


def test_nothing_is_counted_where_any_number_may_fail(clock: HandClock) -> None:
    logins = FailedLogins(clock, 0)
    assert failing(logins, HERE, "sender", 1_000) == 1_000
    logins.passed(HERE, "sender", 7)


def test_a_clock_that_was_set_back_locks_nobody_out(clock: HandClock) -> None:
    logins = FailedLogins(clock, 5)
    failing(logins, HERE, None, 100)
    clock.advance(-86_400_000)
    assert failing(logins, HERE, None, 100) == 5


def test_memory_is_bounded(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "_MOST", 100)
    logins = FailedLogins(clock, 5)
    for each in range(1_000):
        logins.failed(f"198.51.{each // 256}.{each % 256}", each)
        logins.passed(f"203.0.{each // 256}.{each % 256}", each + 5_000, each)
    assert (len(logins._debts), len(logins._friends)) == (100, 100)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("x" * 200, "x" * 64),
    ],
)
def test_what_counts_as_one_address(address: str, place: str) -> None:
    assert place_of(address) == place

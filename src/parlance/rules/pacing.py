"""How fast a route may send: throughput, gap and pair limits, as plain arithmetic on departures."""

from dataclasses import dataclass, field

from parlance.contract.provider import Limits
from parlance.model.ids import Id

_PRUNE_AT = 4_096
_SLACK = 50.0
"""Departures may run so many milliseconds ahead of the even pace: timers are coarse, the rate must be reached."""


@dataclass(slots=True)
class Pacer:
    """Remembers the departures of one route as far as its limits need. All times are Unix milliseconds.

    Throughput and pair limits follow the leaky bucket: every departure pushes a theoretical time on by one interval,
    and may come at most `burst` intervals before it. So a burst is lent, and repaid by the pause after it.
    """

    limits: Limits
    _last: float = float("-inf")
    _rate_time: float = float("-inf")
    _pairs: dict[Id, float] = field(default_factory=dict)

    def route_slot(self, now: int) -> float:
        """The earliest moment, not before `now`, at which the route may send to anyone."""
        slot = float(now)
        if self.limits.gap:
            slot = max(slot, self._last + self.limits.gap)
        if self.limits.per_second:
            slot = max(slot, self._rate_time - max(_SLACK, 1000 / self.limits.per_second))
        return slot

    def pair_slot(self, now: int, customer: Id) -> float:
        """The earliest moment, not before `now`, at which this customer may be sent to."""
        pair = self.limits.pair
        if pair is None:
            return now
        return max(float(now), self._pairs.get(customer, now) - (pair.burst - 1) * pair.interval)

    def depart(self, at: int, customer: Id) -> None:
        """Note a departure."""
        self._last = at
        if self.limits.per_second:
            self._rate_time = max(self._rate_time, at) + 1000 / self.limits.per_second
        pair = self.limits.pair
        if pair is not None:
            if len(self._pairs) >= _PRUNE_AT:
                self._pairs = {one: time for one, time in self._pairs.items() if time > at}
            self._pairs[customer] = max(self._pairs.get(customer, 0), at) + pair.interval

"""Limits on requests, as the dialects document them or an operator sets them."""

from collections import OrderedDict, deque
from collections.abc import Hashable

from parlance.contract.world import Clock
from parlance.model.fault import Fault, Refusal

_MOST = 10_000


class RequestLimiter:
    """Counts requests in a sliding second. Limits below one a second stretch the window instead.

    In memory: a restart forgives at most one window.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: OrderedDict[Hashable, deque[int]] = OrderedDict()

    def take(self, what: Hashable, rate: float) -> None:
        """Count one request of a kind; raises `Refusal(RATE_LIMITED)` beyond `rate` a second, which does not count."""
        now = self._clock.now()
        most, span = (int(rate), 1000) if rate >= 1 else (1, round(1000 / rate))
        taken = self._taken.setdefault(what, deque())
        self._taken.move_to_end(what)
        while taken and taken[0] <= now - span:
            taken.popleft()
        if len(taken) >= most:
            raise Refusal(Fault.RATE_LIMITED, retry_after=(taken[0] + span - now) / 1000)
        taken.append(now)
        if len(self._taken) > _MOST:
            self._taken.popitem(last=False)

"""Limits on requests, as the dialects document them or an operator sets them, and on logins that fail."""

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Hashable

from parlance.contract.world import Clock
from parlance.model.fault import Fault, Refusal

_MOST = 10_000
_MINUTE = 60_000
_FROM_EVERYWHERE = 3
"""How many times as many failures one sender may see from everywhere as there may be from one address."""

_OWNERS_BITS = 64


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


class FailedLogins:
    """Counts logins that failed, by the address they came from and by what they tried to open.

    Either being over its limit closes the door to all but those who came through it from the same address before: to
    them a stranger's guesses do no harm. Each failure counts for a minute, and slowly less. In memory and bounded: the
    longest unheard of are forgiven first, and a restart forgives all.
    """

    def __init__(self, clock: Clock, per_minute: int) -> None:
        """From one address so many may fail in a minute, at one sender three times as many; 0: any number."""
        self._clock = clock
        self._per_minute = per_minute
        self._debts: OrderedDict[Hashable, float] = OrderedDict()
        self._friends: OrderedDict[tuple[str, Hashable], None] = OrderedDict()

    def failed(self, address: str, what: Hashable) -> None:
        """Count a failure; raises `Refusal(RATE_LIMITED)` in place of what would be told, where there were too many.

        `what` is None where nothing says what was to be opened.
        """
        if not self._per_minute:
            return
        self._check(address, what)
        now = self._clock.now()
        for whose, most in self._limits(address, what):
            until = max(self._debt(whose, now), float(now)) + _MINUTE / most
            self._debts[whose] = until
            self._debts.move_to_end(whose)
        while len(self._debts) > _MOST:
            self._debts.popitem(last=False)

    def check(self, address: str, what: Hashable, who: Hashable) -> None:
        """Before a login is even looked at: raises `Refusal(RATE_LIMITED)` where too many have failed."""
        if self._per_minute and self._debts and (address, who) not in self._friends:
            self._check(address, what)

    def passed(self, address: str, what: Hashable, who: Hashable) -> None:
        """Someone showed the right secret; raises `Refusal(RATE_LIMITED)` where it may have been guessed."""
        if not self._per_minute:
            return
        friend = (address, who)
        if friend in self._friends:
            self._friends.move_to_end(friend)
            return
        if self._debts:
            self._check(address, what)
        self._friends[friend] = None
        if len(self._friends) > _MOST:
            self._friends.popitem(last=False)

    def _limits(self, address: str, what: Hashable) -> list[tuple[Hashable, int]]:
        found: list[tuple[Hashable, int]] = [(("from", place_of(address)), self._per_minute)]
        if what is not None:
            found.append((("at", what), self._per_minute * _FROM_EVERYWHERE))
        return found

    def _check(self, address: str, what: Hashable) -> None:
        now = self._clock.now()
        waits = [self._debt(whose, now) - now - _MINUTE + _MINUTE / most for whose, most in self._limits(address, what)]
        # A hair's breadth stands for what many fractions of a minute lack of a whole one.
        if max(waits) > 0.001:
            raise Refusal(Fault.RATE_LIMITED, detail="Too many failed logins.", retry_after=max(waits) / 1000)

    def _debt(self, whose: Hashable, now: int) -> float:
        """Until when someone's failures count (Unix milliseconds). A clock that was set back forgives them."""
        until = self._debts.get(whose, 0.0)
        return until if until <= now + 2 * _MINUTE else 0.0


def place_of(address: str) -> str:
    """What counts as one address: an IPv4 address as it is, of an IPv6 address the network that one owner has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), _OWNERS_BITS), strict=False))
    return str(found)

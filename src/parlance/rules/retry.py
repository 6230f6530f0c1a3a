"""How long to wait before another try."""

FIRST = 1_000
LONGEST = 300_000


def backoff(attempt: int, chance: float, after: int | None = None) -> int:
    """Milliseconds before the try that follows `attempt` (from 1).

    Doubles from one second up to five minutes, spread by a fifth either way (`chance` from 0 to 1). `after`, what the
    vendor asked for, is a lower bound.
    """
    plain = min(LONGEST, FIRST << min(attempt - 1, 20))
    spread = round(plain * (0.8 + 0.4 * chance))
    return max(spread, after or 0)

"""The 24-hour customer service window."""

from enum import StrEnum

LENGTH = 86_400_000
"""How long a window stays open after the customer last wrote, in milliseconds."""


class WindowState(StrEnum):
    """Whether free-form messages may be sent. `unknown`: nobody has watched long enough to say."""

    OPEN = "open"
    CLOSED = "closed"
    NEVER_OPENED = "never_opened"
    UNKNOWN = "unknown"


def state(last_written: int | None, now: int, *, watched: bool) -> WindowState:
    """Say how the window stands at `now`.

    `last_written` is the carrier's timestamp of the customer's last message. `watched`: had the customer written in the
    last 24 hours, we would know. All in Unix milliseconds; at exactly 24 hours the window is closed.
    """
    if last_written is None:
        return WindowState.NEVER_OPENED if watched else WindowState.UNKNOWN
    if now < last_written + LENGTH:
        return WindowState.OPEN
    return WindowState.CLOSED if watched else WindowState.UNKNOWN


def watched(now: int, heard_since: int | None, *, knows_windows: bool) -> bool:
    """Whether a route has heard callbacks for a whole window's length, or its carrier knows from the start."""
    return knows_windows or (heard_since is not None and now - heard_since >= LENGTH)


def left(until: int | None, now: int) -> int:
    """Whole minutes until the window ends, rounded down, from 0 to 1440."""
    return 0 if until is None else max(0, min(1440, (until - now) // 60_000))

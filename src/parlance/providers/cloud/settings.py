"""The settings of a sender and what they mean (spec/cloud-api.md §11.6, §19).

A document holds `phone_number_id` and `waba_id`, which never change, `app_secret` (signs the webhooks), `verify_token`
(shown in the handshake), `url` (where webhooks go; empty: nowhere), `window_errors` (`at_once`, or `webhook`: a message
outside the window is taken and then reported as failed) and, set by an operator only, `rateLimit` (requests per second,
0: none).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlance.contract.provider import Policy, RetryPlan
from parlance.formats import meta
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.rules import targets

AT_ONCE: Final = "at_once"
WEBHOOK: Final = "webhook"
DEFAULTS: Mapping[str, Any] = {
    "phone_number_id": "",
    "waba_id": "",
    "app_secret": "",
    "verify_token": "",
    "url": "",
    "window_errors": AT_ONCE,
}
LONGEST: Final = 512
"""Characters in a secret or a token."""

EVENTS = frozenset({EventKind.RECEIVED, EventKind.SENT, EventKind.DELIVERED, EventKind.READ, EventKind.FAILED})
LATE = frozenset({Fault.WINDOW_CLOSED, Fault.WINDOW_NEVER_OPENED})

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
REPEATS = (
    *(0, 10 * _SECOND, _MINUTE, 5 * _MINUTE, 15 * _MINUTE),
    *(_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
    *(_DAY,) * 6,
)
"""Milliseconds before each repeat: at once, then with growing pauses for seven days (§11.6)."""
PLAN = RetryPlan(REPEATS, 10_000, frozenset({200}))


def is_word(text: str) -> bool:
    """Whether a text can be a secret or a token: visible ASCII letters without blanks."""
    return 0 < len(text) <= LONGEST and text.isascii() and text.isprintable() and " " not in text


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Malformed(name, meta.WRONG_TYPE)
    return value


def _word(name: str, value: object) -> str:
    text = _text(name, value)
    if text and not is_word(text):
        raise Refusal(Fault.BAD_VALUE, name)
    return text


def _token(name: str, value: object) -> str:
    """A verify token is any text that its program chose."""
    text = _text(name, value)
    if len(text) > LONGEST or not text.isprintable():
        raise Refusal(Fault.BAD_VALUE, name)
    return text


def _url(name: str, value: object) -> str:
    text = _text(name, value)
    # Whether private addresses are allowed is the operator's to say, and the engine asks again.
    if text and targets.fault_of(text, allow_private=True):
        raise Refusal(Fault.BAD_URL, name)
    return text


def _window_errors(name: str, value: object) -> str:
    text = _text(name, value)
    if text not in {AT_ONCE, WEBHOOK}:
        raise Refusal(Fault.BAD_VALUE, name)
    return text


def _rate(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(name, meta.WRONG_TYPE)
    if not 0 <= value < 1_000_000:
        raise Refusal(Fault.BAD_VALUE, name)
    return value


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "app_secret": _word,
    "verify_token": _token,
    "url": _url,
    "window_errors": _window_errors,
    "rateLimit": _rate,
}


def change(document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the document after `changes`; an empty text clears.

    Raises `Malformed` for wrong types and unknown names, `Refusal(BAD_VALUE)`, `Refusal(BAD_URL)`.
    """
    for name in changes:
        if name not in _CHECKS:
            raise Malformed(name, "extra_forbidden")
    return {**DEFAULTS, **document, **{name: _CHECKS[name](name, value) for name, value in changes.items()}}


def policy(document: Mapping[str, Any]) -> Policy:
    """Say what a document means."""
    full = {**DEFAULTS, **document}
    return Policy(
        url=full["url"] or None,
        events=EVENTS,
        secret=full["app_secret"],
        webhook_settings={"phone_number_id": full["phone_number_id"], "waba_id": full["waba_id"]},
        rate=full.get("rateLimit") or None,
        refuses_self=True,
        late=LATE if full["window_errors"] == WEBHOOK else frozenset(),
    )

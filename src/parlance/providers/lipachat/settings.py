"""The settings of a sender and what they mean (spec/lipachat.md §12 rows 23 to 25, 28 and 29).

The vendor has no call that changes them, so an operator does. A document holds `inbound` and `status` (where incoming
messages and statuses go; empty: nowhere), `secret` (signs both), `joinCode` and `sandboxNumber`, and `rateLimit`
(requests per second, 0: none).
"""

from collections.abc import Callable, Mapping
from typing import Any

from parlance.contract.provider import Policy, RetryPlan
from parlance.formats.settings import read_rate, read_url
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.providers.lipachat import wire, words
from parlance.providers.lipachat.hooks import STATUS_URL

DEFAULTS: Mapping[str, Any] = {
    "inbound": "",
    "status": "",
    "secret": "",
    "joinCode": "",
    "sandboxNumber": words.SANDBOX_NUMBER,
}
LONGEST = 256
"""Characters in a secret or a join code."""

ATTEMPT_LIMIT = 10_000
REPEATS = (5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000)
"""Milliseconds before each repeat (§12 row 24)."""
PLAN = RetryPlan(REPEATS, ATTEMPT_LIMIT, frozenset(range(200, 300)))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Malformed(name, "string_type")
    if len(value) > LONGEST or not (value.isprintable() and value == value.strip()):
        raise Refusal(Fault.BAD_VALUE, name)
    return value


def _number(name: str, value: object) -> str:
    found = wire.digits(_text(name, value))
    if found is None:
        raise Refusal(Fault.BAD_VALUE, name)
    return found


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "inbound": read_url,
    "status": read_url,
    "secret": _text,
    "joinCode": _text,
    "sandboxNumber": _number,
    "rateLimit": read_rate,
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
    """Say what a document means: one subscription, whose setting says where the statuses go."""
    full = {**DEFAULTS, **document}
    events: set[EventKind] = set()
    if full["inbound"]:
        events.add(EventKind.RECEIVED)
    if full["status"]:
        events.update(words.STATUSES)
    joins = full["joinCode"] and full["sandboxNumber"]
    return Policy(
        url=full["inbound"] or full["status"] or None,
        events=frozenset(events),
        secret=full["secret"],
        webhook_settings={STATUS_URL: full["status"]},
        rate=full.get("rateLimit") or None,
        also=tuple(filter(None, (full["status"],))),
        opens_with=(full["sandboxNumber"], full["joinCode"]) if joins else None,
    )

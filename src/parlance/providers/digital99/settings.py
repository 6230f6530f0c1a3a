"""The webhook settings: setWebhook, getWebhook and what they mean (spec/99digital.md §8, §9.6, §14 rows 18 to 21).

A settings document holds `url`, `system`, `systemPhoneAlert`, `readStatus`, `retry` and, set by an operator only,
`rateLimit` (requests per second, 0: none).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from parlance.contract.provider import Policy, RetryPlan
from parlance.formats.settings import read_rate, read_url
from parlance.model.command import ChangeSettings, ReadSettings, Reply, Settings
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99 import wire, words

DEFAULTS: Mapping[str, Any] = {"url": "", "system": 0, "systemPhoneAlert": "", "readStatus": 0, "retry": 0}
CLEAR = " "
ALERT_PHONES = 5
_ALERT_PHONE = re.compile(r"972[0-9]{5,12}")

ATTEMPT_LIMIT = 5_000
REPEATS = (0, 300_000, 1_200_000, 3_600_000, 14_400_000, 86_400_000)
"""Milliseconds before each repeat (§9.6)."""


def _flag(name: str, value: object) -> int:
    # getWebhook itself shows one flag as a string, so a program that writes back what it read sends one.
    if isinstance(value, int | str) and value in {0, 1, "0", "1"}:
        return int(value)
    raise Malformed(name, "flag")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Malformed(name, "string_type")
    return "" if value == CLEAR else value


def _phones(name: str, value: object) -> str:
    text = _text(name, value)
    numbers = [each.strip() for each in text.split(",")] if text else []
    if len(numbers) > ALERT_PHONES or not all(_ALERT_PHONE.fullmatch(each) for each in numbers):
        raise Refusal(Fault.BAD_VALUE, name)
    return ",".join(numbers)


def _url(name: str, value: object) -> str:
    return read_url(name, _text(name, value))


# `url` stands last: its reason is the highest, and reasons are told in number order (§7).
_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "system": _flag,
    "readStatus": _flag,
    "retry": _flag,
    "rateLimit": read_rate,
    "systemPhoneAlert": _phones,
    "url": _url,
}


def change(document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the document after `changes`; one space clears, an empty text changes nothing.

    Raises `Malformed` for wrong types and unknown names, `Refusal(BAD_VALUE)`, `Refusal(BAD_URL)`.
    """
    for name in changes:
        if name not in _CHECKS:
            raise Malformed(name, "extra_forbidden")
    given = {name: value for name, value in changes.items() if value is not None and value != ""}
    checked = {name: check(name, given[name]) for name, check in _CHECKS.items() if name in given}
    return {**DEFAULTS, **document, **checked}


def policy(document: Mapping[str, Any]) -> Policy:
    """Say what a document means: incoming messages always, statuses and notices when switched on (§14 row 21)."""
    full = {**DEFAULTS, **document}
    events = {EventKind.RECEIVED}
    if full["readStatus"]:
        events.update(words.ACKS)
    if full["system"]:
        events.add(EventKind.STATE)
    return Policy(
        url=full["url"] or None,
        events=frozenset(events),
        webhook_settings={"retry": full["retry"]},
        rate=full.get("rateLimit") or None,
    )


def plan(to: Subscription) -> RetryPlan:
    """Repeat six times within 29 hours where setWebhook asked for it, and always for one the operator made."""
    repeats = REPEATS if to.settings.get("retry") or not to.own else ()
    return RetryPlan(repeats, ATTEMPT_LIMIT, frozenset({200}))


def read_set_webhook(request: WireRequest) -> ChangeSettings:
    """Read setWebhook; the changes are kept as they were sent, a space as a space."""
    raw = wire.parse(request.body)
    changes = {name: raw[name] for name in DEFAULTS if raw.get(name) not in (None, "")}
    change({}, changes)
    return ChangeSettings(changes)


def read_get_webhook(request: WireRequest) -> ReadSettings:
    """Read getWebhook, which asks for nothing but itself."""
    wire.parse(request.body)
    return ReadSettings()


def write_settings(reply: Reply) -> WireResponse:
    """Write the settings, with the types of the published sample (§8.2): `system` a string, the other flags numbers."""
    if not isinstance(reply, Settings):
        raise TypeError(f"not settings: {type(reply).__name__}")
    full = {**DEFAULTS, **reply.document}
    return wire.answer(
        {
            "status": "OK",
            "url": full["url"],
            "system": str(full["system"]),
            "systemPhoneAlert": full["systemPhoneAlert"],
            "retry": full["retry"],
            "readStatus": full["readStatus"],
            "reason": words.DONE,
        }
    )

"""The settings of a sender and what they mean (spec/kaleyra.md §10.1, §16 U10 and U17).

A document holds `profiles` (oldest first), `profile` (the id of the one that gets the number's events; empty: the
newest), `count` (how many profiles were ever made, which numbers the next), `wabaId` and `phoneNumberId` as callbacks
show them, `rateLimit` (requests per second, 0: none), and `idForm` (how ids of what was sent are shown: `ids.FORMS`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from parlance.contract.provider import Policy, RetryPlan
from parlance.formats.settings import read_rate
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.providers.kaleyra import ids, profiles, wire, words

DEFAULTS: Mapping[str, Any] = {"wabaId": "", "phoneNumberId": "", "profile": "", "count": 0, "profiles": []}

LATE = frozenset(
    {
        Fault.WINDOW_CLOSED,
        Fault.WINDOW_NEVER_OPENED,
        Fault.UNKNOWN_QUOTE,
        Fault.UNKNOWN_TEMPLATE,
        Fault.TEMPLATE_HEADER,
        Fault.TEMPLATE_VARIABLES,
    }
)
"""What the vendor accepts first and reports afterwards (§9, §10.2, §16 U12)."""

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
ATTEMPT_LIMIT = 10 * _SECOND
_FIRST = (30 * _SECOND, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE)
REPEATS = (*_FIRST, *((_HOUR,) * ((_DAY - sum(_FIRST)) // _HOUR)))
"""Milliseconds before each repeat: after these five every hour, until a day is over (§16 U10)."""
PLAN = RetryPlan(REPEATS, ATTEMPT_LIMIT, frozenset(range(200, 300)))


def change(document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the document after `changes`: `add` and `edit` a profile, `remove` one by its id, or a value itself.

    Raises `Malformed` for wrong types and unknown names, `Refusal(UNKNOWN_METHOD)` for an id that is not there,
    BAD_VALUE and BAD_URL.
    """
    after = {**DEFAULTS, **document}
    for name, value in changes.items():
        if name not in _CHANGES:
            raise Malformed(name, "extra_forbidden")
        after = {**after, **_CHANGES[name](after, name, value)}
    return after


def _object(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Malformed(name, "dict_type")
    return value


def _add(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:
    if len(document["profiles"]) >= profiles.MOST:
        raise Refusal(Fault.BAD_VALUE, name, f"There are {profiles.MOST} profiles already.")
    count = document["count"] + 1
    made = {"id": str(count), **profiles.checked(_object(name, value))}
    return {"count": count, "profiles": [*document["profiles"], made]}


def _edit(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:
    given = _object(name, value)
    old = _found(document, given.get("id"))
    changed = {"id": old["id"], **profiles.checked({**old, **given})}
    return {"profiles": [changed if each is old else each for each in document["profiles"]]}


def _remove(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:  # noqa: ARG001  as the others
    gone = _found(document, value)
    chosen = "" if document["profile"] == gone["id"] else document["profile"]
    return {"profile": chosen, "profiles": [each for each in document["profiles"] if each is not gone]}


def _found(document: Mapping[str, Any], wanted: object) -> Mapping[str, Any]:
    for each in document["profiles"]:
        if each["id"] == wanted:
            found: Mapping[str, Any] = each
            return found
    raise Refusal(Fault.UNKNOWN_METHOD, "id", "There is no such profile.")


def _choose(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:
    return {name: _found(document, value)["id"] if value else ""}


def _digits(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:  # noqa: ARG001  as the others
    if not isinstance(value, str):
        raise Malformed(name, "string_type")
    if len(value) > 32 or not (value.isascii() and (value.isdigit() or not value)):
        raise Refusal(Fault.BAD_VALUE, name)
    return {name: value}


def _rate(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:  # noqa: ARG001  as the others
    return {name: read_rate(name, value)}


def _form(document: Mapping[str, Any], name: str, value: object) -> Mapping[str, Any]:  # noqa: ARG001  as the others
    if not isinstance(value, str):
        raise Malformed(name, "string_type")
    if value not in ids.FORMS:
        raise Refusal(Fault.BAD_VALUE, name)
    return {name: value}


_CHANGES: Mapping[str, Callable[[Mapping[str, Any], str, object], Mapping[str, Any]]] = {
    "add": _add,
    "edit": _edit,
    "remove": _remove,
    "profile": _choose,
    "idForm": _form,
    "wabaId": _digits,
    "phoneNumberId": _digits,
    "rateLimit": _rate,
}


def policy(document: Mapping[str, Any]) -> Policy:
    """Say what a document means: one subscription, at the profile that is chosen or the newest."""
    full = {**DEFAULTS, **document}
    known: dict[str, Mapping[str, Any]] = {each["id"]: each for each in full["profiles"]}
    chosen = known.get(full["profile"]) or next(reversed(known.values()), None)
    return Policy(
        url=None if chosen is None else chosen["url"],
        events=frozenset() if chosen is None else frozenset({EventKind.RECEIVED, *words.STATUSES}),
        # Headers, addresses and bodies of profiles may hold passwords: they go where secrets are kept.
        secret="" if chosen is None else wire.dump({"profile": chosen["id"], "profiles": known}).decode(),
        webhook_settings={name: full[name] for name in ("wabaId", "phoneNumberId", "idForm") if name in full},
        rate=full.get("rateLimit") or None,
        late=LATE,
        also=tuple(each["url"] for each in known.values() if each is not chosen),
    )

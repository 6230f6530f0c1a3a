"""Why the vendor did not take something, from its answers and statuses (spec/greenapi.md §2.2, §3, §8.4, §11.1).

Bodies of refusals repeat the token (§3.2): nothing of them is kept but the sentence that says what is wrong.
"""

import math
import re
from typing import Final

from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.outcome import Busy, Refused, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireResponse
from parlance.providers.greenapi import words
from parlance.providers.greenapi.wild import Wild, first, member, object_of

LONGEST: Final = 300
"""Characters of the vendor's words that are kept."""
STARTS_WITHIN: Final = 5_000
"""Milliseconds after which an instance that starts is asked again."""

_QUOTA: Final = 466
_SAYS_WHY: Final = frozenset({400, 500})
_NOBODY_KNOWS: Final = frozenset({408, 499})
"""Answers to a request that somebody gave up waiting for."""
_BUSY_FOR: Final = 1.0
"""Seconds to rest after a 429 that names no time (§11.1)."""


def of_answer(answer: WireResponse, route: Route) -> Busy | Refused | Unsure:
    """What an answer means that is not what was asked for."""
    status = answer.status
    if status == 429:
        return Busy(math.ceil(1000 * _rest(answer)), "HTTP 429")
    if status == _QUOTA:
        return Refused(_quota(answer, route))
    if status in _SAYS_WHY:
        said = _said(answer, route)
        if words.STARTING in said.lower():
            return Busy(STARTS_WITHIN, said)
        fault = _fault_of(said)
        if fault is not None or status < 500:
            return Refused(Failure(fault or Fault.CARRIER_REFUSED, str(status), said))
    if str(status) in words.CAUSES or (400 <= status < 500 and status not in _NOBODY_KNOWS):
        return Refused(Failure(words.CAUSES.get(str(status), Fault.CARRIER_REFUSED), str(status), _said(answer, route)))
    return Unsure("an answer without an id" if status < 300 else f"HTTP {status}")


def _rest(answer: WireResponse) -> float:
    """Seconds that a 429 asks to wait."""
    given = answer.headers.get("retry-after", "")
    return float(given) if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,3})?", given) else _BUSY_FOR


def _said(answer: WireResponse, route: Route) -> str:
    """The `message` of an envelope, empty where there is none."""
    return _kept(first(object_of(answer), "message"), route)


def _kept(said: str, route: Route) -> str:
    token = route.settings.get("api_token_instance", "").strip()
    return (said.replace(token, "***") if token else said)[:LONGEST]


def _fault_of(said: str) -> Fault | None:
    known = next((part for part in words.SENTENCES if part in said.lower()), None)
    return None if known is None else words.SENTENCES[known]


def _quota(answer: WireResponse, route: Route) -> Failure:
    """Which quota of the plan is spent (§2.2); of both, the one that stops everything counts."""
    said = object_of(answer)
    spent = [name for name in words.QUOTAS if _is_spent(member(said, name))]
    if not spent:
        return Failure(Fault.CARRIER_CREDENTIAL, str(_QUOTA))
    told = member(said, spent[0])
    return Failure(words.QUOTAS[spent[0]], str(_QUOTA), _kept(first(told, "description", "status"), route))


def _is_spent(quota: Wild) -> bool:
    return first(quota, "status").endswith("_EXCEEDED")


def of_status(word: str, description: str) -> Failure:
    """Why a message failed, by its status."""
    return Failure(words.CAUSES.get(word, Fault.CARRIER_REFUSED), word, description[:LONGEST])


def refusal(answer: WireResponse, route: Route) -> Refusal:
    """Likewise `of_answer`, for questions that send nothing."""
    match of_answer(answer, route):
        case Busy(after=after, detail=detail):
            return Refusal(Fault.RATE_LIMITED, detail=detail, retry_after=(after or 0) / 1000)
        case Refused(failure) if failure.fault is Fault.CARRIER_CREDENTIAL:
            return Refusal(Fault.CARRIER_CREDENTIAL, detail=str(failure))
        case Refused(failure):
            return Refusal(Fault.CARRIER_REFUSED, detail=str(failure))
        case Unsure(detail=detail):
            return Refusal(Fault.CARRIER_REFUSED, detail=detail)

"""What the vendor's answers mean (spec/99digital.md §4 to §6, §10, §14 rows 1, 16 and 27)."""

import re
from collections.abc import Mapping
from typing import Any

from parlance.model.fault import Failure, Fault, Malformed, Refusal
from parlance.model.outcome import Busy, Outcome, Refused, Sent, Unsure
from parlance.model.wire import WireResponse
from parlance.providers.digital99 import wire, words

LONGEST = 300
"""Characters of the vendor's words that are kept."""
RATE_LIMIT = 10
"""The reason for a pause where a page lists none (§13)."""

_AGAIN = frozenset({Fault.RATE_LIMITED, Fault.UNAVAILABLE})
_CODED = re.compile(r"([0-9]{3,6}): (.+)", re.DOTALL | re.ASCII)


def judge(method: str, answer: WireResponse) -> Outcome:
    """Say what became of a message, by `status` and `reason`; a read receipt has no id (§10)."""
    if answer.status == 429:
        return Busy(_retry_after(answer), "HTTP 429")
    if not (200 <= answer.status < 300 or 400 <= answer.status < 500):
        return Unsure(f"HTTP {answer.status}")
    if answer.status in words.TRANSPORT_CAUSES:
        detail = f"{method} was answered with HTTP {answer.status}"
        return Refused(Failure(words.TRANSPORT_CAUSES[answer.status], str(answer.status), detail))
    said = _read(answer)
    unique = said.get("unique")
    if said.get("status") == "OK":
        named = isinstance(unique, str) and unique != ""
        return Sent(str(unique) if named else "") if named or method == "readStatus" else Unsure("OK without an id")
    if said.get("status") == "FAIL":
        return _failed(method, read_reason(answer))
    if answer.status >= 400:
        return Refused(Failure(Fault.CARRIER_REFUSED, str(answer.status), f"{method} was refused without a reason"))
    return Unsure("an answer that is none of the vendor's")


TRIES = 5
"""So often is sent what fails with WhatsApp's own error; the vendor asks for a limited number of repeats (§14)."""


def _failed(method: str, reason: int | None) -> Outcome:
    """Say what a FAIL means; every reason not known is a failure (§4.3)."""
    fault = words.CAUSES[method].get(reason or 0, Fault.CARRIER_REFUSED)
    code = "" if reason is None else str(reason)
    detail = f"{method} failed with reason {code or 'unknown'}"
    if fault in _AGAIN:
        return Busy(None, detail, TRIES)
    if fault is Fault.CARRIER_CREDENTIAL:
        detail = words.ACCOUNT[reason or 0]
    return Refused(Failure(fault, code, detail))


def read_reason(answer: WireResponse) -> int | None:
    """The `reason` of an answer, None when it has none that is a small number."""
    reason = _read(answer).get("reason")
    if isinstance(reason, str) and reason.isascii() and reason.isdigit() and len(reason) < 6:
        return int(reason)
    return reason if type(reason) is int and 0 <= reason < 100_000 else None


def read_ok(method: str, answer: WireResponse) -> Mapping[str, Any]:
    """Give the fields of an answer to a question.

    Raises `Refusal`: `CARRIER_CREDENTIAL`, `RATE_LIMITED`, `CARRIER_REFUSED`.
    """
    said, reason = _read(answer), read_reason(answer)
    if answer.status == 429 or (said.get("status") == "FAIL" and reason == RATE_LIMIT):
        after = _retry_after(answer)
        raise Refusal(Fault.RATE_LIMITED, retry_after=None if after is None else after / 1000)
    if 200 <= answer.status < 300 and said.get("status") == "OK":
        return said
    if words.TRANSPORT_CAUSES.get(answer.status) is Fault.CARRIER_CREDENTIAL:
        raise Refusal(Fault.CARRIER_CREDENTIAL, detail=f"HTTP {answer.status}")
    account = words.ACCOUNT.get(reason or 0)
    if said.get("status") == "FAIL" and account and answer.status not in words.TRANSPORT_CAUSES:
        raise Refusal(Fault.CARRIER_CREDENTIAL, detail=account)
    told = f"HTTP {answer.status}" if reason is None else f"reason {reason}"
    raise Refusal(Fault.CARRIER_REFUSED, detail=f"{method} failed: {told}")


def read_failure(described: str) -> Failure:
    """Make a failure of a description such as `131026: recipient not reachable` (§9.5)."""
    coded = _CODED.fullmatch(described)
    if coded is None:
        return Failure(Fault.CARRIER_REFUSED, "", described[:LONGEST])
    return Failure(words.CODES.get(coded[1], Fault.CARRIER_REFUSED), coded[1], coded[2][:LONGEST])


def _read(answer: WireResponse) -> Mapping[str, Any]:
    """The answer's object, an empty one where it is none."""
    try:
        return wire.parse(answer.body)
    except Malformed:
        return {}


def _retry_after(answer: WireResponse) -> int | None:
    """Milliseconds that the vendor asks for, None when it does not say (or names a date: there is no clock here)."""
    seconds = answer.headers.get("retry-after", "")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None

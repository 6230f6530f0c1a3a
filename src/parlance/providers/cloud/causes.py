"""What the vendor's answers mean (spec/cloud-api.md §9, §10).

The code decides, not the HTTP status (§16 M7), but for 429 and for answers that are not the vendor's own.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.outcome import Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.value import dataclass
from parlance.model.wire import WireResponse
from parlance.providers.cloud import tame, words

LONGEST: Final = 300
"""Characters of the vendor's words that are kept."""
_LONGEST_PAUSE: Final = 86_400_000
"""No pause that a vendor names may be longer: in milliseconds."""
_TOKEN = re.compile(r"EAA[0-9A-Za-z]{8,}")
_NO_OBJECT: Final = 33
"""`error_subcode` of an object that the token does not own (§19)."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as the vendor tells it, in an answer or in a webhook. `code` None: it names none."""

    code: int | None
    detail: str
    transient: bool
    about_object: bool


def read_complaint(error: Mapping[str, Any], secret: str = "") -> Complaint:
    """Read an error object; the vendor sometimes repeats the token, which is blotted out."""
    data = tame.inner(error, "error_data")
    said = tame.text(data, "details") or tame.text(error, "error_data") or tame.text(error, "error_user_msg")
    detail = said or tame.text(error, "message") or tame.text(error, "title")
    if secret:
        detail = detail.replace(secret, "***")
    about_object = tame.text(error, "type") == "GraphMethodException" or tame.code(error, "error_subcode") == _NO_OBJECT
    return Complaint(
        tame.code(error, "code"), _TOKEN.sub("***", detail)[:LONGEST], error.get("is_transient") is True, about_object
    )


def read_failure(error: Mapping[str, Any]) -> Failure:
    """Read one of a status's `errors[]`: the end of its message, whatever a later try might have done."""
    complaint = read_complaint(error)
    fault = _cause(complaint)
    if fault is None:
        fault = Fault.RATE_LIMITED if complaint.code in words.BUSY else Fault.CARRIER_REFUSED
    return Failure(fault, "" if complaint.code is None else str(complaint.code), complaint.detail)


def read_sent(answer: WireResponse, route: Route) -> Outcome:
    """Judge the answer to a message (§9); templates held for review are as good as taken (§16 M15)."""
    said = tame.read(answer.body)
    if not _is_fine(answer, said):
        return judge(answer, route)
    taken = next(iter(tame.inners(said, "messages")), {})
    contact = next(iter(tame.inners(said, "contacts")), {})
    external_id = tame.text(taken, "id")
    return (
        Sent(external_id, tame.number(tame.text(contact, "wa_id")))
        if external_id
        else Unsure("an answer without an id")
    )


def read_done(answer: WireResponse, route: Route) -> Outcome:
    """Judge the answer to a read receipt. What became of it is not worth holding up a chat for."""
    if _is_fine(answer, tame.read(answer.body)):
        return Sent("")
    outcome = judge(answer, route)
    return Refused(Failure(Fault.CARRIER_REFUSED, detail=outcome.detail)) if isinstance(outcome, Unsure) else outcome


def read_reply(answer: WireResponse, route: Route) -> Mapping[str, Any]:
    """Read the answer to a question; raises `Refusal` as `contract.vendor.Inquiry` says."""
    said = tame.read(answer.body)
    if _is_fine(answer, said):
        return said
    match judge(answer, route):
        case Busy(after, detail):
            raise Refusal(Fault.RATE_LIMITED, detail=detail, retry_after=None if after is None else after / 1000)
        case Refused(failure) if failure.fault is Fault.CARRIER_CREDENTIAL:
            raise Refusal(failure.fault, detail=str(failure))
        case outcome:
            detail = str(outcome.failure) if isinstance(outcome, Refused) else getattr(outcome, "detail", "")
            raise Refusal(Fault.CARRIER_REFUSED, detail=detail)


def _is_fine(answer: WireResponse, said: Mapping[str, Any]) -> bool:
    return 200 <= answer.status < 300 and "error" not in said


def judge(answer: WireResponse, route: Route) -> Outcome:
    """Say what an answer means that is no success."""
    error = tame.inner(tame.read(answer.body), "error")
    complaint = read_complaint(error, route.settings.get("access_token", ""))
    code = complaint.code
    if code is None:
        return _without_code(answer)
    if answer.status == 429 or code in words.BUSY:
        return Busy(_pause(answer, code), complaint.detail)
    fault = _cause(complaint)
    if fault is None and answer.status == 401:
        fault = Fault.CARRIER_CREDENTIAL
    if fault is None and (code in words.UNSURE or complaint.transient or not _is_refusal(answer)):
        return Unsure(f"{code}: {complaint.detail}")
    return Refused(Failure(fault or Fault.CARRIER_REFUSED, str(code), complaint.detail))


def _cause(complaint: Complaint) -> Fault | None:
    """The fault that a code stands for, None for those that nobody knows or that decide nothing."""
    code = complaint.code
    if code in words.PERMISSIONS or (code == 100 and complaint.about_object):
        return Fault.CARRIER_CREDENTIAL
    return None if code is None else words.CAUSES.get(code)


def _is_refusal(answer: WireResponse) -> bool:
    """Whether the status alone says that the request was not carried out; 408 does not."""
    return 400 <= answer.status < 500 and answer.status != 408


def _without_code(answer: WireResponse) -> Outcome:
    """An answer that is not the vendor's own: a gateway on the way, or another server at the route's address."""
    detail = f"HTTP {answer.status} without an error code"
    if answer.status == 429:
        return Busy(_pause(answer), detail)
    fault = words.HTTP.get(answer.status)
    if fault is None and not _is_refusal(answer):
        return Unsure(detail)
    return Refused(Failure(fault or Fault.CARRIER_REFUSED, detail=detail))


def _pause(answer: WireResponse, code: int = 0) -> int | None:
    """How long to wait in milliseconds, as far as anything says so.

    `Retry-After` in seconds (§16 M18), the minutes of `X-Business-Use-Case-Usage`
    (https://developers.facebook.com/docs/graph-api/overview/rate-limiting/), the limit's own interval.
    """
    usage = tame.read(answer.headers.get("x-business-use-case-usage", "").encode())
    limits = [limit for name in usage for limit in tame.inners(usage, name)]
    minutes = max((tame.code(limit, "estimated_time_to_regain_access") or 0 for limit in limits), default=0)
    seconds = tame.code(answer.headers, "retry-after") or 0
    return min(max(minutes * 60_000, seconds * 1_000, words.BUSY.get(code, 0)), _LONGEST_PAUSE) or None

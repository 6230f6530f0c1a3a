"""Saying no: one envelope for every refusal (spec/lipachat.md §7.2, §12 rows 2 to 7, 20, 28 and 31)."""

import math
from collections.abc import Mapping

from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.lipachat import wire, words

RETRY_AFTER = 5
"""Seconds that a 429 or a 503 asks for when nobody knows better."""


def refuse(refusal: Refusal, request: WireRequest) -> WireResponse:
    """Say no, with the HTTP status, the sentence and, where values are wrong, the paths that belong to it."""
    fault = refusal.fault
    errors: Mapping[str, str] | None = None
    headers: dict[str, str] = {}
    if fault is Fault.MALFORMED or fault in words.VALUES:
        status, message, errors = 400, words.INVALID, _errors(refusal)
    elif fault in words.WINDOW:
        in_sandbox = wire.sender_of(request) == words.SANDBOX_NUMBER
        status, message = 400, words.SANDBOX_SESSION if in_sandbox else words.SESSION
    elif fault in words.ANSWERS:
        status, message = words.ANSWERS[fault]
    else:
        status, message = 502 if fault in words.AT_ONCE else 400, refusal.detail or fault.message
    if status in {429, 503}:
        headers["retry-after"] = str(max(1, math.ceil(refusal.retry_after or RETRY_AFTER)))
    fields = wire.envelope(wire.timestamp(request.received_at), None, "error", message, errors)
    return wire.answer(fields, status, headers)


def _errors(refusal: Refusal) -> Mapping[str, str] | None:
    """What is wrong, by path; None when no single value is (malformed JSON)."""
    if isinstance(refusal, wire.Invalid):
        return {path: words.KINDS.get(kind, words.OTHERWISE) for path, kind in refusal.errors.items()}
    if not refusal.field:
        return None
    if isinstance(refusal, Malformed):
        return {refusal.field: words.KINDS.get(refusal.kind, words.OTHERWISE)}
    # Places in a list of the gateway's need not be places in the request's: one card has several phones.
    path = words.FIELDS.get(refusal.field.partition("[")[0], refusal.field)
    return {path: words.VALUES.get(refusal.fault, words.OTHERWISE)}

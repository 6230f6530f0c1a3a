"""Saying no: one error object for every refusal (spec/cloud-api.md §10, §19)."""

import re
from typing import Any

from parlance.formats import meta
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import wire, words

_OBJECT = re.compile(r"/(?:v[0-9]+\.[0-9]+/)?([^/]+)(.*)", re.DOTALL)


def refuse(refusal: Refusal, request: WireRequest) -> WireResponse:
    """Say no with HTTP status, code, title and, where a field is at fault, its path."""
    if refusal.fault in {Fault.UNKNOWN_SENDER, Fault.WRONG_VERB}:
        return _unknown_object(request)
    status, code, title = _answer(refusal, request)
    message = title.format(path=_parts(request)[1])
    if refusal.fault not in words.PLAIN:
        message = f"(#{code}) {message}"
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
    details = _details(refusal)
    if details:
        error["error_data"] = {"messaging_product": meta.PRODUCT, "details": details}
    return wire.answer({"error": {**error, "fbtrace_id": request.request_id}}, status)


def _parts(request: WireRequest) -> tuple[str, str]:
    """The id of the object that a request is about, and the path behind it."""
    found = _OBJECT.match(request.path)
    return (found[1], found[2]) if found else ("", request.path)


def _unknown_object(request: WireRequest) -> WireResponse:
    error = {
        "message": words.UNKNOWN_OBJECT.format(verb=request.method.lower(), id=_parts(request)[0]),
        "type": "GraphMethodException",
        "code": 100,
        "error_subcode": 33,
        "fbtrace_id": request.request_id,
    }
    return wire.answer({"error": error}, 400)


def _answer(refusal: Refusal, request: WireRequest) -> tuple[int, int, str]:
    if refusal.fault is Fault.MALFORMED:
        return _malformed(refusal)
    if refusal.fault is Fault.UNKNOWN_TEMPLATE and _parts(request)[1] == "/message_templates":
        return words.NO_TEMPLATE
    return words.ANSWERS.get(refusal.fault, words.VALUE)


def _malformed(refusal: Refusal) -> tuple[int, int, str]:
    """What is missing is one code, except at the top, where it is told by name; what is wrong is another."""
    if not isinstance(refusal, Malformed) or refusal.kind != meta.MISSING:
        return words.PARAMETER
    if refusal.field in words.TOP:
        status, code, _ = words.PARAMETER
        return status, code, f"The parameter {refusal.field} is required."
    return words.REQUIRED


def _details(refusal: Refusal) -> str:
    """Where and how; nothing for what is no matter of a field."""
    if isinstance(refusal, Malformed):
        return f"{refusal.field or words.BODY}: {refusal.detail or words.KINDS.get(refusal.kind, words.OTHERWISE)}"
    if refusal.fault in words.PLAIN:
        return ""
    sentence = refusal.detail or refusal.fault.message
    if not refusal.field:
        return sentence
    # Where the gateway counts on (a button of a template) the request's own places may differ.
    return f"{words.FIELDS.get(refusal.field.partition('[')[0], refusal.field)}: {sentence}"

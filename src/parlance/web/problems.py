"""Errors of our own APIs as problem objects (RFC 9457), and the one way in which these APIs read bodies and queries."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

from parlance.formats.sandbox import read_json
from parlance.model.fault import Fault, Malformed, Refusal

MOST_BODY = 1 << 20
"""The largest body our own APIs read, in bytes."""

STATUSES: Mapping[Fault, int] = {
    Fault.MALFORMED: 400,
    Fault.BAD_CREDENTIAL: 401,
    Fault.LOW_BALANCE: 402,
    Fault.FORBIDDEN: 403,
    Fault.UNKNOWN_METHOD: 404,
    Fault.UNKNOWN_SENDER: 404,
    Fault.UNKNOWN_MESSAGE: 404,
    Fault.WRONG_VERB: 405,
    Fault.DUPLICATE: 409,
    Fault.NOT_AUTHORIZED: 409,
    Fault.TOO_LARGE: 413,
    Fault.RATE_LIMITED: 429,
    Fault.QUEUE_FULL: 503,
    Fault.UNAVAILABLE: 503,
}
"""The HTTP status of a refusal; those not named are faults of a value: 422."""

Model = TypeVar("Model", bound=BaseModel)


class BadBody(Refusal):
    """Values of a body or a query are wrong; each of `errors` has the `path` of one and the `kind` of its fault."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__(Fault.MALFORMED, errors[0]["path"], "Some values are missing or wrong.")
        self.errors = [dict(each) for each in errors]


def problem(
    status: int, title: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **extra: Any
) -> JSONResponse:
    """A problem object as an answer; `extra` become members of it."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail or title, **extra}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def refused(refusal: Refusal) -> JSONResponse:
    """A refusal as an answer: its fault as `fault`, what is wrong where as `errors`."""
    extra: dict[str, Any] = {"fault": refusal.fault.value}
    errors = _errors_of(refusal)
    if errors:
        extra["errors"] = errors
    status = _status_of(refusal)
    headers: dict[str, str] = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if refusal.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(refusal.retry_after)))
    return problem(status, HTTPStatus(status).phrase, str(refusal), headers=headers, **extra)


async def show_refusal(request: Request, fault: Exception) -> Response:  # noqa: ARG001  as Starlette calls it
    """Answer a `Refusal` that a handler raised."""
    if not isinstance(fault, Refusal):
        raise fault
    return refused(fault)


async def show_http(request: Request, fault: Exception) -> Response:  # noqa: ARG001  as Starlette calls it
    """Answer what Starlette itself refuses (no such path, wrong verb) and what our handlers refuse with its words."""
    if not isinstance(fault, HTTPException):
        raise fault
    return problem(fault.status_code, HTTPStatus(fault.status_code).phrase, fault.detail, headers=fault.headers)


HANDLERS: Mapping[Any, ExceptionHandler] = {Refusal: show_refusal, HTTPException: show_http}
"""What an application that serves our own APIs installs as exception handlers."""


def _errors_of(refusal: Refusal) -> list[dict[str, str]]:
    if isinstance(refusal, BadBody):
        return refusal.errors
    if isinstance(refusal, Malformed):
        return [{"path": refusal.field, "kind": refusal.kind}]
    return [{"path": refusal.field, "kind": refusal.fault.value}] if refusal.field else []


def _status_of(refusal: Refusal) -> int:
    unread = isinstance(refusal, Malformed) and refusal.kind == "json_invalid"
    if isinstance(refusal, Malformed | BadBody) and not unread:
        return 422
    return STATUSES.get(refusal.fault, 422)


async def read_bytes(request: Request) -> bytes:
    """Read a body; raises `Refusal(TOO_LARGE)` over `MOST_BODY`."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY:
                raise Refusal(Fault.TOO_LARGE, detail=f"The body is over {MOST_BODY} bytes.")
    except ClientDisconnect:
        raise Malformed("", "json_invalid", "The body did not come whole.") from None
    return bytes(body)


async def read_body(request: Request, model: type[Model]) -> Model:
    """Read a JSON body into a model; raises `Malformed` (no JSON), `BadBody` (wrong values), `Refusal(TOO_LARGE)`."""
    return check(model, read_json(await read_bytes(request)))


def read_query(request: Request, model: type[Model]) -> Model:
    """Read a query into a model; the last of equal names wins. Raises `BadBody`."""
    return check(model, dict(request.query_params))


def check(model: type[Model], value: object, path: str = "") -> Model:
    """Read a value into a model; raises `BadBody` with paths below `path`, parts joined by dots."""
    try:
        return model.model_validate(value)
    except ValidationError as fault:
        raise BadBody(errors_in(fault, path)) from None


def errors_in(fault: ValidationError, path: str = "") -> list[dict[str, str]]:
    """The errors of a validation as `path` and `kind`; never the values, which may be secret."""
    found = fault.errors(include_url=False, include_context=False, include_input=False)
    return [{"path": ".".join([path, *map(str, each["loc"])]).strip("."), "kind": each["type"]} for each in found]

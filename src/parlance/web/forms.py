"""Reading what operators send: bodies by pydantic, queries by hand, faults named by their path."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from parlance.model.fault import Malformed
from parlance.model.ids import Id, from_text
from parlance.web.problems import BadBody, errors_in

MOST = 500
"""The longest list in one answer."""

_LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, so that milliseconds given for seconds are noticed."""

T = TypeVar("T")


class Form(BaseModel):
    """A body: nothing but the fields named, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _moment(value: object) -> object:
    if isinstance(value, str) and not value.isdecimal():
        parsed = datetime.fromisoformat(value)
        value = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    elif isinstance(value, str) and len(value) <= len(str(_LAST_SECOND)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise ValueError("neither ISO 8601 nor Unix seconds")
    return round(value * 1000)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else value


Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A short text on one line."""

Prose = Annotated[str, StringConstraints(max_length=8192, pattern=r"^[^\x00]*$")]
"""A longer text; PostgreSQL keeps everything but the zero character."""

Value = Annotated[Prose, BeforeValidator(_as_text, json_schema_input_type=Prose | int)]
"""A text that may also be written as a whole number."""

_Seconds = Annotated[float, Field(ge=0, le=_LAST_SECOND)]
_Iso = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Moment = Annotated[int, BeforeValidator(_moment, json_schema_input_type=_Seconds | _Iso)]
"""A time, given in ISO 8601 (UTC unless it says otherwise) or in Unix seconds; read as Unix milliseconds."""

F = TypeVar("F", bound=BaseModel)


async def read_form(request: Request, form: type[F]) -> F:
    """Read a body; raises `BadBody` with the path of each fault, and `Malformed` for what is no JSON at all."""
    try:
        return form.model_validate_json(await request.body())
    except ValidationError as fault:
        errors = errors_in(fault)
    if errors[0]["kind"] == "json_invalid":
        raise Malformed("", "json_invalid", "The body is not JSON.")
    raise BadBody(errors)


def read_query(request: Request, *names: str) -> dict[str, str]:
    """The query's fields, empty ones left out; raises `Malformed` for a field that is none of `names`."""
    for name in request.query_params:
        if name not in names:
            raise Malformed(name, "extra_forbidden", f"{name}: there is no such filter. Known: {', '.join(names)}.")
    return {name: value for name, value in request.query_params.items() if value}


def read_limit(query: Mapping[str, str]) -> int:
    """`limit`: from 1 to 500, 100 when it is not given."""
    text = query.get("limit", "100")
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MOST):
        raise Malformed("limit", "int_range", f"limit: from 1 to {MOST}.")
    return int(text)


def read_flag(query: Mapping[str, str], name: str) -> bool:
    """A field that is `true` or `1`, `false` or `0`; false when it is not given."""
    text = query.get(name, "false").lower()
    if text not in {"true", "1", "false", "0"}:
        raise Malformed(name, "bool_parsing", f"{name}: true or false.")
    return text in {"true", "1"}


def read_word(query: Mapping[str, str], name: str, known: Sequence[str]) -> str:
    """A field that is one of the words `known`; empty when it is not given."""
    text = query.get(name, "")
    if text and text not in known:
        raise Malformed(name, "enum", f"{name}: one of {', '.join(known)}.")
    return text


def read_moment(query: Mapping[str, str], name: str) -> int:
    """A time in ISO 8601 (UTC unless it says otherwise) or Unix seconds, as Unix milliseconds; 0 when not given."""
    if name not in query:
        return 0
    try:
        return int(str(_moment(query[name])))
    except (ValueError, OverflowError):
        raise Malformed(name, "moment", f"{name}: a time in ISO 8601 or in Unix seconds.") from None


def read_cursor(query: Mapping[str, str]) -> Id:
    """`after`: a canonical id, 0 when it is not given."""
    text = query.get("after")
    return 0 if text is None else read_hex(text, "after")


def read_hex(text: str, path: str) -> Id:
    """A canonical id that stands at `path`; raises `Malformed`."""
    value = from_text(text)
    if value is None:
        raise Malformed(path, "id", f"{path}: an id has 16 hex digits.")
    return value


def answer(value: object, status: int = 200) -> Response:
    """Write JSON. In ASCII, since a stranger's text may hold half a surrogate pair, which has no UTF-8."""
    return Response(json.dumps(value, separators=(",", ":")), status, media_type="application/json")


def listed(found: Sequence[T], limit: int, show: Callable[[T], Any], cursor: Callable[[T], str]) -> Response:
    """Write a list of which one more than `limit` was asked for: the one too many says that there is a next page."""
    items = found[:limit]
    following = cursor(items[-1]) if len(found) > limit else None
    return answer({"items": [show(item) for item in items], "next": following})

"""Bodies, from bytes to checked values and back.

What is wrong is said in the words of the validator that the vendor uses, the first violation only: fields in the order
in which a form lists them, then unknown ones (spec/greenapi.md §3.3, U-5).
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, from_json, to_json

from parlance.model.fault import Malformed
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import words
from parlance.providers.greenapi.chats import read_chat

JSON_HEADERS: Final = {"content-type": "application/json; charset=utf-8"}
SAFE = (1 << 53) - 1
"""The largest number that the vendor's own validator takes for one it can count with."""

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_PLACE = re.compile(r"at line ([0-9]+) column ([0-9]+)$")
_SHORTEST_ID = 16

# ---- what is wrong, in words


def malformed(label: str, kind: str, **context: object) -> Malformed:
    """A refusal whose `detail` is the sentence for a `kind` of violation; `context` fills it in."""
    if kind in words.BARE:
        return Malformed(label, kind, words.BARE[kind].format(label=label, **context))
    sentence = words.JOI[kind].format(label=label or "value", **context)
    return Malformed(label, kind, words.FAILED + sentence)


def _label(steps: tuple[int | str, ...]) -> str:
    label = ""
    for step in steps:
        label += f"[{step}]" if isinstance(step, int) else f".{step}" if label else step
    return label


# ---- values


def as_number(value: object) -> int:
    """Take a whole number, or a text that is one (U-16); raises `PydanticCustomError`."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        # As floats first: a text of ten thousand digits is no integer to Python, but it is not safe either.
        number: float = float(value)
        value = int(value) if abs(number) <= SAFE and value.strip().lstrip("+-").isdigit() else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "number")
    if abs(value) > SAFE:
        raise PydanticCustomError("safe_number", "safe number")
    if value != int(value):
        raise PydanticCustomError("integer", "integer")
    return int(value)


def _as_flag(value: object) -> bool:
    text = value.lower() if isinstance(value, str) else value
    if text is True or text == "true":
        return True
    if text is False or text == "false":
        return False
    raise PydanticCustomError("boolean", "boolean")


def one_of(*choices: str) -> BeforeValidator:
    """Make a check that a value is one of these words."""

    def check(value: object) -> object:
        if value not in choices:
            raise PydanticCustomError("choice", "choice", {"choices": ", ".join(choices)})
        return value

    return BeforeValidator(check)


def _chat(value: str) -> str:
    if read_chat(value) is None:
        raise PydanticCustomError("chat_id", "chat id")
    return value


def _id(value: str) -> str:
    if len(value) < _SHORTEST_ID:
        raise PydanticCustomError("message_id", "message id")
    return value


Integer = Annotated[int, BeforeValidator(as_number)]
Flag = Annotated[bool, BeforeValidator(_as_flag)]
Words = Annotated[str, Field(min_length=1)]
ChatId = Annotated[Words, AfterValidator(_chat)]
MessageId = Annotated[Words, AfterValidator(_id)]


class Form(BaseModel):
    """What the bodies have in common: exact types, fields in camel case, none that nobody knows."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)


FormT = TypeVar("FormT", bound=Form)

# ---- reading


def parse(body: bytes) -> dict[str, Any]:
    """Parse a body into a JSON object that is not empty; no body counts as an empty one (U-42). Raises `Malformed`."""
    raw = from_body(body) if body else {}
    if isinstance(raw, list):
        raise malformed("", "model_type")
    if not isinstance(raw, dict):
        # The vendor's parser takes nothing but an object or an array and stops at the first letter of anything else.
        raise _unexpected(body, len(body) - len(body.lstrip()))
    if not raw:
        raise malformed("", "empty_object")
    return raw


def from_body(body: bytes) -> Any:
    """Parse JSON; raises `Malformed` in the words of the vendor's parser (U-35)."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        place = _PLACE.search(str(error))
        if place is None or str(error).startswith("EOF"):
            raise malformed("", "unexpected_end") from None
        start = sum(len(line) + 1 for line in body.split(b"\n")[: int(place[1]) - 1])
        raise _unexpected(body, start + int(place[2]) - 1) from None


def _unexpected(body: bytes, index: int) -> Malformed:
    token = body[index:].decode(errors="replace")[:1]
    if not token:
        return malformed("", "unexpected_end")
    # JavaScript counts in UTF-16.
    position = len(body[:index].decode(errors="replace").encode("utf-16-le")) // 2
    return malformed("", "unexpected_token", token=token, position=position)


def fill(form: type[FormT], raw: Mapping[str, Any]) -> FormT:
    """Check an object; raises `Malformed` with the first violation."""
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise malformed(_label(first["loc"]), first["type"], **first.get("ctx", {})) from None


def read(form: type[FormT], request: WireRequest) -> FormT:
    """Read a request's body; raises `Malformed`."""
    return fill(form, parse(request.body))


def number(label: str, value: object) -> int:
    """Read a number that stands outside a form; raises `Malformed`."""
    try:
        return as_number(value)
    except PydanticCustomError as error:
        raise malformed(label, error.type) from None


# ---- writing


def dump(value: object) -> bytes:
    """Write JSON as it goes over the wire: compact, letters of every script as they are."""
    return to_json(value)


def answer(value: object, status: int = 200) -> WireResponse:
    """Answer with JSON."""
    return WireResponse(status, dump(value), JSON_HEADERS)


def method_of(request: WireRequest) -> str:
    """Name the method that a request is for, in whatever capitals it came (§1); empty for none."""
    parts = request.path.split("/")
    return parts[2] if len(parts) > 2 else ""

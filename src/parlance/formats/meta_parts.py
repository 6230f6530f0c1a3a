"""What the models of the message object have in common, and how their complaints are told."""

from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError, from_json

from parlance.model.fault import Malformed

NOT_JSON: Final = "not_json"
NOT_OBJECT: Final = "not_object"
MISSING: Final = "missing"
WRONG_TYPE: Final = "wrong_type"
WRONG_VALUE: Final = "wrong_value"
UNKNOWN_TYPE: Final = "unknown_type"


EXACT: Final = ConfigDict(strict=True, extra="ignore", frozen=True)
"""Exact JSON types, strangers passed over."""


class Part(BaseModel):
    """An object of the wire."""

    model_config = EXACT


_PartT = TypeVar("_PartT", bound=Part)
_T = TypeVar("_T")


def fill(part: type[_PartT], raw: object, path: str = "") -> _PartT:
    """Check an object that stands at `path`; raises `Malformed` with the first violation."""
    try:
        return part.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    kind = (
        NOT_JSON if first["type"] == NOT_JSON else MISSING if _is_missing(first["type"], first["input"]) else WRONG_TYPE
    )
    raise Malformed(_path(path, first["loc"]), kind)


def _is_missing(type_: str, value: object) -> bool:
    return type_ == MISSING or value is None


def _path(start: str, place: tuple[str | int, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"{start}{shown}".removeprefix(".")


def _unpacked(value: object) -> object:
    """Some programs write an inner object or array as a text that holds JSON (spec/cloud-api.md §19)."""
    if not isinstance(value, str):
        return value
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError:
        raise PydanticCustomError(NOT_JSON, NOT_JSON) from None


def _flag(value: object) -> object:
    words = {"true": True, "false": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


def _place(value: object) -> object:
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9
    return int(value) if is_number else value  # type: ignore[call-overload]  # a text of digits


def _list(value: object) -> object:
    return () if value is None else tuple(value) if isinstance(value, list) else value


def _object(value: object) -> object:
    return {} if value is None else value


Packed: TypeAlias = Annotated[_T, BeforeValidator(_unpacked)]
"""As it is, or as a text that holds it in JSON."""

Many: TypeAlias = Annotated[tuple[_T, ...], Field(default=()), BeforeValidator(_list)]
"""A list that may be left out or null."""

Held: TypeAlias = Annotated[_T, Field(default_factory=dict, validate_default=True), BeforeValidator(_object)]
"""An object whose own members are told when it is missing as a whole."""

Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag)]
"""A boolean, or its word as a text (spec/kaleyra.md §5)."""

Place: TypeAlias = Annotated[int, Field(ge=0, le=999), BeforeValidator(_place)]
"""A number from 0, or its digits as a text (spec/kaleyra.md §7)."""


def kept(**members: Any) -> dict[str, Any]:
    """Leave out the members that have no content."""
    return {name: value for name, value in members.items() if value is not None and value != ()}

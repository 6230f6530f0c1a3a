"""The bodies that programs send, from bytes to checked values.

Wrong JSON and wrong JSON types are told before anything is looked at more closely (spec/99digital.md §14 row 3). An
optional field that is null or empty counts as left out.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json, to_json

from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99 import words

JSON_HEADERS: Final = {"content-type": "application/json"}
_RECENT = 4
_NUMBER = re.compile(r"\+?([0-9]{8,15})")
VARIABLES = 10
"""How many variables a template's body can have (§6.4)."""


def _number(value: object) -> object:
    # Programs written in languages that are loose about types send numbers bare; a bool is no number.
    return str(value) if type(value) is int else value


def _left_out(value: object) -> object:
    return None if value == "" else value


Numeric = Annotated[str | None, BeforeValidator(_number, json_schema_input_type=str | int | None)]
Optional = Annotated[str | None, BeforeValidator(_left_out)]
OptionalInt = Annotated[int | None, BeforeValidator(_left_out, json_schema_input_type=int | Literal[""] | None)]


class Form(BaseModel):
    """What several methods share. Fields nobody knows are ignored, as programs send whole forms."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    to: Numeric = None
    reply_to: Optional = Field(default=None, alias="replyTo")


class TextForm(Form):
    """The body of sendMessage (§4.1)."""

    body: str | None = None


class ContactForm(Form):
    """The body of sendContact (§5.1)."""

    contact_name: str | None = None
    contact_phone: Numeric = None
    contact_email: Optional = None
    contact_birthday: Optional = None
    address_street: Optional = None
    address_city: Optional = None
    address_country: Optional = None
    website: Optional = None


class TemplateForm(Form):
    """The body of sendTemplate (§6.1) but for its variables; see `read_variables`."""

    name: str | None = None
    header_type: OptionalInt = Field(default=None, alias="headerType")
    header_link: Optional = Field(default=None, alias="headerLink")
    website_variable: Optional = Field(default=None, alias="websiteVariable")
    website_variable2: Optional = Field(default=None, alias="websiteVariable2")
    coupon_code: Optional = Field(default=None, alias="couponCode")
    language: OptionalInt = None


class ReactionForm(Form):
    """The body of sendReaction (§10)."""

    unique: str | None = None
    reaction: str | None = None


CALLER: Final[Mapping[str, Any]] = {
    "apiKey": {"type": "string", "description": "The sender's key."},
    "from": {"type": ["string", "integer"], "description": "The sender's number."},
}
"""What every body begins with; see `read_sender`."""

ECHO: Final[Mapping[str, Any]] = {
    "showRequest": {"enum": [0, 1, "1", False, True], "description": "1: the answer holds the request."},
}
"""What the bodies of methods that act may ask for; see `echo`."""

_FormT = TypeVar("_FormT", bound=Form)


def schema(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    """The JSON schema of a body with these members behind those that every body begins with."""
    return {"type": "object", "properties": {**CALLER, **properties}, "required": [*CALLER, *required]}


def form_schema(form: type[Form], *required: str) -> dict[str, Any]:
    """The JSON schema of a body that is read by this form."""
    return schema({**form.model_json_schema(union_format="primitive_type_array")["properties"], **ECHO}, *required)


@lru_cache(_RECENT)
def parse(body: bytes) -> Mapping[str, Any]:
    """Parse a body into a JSON object; raises `Malformed`. Each is asked for twice: who calls, and what for."""
    try:
        raw = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise Malformed("", "json_invalid") from None
    if not isinstance(raw, dict):
        raise Malformed("", "dict_type")
    return raw


def fill(form: type[_FormT], raw: Mapping[str, Any]) -> _FormT:
    """Check an object's types; raises `Malformed` with the first field that is wrong."""
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Malformed(str(first["loc"][0]), first["type"]) from None


def read_variables(raw: Mapping[str, Any]) -> dict[int, str]:
    """Give `bodyVariable1` to `bodyVariable10` by number, those left out missing; raises `Malformed`."""
    given: dict[int, str] = {}
    for number in range(1, VARIABLES + 1):
        value = raw.get(f"bodyVariable{number}")
        if value is not None and not isinstance(value, str):
            raise Malformed(f"bodyVariable{number}", "string_type")
        if value:
            given[number] = value
    return given


def digits(value: str) -> str | None:
    """Normalise a number: 8 to 15 digits, one leading `+` removed; None for anything else (§14 row 10)."""
    found = _NUMBER.fullmatch(value)
    return found[1] if found else None


def read_sender(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Give `from`, normalised, and `apiKey` (empty when left out).

    Raises `Malformed` for wrong types and `Refusal(UNKNOWN_SENDER)` for a `from` that can be nobody's number.
    """
    number, key = _number(raw.get("from")), raw.get("apiKey")
    for name, value in (("from", number), ("apiKey", key)):
        if value is not None and not isinstance(value, str):
            raise Malformed(name, "string_type")
    found = digits(number) if isinstance(number, str) else None
    if found is None:
        raise Refusal(Fault.UNKNOWN_SENDER, "from")
    return found, key or ""


def recipient(value: str | None) -> Address:
    """Read `to`: a number or a business-scoped user id, never a group; raises `Refusal(BAD_RECIPIENT)`."""
    found = digits(value or "")
    if found:
        return phone(found)
    if value and USER_ID.fullmatch(value):
        return Address(AddressKind.USER, value)
    raise Refusal(Fault.BAD_RECIPIENT, "to")


def wants_echo(value: object) -> bool:
    """Whether `showRequest` is on: 1, "1" or true, nothing else (§14 row 8)."""
    return value is True or value == "1" or (type(value) is int and value == 1)


def echo(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the object as received without `apiKey` if `showRequest` asks for it, else None.

    Raises `Malformed` when it holds a number that JSON cannot say (such as 1e999).
    """
    if not wants_echo(raw.get("showRequest")):
        return None
    shown = {name: value for name, value in raw.items() if name != "apiKey"}
    try:
        json.dumps(shown, allow_nan=False)
    except ValueError:
        raise Malformed("", "finite_number") from None
    return shown


def dump(value: Mapping[str, Any]) -> bytes:
    """Write JSON as it goes over the wire: compact, letters of every script as they are."""
    return to_json(value)


def answer(fields: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> WireResponse:
    """Answer with these fields in their order."""
    return WireResponse(status, dump(fields), {**JSON_HEADERS, **(headers or {})})


def method_of(request: WireRequest) -> str:
    """Name the method a request is for; whatever stands behind the prefix."""
    return request.path.removeprefix(words.PREFIX)

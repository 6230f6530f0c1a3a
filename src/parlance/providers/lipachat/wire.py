"""The bodies that programs send, from bytes to checked values, and the envelope in which they are answered.

All that is wrong with a body is told at once, each value under its path (spec/lipachat.md §12 row 4). A null counts as
left out.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import PydanticCustomError, from_json, to_json

from parlance.model.fault import Malformed
from parlance.model.wire import WireRequest, WireResponse

JSON_HEADERS: Final = {"content-type": "application/json"}
ID_LIMIT = 128
"""Characters in a `messageId` (§12 row 9)."""
TEXT_LIMIT = 4096
"""Code points in a text (§12 row 19)."""

_FILLING = re.compile(r"[ -]")
_NUMBER = re.compile(r"\+?([1-9][0-9]{7,14})")
_FORMS = frozenset({"flat", "nested"})


class Invalid(Malformed):
    """Values of a body are wrong: `errors` says how, by path; the first one is also the refusal's own."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        path, kind = next(iter(errors.items()))
        super().__init__(path, kind)
        self.errors = errors


# ---- values


def digits(text: str) -> str | None:
    """Normalise a number: blanks, dashes and one leading `+` removed, 8 to 15 digits; None for others (§12 row 12)."""
    found = _NUMBER.fullmatch(_FILLING.sub("", text))
    return found[1] if found else None


def _number(text: str) -> str:
    found = digits(text)
    if found is None:
        raise PydanticCustomError("number", "number")
    return found


def _filled(text: str) -> str:
    if not text or text.isspace():
        raise PydanticCustomError("blank", "blank")
    return text


def _message_id(text: str) -> str:
    if not text:
        raise PydanticCustomError("blank", "blank")
    if len(text) > ID_LIMIT:
        raise PydanticCustomError("id_length", "id_length")
    return text


def _text(text: str) -> str:
    if len(text) > TEXT_LIMIT:
        raise PydanticCustomError("text_length", "text_length")
    return _filled(text)


def _object(value: object) -> object:
    return {} if value is None else value


def _list(value: object) -> object:
    return [] if value is None else value


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


MessageId = Annotated[str, AfterValidator(_message_id)]
Number = Annotated[str, AfterValidator(_number)]
Filled = Annotated[str, AfterValidator(_filled)]
TextBody = Annotated[str, AfterValidator(_text)]
Values = Annotated[list[str] | None, BeforeValidator(_one_or_many)]

_T = TypeVar("_T")
Held: TypeAlias = Annotated[_T, Field(default_factory=dict), BeforeValidator(_object)]
"""An object whose own fields are told when it is missing as a whole."""


class Form(BaseModel):
    """What all bodies share: fields that nobody knows are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, validate_default=True)


class SendForm(Form):
    """What every message has (§1)."""

    message_id: MessageId = Field(alias="messageId")
    sender: Number = Field(alias="from")
    to: Number


# ---- text and contact


class TextForm(SendForm):
    """The body of message/text (§4)."""

    message: TextBody


class NameForm(Form):
    """The name of a contact (§5)."""

    formatted: Filled = Field(alias="formattedName")


class PhoneForm(Form):
    """One number of a contact (§5)."""

    phone: Filled
    type: str | None = None
    wa_id: str | None = Field(default=None, alias="waId")


def _form_of(value: object) -> str:
    return "nested" if isinstance(value, list) else "flat"


class PhonePlace(Form):
    """One place of `phones`: a number, or, as the page's table has it, a list of numbers (§5, §12 row 13)."""

    phone: Annotated[
        Annotated[Filled, Tag("flat")] | Annotated[list[PhoneForm], Field(min_length=1), Tag("nested")],
        Discriminator(_form_of),
    ]
    type: str | None = None
    wa_id: str | None = Field(default=None, alias="waId")


class ContactForm(SendForm):
    """The body of contact (§5)."""

    name: Held[NameForm]
    phones: Annotated[list[PhonePlace], Field(default_factory=list, min_length=1), BeforeValidator(_list)]


# ---- templates


class HeaderValues(Form):
    """`components.header` of a template to send, in the names of the page and of its clients (§6.1)."""

    type: str | None = None
    format: str | None = None
    media_url: str | None = Field(default=None, alias="mediaUrl")
    filename: str | None = None
    parameter: Values = None
    example: Values = None


class BodyValues(Form):
    """`components.body` of a template to send (§6.1)."""

    placeholders: list[str] | None = None
    examples: list[str] | None = None


class ButtonForm(Form):
    """One of `buttons` (§6.1, §6.4)."""

    type: Filled
    text: str | None = None
    phone_number: str | None = Field(default=None, alias="phoneNumber")
    url: str | None = None
    example: Values = None


class ValuesForm(Form):
    """`components` of a template to send (§6.1)."""

    header: HeaderValues | None = None
    body: BodyValues | None = None
    buttons: list[ButtonForm] | None = None


class TemplatePart(Form):
    """`template` of a template message (§6.1, §12 row 17)."""

    name: Filled
    language_code: str | None = Field(default=None, alias="languageCode")
    language: str | None = None
    components: ValuesForm | None = None


class TemplateForm(SendForm):
    """The body of template (§6.1)."""

    template: Held[TemplatePart]


class HeaderText(Form):
    """`component.header` of a template to register (§6.4)."""

    format: Filled
    text: str | None = None


class PartText(Form):
    """`component.body` and `component.footer` of a template to register (§6.4)."""

    text: Filled


class ComponentForm(Form):
    """`component` of a template to register, in the singular (§6.4)."""

    header: HeaderText | None = None
    body: Held[PartText]
    footer: PartText | None = None
    buttons: list[ButtonForm] | None = None


class NewTemplateForm(Form):
    """A template to register (§6.4)."""

    name: Filled
    language: Filled
    category: Filled
    component: Held[ComponentForm]


# ---- reading

_FormT = TypeVar("_FormT", bound=Form)


def parse(body: bytes) -> dict[str, Any]:
    """Parse a body into a JSON object; raises `Malformed`."""
    try:
        raw = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise Malformed("", "json_invalid") from None
    if not isinstance(raw, dict):
        raise Malformed("", "dict_type")
    return raw


def read(form: type[_FormT], request: WireRequest) -> _FormT:
    """Read a request's body; raises `Malformed`, and `Invalid` with all that is wrong."""
    try:
        return form.model_validate(parse(request.body))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    errors = {_path(each["loc"]): "missing" if each["input"] is None else each["type"] for each in found}
    raise Invalid(errors)


def _path(place: tuple[str | int, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place if part not in _FORMS)
    return shown.removeprefix(".")


def sender_of(request: WireRequest) -> str:
    """The digits of the sender that a request names, in its path or its body; empty when there are none to be read."""
    named: object = request.params.get("phone_number")
    if named is None:
        try:
            named = parse(request.body).get("from")
        except Malformed:
            return ""
    return (digits(named) if isinstance(named, str) else None) or ""


# ---- writing


def dump(value: Mapping[str, Any]) -> bytes:
    """Write JSON as it goes over the wire: compact, letters of every script as they are."""
    return to_json(value)


def timestamp(at: int) -> str:
    """Show Unix milliseconds as UTC without a zone and with nine digits of fraction (§12 row 11)."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}000000"


def envelope(
    at: str | None, data: Any, status: str, message: str, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What every answer is wrapped in, in the sample's order (§7.1, §12 row 2)."""
    return {"timestamp": at, "data": data, "status": status, "message": message, "errors": errors}


def answer(fields: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> WireResponse:
    """Answer with these fields in their order."""
    return WireResponse(status, dump(fields), {**JSON_HEADERS, **(headers or {})})

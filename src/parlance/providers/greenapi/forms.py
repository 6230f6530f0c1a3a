"""The bodies of the methods that send or ask, field by field in the order of their tables (spec/greenapi.md §4, §5)."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from parlance.providers.greenapi.wire import ChatId, Flag, Form, Integer, MessageId, Words, one_of

_FEWEST_DIGITS, _MOST_DIGITS = 10**10, 10**12


def _not_null(value: object) -> object:
    if value is None:
        raise PydanticCustomError("model_type", "object")
    return value


def _phone(value: int) -> int:
    if not _FEWEST_DIGITS <= value < _MOST_DIGITS:
        raise PydanticCustomError("phone_length", "11 or 12 digits")
    return value


Typing = Annotated[Integer, Field(ge=1000, le=20_000)]
ShortText = Annotated[Words, Field(max_length=300)]


class Preview(Form):
    """A preview of the caller's own (§4.2)."""

    title: ShortText
    description: ShortText = ""
    link: ShortText = ""
    url_file: Words = ""
    jpeg_thumbnail: Words = ""


class MessageForm(Form):
    """The body of sendMessage (§4.2, U-13, U-18); fields left out hold what the queue shows for them."""

    chat_id: ChatId
    message: Annotated[Words, Field(max_length=20_000)]
    quoted_message_id: Words = ""
    link_preview: Flag = True
    type_preview: Annotated[str, one_of("large", "small")] = "small"
    custom_preview: Annotated[Preview | None, BeforeValidator(_not_null)] = None
    typing_time: Typing = 0
    archive_chat: Flag = False


class ContactFields(Form):
    """The contact of sendContact (§4.1, U-14, U-15); null counts as left out (U-17)."""

    phone_contact: Annotated[Integer, AfterValidator(_phone)]
    first_name: Words = ""
    middle_name: Words = ""
    last_name: Words = ""
    company: Words = ""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: inner for name, inner in value.items() if inner is not None}

    @model_validator(mode="after")
    def _has_a_name(self) -> "ContactFields":
        if not (self.first_name or self.middle_name or self.last_name or self.company):
            raise PydanticCustomError("names", "a name")
        return self


class ContactForm(Form):
    """The body of sendContact (§4.1, U-18)."""

    chat_id: ChatId
    contact: ContactFields
    quoted_message_id: Words = ""
    typing_time: Typing = 0


class ForwardForm(Form):
    """The body of forwardMessages (§4.3)."""

    chat_id: ChatId
    chat_id_from: ChatId
    messages: Annotated[list[MessageId], Field(min_length=1)]
    typing_time: Typing = 0


class ReadForm(Form):
    """The body of readChat."""

    chat_id: ChatId
    id_message: MessageId = ""


class FindForm(Form):
    """The body of checkWhatsapp (§5.1); its reader sees to which of the two is given, and how."""

    phone_number: Any = None
    chat_id: Words = ""
    force: Flag = False


class ChatForm(Form):
    """The body of getContactInfo (§5.2)."""

    chat_id: ChatId


class MessageIdForm(Form):
    """The body of getMessage (§9)."""

    chat_id: ChatId
    id_message: MessageId

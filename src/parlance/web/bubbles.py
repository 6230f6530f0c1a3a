"""What stands on a phone, as the sandbox API reads and shows it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from parlance.contract.phones import PhoneMessage
from parlance.formats.canonical import read_content, show_content
from parlance.formats.sandbox import text_of, type_of
from parlance.model.ids import to_text
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Direction,
    Location,
    Media,
    Reaction,
    Template,
    Text,
    Unknown,
)
from parlance.model.sender import TemplateRecord
from parlance.web import phone_shapes
from parlance.web.problems import BadBody, check, errors_in

ENVELOPE = frozenset({"to", "name", "quote"})
"""Members of a written message that are not its content."""

NAME_PARTS: Mapping[str, str] = {
    "formatted": "formatted_name",
    "first": "first_name",
    "middle": "middle_name",
    "last": "last_name",
    "prefix": "prefix",
    "suffix": "suffix",
}
"""Where a card's names stand when it comes with a `name` object, as WhatsApp's own cards do (spec/cloud-api.md §4)."""

Coordinate = Annotated[str, Field(coerce_numbers_to_str=True, pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,20})?$")]


EXAMPLES: list[JsonValue] = [
    {"to": "972770000111", "type": "text", "text": "Are you open on Friday?", "name": "Dana"},
    {"to": "972770000111", "contacts": [{"formatted": "Dana Example", "phones": [{"phone": "+972550000222"}]}]},
    {"to": "972770000111", "type": "image", "image": {"url": "https://example.org/a.jpg", "caption": "This one"}},
    {"to": "972770000111", "type": "location", "latitude": "32.08", "longitude": "34.78", "name": "Here"},
    {"to": "972770000111", "type": "button_reply", "id": "yes", "title": "Yes"},
    {"to": "972770000111", "type": "reaction", "message": "0509a293a5683f88", "emoji": "👍"},
]


class Written(BaseModel):
    """A message written on a phone: the envelope, and whatever else its type needs."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": EXAMPLES})

    to: Annotated[str, Field(coerce_numbers_to_str=True, min_length=1)]
    type: Annotated[str, Field(max_length=64)] = ""
    name: Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f]*$")] = ""
    quote: str | None = None


class _Text(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=65_536)]

    @field_validator("text", mode="before")
    @classmethod
    def _body(cls, value: object) -> object:
        return value.get("body") if isinstance(value, dict) else value


class _Contacts(BaseModel):
    contacts: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=257)]


class _Media(BaseModel):
    url: Annotated[str, Field(validation_alias=AliasChoices("url", "link"))] = ""
    caption: str = ""
    mime: Annotated[str, Field(validation_alias=AliasChoices("mime", "mime_type"))] = ""
    filename: str = ""


class _Location(BaseModel):
    latitude: Coordinate
    longitude: Coordinate
    name: str = ""
    address: str = ""


class _Choice(BaseModel):
    id: Annotated[str, Field(validation_alias=AliasChoices("id", "payload"))] = ""
    title: Annotated[str, Field(validation_alias=AliasChoices("title", "text"), min_length=1)]
    description: str = ""


class WrittenReaction(BaseModel):
    """A reaction; `message` is the message's id in any form we show, an empty `emoji` takes it off."""

    message: str
    emoji: Annotated[str, Field(max_length=64)]
    type: Literal["reaction"] = "reaction"


def read_written(written: Written) -> Content | WrittenReaction:
    """Read what a customer wrote; raises `BadBody` where a known type lacks what it needs.

    Its parts stand in the body itself or in a member named like the type. A type that nobody here knows becomes
    `Unknown`, whole. A reaction's message is for the caller to find.
    """
    body = {key: value for key, value in (written.model_extra or {}).items() if key not in ENVELOPE}
    kind = written.type or ("contacts" if "contacts" in body else "text")
    nested = isinstance(body.get(kind), dict)
    part, path = (body[kind], kind) if nested else (body, "")
    match kind:
        case "text":
            return Text(check(_Text, body).text)
        case "contacts":
            return _read_cards(check(_Contacts, body).contacts)
        case "image" | "audio" | "video" | "document" | "sticker" | "voice":
            media = check(_Media, part, path)
            return Media(kind, media.url, media.caption, media.mime, media.filename)
        case "location":
            place = check(_Location, part, path)
            return Location(place.latitude, place.longitude, place.name, place.address)
        case "button" | "button_reply" | "list_reply":
            choice = check(_Choice, part, path)
            return Choice(kind, choice.id, choice.title, choice.description)
        case "reaction":
            return check(WrittenReaction, part, path)
        case _:
            return Unknown(kind, {"type": kind, **body})


def _read_cards(cards: Sequence[Mapping[str, Any]]) -> Content:
    try:
        return read_content({"kind": "contacts", "cards": [_plain_card(card) for card in cards]})
    except ValidationError as fault:
        # The validator counts its own union's and the content's members as steps of the path.
        errors = [{**each, "path": each["path"].replace("contacts.cards", "contacts")} for each in errors_in(fault)]
        raise BadBody(errors) from None


def _plain_card(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a card in our own shape, whichever of the two it came in."""
    names = card.get("name")
    if not isinstance(names, dict):
        return card
    plain = {key: value for key, value in card.items() if key not in {"name", "org"}}
    plain |= {ours: names[theirs] for ours, theirs in NAME_PARTS.items() if theirs in names}
    return plain | ({"organisation": card["org"]} if "org" in card else {})


def show_bubble(
    bubble: PhoneMessage, number: str, ids: Mapping[str, str], templates: Sequence[TemplateRecord]
) -> phone_shapes.Bubble:
    """Show one message on the phone `number`; `ids` are its ids in every dialect, `templates` those of its name."""
    incoming = bubble.direction is Direction.IN
    shown: phone_shapes.Bubble = {
        "id": to_text(bubble.id),
        "ids": dict(ids),
        "from": number if incoming else bubble.sender,
        "to": bubble.sender if incoming else number,
        "sender_id": to_text(bubble.sender_id),
        "direction": bubble.direction.value,
        "type": type_of(bubble.content),
        "stage": bubble.stage.value,
        "timestamp": bubble.at // 1000,
    }
    text = text_of(bubble.content, templates)
    if text is not None:
        shown["text"] = text
    if bubble.quote is not None:
        shown["quote"] = to_text(bubble.quote)
    if bubble.name:
        shown["name"] = bubble.name
    return {**shown, **_show_parts(bubble.content)}


def _show_parts(content: Content) -> phone_shapes.BubbleParts:
    """What a content has beside its text."""
    match content:
        case Text():
            return {}
        case Contacts():
            cards = show_content(content)["cards"]
            return {"contacts": [{**card, "button": _button(card)} for card in cards]}
        case Reaction():
            return {"reaction": {"message": to_text(content.target), "emoji": content.emoji}}
        case Template():
            return {"template": show_content(content)}
        case _:
            return {"content": show_content(content)}


def _button(card: Mapping[str, Any]) -> str:
    """A phone offers to write to a contact that has WhatsApp, and to invite one that has not."""
    return "message" if any(each.get("wa_id") for each in card["phones"]) else "invite"

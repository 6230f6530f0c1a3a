"""The built-in network's JSON, shared by the carrier that calls it, the phones behind it and the API that shows them.

Ids are canonical text, times Unix milliseconds. What is read may come from anyone who knows a callback's address, so
reading refuses everything but well-formed JSON, and never fails in another way.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter, ValidationError
from pydantic_core import from_json

from parlance.formats.canonical import read_content
from parlance.model.fault import Fault, Malformed
from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Media,
    Reaction,
    Receipt,
    Stage,
    Template,
    Text,
    Unknown,
)
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import TemplateRecord
from parlance.model.value import dataclass
from parlance.rules.content import fill

NAME = "sandbox"
"""The carrier's name, and the scheme of the network's addresses."""

MESSAGES = f"{NAME}:/messages"
"""Where messages are posted; `/{id}` behind it looks one up."""

PHONES = f"{NAME}:/phones"
"""`/{number}` behind it asks whether there is such a phone."""

RECEIPTS = f"{NAME}:/receipts"
"""Where our reading of a customer's messages is posted."""

JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}
_MOST_TIME = 1 << 53
_MOST_ID = 1 << 63
_STAGES = {stage.value: stage for stage in (Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED)}
_FROM_NOBODY = (Template, Receipt)
"""Contents that no customer can write."""

Dataclass = TypeVar("Dataclass")


def _hex_id(value: object) -> Id:
    found = from_text(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("not an id")
    return found


HexId = Annotated[Id, BeforeValidator(_hex_id), PlainSerializer(to_text, return_type=str)]
Moment = Annotated[int, Field(ge=0, lt=_MOST_TIME)]


@dataclass(frozen=True, slots=True)
class Posted:
    """A message on its way to a phone.

    `sender` is the sender's number, `token` the callback token of its route, `to` the phone's number.
    """

    id: HexId
    sender: str
    sender_id: HexId
    token: str
    to: str
    content: Annotated[Content, Field(discriminator="kind")]
    at: Moment
    quote: HexId | None = None


@dataclass(frozen=True, slots=True)
class PostedReceipt:
    """We have read what phone `to` wrote to the sender, up to and including `message`."""

    id: HexId
    sender_id: HexId
    to: str
    message: HexId


_POSTED = TypeAdapter(Posted)
_RECEIPT = TypeAdapter(PostedReceipt)
_STATUS = TypeAdapter(StatusReport)
_INCOMING = TypeAdapter(Incoming)
_STATE = TypeAdapter(StateReport)
_KINDS: Mapping[type[Report], tuple[str, TypeAdapter[Any]]] = {
    StatusReport: ("status", _STATUS),
    Incoming: ("incoming", _INCOMING),
    StateReport: ("state", _STATE),
}


def read_json(body: bytes) -> Any:
    """Read JSON; raises `Malformed` for what is none, numbers beyond every range included."""
    try:
        value = from_json(body, allow_inf_nan=False)
        # 1e999 is read as infinity, which JSON cannot say again.
        json.dumps(value, allow_nan=False)
    except ValueError as fault:
        raise Malformed("", "json_invalid", str(fault)) from None
    return value


# ---- to the network


def write_posted(posted: Posted) -> bytes:
    """Write a message for the network."""
    return _POSTED.dump_json(posted, exclude_none=True)


def read_posted(body: bytes) -> Posted:
    """Read what `write_posted` wrote; raises `Malformed`."""
    return _read(_POSTED, read_json(body), "")


def write_receipt(receipt: PostedReceipt) -> bytes:
    """Write a receipt for the network."""
    return _RECEIPT.dump_json(receipt, exclude_none=True)


def read_receipt(body: bytes) -> PostedReceipt:
    """Read what `write_receipt` wrote; raises `Malformed`."""
    return _read(_RECEIPT, read_json(body), "")


# ---- from the network


def write_reports(reports: Sequence[Report]) -> bytes:
    """Write a callback: a JSON list of objects, each with a `type` (`status`, `incoming`, `state`)."""
    return json.dumps([_show_report(report) for report in reports], separators=(",", ":")).encode()


def read_reports(body: bytes) -> tuple[Report, ...]:
    """Read a callback; raises `Malformed` for what is no list of reports.

    A status word or a type that nobody here knows gives a report without a stage, a content that is none of ours comes
    as `Unknown`; both keep the original.
    """
    value = read_json(body)
    if not isinstance(value, list):
        raise Malformed("", "list_type")
    return tuple(_read_report(each, str(place)) for place, each in enumerate(value))


def _show_report(report: Report) -> dict[str, Any]:
    kind, adapter = _KINDS[type(report)]
    shown: dict[str, Any] = {"type": kind, **adapter.dump_python(report, mode="json", exclude_none=True)}
    if "tag" in shown:
        shown["tag"] = to_text(shown["tag"])
    return shown


def _read_report(value: object, path: str) -> Report:
    if not isinstance(value, dict):
        raise Malformed(path, "dict_type")
    if not isinstance(value.get("type"), str):
        raise Malformed(f"{path}.type", "string_type")
    tag = value.get("tag")
    fields = {**value, "tag": None if tag is None else _read_tag(tag, path)}
    match value["type"]:
        case "status":
            report: Report = _read(_STATUS, _tame_status(fields), path)
        case "incoming":
            report = _read(_INCOMING, _tame_incoming(fields), path)
        case "state":
            report = _read(_STATE, fields, path)
        case word if "peer" in value:
            report = _read(_INCOMING, {**fields, "content": Unknown(word, value)}, path)
        case word:
            report = _read(_STATUS, {**fields, "stage": None, "word": word}, path)
    if not 0 <= report.at < _MOST_TIME:
        raise Malformed(f"{path}.at", "out_of_range")
    return report


def _read_tag(tag: object, path: str) -> Id:
    found = from_text(tag) if isinstance(tag, str) else None
    if not found:
        raise Malformed(f"{path}.tag", "id_type")
    return found


def _tame_status(fields: dict[str, Any]) -> dict[str, Any]:
    word = fields.get("stage")
    if isinstance(word, str) and word not in _STAGES:
        fields = {**fields, "stage": None, "word": word}
    failure = fields.get("failure")
    if isinstance(failure, dict) and failure.get("fault") not in list(Fault):
        fields = {**fields, "failure": {**failure, "fault": Fault.CARRIER_REFUSED}}
    return {"stage": None, **fields}


def _tame_incoming(fields: dict[str, Any]) -> dict[str, Any]:
    given = fields.get("content")
    if not isinstance(given, dict):
        return fields
    try:
        content: Content = read_content(given)
    except ValidationError:
        content = Unknown(str(given.get("kind", "")), given)
    strange = isinstance(content, Reaction) and not 0 <= content.target < _MOST_ID
    if strange or isinstance(content, _FROM_NOBODY):
        content = Unknown(content.kind, given)
    return {**fields, "content": content}


def _read(adapter: TypeAdapter[Dataclass], value: object, path: str) -> Dataclass:
    try:
        return adapter.validate_python(value)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{path}.{where}".strip("."), first["type"], first["msg"]) from None


# ---- on a screen


def type_of(content: Content) -> str:
    """The word under which a phone shows a content: `text`, `contacts`, `image`, `button`…, or a stranger's own."""
    return content.type if isinstance(content, Media | Choice | Unknown) else content.kind


def text_of(content: Content, templates: Sequence[TemplateRecord] = ()) -> str | None:
    """What a phone shows as text, None where there is none.

    `templates` are the account's of a template's name; an unknown one shows as its name.
    """
    match content:
        case Text():
            return content.body
        case Template():
            return _fill(content, templates)
        case Media():
            return content.caption or None
        case Choice():
            return content.title
        case Reaction():
            return content.emoji
        case _:
            return None


def words_of(content: Content, templates: Sequence[TemplateRecord] = ()) -> str:
    """All that can be read on a bubble, for searching: its text, or the names and numbers of its cards."""
    if isinstance(content, Contacts):
        return "\n".join(line for card in content.cards for line in (card.formatted, *(p.phone for p in card.phones)))
    return text_of(content, templates) or ""


def _fill(template: Template, records: Sequence[TemplateRecord]) -> str:
    fitting = [record for record in records if template.language in {None, record.language}]
    if not fitting:
        return template.name
    parts = [part for part in template.components if part.type == "body"]
    return fill(fitting[0].body, [value for part in parts for value in part.parameters])

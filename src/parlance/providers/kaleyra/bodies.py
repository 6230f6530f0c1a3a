"""What each call takes, as JSON schemas for the API's document. Reading is `sending`'s and `profiles`' own."""

from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {**_TEXT, "description": "A number with its country code: 7 to 15 digits, with or without +."}


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), **({"required": list(required)} if required else {})}


def _texts(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _TEXT)


def _list(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(item)}


_NAMES: Final = ("formatted_name", "first_name", "last_name", "middle_name", "suffix", "prefix")
_PLACE: Final = ("street", "city", "state", "zip", "country", "country_code", "type")
_CONTACT: Final = _object(
    {
        "name": _object(_texts(*_NAMES), "formatted_name"),
        "phones": {**_list(_object(_texts("phone", "type", "wa_id"))), "minItems": 1},
        "addresses": _list(_object(_texts(*_PLACE))),
        "birthday": {**_TEXT, "description": "A day, written YYYY-MM-DD."},
        "emails": _list(_object(_texts("email", "type"))),
        "org": _object(_texts("company", "department", "title")),
        "urls": _list(_object(_texts("url", "type"))),
    },
    "name",
    "phones",
)
_COMPONENT: Final = _object(
    {**_texts("type", "sub_type"), "index": {"type": ["integer", "string"]}, "parameters": _list({"type": "object"})},
    "type",
)
_MEMBERS: Final = {
    "messaging_product": {"const": "whatsapp"},
    "recipient_type": {"const": "individual"},
    "to": _NUMBER,
    "type": {"enum": ["text", "contacts", "template", "reaction"], "default": "text"},
    "context": _object(_texts("message_id")),
    "text": _object(
        {
            "body": {**_TEXT, "minLength": 1, "maxLength": 4096},
            "preview_url": {"enum": [True, False, "true", "false"]},
        },
        "body",
    ),
    "contacts": {**_list(_CONTACT), "minItems": 1, "maxItems": 257},
    "template": _object(
        {"name": _TEXT, "language": _object(_texts("code"), "code"), "components": _list(_COMPONENT)},
        "name",
        "language",
    ),
    "reaction": _object(_texts("message_id", "emoji"), "message_id", "emoji"),
    "status": {"const": "read", "description": "A read receipt: with message_id, without to and type."},
    "message_id": _TEXT,
}
_REFERENCE: Final = {**_TEXT, "description": "Given back in callbacks; cut after 255 characters."}
_EXTRA: Final = _object(
    {"ref": _REFERENCE, "ref1": _REFERENCE, "ref2": _REFERENCE, "wa_source": _TEXT, "callback_profile_id": _TEXT}
)

MESSAGE: Final[Mapping[str, Any]] = _object(
    {"messaging_object": _object(_MEMBERS, "messaging_product"), "extra_info": _EXTRA}, "messaging_object"
)

_PROFILE: Final = {
    "title": {**_TEXT, "pattern": "^[0-9A-Za-z _-]{3,255}$"},
    "http_method": {"enum": ["GET", "POST", "PUT", "DELETE"]},
    "url": {**_TEXT, "description": "http or https; its query may hold <variables>."},
    "headers": {"type": "object", "additionalProperties": _TEXT},
    "body": {"type": "object", "description": "With POST and PUT: JSON with <variables>; empty: the v2 payload."},
}

PROFILE: Final[Mapping[str, Any]] = _object(_PROFILE, "title", "http_method", "url")
CHANGE: Final[Mapping[str, Any]] = _object(_PROFILE)

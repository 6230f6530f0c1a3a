"""What each call takes, as JSON schemas for the API's document; reading is done elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = {"type": "string"}


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
        "phones": _list(_object(_texts("phone", "type", "wa_id"))),
        "addresses": _list(_object(_texts(*_PLACE))),
        "birthday": {**_TEXT, "description": "A day, written YYYY-MM-DD."},
        "emails": _list(_object(_texts("email", "type"))),
        "org": _object(_texts("company", "department", "title")),
        "urls": _list(_object(_texts("url", "type"))),
    },
    "name",
)
_COMPONENT: Final = _object(
    {**_texts("type", "sub_type"), "index": {"type": ["integer", "string"]}, "parameters": _list({"type": "object"})},
    "type",
)
_PRODUCT: Final = {"messaging_product": {"const": "whatsapp"}}

MESSAGE: Final = _object(
    {
        **_PRODUCT,
        "recipient_type": {"const": "individual", "default": "individual"},
        "to": {**_TEXT, "description": "A number with its country code, with or without +."},
        "recipient": {**_TEXT, "description": "A business-scoped user id, where there is no number."},
        "type": {"enum": ["text", "contacts", "template", "reaction"], "default": "text"},
        "context": _object(_texts("message_id")),
        "biz_opaque_callback_data": {**_TEXT, "maxLength": 512},
        "text": _object(
            {"body": {**_TEXT, "minLength": 1, "maxLength": 4096}, "preview_url": {"type": "boolean"}}, "body"
        ),
        "contacts": {**_list(_CONTACT), "minItems": 1, "maxItems": 257},
        "template": _object(
            {"name": _TEXT, "language": _object(_texts("code"), "code"), "components": _list(_COMPONENT)},
            "name",
            "language",
        ),
        "reaction": _object(_texts("message_id", "emoji"), "message_id", "emoji"),
        "status": {"const": "read"},
        "message_id": {**_TEXT, "description": "With status: the incoming message that was read."},
        "typing_indicator": _object(_texts("type")),
    },
    "messaging_product",
)
REGISTER: Final = _object({**_PRODUCT, "pin": _TEXT}, "messaging_product")
SUBSCRIBE: Final = _object(_texts("override_callback_uri", "verify_token"))
TEMPLATE: Final = _object(
    {
        **_texts("name", "language"),
        "category": {"enum": ["MARKETING", "UTILITY", "AUTHENTICATION"]},
        "components": _list(
            _object({**_texts("type", "format", "text"), "buttons": _list({"type": "object"})}, "type")
        ),
    },
    "name",
    "language",
    "category",
    "components",
)

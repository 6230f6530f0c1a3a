"""What each method takes, as JSON schemas for the API's document. Reading is `wire`'s and the methods' own."""

from collections.abc import Mapping
from typing import Any, Final

from parlance.providers.digital99 import wire

_FLAG: Final = {"enum": [0, 1, "0", "1", False, True]}
_TEXT: Final = {"type": "string"}

NOTHING: Final[Mapping[str, Any]] = wire.schema({})
TEXT: Final[Mapping[str, Any]] = wire.form_schema(wire.TextForm, "to", "body")
CONTACT: Final[Mapping[str, Any]] = wire.form_schema(wire.ContactForm, "to", "contact_name", "contact_phone")
REACTION: Final[Mapping[str, Any]] = wire.form_schema(wire.ReactionForm, "to", "unique", "reaction")
READ: Final[Mapping[str, Any]] = wire.form_schema(wire.Form, "to")

_VARIABLES: Final = {f"bodyVariable{number}": _TEXT for number in range(1, wire.VARIABLES + 1)}
_TEMPLATE: Final = wire.form_schema(wire.TemplateForm, "to", "name")
TEMPLATE: Final[Mapping[str, Any]] = {**_TEMPLATE, "properties": {**_TEMPLATE["properties"], **_VARIABLES}}

WEBHOOK: Final[Mapping[str, Any]] = wire.schema(
    {
        "url": {**_TEXT, "description": "Where webhooks go; one space clears it."},
        "system": {**_FLAG, "description": "Tell of the number's own state."},
        "systemPhoneAlert": {**_TEXT, "description": "Up to five numbers that begin with 972, with commas between."},
        "readStatus": {**_FLAG, "description": "Tell of delivered, read and failed messages."},
        "retry": {**_FLAG, "description": "Repeat a webhook that was not taken."},
    }
)

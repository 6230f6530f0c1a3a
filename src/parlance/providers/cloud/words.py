"""The API's words: error codes, their titles, and the words of templates, each in one table.

Source: spec/cloud-api.md, whose sections stand beside each table. Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.fault import Fault

ANSWERS: Mapping[Fault, tuple[int, int, str]] = {
    Fault.BAD_CREDENTIAL: (401, 190, "Invalid OAuth access token - Cannot parse access token"),
    Fault.FORBIDDEN: (403, 10, "Permission for this action is missing"),
    Fault.UNKNOWN_METHOD: (404, 2500, "Unknown path components: {path}"),
    Fault.TOO_LARGE: (413, 100, "Request too large"),
    Fault.DUPLICATE: (400, 100, "Invalid parameter"),
    Fault.EMPTY_TEXT: (400, 131008, "Required parameter is missing"),
    Fault.EMPTY_NAME: (400, 131008, "Required parameter is missing"),
    Fault.EMPTY_PHONE: (400, 131008, "Required parameter is missing"),
    Fault.RECIPIENT_IS_SENDER: (400, 131021, "Recipient cannot be sender"),
    Fault.WINDOW_CLOSED: (400, 131047, "Re-engagement message"),
    Fault.WINDOW_NEVER_OPENED: (400, 131047, "Re-engagement message"),
    Fault.UNKNOWN_TEMPLATE: (404, 132001, "Template name does not exist in the translation"),
    Fault.TEMPLATE_VARIABLES: (400, 132000, "Number of parameters does not match the expected number of params"),
    Fault.TEMPLATE_HEADER: (400, 132012, "Parameter format does not match format in the created template"),
    Fault.UNSUPPORTED: (400, 131051, "Unsupported message type"),
    Fault.NOT_SAYABLE: (400, 131051, "Unsupported message type"),
    Fault.BAD_URL: (400, 2200, "Callback verification failed"),
    Fault.LOW_BALANCE: (400, 131042, "Business eligibility payment issue"),
    Fault.NOT_AUTHORIZED: (400, 133010, "Phone number not registered"),
    Fault.NOT_ON_WHATSAPP: (400, 131026, "Message undeliverable"),
    Fault.CARRIER_CREDENTIAL: (403, 131005, "Access denied"),
    Fault.CARRIER_REFUSED: (500, 131000, "Something went wrong"),
    Fault.OUTCOME_UNKNOWN: (500, 131000, "Something went wrong"),
    Fault.EXPIRED: (500, 131000, "Something went wrong"),
    Fault.CANCELLED: (500, 131000, "Something went wrong"),
    Fault.RATE_LIMITED: (429, 130429, "Rate limit hit"),
    Fault.QUEUE_FULL: (429, 130429, "Rate limit hit"),
    Fault.UNAVAILABLE: (503, 131016, "Service unavailable"),
}
"""HTTP status, code and title of a refusal (§19, §10)."""

VALUE = (400, 131009, "Parameter value is not valid")
"""What all other refusals are: one value that is out of range (§19)."""
REQUIRED = (400, 131008, "Required parameter is missing")
PARAMETER = (400, 100, "Invalid parameter")
NO_TEMPLATE = (400, 100, "Message template not found")
"""A template to be removed, and not to be sent (§19 knows no case of it)."""

UNKNOWN_OBJECT = (
    "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or "
    "does not support this operation"
)
"""An id that the token does not own, and a verb that an object does not take (§19)."""

PLAIN = frozenset({Fault.BAD_CREDENTIAL, Fault.UNKNOWN_METHOD})
"""Refusals whose message has no code in front."""

TOP = frozenset({"messaging_product", "to"})
"""Parameters whose absence is told by name (§19)."""

KINDS: Mapping[str, str] = {
    "missing": "it is required",
    "not_json": "it is not valid JSON",
    "not_object": "it is not a JSON object",
    "wrong_type": "it has the wrong type",
    "wrong_value": "it does not have one of its possible values",
    "unknown_type": "there is no such type",
}
"""How a body is wrong."""
OTHERWISE = "it is not valid"
BODY = "request body"

FIELDS: Mapping[str, str] = {
    "text": "text.body",
    "quote": "context.message_id",
    "message": "message_id",
    "url": "override_callback_uri",
    "template.header": "template.components",
    "template.body": "template.components",
    "template.buttons": "template.components",
}
"""What the gateway calls a value, and the path at which the request has it."""

# ---- templates

HEADERS: Mapping[str, str] = {"TEXT": "text", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
CATEGORIES = frozenset({"MARKETING", "UTILITY", "AUTHENTICATION"})

TEMPLATE_STATUSES: Mapping[str, str] = {
    "submitted": "PENDING",
    "approved": "APPROVED",
    "rejected": "REJECTED",
    "paused": "PAUSED",
    "deactivated": "DISABLED",
}

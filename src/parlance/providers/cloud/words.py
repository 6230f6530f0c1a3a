"""The API's words: error codes, their titles, statuses and the words of templates, each in one table.

Source: spec/cloud-api.md, whose sections stand beside each table. Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.fault import Fault
from parlance.model.message import Stage

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

# ---- what the vendor says to us

STAGES: Mapping[str, Stage] = {
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "played": Stage.READ,
    "failed": Stage.FAILED,
}
"""`statuses[].status` (§11.5). Only voice notes are played, and what was played was seen."""

BUSY: Mapping[int, int] = {
    4: 0,
    80007: 0,
    80008: 0,
    130429: 0,
    131056: 6_000,
    131057: 0,
    132069: 0,
}
"""Codes at which nothing was sent and a later try may go through (§10, §12): limits, and a number being upgraded.

Beside each the pause in milliseconds that follows from the limit, 0 where none is known. 80008 stands in the Graph
reference of accounts and templates.
"""

UNSURE = frozenset({1, 2, 131000, 131016, 133004})
"""Codes that speak of the vendor's own trouble (§10): no page says that nothing was sent."""

CAUSES: Mapping[int, Fault] = {
    0: Fault.CARRIER_CREDENTIAL,
    3: Fault.CARRIER_CREDENTIAL,
    10: Fault.CARRIER_CREDENTIAL,
    33: Fault.CARRIER_CREDENTIAL,
    190: Fault.CARRIER_CREDENTIAL,
    368: Fault.CARRIER_CREDENTIAL,
    803: Fault.CARRIER_CREDENTIAL,
    2500: Fault.CARRIER_CREDENTIAL,
    131005: Fault.CARRIER_CREDENTIAL,
    131031: Fault.CARRIER_CREDENTIAL,
    131037: Fault.CARRIER_CREDENTIAL,
    131042: Fault.CARRIER_CREDENTIAL,
    131045: Fault.CARRIER_CREDENTIAL,
    131048: Fault.CARRIER_CREDENTIAL,
    131064: Fault.CARRIER_CREDENTIAL,
    133010: Fault.CARRIER_CREDENTIAL,
    100: Fault.BAD_VALUE,
    131008: Fault.BAD_VALUE,
    131009: Fault.BAD_VALUE,
    131052: Fault.BAD_VALUE,
    131053: Fault.BAD_VALUE,
    135000: Fault.BAD_VALUE,
    131021: Fault.RECIPIENT_IS_SENDER,
    131026: Fault.NOT_ON_WHATSAPP,
    131047: Fault.WINDOW_CLOSED,
    131051: Fault.UNSUPPORTED,
    131062: Fault.BAD_RECIPIENT,
    132000: Fault.TEMPLATE_VARIABLES,
    132001: Fault.UNKNOWN_TEMPLATE,
    132005: Fault.TEMPLATE_VARIABLES,
    132008: Fault.TEMPLATE_VARIABLES,
    132012: Fault.TEMPLATE_HEADER,
    132015: Fault.UNKNOWN_TEMPLATE,
    132016: Fault.UNKNOWN_TEMPLATE,
    130472: Fault.CARRIER_REFUSED,
    130497: Fault.CARRIER_REFUSED,
    131030: Fault.CARRIER_REFUSED,
    131049: Fault.CARRIER_REFUSED,
    131050: Fault.CARRIER_REFUSED,
    131063: Fault.CARRIER_REFUSED,
    132007: Fault.CARRIER_REFUSED,
    132068: Fault.CARRIER_REFUSED,
    137000: Fault.CARRIER_REFUSED,
}
"""What a code means (§10). The first sixteen are about the account, the number or the route: no message is at fault.

33 is a number that was deleted, 803 and 2500 objects and paths that are none.
"""

PERMISSIONS = range(200, 300)
"""Codes of permissions that are missing, each one of them (§10)."""

HTTP: Mapping[int, Fault] = {
    301: Fault.CARRIER_CREDENTIAL,
    302: Fault.CARRIER_CREDENTIAL,
    307: Fault.CARRIER_CREDENTIAL,
    308: Fault.CARRIER_CREDENTIAL,
    401: Fault.CARRIER_CREDENTIAL,
    403: Fault.CARRIER_CREDENTIAL,
    404: Fault.CARRIER_CREDENTIAL,
    405: Fault.CARRIER_CREDENTIAL,
    407: Fault.CARRIER_CREDENTIAL,
}
"""What an answer without an error code means: another server than the vendor's stands at the route's address."""

STATES: Mapping[str, tuple[str, str]] = {
    "DISABLE": ("blocked", "The vendor has disabled the account."),
    "REINSTATE": ("authorized", ""),
    "ACCOUNT_DELETED": ("blocked", "The account was deleted at the vendor."),
    "ACCOUNT_OFFBOARDED": ("notAuthorized", "The number was taken off the API by a change of device or registration."),
    "ACCOUNT_RECONNECTED": ("authorized", ""),
}
"""Events of `account_update`, and states of `ban_info`, that decide whether anything can leave: the state, and why not.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update
"""

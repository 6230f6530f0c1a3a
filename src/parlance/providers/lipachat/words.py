"""The vendor's words: types, statuses and sentences, each in one table.

Sources: the vendor's page "Sending Contacts"; the rest by spec/lipachat.md, whose sections stand beside each table.
Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.message import Stage

HOST = "https://gateway.lipachat.com"
PREFIX = "/api/v1/"
SANDBOX_NUMBER = "254110090747"
"""The vendor's shared test number (§1)."""

SENT = "SENT"
SENT_DESCRIPTION = "Message sent successfully"
"""§7.1, word for word."""

# ---- refusals (§7.2, §12 rows 2 to 7, 12, 20, 28, 31)

INVALID = "Validation failed"
SESSION = "The 24-hour session window with this user is not open: send a template first"
SANDBOX_SESSION = "The 24-hour sandbox session window is not open: the user has to send the join code first"

ANSWERS: Mapping[Fault, tuple[int, str]] = {
    Fault.BAD_CREDENTIAL: (401, "Invalid credentials"),
    Fault.UNKNOWN_SENDER: (403, "The sender's number does not belong to this account"),
    Fault.FORBIDDEN: (403, "This apiKey may not do that"),
    Fault.UNKNOWN_METHOD: (404, "Not found"),
    Fault.WRONG_VERB: (405, "Method not allowed"),
    Fault.DUPLICATE: (409, "Duplicate messageId"),
    Fault.TOO_LARGE: (413, "Request too large"),
    Fault.RATE_LIMITED: (429, "Too many requests"),
    Fault.QUEUE_FULL: (429, "Too many messages are waiting"),
    # Programs take a 5xx as "repeat with the same messageId", a 429 as "you are too fast" (§11).
    Fault.UNAVAILABLE: (503, "Nothing was sent, please try again"),
}
"""Refusals with a status and a sentence of their own; those in no table are a 400 with the fault's own sentence."""

AT_ONCE = frozenset({Fault.CARRIER_REFUSED, Fault.CARRIER_CREDENTIAL, Fault.NOT_ON_WHATSAPP})
"""What a 502 tells (§12 row 20)."""

WINDOW = frozenset({Fault.WINDOW_CLOSED, Fault.WINDOW_NEVER_OPENED})

VALUES: Mapping[Fault, str] = {
    Fault.BAD_RECIPIENT: "must be a number that can be written to",
    Fault.RECIPIENT_IS_SENDER: "must not be the sender itself",
    Fault.EMPTY_TEXT: "must not be blank",
    Fault.EMPTY_NAME: "must not be blank",
    Fault.EMPTY_PHONE: "must not be blank",
    Fault.TEXT_TOO_LONG: "is too long",
    Fault.UNKNOWN_TEMPLATE: "is no approved template in this language",
    Fault.TEMPLATE_HEADER: "does not fit the template's header",
    Fault.TEMPLATE_VARIABLES: "must have as many values as the template has variables",
    Fault.NOT_SAYABLE: "cannot be carried by the sender's route",
}
"""Refusals of one value: a 400 whose `errors` names it (§12 rows 4 and 17)."""

FIELDS: Mapping[str, str] = {
    "text": "message",
    "contacts": "phones",
    "template.header": "template.components.header",
    "template.body": "template.components.body",
    "template.buttons": "template.components.buttons",
}
"""What the gateway calls a value, and the path at which the request has it."""

KINDS: Mapping[str, str] = {
    "missing": "must not be blank",
    "blank": "must not be blank",
    "too_short": "must not be empty",
    "string_type": "must be a string",
    "list_type": "must be an array",
    "model_type": "must be an object",
    "number": "must be 8 to 15 digits with the country code",
    "id_length": "must be at most 128 characters",
    "text_length": "must be at most 4096 characters",
    "header_kind": "must be TEXT, IMAGE, VIDEO or DOCUMENT",
    "button_kind": "must be PHONE_NUMBER, URL or QUICK_REPLY",
    "category": "must be MARKETING, UTILITY or AUTHENTICATION",
    "template_name": "must be lower-case letters, digits and underscores",
    "language": "must be a language code such as en or en_US",
    "url": "must be an http or https address",
}
"""How a body is wrong (§12 row 4), by the validator's name for it."""
OTHERWISE = "is not valid"

# ---- templates (§6)

HEADERS: Mapping[str, str] = {"TEXT": "text", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
"""`header.type`, or `header.format` (§6.1)."""

CATEGORIES = frozenset({"MARKETING", "UTILITY", "AUTHENTICATION"})
BUTTONS = frozenset({"PHONE_NUMBER", "URL", "QUICK_REPLY"})

TEMPLATE_STATUSES: Mapping[str, str] = {
    "submitted": "PENDING",
    "approved": "APPROVED",
    "rejected": "REJECTED",
    "paused": "PAUSED",
    "deactivated": "DISABLED",
}
"""The list is in Meta's own shape (§6.4), so these are Meta's words."""

# ---- webhooks (§8)

MEDIA_TYPES: Mapping[str, str] = {
    "image": "IMAGE",
    "video": "VIDEO",
    "audio": "AUDIO",
    "voice": "AUDIO",
    "document": "DOCUMENT",
    "sticker": "STICKER",
}
"""`type` of incoming media (§8.3, §12 row 26)."""

CHOICES: Mapping[str, str] = {"button": "button_reply", "button_reply": "button_reply", "list_reply": "list_reply"}
"""`interactive.type` (§12 row 26); a template's button is answered like any other."""

STATUSES: Mapping[EventKind, tuple[str, str]] = {
    EventKind.DELIVERED: ("DELIVERED", "Delivered to the handset"),
    EventKind.READ: ("READ", "Read by the recipient"),
    EventKind.FAILED: ("FAILED", "Failed"),
}
"""`status` and `statusDesc` of a callback (§8.4). SENT stands in the answer already (§12 row 22)."""

# ---- as a carrier (§7, §8, §11)

SUCCESS = "success"
ERROR = "error"
"""`status` of an answer (§7)."""

CAUSES: Mapping[str, Fault] = {
    "credentials": Fault.CARRIER_CREDENTIAL,
    "session window": Fault.WINDOW_CLOSED,
    "24-hour": Fault.WINDOW_CLOSED,
}
"""What an answer's `message` means that contains this, whatever its case (§11). There are no error codes (§7.2)."""

STATUS_CAUSES: Mapping[int, Fault] = {401: Fault.CARRIER_CREDENTIAL, 403: Fault.CARRIER_CREDENTIAL}
"""What an answer's HTTP status means by itself (§11); 403 is a number that is not the account's (§12 row 12)."""

CODES: Mapping[str, Fault] = {"131026": Fault.NOT_ON_WHATSAPP, "131047": Fault.WINDOW_CLOSED}
"""WhatsApp's own codes where a `statusDesc` begins with one (§8.4)."""

STAGES: Mapping[str, Stage] = {
    "SENT": Stage.SENT,
    "DELIVERED": Stage.DELIVERED,
    "READ": Stage.READ,
    "FAILED": Stage.FAILED,
}
"""`status` of a callback, in capitals (§8.1)."""

INCOMING_MEDIA: Mapping[str, str] = {
    "IMAGE": "image",
    "VIDEO": "video",
    "AUDIO": "audio",
    "DOCUMENT": "document",
    "STICKER": "sticker",
}
"""`type` of incoming media, in capitals, and its kind (§8.3, §12 row 26)."""

INCOMING_CHOICES: Mapping[str, str] = {"button_reply": "button_reply", "list_reply": "list_reply"}
"""Member of `interactive` that holds what was chosen (§12 row 26), and its kind."""

JOIN_WORDS = (
    *("amber", "apple", "bamboo", "basil", "beach", "berry", "breeze", "canoe", "cedar", "cherry", "citrus", "clover"),
    *("cocoa", "coral", "cotton", "daisy", "dawn", "delta", "fern", "field", "forest", "garden", "ginger", "grape"),
    *("harbour", "hazel", "honey", "island", "jasmine", "kite", "lagoon", "lemon", "lilac", "lime", "lotus", "mango"),
    *("maple", "meadow", "melon", "mint", "moon", "olive", "orange", "orchid", "palm", "papaya", "peach", "pearl"),
    *("pepper", "plum", "pine", "rain", "river", "rose", "sage", "sand", "silver", "sky", "star", "stone"),
    *("summer", "sun", "tulip", "willow"),
)
"""What join codes are made of: 64 words that are easily typed."""

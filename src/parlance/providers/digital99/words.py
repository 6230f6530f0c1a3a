"""The vendor's words: reasons, names and numbers, each in one table.

Sources: the vendor's pages sendMessage and sendContact; the rest by spec/99digital.md, whose sections stand beside each
table. Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.event import EventKind
from parlance.model.fault import Fault

PREFIX = "/whatsapp/v2/"
DONE = 1
"""The reason that goes with OK."""

# Reasons that mean the same wherever they occur (§5.3, trap).
_ANYWHERE = {
    Fault.MALFORMED: 2,
    Fault.UNKNOWN_SENDER: 2,
    Fault.BAD_CREDENTIAL: 3,
    Fault.FORBIDDEN: 3,
}
_SENDING = {
    **_ANYWHERE,
    Fault.DUPLICATE: 2,
    Fault.BAD_RECIPIENT: 4,
    Fault.RECIPIENT_IS_SENDER: 4,
}
# Where a page lists no "rate limit", the number of sendContact is ours.
_READING = {**_ANYWHERE, Fault.RATE_LIMITED: 10}

GENERIC = "*"
"""Stands for the methods that have no table of their own: those we refuse."""

REASONS: Mapping[str, Mapping[Fault, int]] = {
    "sendMessage": {  # §4.3
        **_SENDING,
        Fault.EMPTY_TEXT: 5,
        Fault.WINDOW_CLOSED: 7,
        Fault.WINDOW_NEVER_OPENED: 8,
        Fault.RATE_LIMITED: 9,
        Fault.QUEUE_FULL: 9,
    },
    "sendContact": {  # §5.3
        **_SENDING,
        Fault.EMPTY_NAME: 5,
        Fault.EMPTY_PHONE: 6,
        Fault.WINDOW_CLOSED: 7,
        Fault.WINDOW_NEVER_OPENED: 8,
        Fault.RATE_LIMITED: 10,
        Fault.QUEUE_FULL: 10,
    },
    "sendTemplate": {  # provisional, ours: §14 row 16
        **_SENDING,
        Fault.UNKNOWN_TEMPLATE: 5,
        Fault.TEMPLATE_HEADER: 6,
        Fault.TEMPLATE_VARIABLES: 7,
        Fault.TEXT_TOO_LONG: 7,
        Fault.RATE_LIMITED: 10,
        Fault.QUEUE_FULL: 10,
    },
    "readStatus": {  # §10
        **_READING,
        Fault.BAD_RECIPIENT: 4,
        Fault.UNKNOWN_MESSAGE: 4,
    },
    "sendReaction": {  # §10; `to` has no number of its own there, so it shares that of the message
        **_SENDING,
        Fault.UNKNOWN_MESSAGE: 4,
        Fault.UNKNOWN_QUOTE: 4,
        Fault.BAD_EMOJI: 5,
        Fault.WINDOW_CLOSED: 7,
        Fault.WINDOW_NEVER_OPENED: 7,
        Fault.RATE_LIMITED: 10,
        Fault.QUEUE_FULL: 10,
    },
    "getTemplates": _READING,
    "setWebhook": {**_READING, Fault.BAD_VALUE: 2, Fault.BAD_URL: 4},  # §14 row 18
    "getWebhook": _READING,
    "getProfile": _READING,
    GENERIC: _READING,
}

OTHERWISE: Mapping[str, int] = {
    "sendMessage": 6,
    "sendContact": 9,
    "sendTemplate": 9,
    "readStatus": 9,
    "sendReaction": 9,
    "getTemplates": 9,
    "setWebhook": 9,
    "getWebhook": 9,
    "getProfile": 9,
    GENERIC: 9,
}
"""The "WhatsApp error" of each method, for every fault its table does not name. 6 and 9 are the vendor's for
sendMessage and sendContact; the other methods borrow sendContact's."""

TRANSPORT: Mapping[Fault, int] = {Fault.UNKNOWN_METHOD: 404, Fault.WRONG_VERB: 405, Fault.TOO_LARGE: 413}
"""Faults told by the HTTP status (§14 row 1); everything else is answered with 200. Their reason is 2."""
SYNTAX_ERROR = 2

LANGUAGES: Mapping[int, str] = {
    1: "he*",
    2: "en*",
    3: "ar*",
    4: "ru*",
    5: "es*",
    6: "zh_CN",
    7: "hi*",
    8: "th*",
    9: "fr*",
}
"""`language` of sendTemplate (§6.1). The vendor's number names no country, so English is any English (`en*`)."""

NO_HEADER = 1
HEADERS: Mapping[int, str] = {3: "image", 4: "video", 5: "document"}
"""`headerType` of sendTemplate (§6.1)."""

CATEGORIES: Mapping[str, int] = {"UTILITY": 1, "MARKETING": 2, "AUTHENTICATION": 3}
"""`category` of getTemplates (§6.7)."""

MEDIA_TYPES: Mapping[str, str] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "document": "document",
    "voice": "ptt",
    "sticker": "sticker",  # ours: no page lists it
}
"""`type` of incoming media (§9.2)."""

CHOICE_TYPES: Mapping[str, str] = {"button": "button", "button_reply": "button", "list_reply": "list"}
"""`type` of a pressed button or a chosen row (§9.2)."""

ACKS: Mapping[EventKind, str] = {
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.FAILED: "failed",
}
"""The value of the `ack` field (ours: §9.5)."""

# The vendor's own shape of statuses and notices is not known (§9.3, §9.4). Should it become known, these three change.
HOOKS: Mapping[str, str] = {"message": "new", "status": "ack", "state": "system"}
STATUS_FIELDS: Mapping[str, str] = {
    "hook": "hook",
    "unique": "unique",
    "from": "from",
    "to": "to",
    "stage": "ack",
    "failure": "error",
    "time": "timestamp",
    "conversation": "conversationTimeLeft",
}
STATE_FIELDS: Mapping[str, str] = {
    "hook": "hook",
    "from": "from",
    "state": "type",
    "why": "body",
    "time": "timestamp",
}

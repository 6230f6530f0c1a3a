"""The vendor's words: reasons, names and numbers, each in one table.

Sources: the vendor's pages sendMessage and sendContact; the rest by spec/99digital.md, whose sections stand beside each
table. Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.message import Stage

HOST = "https://api.99digital.co.il"
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

# ---- as a carrier

CARD_FIELDS = frozenset(
    {
        *("formatted", "phones", "birthday", "emails[0].email", "urls[0].url"),
        *("addresses[0].street", "addresses[0].city", "addresses[0].country"),
    }
)
"""What of a card sendContact says (§5.1): one value each, without types, and an address of three parts."""

CAUSES: Mapping[str, Mapping[int, Fault]] = {
    "sendMessage": {  # §4.3
        2: Fault.CARRIER_CREDENTIAL,
        3: Fault.CARRIER_CREDENTIAL,
        4: Fault.BAD_RECIPIENT,
        5: Fault.EMPTY_TEXT,
        6: Fault.UNAVAILABLE,
        7: Fault.WINDOW_CLOSED,
        8: Fault.WINDOW_NEVER_OPENED,
        9: Fault.RATE_LIMITED,
    },
    "sendContact": {  # §5.3
        2: Fault.CARRIER_CREDENTIAL,
        3: Fault.CARRIER_CREDENTIAL,
        4: Fault.BAD_RECIPIENT,
        5: Fault.EMPTY_NAME,
        6: Fault.EMPTY_PHONE,
        7: Fault.WINDOW_CLOSED,
        8: Fault.WINDOW_NEVER_OPENED,
        9: Fault.UNAVAILABLE,
        10: Fault.RATE_LIMITED,
    },
    "sendTemplate": {  # provisional: §6.2, §14 row 16
        2: Fault.CARRIER_CREDENTIAL,
        3: Fault.CARRIER_CREDENTIAL,
        4: Fault.BAD_RECIPIENT,
        5: Fault.UNKNOWN_TEMPLATE,
        6: Fault.TEMPLATE_HEADER,
        7: Fault.TEMPLATE_VARIABLES,
        9: Fault.UNAVAILABLE,
        10: Fault.RATE_LIMITED,
    },
    "readStatus": {  # §10; the page ends with 4, what follows is sendContact's
        2: Fault.CARRIER_CREDENTIAL,
        3: Fault.CARRIER_CREDENTIAL,
        4: Fault.BAD_RECIPIENT,
        9: Fault.UNAVAILABLE,
        10: Fault.RATE_LIMITED,
    },
    "sendReaction": {  # §10; the page ends with 7, likewise
        2: Fault.CARRIER_CREDENTIAL,
        3: Fault.CARRIER_CREDENTIAL,
        4: Fault.UNKNOWN_MESSAGE,
        5: Fault.BAD_EMOJI,
        7: Fault.WINDOW_CLOSED,
        9: Fault.UNAVAILABLE,
        10: Fault.RATE_LIMITED,
    },
}
"""What a reason means, by method: the numbers differ. `UNAVAILABLE` is the "WhatsApp error, please try again", which
like the rate limit comes with FAIL: the vendor did not take the message and asks for it again."""

ACCOUNT: Mapping[int, str] = {
    2: "The number has no account there, or the vendor could not read the request.",
    3: "The apiKey is wrong.",
}
"""What is wrong with the route, by the reasons that mean the same in every method."""

TRANSPORT_CAUSES: Mapping[int, Fault] = {
    401: Fault.CARRIER_CREDENTIAL,
    403: Fault.CARRIER_CREDENTIAL,
    404: Fault.CARRIER_REFUSED,
    405: Fault.CARRIER_REFUSED,
    413: Fault.TOO_LARGE,
}
"""What an HTTP status means whatever the body says (§14 row 1); 401 and 403 are no page's, and plain enough."""

CODES: Mapping[str, Fault] = {"131026": Fault.NOT_ON_WHATSAPP, "131047": Fault.WINDOW_CLOSED}
"""WhatsApp's own codes where the `error` of a status begins with one (§9.5)."""

STAGES: Mapping[str, Stage] = {
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "failed": Stage.FAILED,
}
"""The four words of a status (§9.5)."""

INCOMING_MEDIA: Mapping[str, str] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "ptt": "voice",
    "document": "document",
    "sticker": "sticker",
}
"""`type` of incoming media, and its kind (§9.2)."""

INCOMING_CHOICES: Mapping[str, str] = {"button": "button", "list": "list_reply"}
"""`type` of a pressed button or a chosen row, and its kind (§9.2)."""

HELD: Mapping[str, str] = {"disconnected": "The vendor says that the number is disconnected.", "connected": ""}
"""Notices after which nothing can leave, or everything again (ours: §9.5). Others leave the route as it is."""

"""The vendor's words: sentences, states and types, each in one table.

Sources: the vendor's page SendContact; the rest by spec/greenapi.md, whose sections stand beside each table. Read
2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.message import Stage

INSTANCE = "/waInstance"
"""How every path begins (§1)."""

# ---- refusals

PLAIN: Mapping[Fault, tuple[int, str]] = {
    Fault.UNKNOWN_SENDER: (403, "Forbidden"),
    Fault.FORBIDDEN: (403, "Forbidden"),
    Fault.BAD_CREDENTIAL: (401, "Unauthorized"),
    Fault.UNKNOWN_METHOD: (404, "Not Found"),
    Fault.WRONG_VERB: (404, "Not Found"),
    Fault.RATE_LIMITED: (429, "Too Many Requests"),
    Fault.QUEUE_FULL: (429, "Too Many Requests"),
    Fault.UNAVAILABLE: (502, "Bad Gateway"),
}
"""Refusals told by status, with the identifier as a plain text (§3.1, U-1)."""

FAILED = "Validation failed. Details: "
"""How every sentence of the schema begins (§3.3)."""
BAD_REQUEST = "bad request data"
"""What is said of a request when nothing more exact fits (§3.1)."""

ENVELOPED: Mapping[Fault, tuple[int, str]] = {
    Fault.TOO_LARGE: (500, "request entity too large"),
    Fault.NOT_AUTHORIZED: (400, "instance is starting or not authorized"),
    Fault.LOW_BALANCE: (400, "Instance account is expired. Renew your instance from personal area"),
    Fault.UNKNOWN_MESSAGE: (400, "message not found"),
    Fault.BAD_URL: (400, f"{FAILED}'webhookUrl' must be a valid uri"),
    Fault.BAD_RECIPIENT: (
        400,
        f"{FAILED}'chatId' must be one of the next formats: 'phone_number@c.us', 'chat_id@lid' or 'group_id@g.us'",
    ),
    Fault.DUPLICATE: (400, f"{FAILED}'Idempotency-Key' was used with other content"),
    Fault.BAD_VALUE: (
        400,
        (
            "Message cannot be received because custom webhook url is set. Go to cabinet, clear webhook url for "
            "instance: {instance} and wait for about 1 minute for another attempt"
        ),
    ),
}
"""Status and `message` of refusals in the envelope (§3.1, §3.2, U-2, U-34, U-40). A value that the engine finds wrong
is always the address that keeps events from being pulled."""

JOI: Mapping[str, str] = {
    "empty_object": "'{label}' must have at least 1 key",
    "model_type": "'{label}' must be of type object",
    "list_type": "'{label}' must be an array",
    "too_short": "'{label}' must contain at least {min_length} items",
    "missing": "'{label}' is required",
    "extra_forbidden": "'{label}' is not allowed",
    "string_type": "'{label}' must be a string",
    "string_too_short": "'{label}' is not allowed to be empty",
    "string_too_long": "'{label}' length must be less than or equal to {max_length} characters long",
    "boolean": "'{label}' must be a boolean",
    "number": "'{label}' must be a number",
    "safe_number": "'{label}' must be a safe number",
    "integer": "'{label}' must be an integer",
    "greater_than_equal": "'{label}' must be greater than or equal to {ge}",
    "less_than_equal": "'{label}' must be less than or equal to {le}",
    "choice": "'{label}' must be one of [{choices}]",
    "uri": "'{label}' must be a valid uri",
    "names": "'{label}' must contain at least one of [firstName, middleName, lastName, company]",
    "phone_length": "'{label}' length must be 11 or 12 digits",
    "message_id": "'message id' must be at least 16 symbols",
    "chat_id": "'{label}' must be one of the next formats: 'phone_number@c.us', 'chat_id@lid' or 'group_id@g.us'",
    "person_id": "'{label}' must be one of the next formats: 'phone_number@c.us' or 'chat_id@lid'",
    "no_group": "The method GetContactInfo does not support group chats",
    "digits": "Wrong format. '{label}' must contain only digits",
    "neither": "'{label}' must contain at least one of [phoneNumber, chatId]",
    "both": "'{label}' contains a conflict between exclusive peers [phoneNumber, chatId]",
}
"""Sentences by the validator's name for what is wrong, ours or pydantic's; `label` is the field's path (§3.3, U-8,
U-14, U-15). The pages know only the beginning of the one about groups."""

BARE: Mapping[str, str] = {
    "unexpected_token": "Unexpected token {token} in JSON at position {position}",
    "unexpected_end": "Unexpected end of JSON input",
    "bad_phone": "bad phone number, valid from 11 to 16 digits",
    "receipt_id": "Parameter receiptId must be a Number",
    "instance_id": "Parameter idInstance not an integer",
    "no_token": "Parameter apiTokenInstance not define",
    "unmarshal": "json: cannot unmarshal {given} into Go struct field .{label} of type {wanted}",
}
"""Sentences that stand alone (§3.1, §3.3, U-35)."""

# ---- messages and their fate

STATUSES: Mapping[Stage, str] = {
    Stage.ACCEPTED: "pending",
    Stage.SENDING: "pending",
    Stage.UNSURE: "pending",
    Stage.SENT: "sent",
    Stage.DELIVERED: "delivered",
    Stage.READ: "read",
    Stage.FAILED: "failed",
    Stage.EXPIRED: "failed",
    Stage.CANCELLED: "failed",
}
"""`statusMessage` in journals (§4.4, §9)."""

NEWS: Mapping[EventKind, str] = {
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.FAILED: "failed",
}
"""`status` in notifications (§8.4)."""

FAILURES: Mapping[Fault, str] = {Fault.NOT_ON_WHATSAPP: "noAccount"}
"""Failures that have a word of their own, in journals and notifications."""

WEBHOOKS: Mapping[EventKind, str] = {
    EventKind.RECEIVED: "incomingMessageReceived",
    EventKind.DEPARTED: "outgoingAPIMessageReceived",
}
"""`typeWebhook` of messages (§8.4); statuses and states have one each."""

EVENTS: Mapping[str, frozenset[EventKind]] = {
    "incomingWebhook": frozenset({EventKind.RECEIVED}),
    "outgoingWebhook": frozenset({EventKind.SENT, EventKind.DELIVERED, EventKind.READ}),
    "outgoingAPIMessageWebhook": frozenset({EventKind.DEPARTED}),
    "stateWebhook": frozenset({EventKind.STATE}),
}
"""What each setting switches on (§6.1, U-30, U-31)."""

STATES: Mapping[str, str] = {
    "authorized": "authorized",
    "notAuthorized": "notAuthorized",
    "blocked": "blocked",
    "starting": "starting",
    "yellowCard": "yellowCard",
}
"""`stateInstance` (§6.2); carriers may tell of states that are none of these."""

MEDIA_TYPES: Mapping[str, str] = {
    "image": "imageMessage",
    "video": "videoMessage",
    "document": "documentMessage",
    "audio": "audioMessage",
    "voice": "audioMessage",
    "sticker": "stickerMessage",
}
"""`typeMessage` of incoming files."""

JOURNAL_FIELDS: Mapping[str, str] = {
    "extendedTextMessageData": "extendedTextMessage",
    "contactMessageData": "contact",
    "messageData": "contactsArray",
    "locationMessageData": "location",
}
"""What a notification's inner object is called in journals and quotes (§9); others keep their name."""

# ---- the way out: the vendor as we call it

STAGES: Mapping[str, Stage] = {
    "pending": Stage.SENDING,
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "failed": Stage.FAILED,
    "fail": Stage.FAILED,
    "noAccount": Stage.FAILED,
    "notInGroup": Stage.FAILED,
    "yellowCard": Stage.FAILED,
    "noActiveSession": Stage.FAILED,
}
"""`status` of notifications and `statusMessage` of journals (§4.4, §8.4). The last one is told by the vendor's edition
for the official platform alone."""

CAUSES: Mapping[str, Fault] = {
    # Answers, by HTTP status (§3.1). The address is made of the route's settings alone: what is not found there, and
    # what leads elsewhere, is no fault of the message.
    "301": Fault.CARRIER_CREDENTIAL,
    "302": Fault.CARRIER_CREDENTIAL,
    "307": Fault.CARRIER_CREDENTIAL,
    "308": Fault.CARRIER_CREDENTIAL,
    "401": Fault.CARRIER_CREDENTIAL,
    "403": Fault.CARRIER_CREDENTIAL,
    "404": Fault.CARRIER_CREDENTIAL,
    # Ends of messages, by status (§4.4, §8.4).
    "failed": Fault.CARRIER_REFUSED,
    "fail": Fault.CARRIER_REFUSED,
    "noAccount": Fault.NOT_ON_WHATSAPP,
    "notInGroup": Fault.BAD_RECIPIENT,
    "yellowCard": Fault.CARRIER_CREDENTIAL,
    "noActiveSession": Fault.WINDOW_CLOSED,
}
"""What refusals and failures stand for, by the vendor's word."""

SENTENCES: Mapping[str, Fault] = {
    "instance is starting or not authorized": Fault.CARRIER_CREDENTIAL,
    "instance account not authorized": Fault.CARRIER_CREDENTIAL,
    "instance account is expired": Fault.CARRIER_CREDENTIAL,
    "instance is deleted": Fault.CARRIER_CREDENTIAL,
    "used up the chat limit": Fault.CARRIER_REFUSED,
    "request entity too large": Fault.TOO_LARGE,
    "'message' length must be": Fault.TEXT_TOO_LONG,
    "'message' is not allowed to be empty": Fault.EMPTY_TEXT,
    "'message id' must be": Fault.UNKNOWN_QUOTE,
    "'contact' must contain": Fault.EMPTY_NAME,
    "'contact.phonecontact' must": Fault.BAD_VALUE,
    "'contact.phonecontact' length": Fault.BAD_VALUE,
    "'chatid'": Fault.BAD_RECIPIENT,
}
"""The same by what an envelope's `message` has in it, in small letters (§3.1, §3.3, U-14, U-15)."""

QUOTAS: Mapping[str, Fault] = {
    "invokeStatus": Fault.CARRIER_CREDENTIAL,
    "correspondentsStatus": Fault.CARRIER_REFUSED,
}
"""What a spent quota stands for, by the member of a 466 that says so (§2.2): that of a method stops the account, that
of chats leaves the chats of the month as they are."""

STARTING = "instance in starting process"
"""Part of the one sentence that asks to come again (§3.1)."""

HELD: Mapping[str, str] = {
    "authorized": "",
    "starting": "",
    "notAuthorized": "notAuthorized",
    "blocked": "blocked",
    "yellowCard": "yellowCard",
    "sleepMode": "sleepMode",
}
"""Why nothing can leave, by `stateInstance` (§6.2). What starts again takes messages into its queue meanwhile."""

FILES: Mapping[str, str] = {
    "imageMessage": "image",
    "videoMessage": "video",
    "documentMessage": "document",
    "audioMessage": "audio",
    "stickerMessage": "sticker",
}
"""What a file is, by `typeMessage`."""

SWITCHES = (
    "incomingWebhook",
    "outgoingWebhook",
    "outgoingAPIMessageWebhook",
    "outgoingMessageWebhook",
    "stateWebhook",
    "pollMessageWebhook",
    "editedMessageWebhook",
    "deletedMessageWebhook",
)
"""The settings that have to be `yes` for all to be told that is heard here (§6.1). Statuses of what is sent by the API
need the second, the third and the fourth, says the page on them."""

"""The vendor's words: answers, codes and sentences, each in one table.

Sources: the vendor's page "Send Contacts Message" (API v2); the rest by spec/kaleyra.md, whose sections stand beside
each table. Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.event import EventKind
from parlance.model.fault import Fault

ACCEPTED = "WA202"
ACCEPTED_MESSAGE = "Request Accepted"
"""The answer to what was accepted (§9)."""

DONE = "WA200"
DONE_MESSAGE = "Success"
"""The answer to calls about callback profiles; the vendor's own is not known (§10.1)."""

# ---- refusals (§9, §16 U15 and U16)

REFUSED: Mapping[str, tuple[int, str, str, str, str | None]] = {
    "credential": (401, "RBC001", "Incorrect SID or API key.", "error", None),
    "sender": (
        401,
        "WA401",
        "Phone number is not present or does not belong to the account.",
        "phone_number",
        None,
    ),
    "account": (
        401,
        "WA-401",
        "API is not available for given customer.Please contact support for more info",
        "account",
        None,
    ),
    "inactive": (401, "WA401", "The phone number you're using not active.", "phone_number", None),
    "version": (
        401,
        "WA-401",
        (
            "The phone number you're using is associated with different Version of our WA API. "
            "Please use the appropriate endpoint."
        ),
        "phone_number",
        None,
    ),
    "payload": (400, "WA400", "Refer to correct payload format", "payload", "Incorrect payload format"),
    "balance": (400, "E110", "Please check your balance, You have a low balance!", "balance", None),
    "path": (404, "WA404", "Not found", "error", None),
    "verb": (405, "WA405", "Method not allowed", "error", None),
    "pace": (429, "WA429", "Please try again later", "error", "Too many requests"),
    "server": (500, "WA500", "Please try again later", "error", "Internal server error"),
    "queue": (503, "WA503", "Please try again later", "error", "Too many messages are waiting"),
}
"""HTTP status, `code`, `message`, and the name under which `error` explains it, in the last words or the same."""

ANSWERS: Mapping[Fault, str] = {
    Fault.BAD_CREDENTIAL: "credential",
    Fault.UNKNOWN_SENDER: "sender",
    Fault.FORBIDDEN: "account",
    Fault.NOT_AUTHORIZED: "inactive",
    Fault.LOW_BALANCE: "balance",
    Fault.UNKNOWN_METHOD: "path",
    Fault.WRONG_VERB: "verb",
    Fault.RATE_LIMITED: "pace",
    Fault.UNAVAILABLE: "server",
    Fault.QUEUE_FULL: "queue",
}
"""Which refusal is told for a fault; those in no table are told as `payload`."""

OTHERWISE = "payload"
VERSION = "version"
"""The field of a `NOT_AUTHORIZED` refusal that means a number of the vendor's older API."""

# ---- callbacks (§10, §16 U12, U13, U18)

STATUSES: Mapping[EventKind, str] = {
    EventKind.SENT: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.READ: "read",
    EventKind.FAILED: "failed",
}
"""`status` of a callback (§10.2)."""

NOT_SENT = "not sent"
NEVER_LEFT: Mapping[Fault, tuple[str, str]] = {
    Fault.UNKNOWN_TEMPLATE: ("GW-TEMPLATE", "Template details not found"),
    Fault.TEMPLATE_HEADER: ("GW-TEMPLATE", "Template header does not match"),
    Fault.TEMPLATE_VARIABLES: ("GW-TEMPLATE", "Template variables do not match"),
    Fault.EXPIRED: ("GW-EXPIRED", "The message could not leave in time"),
    Fault.CANCELLED: ("GW-CANCELLED", "The message was taken out of the queue"),
}
"""`code` and `reason` of what the gateway itself never passed on (§10.2, §16 U13)."""

PRICING: Mapping[str, str] = {"CBP": "Conversation-Based Pricing"}
"""`pricing_model` as the vendor prints it (§10.2); other models go out in Meta's word."""

# ---- what came with a request (§3.2, §16 U23)

SOURCES = frozenset(
    {
        *("api", "clevertap", "zoho", "webengage", "shopify", "leadsquared", "responsys"),
        *("braze", "hubspot", "salesforce", "zapier", "eloqua", "moengage"),
    }
)
OTHER_SOURCE = "API"
"""`wa_source` where it was none of these."""

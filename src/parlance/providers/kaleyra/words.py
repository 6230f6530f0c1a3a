"""The vendor's words: answers, codes and sentences, each in one table.

Sources: the vendor's page "Send Contacts Message" (API v2); the rest by spec/kaleyra.md, whose sections stand beside
each table. Read 2026-11-20.
"""

from collections.abc import Mapping

from parlance.model.event import EventKind
from parlance.model.fault import Fault
from parlance.model.message import Stage

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

# ---- the way out: the vendor as we call it (§1, §9, §10, §15)

PODS: Mapping[str, str] = {
    "in": "https://api.in.kaleyra.io",
    "sg": "https://api.ap.kaleyra.io",
    "eu": "https://api.eu.kaleyra.io",
    "na": "https://api.na.kaleyra.ai",
}
"""Where each pod is called. For Singapore the pages differ; the one on contacts messages has the last word (§1)."""

STAGES: Mapping[str, Stage] = {
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "failed": Stage.FAILED,
    "not sent": Stage.FAILED,
}
"""`status` of a callback, in small letters, with blanks for its dashes and underscores (§10.2, §15)."""

CAUSES: Mapping[str, Fault] = {
    # The vendor's own, without the dash that some of them have on some pages (§9).
    "RBC001": Fault.CARRIER_CREDENTIAL,
    "WA401": Fault.CARRIER_CREDENTIAL,
    "E110": Fault.CARRIER_CREDENTIAL,
    "WAV2101": Fault.CARRIER_CREDENTIAL,
    "WA400": Fault.CARRIER_REFUSED,
    # Another gateway like this one in the vendor's place (§16 U13).
    "GWTEMPLATE": Fault.UNKNOWN_TEMPLATE,
    # Meta's, passed on as they are (spec/cloud-api.md §10).
    "0": Fault.CARRIER_CREDENTIAL,
    "3": Fault.CARRIER_CREDENTIAL,
    "4": Fault.RATE_LIMITED,
    "10": Fault.CARRIER_CREDENTIAL,
    "33": Fault.BAD_VALUE,
    "100": Fault.BAD_VALUE,
    "190": Fault.CARRIER_CREDENTIAL,
    "368": Fault.CARRIER_CREDENTIAL,
    "80007": Fault.RATE_LIMITED,
    "130429": Fault.RATE_LIMITED,
    "131005": Fault.CARRIER_CREDENTIAL,
    "131008": Fault.BAD_VALUE,
    "131009": Fault.BAD_VALUE,
    "131021": Fault.RECIPIENT_IS_SENDER,
    "131026": Fault.NOT_ON_WHATSAPP,
    "131030": Fault.BAD_RECIPIENT,
    "131031": Fault.CARRIER_CREDENTIAL,
    "131037": Fault.CARRIER_CREDENTIAL,
    "131042": Fault.CARRIER_CREDENTIAL,
    "131045": Fault.CARRIER_CREDENTIAL,
    "131047": Fault.WINDOW_CLOSED,
    "131048": Fault.CARRIER_CREDENTIAL,
    "131051": Fault.UNSUPPORTED,
    "131052": Fault.BAD_VALUE,
    "131053": Fault.BAD_VALUE,
    "131056": Fault.RATE_LIMITED,
    "131062": Fault.BAD_RECIPIENT,
    "131064": Fault.CARRIER_CREDENTIAL,
    "132000": Fault.TEMPLATE_VARIABLES,
    "132001": Fault.UNKNOWN_TEMPLATE,
    "132005": Fault.TEMPLATE_VARIABLES,
    "132008": Fault.TEMPLATE_VARIABLES,
    "132012": Fault.TEMPLATE_HEADER,
    "132015": Fault.UNKNOWN_TEMPLATE,
    "132016": Fault.UNKNOWN_TEMPLATE,
    "133010": Fault.CARRIER_CREDENTIAL,
    "135000": Fault.BAD_VALUE,
}
"""What the codes of answers and of failed messages stand for; those in no table are refusals without a nearer name."""

MODELS: Mapping[str, str] = {printed: model for model, printed in PRICING.items()}
"""`pricing_model` in Meta's word again."""

"""WhatsApp's own error codes, which whoever passes its messages on passes on too (spec/cloud-api.md §10)."""

from collections.abc import Mapping
from typing import Any

from parlance.model.fault import Failure, Fault

TITLES: Mapping[int, str] = {
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    130497: "Business account is restricted from messaging users in this country",
    131000: "Something went wrong",
    131005: "Access denied",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131031: "Account has been locked",
    131037: "Display name approval needed before message can be sent",
    131042: "Business eligibility payment issue",
    131045: "Incorrect certificate",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "Message not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped marketing messages",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    131062: "Recipient not supported for this message",
    131063: "Marketing templates disabled on Cloud API",
    131064: "Messaging limit after template violations",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132007: "Template format character policy violated",
    132008: "Parameter value is not valid",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132068: "Flow is blocked",
    132069: "Flow is throttled",
    133010: "Phone number not registered",
    135000: "Generic user error",
    137000: "Recipient identity key mismatch",
}
"""Titles by code. They may change at any time: programs are told to go by the code."""

OTHERWISE = 131000

CODES: Mapping[Fault, int] = {
    Fault.NOT_ON_WHATSAPP: 131026,
    Fault.BAD_RECIPIENT: 131026,
    Fault.RECIPIENT_IS_SENDER: 131021,
    Fault.WINDOW_CLOSED: 131047,
    Fault.WINDOW_NEVER_OPENED: 131047,
    Fault.UNKNOWN_TEMPLATE: 132001,
    Fault.TEMPLATE_VARIABLES: 132000,
    Fault.TEMPLATE_HEADER: 132012,
    Fault.CARRIER_CREDENTIAL: 131005,
    Fault.RATE_LIMITED: 130429,
    Fault.LOW_BALANCE: 131042,
    Fault.UNSUPPORTED: 131051,
    Fault.NOT_SAYABLE: 131051,
    Fault.BAD_VALUE: 131009,
    Fault.UNKNOWN_QUOTE: 131009,
    Fault.UNKNOWN_MESSAGE: 131009,
}
"""What became of a message that was accepted; whatever is not here is `OTHERWISE`."""


def code_of(failure: Failure) -> int:
    """The code of a failure: the carrier's own where it is one of these, else what our fault stands for.

    Other vendors' numbers are left alone: one of theirs may well be another error here.
    """
    own = int(failure.code) if failure.code.isascii() and failure.code.isdigit() and len(failure.code) <= 6 else 0
    return own if own in TITLES else CODES.get(failure.fault, OTHERWISE)


def told(failure: Failure) -> str:
    """A failure in one line, WhatsApp's code for it in front; the carrier's own where WhatsApp has none."""
    code = code_of(failure)
    if code == OTHERWISE:
        return str(failure)
    return f"{code}: {failure.detail or failure.fault.message}"


def write_failure(failure: Failure, href: str) -> dict[str, Any]:
    """Write one of `errors[]`; `href` is where a reader finds the codes (§11.5)."""
    code = code_of(failure)
    return {
        "code": code,
        "title": TITLES[code],
        "message": TITLES[code],
        "error_data": {"details": failure.detail or failure.fault.message},
        "href": href,
    }

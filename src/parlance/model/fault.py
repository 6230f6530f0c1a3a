"""Every way in which a message can be refused or fail, by one name each.

A provider's `words.py` maps these to the vendor's own numbers and sentences, and back. A fault's docstring line is its
default message.
"""

from enum import StrEnum

from parlance.model.value import dataclass


class Fault(StrEnum):
    """The canonical refusals and failures."""

    MALFORMED = "malformed"
    UNKNOWN_METHOD = "unknown_method"
    WRONG_VERB = "wrong_verb"
    TOO_LARGE = "too_large"
    UNKNOWN_SENDER = "unknown_sender"
    BAD_CREDENTIAL = "bad_credential"
    FORBIDDEN = "forbidden"
    BAD_RECIPIENT = "bad_recipient"
    RECIPIENT_IS_SENDER = "recipient_is_sender"
    EMPTY_TEXT = "empty_text"
    TEXT_TOO_LONG = "text_too_long"
    EMPTY_NAME = "empty_name"
    EMPTY_PHONE = "empty_phone"
    BAD_VALUE = "bad_value"
    UNKNOWN_QUOTE = "unknown_quote"
    UNKNOWN_MESSAGE = "unknown_message"
    BAD_EMOJI = "bad_emoji"
    BAD_URL = "bad_url"
    WINDOW_CLOSED = "window_closed"
    WINDOW_NEVER_OPENED = "window_never_opened"
    UNKNOWN_TEMPLATE = "unknown_template"
    TEMPLATE_HEADER = "template_header"
    TEMPLATE_VARIABLES = "template_variables"
    RATE_LIMITED = "rate_limited"
    LOW_BALANCE = "low_balance"
    DUPLICATE = "duplicate"
    NOT_SAYABLE = "not_sayable"
    UNSUPPORTED = "unsupported"
    NOT_AUTHORIZED = "not_authorized"
    QUEUE_FULL = "queue_full"
    UNAVAILABLE = "unavailable"
    # What only becomes known after the message was accepted:
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    CARRIER_REFUSED = "carrier_refused"
    CARRIER_CREDENTIAL = "carrier_credential"
    OUTCOME_UNKNOWN = "outcome_unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def message(self) -> str:
        """What the fault means, in one sentence."""
        return _MESSAGES[self]


_MESSAGES = {
    Fault.MALFORMED: "The request could not be read.",
    Fault.UNKNOWN_METHOD: "There is no such method.",
    Fault.WRONG_VERB: "The method does not take this HTTP verb.",
    Fault.TOO_LARGE: "The request is too large.",
    Fault.UNKNOWN_SENDER: "There is no such sender.",
    Fault.BAD_CREDENTIAL: "The credential is wrong.",
    Fault.FORBIDDEN: "The credential does not allow this.",
    Fault.BAD_RECIPIENT: "The recipient is missing or cannot be used.",
    Fault.RECIPIENT_IS_SENDER: "The recipient is the sender itself.",
    Fault.EMPTY_TEXT: "The text is empty.",
    Fault.TEXT_TOO_LONG: "The text is too long.",
    Fault.EMPTY_NAME: "The contact has no name.",
    Fault.EMPTY_PHONE: "The contact has no phone number.",
    Fault.BAD_VALUE: "A value is out of range.",
    Fault.UNKNOWN_QUOTE: "The quoted message is not known in this chat.",
    Fault.UNKNOWN_MESSAGE: "There is no such message.",
    Fault.BAD_EMOJI: "The reaction is not an emoji.",
    Fault.BAD_URL: "The address is not one that can be called.",
    Fault.WINDOW_CLOSED: "More than 24 hours have passed since the customer last wrote.",
    Fault.WINDOW_NEVER_OPENED: "The customer never wrote to this sender.",
    Fault.UNKNOWN_TEMPLATE: "There is no approved template of this name and language.",
    Fault.TEMPLATE_HEADER: "The template's header was not given as it needs.",
    Fault.TEMPLATE_VARIABLES: "The template's variables do not match.",
    Fault.RATE_LIMITED: "Too many requests.",
    Fault.LOW_BALANCE: "The account's balance is too low.",
    Fault.DUPLICATE: "The same key was used for other content.",
    Fault.NOT_SAYABLE: "The route's carrier cannot say this.",
    Fault.UNSUPPORTED: "This kind of message is not served.",
    Fault.NOT_AUTHORIZED: "The sender is not authorized at its carrier.",
    Fault.QUEUE_FULL: "The sender's queue is full.",
    Fault.UNAVAILABLE: "The gateway cannot store the message now.",
    Fault.NOT_ON_WHATSAPP: "The recipient cannot be reached on WhatsApp.",
    Fault.CARRIER_REFUSED: "The carrier refused the message.",
    Fault.CARRIER_CREDENTIAL: "The carrier refused the route's credentials or account.",
    Fault.OUTCOME_UNKNOWN: "Whether the message left is not known.",
    Fault.EXPIRED: "The message's time to live ended before it could leave.",
    Fault.CANCELLED: "The message was taken out of the queue.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message failed: our name for it, the carrier's own code (empty when there is none) and its words."""

    fault: Fault
    code: str = ""
    detail: str = ""

    def __str__(self) -> str:
        words = self.detail or self.fault.message
        return f"{self.code}: {words}" if self.code else words


class Refusal(Exception):
    """A request is refused. `field` is the path of what is wrong, `detail` says more, `retry_after` is in seconds."""

    def __init__(
        self, fault: Fault, field: str = "", detail: str = "", *, carrier: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(detail or fault.message)
        self.fault = fault
        self.field = field
        self.detail = detail
        self.carrier = carrier
        self.retry_after = retry_after


class Malformed(Refusal):
    """The wire form is wrong at `path`; `kind` is the validator's name for how (such as `missing` or `int_type`)."""

    def __init__(self, path: str, kind: str, detail: str = "") -> None:
        super().__init__(Fault.MALFORMED, path, detail)
        self.kind = kind

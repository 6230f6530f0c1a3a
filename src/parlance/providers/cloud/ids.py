"""The API's shapes of ids: of messages, of business numbers, of the accounts that own these, of templates.

Messages have one shape in both directions. Numbers and accounts are made of ordinals, so that they are the same on each
fresh start.
"""

import re
from base64 import b64decode, b64encode

from parlance.model.ids import Id, seal, unseal

_SALT, _BITS = b"cloud.message", 48
_PREFIX = "wamid."
# The frame that WhatsApp's own ids have around their digits, without the field that tells the recipient's number.
_HEAD, _TAIL = bytes.fromhex("1c15020011181c"), b"\x00"
_DIGITS = re.compile(rb"[0-9A-F]{28}")
_SHAPE = re.compile(r"wamid\.([0-9A-Za-z+/]{48})")

_FIRST_NUMBER, _FIRST_ACCOUNT, _STEP = 106_540_352_240_000, 102_290_129_340_000, 7_919
_TEMPLATE_DIGITS = 19
_MOST_ID = 1 << 63


def write_wamid(message_id: Id) -> str:
    """Show a message's id: `wamid.` and 48 characters of Base64."""
    digits = f"{seal(message_id, _SALT, _BITS):028X}".encode()
    return _PREFIX + b64encode(_HEAD + digits + _TAIL).decode()


def read_wamid(text: str) -> Id | None:
    """Read what `write_wamid` wrote; None for what we never issued."""
    shape = _SHAPE.fullmatch(text)
    raw = b64decode(shape[1]) if shape else b""
    digits = raw[len(_HEAD) : -len(_TAIL)]
    if raw != _HEAD + digits + _TAIL or not _DIGITS.fullmatch(digits):
        return None
    return unseal(int(digits, 16), _SALT, _BITS)


def phone_number_id(ordinal: int) -> str:
    """The id of a business number: 15 digits, of the sender's ordinal."""
    return str(_FIRST_NUMBER + _STEP * ordinal)


def waba_id(ordinal: int) -> str:
    """The id of the account that owns business numbers: 15 digits, of our account's ordinal."""
    return str(_FIRST_ACCOUNT + _STEP * ordinal)


def write_template_id(template_id: Id) -> str:
    """Show a template's id: decimal digits."""
    return str(template_id)


def read_template_id(text: str) -> Id | None:
    """Read what `write_template_id` wrote; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= _TEMPLATE_DIGITS):
        return None
    value = int(text)
    return value if value < _MOST_ID and write_template_id(value) == text else None

"""The vendor's shapes of ids: `wamid.…` for what was sent, a UUID for what came in (spec/lipachat.md §12 row 27)."""

import re
from base64 import b64decode, b64encode

from parlance.model.ids import Id, seal, unseal

_OUT_SALT, _OUT_BITS = b"lipachat.out", 48
_IN_SALT, _IN_BITS = b"lipachat.in", 58
_PREFIX = "wamid."
# The frame that WhatsApp's own ids have around their digits, without the field that tells the recipient's number.
_HEAD, _TAIL = bytes.fromhex("1c15020011181c"), b"\x00"
_DIGITS = re.compile(rb"[0-9A-F]{28}")
_WAMID = re.compile(r"wamid\.([0-9A-Za-z+/]{48})")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MOST_ID = 1 << 63


def write_id(message_id: Id, *, incoming: bool) -> str:
    """Show an id: a random-looking UUID (version 4) when incoming, else `wamid.` and 48 characters of Base64."""
    if incoming:
        return to_uuid(seal(message_id, _IN_SALT, _IN_BITS))
    digits = f"{seal(message_id, _OUT_SALT, _OUT_BITS):028X}".encode()
    return _PREFIX + b64encode(_HEAD + digits + _TAIL).decode()


def read_id(text: str) -> Id | None:
    """Read either shape; None for what we never issued."""
    if _UUID.fullmatch(text):
        return unseal(_from_uuid(text), _IN_SALT, _IN_BITS)
    shape = _WAMID.fullmatch(text)
    raw = b64decode(shape[1]) if shape else b""
    digits = raw[len(_HEAD) : -len(_TAIL)]
    if raw != _HEAD + digits + _TAIL or not _DIGITS.fullmatch(digits):
        return None
    return unseal(int(digits, 16), _OUT_SALT, _OUT_BITS)


def to_uuid(number: int) -> str:
    """Shape 122 bits as a UUID of version 4; the six bits between are its version and variant (RFC 9562 §5.4)."""
    high, middle, low = number >> 74, (number >> 62) & 0xFFF, number & ((1 << 62) - 1)
    digits = f"{(high << 80) | (0x4 << 76) | (middle << 64) | (0b10 << 62) | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _from_uuid(text: str) -> int:
    whole = int(text.replace("-", ""), 16)
    high, middle, low = whole >> 80, (whole >> 64) & 0xFFF, whole & ((1 << 62) - 1)
    return (high << 74) | (middle << 62) | low


def write_template_id(template_id: Id) -> str:
    """Show a template's id: decimal digits, as Meta's are."""
    return str(template_id)


def read_template_id(text: str) -> Id | None:
    """Read what `write_template_id` wrote; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    value = int(text)
    return value if value < _MOST_ID and write_template_id(value) == text else None

"""The vendor's shapes of ids: `A` and 19 letters or digits for what was sent, `wamid.…` for what came in (§16 U1).

What was sent may be shown as a `wamid.…` too; the two kinds of those differ in length.
"""

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Final

from parlance.model.ids import Id, from_base36, from_text, seal, to_base36, unseal

_OUT_SALT, _OUT_BITS = b"kaleyra.out", 34
_IN_SALT, _IN_BITS = b"kaleyra.in", 48
_WIDTH = 19
OPAQUE: Final = "A"
WHATSAPPS: Final = "wamid"
FORMS: Final = (OPAQUE, WHATSAPPS)
"""How what was sent may be shown."""

_SENT_SALT, _SENT_BITS = b"kaleyra.sent", 64
_SENT = re.compile(r"wamid\.([0-9A-Za-z_-]{32})")
_OUT = re.compile(rf"A([0-9A-Z]{{{_WIDTH}}})")
# The frame that WhatsApp's own ids have around their digits, without the field that tells the recipient's number.
_HEAD, _TAIL = bytes.fromhex("1c15020012181c"), b"\x00"
_DIGITS = re.compile(rb"[0-9A-F]{28}")
_WAMID = re.compile(r"wamid\.([0-9A-Za-z+/]{48})")


def write_id(message_id: Id, *, incoming: bool) -> str:
    """Show an id: `wamid.` and 48 characters of Base64 when incoming, else `A` and 19 of `[0-9A-Z]`."""
    if incoming:
        digits = f"{seal(message_id, _IN_SALT, _IN_BITS):028X}".encode()
        return f"wamid.{b64encode(_HEAD + digits + _TAIL).decode()}"
    return f"A{to_base36(seal(message_id, _OUT_SALT, _OUT_BITS), _WIDTH).upper()}"


def write_sent(message_id: Id, form: str) -> str:
    """Show the id of what was sent in one of `FORMS`: the page's own, or `wamid.` and 24 bytes in Base64."""
    if form != WHATSAPPS:
        return write_id(message_id, incoming=False)
    sealed = seal(message_id, _SENT_SALT, _SENT_BITS).to_bytes(16, "big")
    return f"wamid.{urlsafe_b64encode(_filling(sealed) + sealed).decode()}"


def _filling(sealed: bytes) -> bytes:
    return blake2b(sealed, digest_size=8, person=_SENT_SALT).digest()


def read_id(text: str) -> Id | None:
    """Read any of the shapes, or the gateway's own; None for what we never issued."""
    sent = _OUT.fullmatch(text)
    if sent:
        number = from_base36(sent[1].lower())
        return None if number is None else unseal(number, _OUT_SALT, _OUT_BITS)
    shape = _WAMID.fullmatch(text)
    if shape:
        return _from_wamid(shape[1])
    shape = _SENT.fullmatch(text)
    return _from_sent(shape[1]) if shape else from_text(text)


def _from_sent(text: str) -> Id | None:
    raw = urlsafe_b64decode(text)
    return unseal(int.from_bytes(raw[8:], "big"), _SENT_SALT, _SENT_BITS) if raw[:8] == _filling(raw[8:]) else None


def _from_wamid(text: str) -> Id | None:
    raw = b64decode(text)
    digits = raw[len(_HEAD) : -len(_TAIL)]
    if raw != _HEAD + digits + _TAIL or not _DIGITS.fullmatch(digits):
        return None
    return unseal(int(digits, 16), _IN_SALT, _IN_BITS)


def write_trace_id(event_id: Id) -> str:
    """Show a `trace_id`: a random-looking UUID of version 4, the same for every try of one event (§10.2)."""
    digits = blake2b(event_id.to_bytes(8, "big"), digest_size=16, person=b"kaleyra.trace").hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

"""The vendor's shapes of a message id (spec/greenapi.md §1.1, U-20)."""

import re

from parlance.model.ids import Id, from_text, seal, unseal

_OUT = re.compile(r"3EB0([0-9A-F]{16})")
_IN = re.compile(r"[0-9A-F]{32}")
_IN_SALT, _IN_BITS = b"greenapi.in", 64
_LARGEST = (1 << 63) - 1


def write_id(message_id: Id, *, incoming: bool) -> str:
    """Show an id: 32 upper-case hex digits when incoming, else `3EB0` and 16 of them."""
    return f"{seal(message_id, _IN_SALT, _IN_BITS):032X}" if incoming else f"3EB0{message_id:016X}"


def read_id(text: str) -> Id | None:
    """Read either shape, or the canonical one; None for what we never issued."""
    if (sent := _OUT.fullmatch(text)) is not None:
        value = int(sent[1], 16)
        return value if value <= _LARGEST else None
    if _IN.fullmatch(text):
        return unseal(int(text, 16), _IN_SALT, _IN_BITS)
    return from_text(text)

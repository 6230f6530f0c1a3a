"""The vendor's shapes of a message id (`unique`): opaque, case-sensitive (spec/99digital.md §1, §14 row 28)."""

import re

from parlance.model.ids import Id, from_base36, from_text, seal, to_base36, unseal

_OUT_SALT, _OUT_BITS, _OUT_WIDTH = b"digital99.out", 48, 22
_IN_SALT, _IN_BITS, _IN_WIDTH = b"digital99.in", 64, 32
_IN_SHAPE = re.compile(rf"[0-9A-F]{{{_IN_WIDTH}}}")


def write_id(message_id: Id, *, incoming: bool) -> str:
    """Show an id: 32 upper-case hex digits when incoming, else 22 lower-case letters and digits."""
    if incoming:
        return f"{seal(message_id, _IN_SALT, _IN_BITS):0{_IN_WIDTH}X}"
    return to_base36(seal(message_id, _OUT_SALT, _OUT_BITS), _OUT_WIDTH)


def read_id(text: str) -> Id | None:
    """Read either shape, or the canonical one; None for what we never issued."""
    if len(text) == _OUT_WIDTH:
        sealed = from_base36(text)
        return None if sealed is None else unseal(sealed, _OUT_SALT, _OUT_BITS)
    if _IN_SHAPE.fullmatch(text):
        return unseal(int(text, 16), _IN_SALT, _IN_BITS)
    return from_text(text)

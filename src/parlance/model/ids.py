"""Canonical ids: 64 bits, ordered by time, shown to people as 16 hex digits.

Each dialect shows the same id in its vendor's shape. `seal` and `unseal` are the common part of those encodings: an id
is widened with a check value and folded with it, so that the result looks random, is read back without a table, and a
string that we never issued is recognised as such.
"""

from hashlib import blake2b
from typing import TypeAlias

Id: TypeAlias = int
"""41 bits of milliseconds since `EPOCH`, 10 bits of node, 12 bits of counter; fits a signed 64-bit column."""

EPOCH = 1_704_067_200_000
"""2024-01-01T00:00:00Z in Unix milliseconds."""

NODE_BITS = 10
COUNTER_BITS = 12
_ID_BITS = 64
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = [high + low for high in _BASE36 for low in _BASE36]


def compose(millis: int, node: int, counter: int) -> Id:
    """Build an id from Unix milliseconds, a node (0 to 1023) and a counter (0 to 4095)."""
    return ((millis - EPOCH) << (NODE_BITS + COUNTER_BITS)) | (node << COUNTER_BITS) | counter


def minted_at(value: Id) -> int:
    """Unix milliseconds at which the id was minted."""
    return (value >> (NODE_BITS + COUNTER_BITS)) + EPOCH


def to_text(value: Id) -> str:
    """Show an id in its canonical form: 16 lower-case hex digits, which sort as the ids do."""
    return f"{value:016x}"


def from_text(text: str) -> Id | None:
    """Read the canonical form; None when the text is not one."""
    if len(text) != 16 or not text.isascii():
        return None
    try:
        value = int(text, 16)
    except ValueError:
        return None
    # int() also takes "0x…", "_" and blanks: only what we would have written ourselves counts.
    return value if to_text(value) == text.lower() and value < 1 << 63 else None


def _digest(value: Id, salt: bytes, bits: int) -> int:
    raw = blake2b(value.to_bytes(8, "big"), digest_size=8, person=salt).digest()
    return int.from_bytes(raw, "big") >> (64 - bits)


def seal(value: Id, salt: bytes, bits: int) -> int:
    """Widen an id to `64 + bits` bits (`bits` from 16 to 64); `salt` (up to 16 bytes) keeps the shapes apart."""
    check = _digest(value, salt, bits)
    return (check << _ID_BITS) | (value ^ _digest(check, b"mask" + salt[:12], 64))


def unseal(sealed: int, salt: bytes, bits: int) -> Id | None:
    """Give back what `seal` widened; None when the number was never sealed with this salt."""
    check, folded = sealed >> _ID_BITS, sealed & ((1 << _ID_BITS) - 1)
    if sealed < 0 or check >= 1 << bits:
        return None
    value = folded ^ _digest(check, b"mask" + salt[:12], 64)
    return value if value < 1 << 63 and _digest(value, salt, bits) == check else None


def to_base36(number: int, width: int) -> str:
    """Write a number with the digits 0-9a-z, padded on the left with zeros to `width`."""
    pairs = []
    while number:
        number, rest = divmod(number, 1296)
        pairs.append(_PAIRS[rest])
    text = "".join(reversed(pairs))
    # A number of an odd count of digits came out with a zero before it.
    return text.rjust(width, "0") if len(text) <= width else text.lstrip("0").rjust(width, "0")


def from_base36(text: str) -> int | None:
    """Read what `to_base36` wrote (lower case only); None for anything else."""
    if not text or any(letter not in _BASE36 for letter in text):
        return None
    return int(text, 36)

"""Checks of values in a dialect's settings document, where dialects agree on what a value may be.

Each takes the setting's name and a value from anyone, and gives the value as it is kept.
"""

from parlance.model.fault import Fault, Malformed, Refusal
from parlance.rules import targets

_MOST_RATE = 1_000_000


def read_text(name: str, value: object) -> str:
    """Any text; raises `Malformed` for what is none."""
    if not isinstance(value, str):
        raise Malformed(name, "string_type")
    return value


def read_url(name: str, value: object) -> str:
    """An http or https address, or an empty text for none; raises `Malformed`, `Refusal(BAD_URL)`.

    Whether private addresses are allowed is the operator's to say, and the engine asks again.
    """
    text = read_text(name, value)
    if text and targets.fault_of(text, allow_private=True):
        raise Refusal(Fault.BAD_URL, name)
    return text


def read_rate(name: str, value: object) -> float:
    """Requests per second, 0 for no limit; raises `Malformed`, `Refusal(BAD_VALUE)`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(name, "float_type")
    if not 0 <= value < _MOST_RATE:
        raise Refusal(Fault.BAD_VALUE, name)
    return value

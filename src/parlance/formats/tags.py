"""Our own id of a message as we show it to vendors that give it back: the id, and `-n` for its later parts."""

from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import Message


def write_tag(message: Message) -> str:
    """Name this message, or this part of it, in at most 20 letters, digits and a dash."""
    name = to_text(message.id)
    return f"{name}-{message.part}" if message.part else name


def read_tag(text: str) -> tuple[Id, int] | None:
    """Read what `write_tag` wrote: id and part, None for anything else."""
    name, dash, part = text.partition("-")
    if dash and not (part.isascii() and part.isdecimal() and len(part) <= 3):
        return None
    known = from_text(name)
    return None if known is None else (known, int(part or 0))

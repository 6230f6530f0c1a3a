"""Finding what a request names: senders by id or number, messages by any dialect's id."""

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from parlance.model.fault import Fault, Refusal
from parlance.model.ids import from_text
from parlance.model.message import Message
from parlance.model.sender import Sender

if TYPE_CHECKING:
    from parlance.engine.house import Engine

PUNCTUATION = str.maketrans("", "", "+ -.()")
"""What people put between the digits of a number."""


async def find_sender(engine: "Engine", text: str) -> Sender:
    """The sender of this id, or the only one of this number.

    Raises `Refusal(UNKNOWN_SENDER)`, and a 409 when several accounts have the number.
    """
    sender_id = from_text(text)
    if sender_id is not None:
        named = await engine.store.sender(sender_id)
        if named is None:
            raise Refusal(Fault.UNKNOWN_SENDER)
        return named
    found = await engine.store.senders_of(text.translate(PUNCTUATION))
    if not found:
        raise Refusal(Fault.UNKNOWN_SENDER)
    if len(found) > 1:
        raise HTTPException(409, "Several accounts have this number: name the sender by its id.")
    return found[0]


async def find_message(engine: "Engine", text: str) -> Message:
    """The message of this id, in its canonical form or any dialect's; raises `Refusal(UNKNOWN_MESSAGE)`."""
    message_id = engine.intake.read_id(text)
    found = None if message_id is None else await engine.store.message(message_id)
    if found is None:
        raise Refusal(Fault.UNKNOWN_MESSAGE)
    return found

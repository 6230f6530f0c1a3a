"""`/messages`: all that is said to a customer, read receipts and reactions included (spec/cloud-api.md §2 to §9)."""

from typing import Any, Final

from parlance.formats import meta
from parlance.model.address import Address, AddressKind
from parlance.model.command import Accepted, Command, MarkRead, QuoteRef, React, Reply, SendMessage
from parlance.model.ids import from_text
from parlance.model.message import Template
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.cloud import wire
from parlance.providers.cloud.ids import read_wamid, write_wamid

OPAQUE: Final = "cloud.biz_opaque_callback_data"
"""The name under which a message keeps its program's own tracking text."""


def read_message(request: WireRequest) -> Command:
    """Read a message object; raises `Refusal` as `formats.meta` does, and for a recipient that cannot be one."""
    spoken = meta.read_object(wire.parse(request))
    if spoken.status_read:
        return MarkRead(message=_reference(spoken.status_read), typing=spoken.typing)
    to = meta.address_of(spoken)
    refs = {OPAQUE: spoken.opaque} if spoken.opaque else {}
    echo = {"input": spoken.to or spoken.recipient}
    if spoken.content is None:
        return React(to, _reference(spoken.reaction_to), spoken.emoji, refs, echo=echo)
    quote = _reference(spoken.quote) if spoken.quote else None
    return SendMessage(to, spoken.content, quote, refs, echo=echo)


def _reference(text: str) -> QuoteRef:
    found = read_wamid(text)
    return QuoteRef(text, from_text(text) if found is None else found)


def write_message(reply: Reply) -> WireResponse:
    """Write the answer (§9): only templates have a `message_status`, receipts nothing but success (§6)."""
    match reply:
        case Accepted(command=MarkRead()):
            return wire.done()
        case Accepted(command=SendMessage() | React() as command, message=message):
            told: dict[str, Any] = {"id": write_wamid(message.id)}
            if isinstance(message.content, Template):
                told["message_status"] = "accepted"
            contact = {**(command.echo or {}), **_found(command.to)}
            return wire.answer({"messaging_product": meta.PRODUCT, "contacts": [contact], "messages": [told]})
        case _:
            raise TypeError(f"not the answer to a message: {type(reply).__name__}")


def _found(to: Address) -> dict[str, str]:
    return {"user_id" if to.kind is AddressKind.USER else "wa_id": to.value}

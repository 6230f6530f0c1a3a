"""What we say to customers, in the vendor's words (spec/cloud-api.md §2 to §8)."""

from typing import Any

from parlance.formats.meta import PRODUCT, write_content
from parlance.formats.tags import write_tag
from parlance.model.address import Address, AddressKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Content, Message, Reaction, Receipt, Template
from parlance.model.sender import Route
from parlance.model.wire import WireRequest
from parlance.providers.cloud.calls import graph


def request(message: Message, route: Route) -> WireRequest:
    """Send a message, a reaction or a read receipt; raises `Refusal` for what the vendor cannot be told."""
    content = message.content
    said = _receipt(content) if isinstance(content, Receipt) else _message(message)
    return graph(route, "POST", "{phone_number_id}/messages", body={"messaging_product": PRODUCT, **said})


def _message(message: Message) -> dict[str, Any]:
    """Our id goes along as `biz_opaque_callback_data` and comes back in every status (§15.1)."""
    context: dict[str, Any] = {}
    if message.quote_external and not isinstance(message.content, Reaction):
        context = {"context": {"message_id": message.quote_external}}
    return {
        "recipient_type": "individual",
        **_to(message.peer),
        **context,
        "biz_opaque_callback_data": write_tag(message),
        **_said(message.content),
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    """Everything up to a message is read; showing that we are typing comes with it (§6)."""
    typing = {"typing_indicator": {"type": "text"}} if receipt.typing else {}
    return {"status": "read", "message_id": _known(receipt.target_external), **typing}


def _said(content: Content) -> dict[str, Any]:
    match content:
        case Reaction(emoji=emoji, target_external=target):
            return {"type": "reaction", "reaction": {"message_id": _known(target), "emoji": emoji}}
        case Template(language=None):
            raise Refusal(Fault.UNKNOWN_TEMPLATE, "template.language", "The template's language is not known.")
        case _:
            return write_content(content, first_name=True)


def _known(external_id: str) -> str:
    if not external_id:
        raise Refusal(Fault.UNKNOWN_MESSAGE, "message", "The carrier does not know the message this is about.")
    return external_id


def _to(peer: Address) -> dict[str, str]:
    """Always with `+`: without it the vendor would put the business number's country before it (§2)."""
    match peer.kind:
        case AddressKind.PHONE:
            return {"to": f"+{peer.value}"}
        case AddressKind.USER:
            return {"recipient": peer.value}
        case _:
            raise Refusal(Fault.NOT_SAYABLE, "to", f"The carrier cannot send to addresses of the kind {peer.kind}.")

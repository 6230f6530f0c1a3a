"""readStatus, getTemplates and getProfile; and the methods that are known but not served."""

from typing import NoReturn

from parlance.model.command import Accepted, ListTemplates, MarkRead, Profile, ReadProfile, Reply, Templates
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99 import wire, words


def read_read_status(request: WireRequest) -> MarkRead:
    """Read readStatus: everything up to the client's last message (spec/99digital.md §10)."""
    raw = wire.parse(request.body)
    return MarkRead(peer=wire.recipient(wire.fill(wire.Form, raw).to), echo=wire.echo(raw))


def write_marked(reply: Reply) -> WireResponse:
    """Write the answer to readStatus, in the order in which its page lists the fields (§10)."""
    match reply:
        case Accepted(command=MarkRead(peer=peer, echo=echo), sender=sender) if peer is not None:
            original = {} if echo is None else {"originalRequest": echo}
            fields = {"status": "OK", **original, "reason": words.DONE, "from": sender.number, "to": peer.value}
            return wire.answer(fields)
        case _:
            raise TypeError(f"not the answer to readStatus: {type(reply).__name__}")


def read_get_templates(request: WireRequest) -> ListTemplates:
    """Read getTemplates, which asks for nothing but itself."""
    wire.parse(request.body)
    return ListTemplates()


def write_templates(reply: Reply) -> WireResponse:
    """Write the list of templates (§6.7)."""
    if not isinstance(reply, Templates):
        raise TypeError(f"not templates: {type(reply).__name__}")
    listed = [
        {
            "name": each.name,
            "language": each.language,
            "category": words.CATEGORIES.get(each.category, 0),
            "status": each.status,
            "template": _parts(each),
        }
        for each in reply.templates
    ]
    return wire.answer({"status": "OK", "list": listed, "reason": words.DONE})


def _parts(template: TemplateRecord) -> list[dict[str, str]]:
    parts = [{"type": "body", "text": template.body}]
    if template.header:
        parts.insert(0, {"type": "header", "text": template.header_text})
    if template.footer:
        parts.append({"type": "footer", "text": template.footer})
    return parts


def read_get_profile(request: WireRequest) -> ReadProfile:
    """Read getProfile, which asks for nothing but itself."""
    wire.parse(request.body)
    return ReadProfile()


def write_profile(reply: Reply) -> WireResponse:
    """Write the profile (§11); what nobody told us is an empty text or 0."""
    if not isinstance(reply, Profile):
        raise TypeError(f"not a profile: {type(reply).__name__}")
    return wire.answer(
        {
            "status": "OK",
            "from": reply.sender.number,
            "displayName": reply.sender.name,
            "address": "",
            "description": "",
            "email": "",
            "type": 0,
            "website": "",
            "about": "",
            "conversations": reply.conversations,
            "dailyLimit": 0,
            "profilePic": "",
            "isVerifiedBusiness": 0,
            "reason": words.DONE,
        }
    )


def refuse_method(request: WireRequest) -> NoReturn:
    """Refuse a method that exists at the vendor but is not served here; always raises `Refusal(UNSUPPORTED)`."""
    raise Refusal(Fault.UNSUPPORTED, detail=f"{wire.method_of(request)} is not served.")


def write_nothing(reply: Reply) -> NoReturn:
    """Stand where a refused method would answer; it never has a reply."""
    raise TypeError(f"a refused method has no answer: {type(reply).__name__}")

"""The requests made to the vendor (spec/lipachat.md §4 to §6)."""

from collections.abc import Iterator, Sequence
from typing import Any

from parlance.formats.tags import write_tag
from parlance.model.address import AddressKind
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Component, Contacts, Content, Message, Parameter, Template, Text
from parlance.model.sender import Route
from parlance.model.wire import WireRequest
from parlance.providers.lipachat import wire, words

PHONE_TYPE = "CELL"
"""The type of a number that has none: the page marks only `waId` as one that may be left out (§5)."""

_AS_TEXT = frozenset({"text", "currency", "date_time"})
"""Parameters whose value is what the customer reads."""


def message_request(message: Message, route: Route) -> WireRequest:
    """Send a message, under our own id: the vendor takes an id once (§10).

    Raises `Refusal(NOT_SAYABLE)` with the field that the vendor has no words for.
    """
    if message.peer.kind is not AddressKind.PHONE:
        raise _not_sayable("to")
    if message.quote is not None:
        raise _not_sayable("quote")
    path, said = _said(message.content)
    body = {"messageId": write_tag(message), "from": route.number, "to": message.peer.value, **said}
    headers = {**_headers(route), **wire.JSON_HEADERS}
    return WireRequest("POST", _address(route, path), headers, wire.dump(body))


def templates_request(route: Route) -> WireRequest:
    """Ask for the account's templates (§6.4)."""
    return WireRequest("GET", _address(route, f"template/{route.number}"), _headers(route))


def _address(route: Route, path: str) -> str:
    """The address of a call. The vendor's pages count the prefix to the base, so a base may end with it."""
    base = (route.settings.get("base_url") or words.HOST).rstrip("/")
    return f"{base.removesuffix(words.PREFIX.rstrip('/'))}{words.PREFIX}{path}"


def _headers(route: Route) -> dict[str, str]:
    return {"apikey": route.settings.get("api_key", "")}


def _not_sayable(field: str) -> Refusal:
    return Refusal(Fault.NOT_SAYABLE, field, f"The carrier lipachat cannot send: {field}.", carrier="lipachat")


def _said(content: Content) -> tuple[str, dict[str, Any]]:
    """Give the call and what its body says."""
    match content:
        case Text(body=body):
            return "whatsapp/message/text", {"message": body}
        case Contacts(cards=(card,)):
            return "whatsapp/contact", _card(card)
        case Template():
            return "whatsapp/template", {"template": _template(content)}
        case _:
            raise _not_sayable(content.kind)


# ---- contact


def _card(card: ContactCard) -> dict[str, Any]:
    """Write the one card of a call, its numbers in the flat form of the page's sample (§5)."""
    phones = [_phone(each) for each in card.phones if each.phone or each.wa_id]
    if not phones:
        raise _not_sayable("contacts[0].phones")
    return {"name": {"formattedName": card.formatted}, "phones": phones}


def _phone(phone: Phone) -> dict[str, str]:
    known = {"waId": phone.wa_id} if phone.wa_id else {}
    return {"phone": phone.phone or phone.wa_id or "", "type": phone.type or PHONE_TYPE, **known}


# ---- template


def _template(template: Template) -> dict[str, Any]:
    """Write a template with its values, in the form that the vendor's clients use (§6.1)."""
    if not template.language:
        raise _not_sayable("template.language")
    components: dict[str, Any] = {}
    for each in template.components:
        if each.parameters and each.type == "header":
            components["header"] = _header(each.parameters)
        elif each.parameters and each.type == "body":
            components["body"] = {"placeholders": _values(each.parameters, "body")}
        elif each.parameters and each.type != "button":
            raise _not_sayable(f"template.{each.type}")
    buttons = list(_buttons([each for each in template.components if each.type == "button" and each.parameters]))
    if buttons:
        components["buttons"] = buttons
    shown = {"components": components} if components else {}
    return {"name": template.name, "languageCode": template.language, **shown}


def _header(values: Sequence[Parameter]) -> dict[str, Any]:
    kinds = {ours: theirs for theirs, ours in words.HEADERS.items()}
    first = values[0]
    if first.type == "text" or first.type not in kinds:
        return {"type": kinds["text"], "parameter": _values(values, "header")}
    # A medium that is named by the id another vendor gave it cannot be fetched from here.
    if len(values) > 1 or not first.value:
        raise _not_sayable("template.header")
    filename = (first.raw or {}).get("filename")
    named = {"filename": filename} if filename and first.type == "document" else {}
    return {"type": kinds[first.type], "mediaUrl": first.value, **named}


def _values(values: Sequence[Parameter], part: str) -> list[str]:
    """The texts of numbered variables; named ones are none of this vendor's (§6.1)."""
    if any(each.type not in _AS_TEXT or each.name is not None for each in values):
        raise _not_sayable(f"template.{part}")
    return [each.value for each in values]


def _buttons(given: Sequence[Component]) -> Iterator[dict[str, Any]]:
    """Values of links by their buttons' places; the page names no other value and no way to pass over a button."""
    for place, each in enumerate(sorted(given, key=lambda button: button.index or 0)):
        if each.sub_type != "url" or (each.index or 0) != place:
            raise _not_sayable("template.buttons")
        yield {"type": "URL", "example": _values(each.parameters, "buttons")}

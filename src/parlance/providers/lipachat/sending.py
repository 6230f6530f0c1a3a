"""message/text, contact and template: what is sent to a customer."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from parlance.model.address import phone
from parlance.model.command import Accepted, Reply, SendMessage
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Malformed
from parlance.model.message import Component, Contacts, Content, Parameter, Template, Text
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.lipachat import wire, words
from parlance.providers.lipachat.ids import write_id
from parlance.rules import targets

MESSAGE_ID: Final = "lipachat.messageId"
"""The name under which a message keeps the id that its program chose."""

SENDER: Final = "lipachat.from"
"""Likewise the number it was to be sent from: the same `messageId` from another number is other content."""

PHONE_TYPE = "CELL"
"""The type of a number that was given none (§12 row 14)."""


def _send(form: wire.SendForm, content: Content) -> SendMessage:
    """The `messageId` guards against repeats in the whole account (§10, §12 row 8)."""
    refs = {MESSAGE_ID: form.message_id, SENDER: form.sender}
    return SendMessage(phone(form.to), content, refs=refs, key=form.message_id, account_key=True)


# ---- text


def read_text(request: WireRequest) -> SendMessage:
    """Read a text (§4); raises `Malformed`."""
    form = wire.read(wire.TextForm, request)
    return _send(form, Text(form.message))


# ---- contact


def read_contact(request: WireRequest) -> SendMessage:
    """Read a contact card (§5); raises `Malformed`. WhatsApp wants a first name too (§12 row 16)."""
    form = wire.read(wire.ContactForm, request)
    name = form.name.formatted
    phones = tuple(one for place in form.phones for one in _phones(place))
    return _send(form, Contacts((ContactCard(name, first=name, phones=phones),)))


def _phones(place: wire.PhonePlace) -> Iterator[Phone]:
    if isinstance(place.phone, list):
        for each in place.phone:
            yield Phone(each.phone, each.type or PHONE_TYPE, each.wa_id or None)
    else:
        yield Phone(place.phone, place.type or PHONE_TYPE, place.wa_id or None)


# ---- template


def read_template(request: WireRequest) -> SendMessage:
    """Read a template message (§6.1, §12 row 17); raises `Malformed`."""
    form = wire.read(wire.TemplateForm, request)
    part = form.template
    language = part.language_code or part.language
    if not language:
        raise wire.Invalid({"template.languageCode": "missing"})
    values = part.components or wire.ValuesForm()
    components = (*_header(values.header), *_body(values.body), *_buttons(values.buttons or []))
    return _send(form, Template(part.name, language, components))


def _header(header: wire.HeaderValues | None) -> Iterator[Component]:
    if header is None:
        return
    at = "template.components.header"
    kind = words.HEADERS.get(header.type or header.format or "")
    values = header.parameter if header.parameter is not None else header.example or []
    if kind is None:
        if header.type or header.format or header.media_url or values:
            raise Malformed(f"{at}.type", "header_kind")
        return
    if kind != "text":
        yield Component("header", (_medium(kind, header, f"{at}.mediaUrl"),))
    elif values:
        yield Component("header", _texts(values))


def _medium(kind: str, header: wire.HeaderValues, path: str) -> Parameter:
    if not header.media_url:
        raise Malformed(path, "missing")
    if targets.fault_of(header.media_url, allow_private=True):
        raise Malformed(path, "url")
    named = kind == "document" and header.filename
    raw: Mapping[str, Any] | None = {"filename": header.filename} if named else None
    return Parameter(kind, header.media_url, raw=raw)


def _body(body: wire.BodyValues | None) -> Iterator[Component]:
    values = None if body is None else body.examples if body.placeholders is None else body.placeholders
    if values:
        yield Component("body", _texts(values))


def _buttons(buttons: list[wire.ButtonForm]) -> Iterator[Component]:
    """Only a link can hold a variable; its value is what the page calls the button's example."""
    for index, button in enumerate(buttons):
        if button.type == "URL" and button.example:
            yield Component("button", _texts(button.example), sub_type="url", index=index)


def _texts(values: list[str]) -> tuple[Parameter, ...]:
    return tuple(Parameter("text", value) for value in values)


# ---- the answer to all three


def write_sent(reply: Reply) -> WireResponse:
    """Write the answer to a message that was accepted (§7.1, §12 rows 6 and 10)."""
    match reply:
        case Accepted(command=SendMessage(refs=refs), message=message):
            data = {
                "messageId": refs[MESSAGE_ID],
                "waId": write_id(message.id, incoming=False),
                "status": words.SENT,
                "statusDesc": words.SENT_DESCRIPTION,
            }
            return wire.answer(wire.envelope(wire.timestamp(message.at), data, "success", ""))
        case _:
            raise TypeError(f"not the answer to a message: {type(reply).__name__}")

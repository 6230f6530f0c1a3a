"""sendMessage, sendContact, sendTemplate and sendReaction: what is sent to a customer."""

import re
from datetime import date
from typing import Any

from parlance.model.command import Accepted, QuoteRef, React, Reply, SendMessage
from parlance.model.contact import ContactCard, Email, Phone, PostalAddress, Url
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.message import Component, Contacts, Content, Parameter, Template, Text
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99 import wire, words
from parlance.providers.digital99.ids import read_id, write_id
from parlance.rules import targets, window

TEXT_LIMIT = 4096
"""Code points in a text (spec/99digital.md §14 row 13)."""

_BIRTHDAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FILLING = re.compile(r"[\s()\-]")
_INTERNATIONAL = re.compile(r"\+?([1-9][0-9]{7,14})")
_PICTURE = (
    r"[\U0001F000-\U0001F1E5\U0001F200-\U0001FAFF\u00A9\u00AE\u203C\u2049\u2122\u2139\u2194-\u21AA\u231A-\u23FF\u24C2\u25AA-\u25FE"
    r"\u2600-\u27BF\u2934\u2935\u2B05-\u2B55\u3030\u303D\u3297\u3299]"
)
_ONE = _PICTURE + r"\uFE0F?[\U0001F3FB-\U0001F3FF]?[\U000E0020-\U000E007F]*"
_FLAG = r"[\U0001F1E6-\U0001F1FF]{2}"
_EMOJI = re.compile(rf"[0-9#*]\uFE0F?\u20E3|{_FLAG}|{_ONE}(?:\u200D{_ONE})*")


def _quote(text: str | None) -> QuoteRef | None:
    return None if text is None else QuoteRef(text, read_id(text))


def _empty(text: str | None) -> bool:
    return not text or text.isspace()


# ---- sendMessage


def read_send_message(request: WireRequest) -> SendMessage:
    """Read a text (§4.1)."""
    raw = wire.parse(request.body)
    form = wire.fill(wire.TextForm, raw)
    echo = wire.echo(raw)
    to = wire.recipient(form.to)
    if form.body is None or _empty(form.body):
        raise Refusal(Fault.EMPTY_TEXT, "body")
    if len(form.body) > TEXT_LIMIT:
        raise Refusal(Fault.TEXT_TOO_LONG, "body")
    return SendMessage(to, Text(form.body), quote=_quote(form.reply_to), echo=echo)


# ---- sendContact


def read_send_contact(request: WireRequest) -> SendMessage:
    """Read a contact card (§5.1)."""
    raw = wire.parse(request.body)
    form = wire.fill(wire.ContactForm, raw)
    if form.contact_birthday:
        _check_date(form.contact_birthday)
    echo = wire.echo(raw)
    to = wire.recipient(form.to)
    if form.contact_name is None or _empty(form.contact_name):
        raise Refusal(Fault.EMPTY_NAME, "contact_name")
    if form.contact_phone is None or _empty(form.contact_phone):
        raise Refusal(Fault.EMPTY_PHONE, "contact_phone")
    card = _card(form, form.contact_name, form.contact_phone)
    _check_lengths(form)
    return SendMessage(to, Contacts((card,)), quote=_quote(form.reply_to), echo=echo)


def _check_date(text: str) -> None:
    # `fromisoformat` alone would also take week dates and dates without dashes.
    try:
        real = bool(_BIRTHDAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        real = False
    if not real:
        raise Malformed("contact_birthday", "date_parsing")


def _check_lengths(form: wire.ContactForm) -> None:
    for name, value in vars(form).items():
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            raise Refusal(Fault.TEXT_TOO_LONG, name)


def _card(form: wire.ContactForm, name: str, number: str) -> ContactCard:
    street, city, country = form.address_street, form.address_city, form.address_country
    return ContactCard(
        formatted=name,
        first=name,
        phones=(Phone(number, wa_id=_whatsapp_id(number)),),
        emails=(Email(form.contact_email),) if form.contact_email else (),
        addresses=(PostalAddress(street=street, city=city, country=country),) if street or city or country else (),
        urls=(Url(form.website),) if form.website else (),
        birthday=form.contact_birthday,
    )


def _whatsapp_id(number: str) -> str | None:
    """Give the digits of a number in international form, None for a local one (§14 row 14)."""
    found = _INTERNATIONAL.fullmatch(_FILLING.sub("", number))
    return found[1] if found else None


# ---- sendTemplate


def read_send_template(request: WireRequest) -> SendMessage:
    """Read a template message (§6.1)."""
    raw = wire.parse(request.body)
    form = wire.fill(wire.TemplateForm, raw)
    variables = wire.read_variables(raw)
    echo = wire.echo(raw)
    to = wire.recipient(form.to)
    if form.name is None or _empty(form.name):
        raise Refusal(Fault.UNKNOWN_TEMPLATE, "name")
    language = None if form.language is None else words.LANGUAGES.get(form.language)
    if form.language is not None and language is None:
        raise Refusal(Fault.UNKNOWN_TEMPLATE, "language")
    components = (*_header(form), *_body(variables), *_buttons(form))
    return SendMessage(to, Template(form.name, language, components), echo=echo)


def _header(form: wire.TemplateForm) -> tuple[Component, ...]:
    if form.header_type == words.NO_HEADER:
        if form.header_link:
            raise Refusal(Fault.TEMPLATE_HEADER, "headerLink")
        return ()
    kind = words.HEADERS.get(form.header_type or 0)
    if kind is None:
        raise Refusal(Fault.TEMPLATE_HEADER, "headerType")
    if not form.header_link or targets.fault_of(form.header_link, allow_private=True):
        raise Refusal(Fault.TEMPLATE_HEADER, "headerLink")
    return (Component("header", (Parameter(kind, form.header_link),)),)


def _body(variables: dict[int, str]) -> tuple[Component, ...]:
    if not variables:
        return ()
    for number in range(1, max(variables) + 1):
        if number not in variables:
            raise Refusal(Fault.TEMPLATE_VARIABLES, f"bodyVariable{number}")
    return (Component("body", tuple(Parameter("text", variables[number]) for number in sorted(variables))),)


def _buttons(form: wire.TemplateForm) -> tuple[Component, ...]:
    links = (form.website_variable, form.website_variable2)
    buttons = [
        Component("button", (Parameter("text", value),), sub_type="url", index=index)
        for index, value in enumerate(links)
        if value
    ]
    if form.coupon_code:
        # The request does not say where the button stands; behind the website buttons is where they stand when alone.
        code = (Parameter("coupon_code", form.coupon_code),)
        buttons.append(Component("button", code, sub_type="copy_code", index=len(buttons)))
    return tuple(buttons)


# ---- the answer to these three


def write_sent(reply: Reply) -> WireResponse:
    """Write the answer to a message that was accepted (§4.2, §5.2, §14 rows 4, 5 and 15)."""
    match reply:
        case Accepted(command=SendMessage(to=to, content=content, echo=echo), sender=sender, message=message):
            said, left = _said(content, window.left(message.window_until, message.at))
        case _:
            raise TypeError(f"not the answer to a message: {type(reply).__name__}")
    return wire.answer(
        {
            "status": "OK",
            "unique": write_id(message.id, incoming=False),
            **said,
            "timestamp": message.at // 1000,
            "from": sender.number,
            "to": to.value,
            **left,
            **({} if echo is None else {"originalRequest": echo}),
            "reason": words.DONE,
        }
    )


def _said(content: Content, minutes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is said again of the content, and the time left in the type that this method's sample has (§14 row 5)."""
    match content:
        case Text(body=body):
            return {"body": body}, {"templateTimeLeft": minutes, "conversationTimeLeft": 0}
        case Contacts(cards=(card, *_)):
            said = {"contact_name": card.formatted, "contact_phone": card.phones[0].phone}
            return said, {"templateTimeLeft": str(minutes), "conversationTimeLeft": 0}
        case Template(name=name):
            return {"name": name}, {"templateTimeLeft": minutes}
        case _:
            raise TypeError(f"not sent by this dialect: {content.kind}")


# ---- sendReaction


def read_send_reaction(request: WireRequest) -> React:
    """Read a reaction (§10). An emoji left out is refused: only an empty one takes the reaction off."""
    raw = wire.parse(request.body)
    form = wire.fill(wire.ReactionForm, raw)
    echo = wire.echo(raw)
    to = wire.recipient(form.to)
    if form.unique is None or _empty(form.unique):
        raise Refusal(Fault.UNKNOWN_MESSAGE, "unique")
    if form.reaction is None or (form.reaction and not _EMOJI.fullmatch(form.reaction)):
        raise Refusal(Fault.BAD_EMOJI, "reaction")
    return React(to, QuoteRef(form.unique, read_id(form.unique)), form.reaction, echo=echo)


def write_reacted(reply: Reply) -> WireResponse:
    """Write the answer to a reaction (§10)."""
    match reply:
        case Accepted(command=React(message=target, emoji=emoji, echo=echo), message=message):
            return wire.answer(
                {
                    "status": "OK",
                    "unique": write_id(message.id, incoming=False),
                    "messageUnique": target.text,
                    "reaction": emoji,
                    **({} if echo is None else {"originalRequest": echo}),
                    "reason": words.DONE,
                }
            )
        case _:
            raise TypeError(f"not the answer to a reaction: {type(reply).__name__}")

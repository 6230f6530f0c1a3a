"""The requests made to the vendor (spec/99digital.md §4 to §6, §8, §10)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from parlance.model.address import AddressKind
from parlance.model.contact import ContactCard, Phone, PostalAddress
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Component, Contacts, Message, Parameter, Reaction, Receipt, Template, Text
from parlance.model.sender import Route
from parlance.model.wire import WireRequest
from parlance.providers.digital99 import wire, words

_ADDRESSES = frozenset({AddressKind.PHONE, AddressKind.USER})
_AS_TEXT = frozenset({"text", "currency", "date_time"})
"""Parameters whose value is what the customer reads."""
_LINKS = ("websiteVariable", "websiteVariable2")
_FILLING = re.compile(r"[\s()\-]")
_INTERNATIONAL = re.compile(r"\+?[1-9][0-9]{7,14}", re.ASCII)


def post(method: str, route: Route, fields: Mapping[str, Any]) -> WireRequest:
    """Call a method; the vendor knows nothing but POST and has the key in the body (§1)."""
    base = (route.settings.get("base_url") or words.HOST).rstrip("/").removesuffix(words.PREFIX.rstrip("/"))
    body = {"apiKey": route.settings.get("api_key", ""), "from": route.number, **fields}
    return WireRequest("POST", f"{base}{words.PREFIX}{method}", wire.JSON_HEADERS, wire.dump(body))


def write_message(message: Message) -> tuple[str, dict[str, Any]]:
    """Give the method and the fields behind `apiKey` and `from`.

    Raises `Refusal(NOT_SAYABLE)` with the field that the vendor has no words for, `Refusal(UNKNOWN_MESSAGE)` for a
    reaction to a message that the vendor does not have.
    """
    if message.peer.kind not in _ADDRESSES:
        raise _not_sayable("to")
    to = {"to": message.peer.value}
    quote = {"replyTo": message.quote_external} if message.quote_external else {}
    match message.content:
        case Text(body=body):
            return "sendMessage", {**to, "body": body, **quote}
        case Contacts(cards=(card,)):
            return "sendContact", {**to, **_card(card), **quote}
        case Template():
            if message.quote is not None:
                raise _not_sayable("quote")
            return "sendTemplate", {**to, **_template(message.content)}
        case Reaction(target_external=target, emoji=emoji):
            if not target:
                raise Refusal(Fault.UNKNOWN_MESSAGE, "reaction", "The vendor does not have the message reacted to.")
            return "sendReaction", {**to, "unique": target, "reaction": emoji}
        case Receipt():
            return "readStatus", to
        case _:
            raise _not_sayable(message.content.kind)


def _not_sayable(field: str) -> Refusal:
    return Refusal(Fault.NOT_SAYABLE, field, f"The carrier digital99 cannot send: {field}.", carrier="digital99")


# ---- contact


def _card(card: ContactCard) -> dict[str, str]:
    """Write the one card of a call: one number, the first of everything else (§5.1)."""
    phones = [each for each in card.phones if each.phone or each.wa_id]
    if len(phones) != 1:
        raise _not_sayable("contacts[0].phones")
    if card.birthday and not _is_day(card.birthday):
        # Told by the reason that also stands for an unknown account, which would hold the whole route (§14 row 12).
        raise _not_sayable("contacts[0].birthday")
    address = card.addresses[0] if card.addresses else PostalAddress()
    given = {
        "contact_name": card.formatted,
        "contact_phone": _number(phones[0]),
        "contact_email": card.emails[0].email if card.emails else None,
        "contact_birthday": card.birthday,
        "address_street": address.street,
        "address_city": address.city,
        "address_country": address.country,
        "website": card.urls[0].url if card.urls else None,
    }
    return {name: value for name, value in given.items() if value}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _number(phone: Phone) -> str:
    """The number as it was given; its WhatsApp id in place of a local one, as the page recommends (§5.1)."""
    international = _INTERNATIONAL.fullmatch(_FILLING.sub("", phone.phone))
    return phone.phone if international or not phone.wa_id else phone.wa_id


# ---- template


def _template(template: Template) -> dict[str, Any]:
    """Write a template with its values (§6.1)."""
    filled = [each for each in template.components if each.parameters]
    written: dict[str, Any] = {"name": template.name, **_header([each for each in filled if each.type == "header"])}
    for each in filled:
        if each.type == "body":
            written |= _body(each.parameters)
        elif each.type not in {"header", "button"}:
            raise _not_sayable(f"template.{each.type}")
    written |= _buttons([each for each in filled if each.type == "button"])
    if template.language:
        written["language"] = _language(template.language)
    return written


def _header(given: Sequence[Component]) -> dict[str, Any]:
    """Write a header's medium by its link; a header's text has no values that could be sent."""
    if not given:
        return {"headerType": words.NO_HEADER}
    types = {ours: theirs for theirs, ours in words.HEADERS.items()}
    values = [value for each in given for value in each.parameters]
    if len(values) > 1 or values[0].type not in types or not values[0].value:
        raise _not_sayable("template.header")
    return {"headerType": types[values[0].type], "headerLink": values[0].value}


def _body(values: Sequence[Parameter]) -> dict[str, Any]:
    texts = [_value(each, "body") for each in values]
    if len(texts) > wire.VARIABLES:
        raise _not_sayable("template.body")
    return {f"bodyVariable{number}": text for number, text in enumerate(texts, 1)}


def _value(value: Parameter, part: str) -> str:
    """The text of a numbered variable; an empty one counts as left out there, and named ones there are none."""
    if value.type not in _AS_TEXT or value.name is not None or not value.value:
        raise _not_sayable(f"template.{part}")
    return value.value


def _buttons(given: Sequence[Component]) -> dict[str, Any]:
    """Write the values of two links and a coupon.

    The vendor counts links alone, WhatsApp all buttons: a second button is the second link, unless there are buttons
    behind it.
    """
    written: dict[str, Any] = {}
    links = sorted((each for each in given if each.sub_type == "url"), key=lambda each: each.index or 0)
    counted = [each.index or 0 for each in links]
    places = counted if counted in ([0], [1], [0, 1]) else list(range(len(links)))
    if len(links) > len(_LINKS):
        raise _not_sayable("template.buttons")
    for place, link in zip(places, links, strict=True):
        if len(link.parameters) > 1:
            raise _not_sayable("template.buttons")
        written[_LINKS[place]] = _value(link.parameters[0], "buttons")
    for each in given:
        first = each.parameters[0]
        if each.sub_type == "url":
            continue
        if first.type != "coupon_code" or not first.value or len(each.parameters) > 1 or "couponCode" in written:
            raise _not_sayable("template.buttons")
        written["couponCode"] = first.value
    return written


def _language(code: str) -> int:
    """The vendor's number of a language: the exact code, or any of the language where the number names no country."""
    stem = re.split(r"[_-]", code)[0].lower()
    for number, shown in words.LANGUAGES.items():
        if shown in {code.replace("-", "_"), f"{stem}*"}:
            return number
    raise _not_sayable("template.language")

"""What a route's carrier can say, and whether a template was filled as it needs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from parlance.contract.provider import Capabilities
from parlance.model.contact import ContactCard
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Component, Contacts, Content, Parameter, Reaction, Receipt, Template, Text
from parlance.model.sender import TemplateRecord

DECORATIVE = ("middle", "prefix", "suffix", "emails", "addresses", "organisation", "urls", "birthday")
"""Parts of a card without which it is still the same contact; its first and last name stand in the formatted one."""

MEDIA_HEADERS = frozenset({"image", "video", "document", "location"})
TEMPLATE_LIMIT = 1_024
"""The most characters of a template's body with its variables filled in (spec/99digital.md §6.1)."""

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def check(
    content: Content, *, quoting: bool, capabilities: Capabilities, carrier: str, strict: bool
) -> tuple[str, ...]:
    """Weigh a message against a carrier; gives the decorative fields that will not arrive.

    Essential loss, or any loss on a strict route, raises `Refusal(NOT_SAYABLE)` with field and carrier named.
    """
    dropped = _loss(content, capabilities, carrier)
    if quoting and not capabilities.quotes:
        raise _not_sayable("quote", carrier)
    if dropped and strict:
        raise _not_sayable(dropped[0], carrier)
    return dropped


def _loss(content: Content, capabilities: Capabilities, carrier: str) -> tuple[str, ...]:
    match content:
        case Text():
            if not capabilities.text_limit:
                raise _not_sayable("text", carrier)
            if len(content.body) > capabilities.text_limit:
                raise Refusal(Fault.TEXT_TOO_LONG, "text", carrier=carrier)
        case Contacts():
            return _card_loss(content.cards, capabilities, carrier)
        case Template():
            _need(capabilities.templates, "template", carrier)
        case Reaction():
            _need(capabilities.reactions, "reaction", carrier)
        case Receipt():
            _need(capabilities.read, "receipt", carrier)
        case _:
            raise _not_sayable(content.kind, carrier)
    return ()


def _need(able: bool, field: str, carrier: str) -> None:  # noqa: FBT001  the capability itself
    if not able:
        raise _not_sayable(field, carrier)


def _card_loss(cards: Sequence[ContactCard], capabilities: Capabilities, carrier: str) -> tuple[str, ...]:
    # More cards than the carrier takes at a time go in parts (`rules.parts`).
    _need(bool(capabilities.cards), "contacts", carrier)
    for index, card in enumerate(cards):
        if capabilities.card_phones and len(card.phones) > capabilities.card_phones:
            raise _not_sayable(f"contacts[{index}].phones", carrier)
    doubts = _doubts(capabilities.card_fields)
    return tuple(lost for doubt in doubts if any(map(doubt.value, cards)) for lost in _lost(doubt, cards))


class _Doubt(NamedTuple):
    """A decorative field that does not arrive, or not with all that stands in it: what of it does."""

    field: str
    kept: frozenset[str]
    alone: bool
    value: Callable[[ContactCard], Any]


@cache
def _doubts(arrives: frozenset[str]) -> tuple[_Doubt, ...]:
    doubts = []
    for field in DECORATIVE:
        first = f"{field}[0]"
        kept = frozenset(name.partition(".")[2] for name in arrives if name.startswith((f"{field}.", f"{first}.")))
        if field not in arrives:
            doubts.append(_Doubt(field, kept, any(name.startswith(first) for name in arrives), attrgetter(field)))
    return tuple(doubts)


def _lost(doubt: _Doubt, cards: Sequence[ContactCard]) -> tuple[str, ...]:
    """A field that does not arrive, or what of it does not: parts (`organisation.title`), further ones (`urls[1]`)."""
    field, kept, alone, value = doubt
    if not kept:
        return (field,)
    values = [_each(value(card)) for card in cards]
    shown = [value for each in values for value in (each[:1] if alone else each)]
    kind: Any = type(shown[0])
    lost = tuple(f"{field}.{part}" for part in _unkept(kind, kept) if any(getattr(each, part) for each in shown))
    most = max(map(len, values)) if alone else 1
    return lost + tuple(f"{field}[{place}]" for place in range(1, most))


@cache
def _unkept(kind: Any, kept: frozenset[str]) -> tuple[str, ...]:
    """The parts of a field's values that do not arrive."""
    return tuple(part.name for part in fields(kind) if part.name not in kept)


def _each(value: Any) -> tuple[Any, ...]:
    """The values of a field that may hold several, or one, or none."""
    if isinstance(value, tuple):
        return value
    return (value,) if value else ()


def _not_sayable(field: str, carrier: str) -> Refusal:
    return Refusal(Fault.NOT_SAYABLE, field, f"The carrier {carrier} cannot send: {field}.", carrier=carrier)


def resolve_template(template: Template, records: Sequence[TemplateRecord], *, must_exist: bool) -> Template:
    """Find the registered template meant, check its values, and give the template with its language filled in.

    A language ending in `*` (`en*`) means any of that language. Unknown or unapproved ones raise
    `Refusal(UNKNOWN_TEMPLATE)` when they `must_exist` and pass unchecked otherwise.
    """
    record = _pick(template, records)
    if record is None or record.status != "approved":
        if must_exist:
            raise Refusal(Fault.UNKNOWN_TEMPLATE, "template.name", f"{template.name} in {template.language or 'any'}")
        # The vendor knows no `en*`: what we cannot resolve goes out as the plain language.
        plain = template.language.removesuffix("*") if template.language else None
        return Template(template.name, plain, template.components)
    _check_header(_values(template.components, "header"), record)
    _check_body(_values(template.components, "body"), record)
    _check_buttons(template.components, record)
    return Template(template.name, record.language, template.components)


def _pick(template: Template, records: Sequence[TemplateRecord]) -> TemplateRecord | None:
    named = [record for record in records if record.name == template.name]
    wanted = template.language
    if wanted is not None and not wanted.endswith("*"):
        return next((record for record in named if record.language == wanted), None)
    if wanted is not None:
        stem = wanted[:-1]
        named = [record for record in named if re.split(r"[_-]", record.language)[0] == stem]
    approved = [record for record in named if record.status == "approved"]
    # Several languages and none named: we would have to guess what the customer reads.
    return approved[0] if len(approved) == 1 else None


def variables(text: str) -> tuple[str, ...]:
    """The variables of a template's text in order of appearance, each once: `("1", "2")` or names."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def _values(components: Sequence[Component], type_: str) -> tuple[Parameter, ...]:
    return tuple(value for component in components if component.type == type_ for value in component.parameters)


def _check_header(values: Sequence[Parameter], record: TemplateRecord) -> None:
    if record.header in MEDIA_HEADERS:
        if len(values) != 1 or values[0].type != record.header or not (values[0].value or values[0].raw):
            raise Refusal(Fault.TEMPLATE_HEADER, "template.header", f"The header needs one {record.header}.")
    elif len(values) != len(variables(record.header_text)) or any(value.type in MEDIA_HEADERS for value in values):
        raise Refusal(Fault.TEMPLATE_HEADER, "template.header")


def _check_body(values: Sequence[Parameter], record: TemplateRecord) -> None:
    wanted = variables(record.body)
    if len(values) != len(wanted):
        detail = f"The body has {len(wanted)} variables, {len(values)} values were given."
        raise Refusal(Fault.TEMPLATE_VARIABLES, "template.body", detail)
    if len(fill(record.body, values)) > TEMPLATE_LIMIT:
        raise Refusal(Fault.TEMPLATE_VARIABLES, "template.body", f"The body is over {TEMPLATE_LIMIT} characters.")


def _check_buttons(components: Sequence[Component], record: TemplateRecord) -> None:
    given = {component.index or 0 for component in components if component.type == "button" and component.parameters}
    for index, button in enumerate(record.buttons):
        if variables(str(button.get("url", ""))) and index not in given:
            raise Refusal(
                Fault.TEMPLATE_VARIABLES, f"template.buttons[{index}]", "The button's address has a variable."
            )


def fill(text: str, values: Sequence[Parameter]) -> str:
    """Put values into a template's text, by name where they have one and by place otherwise."""
    names = variables(text)
    by_name = {
        value.name or names[place]: value.value
        for place, value in enumerate(values)
        if value.name or place < len(names)
    }
    return _VARIABLE.sub(lambda found: by_name.get(found[1], found[0]), text)

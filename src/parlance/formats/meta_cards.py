"""One contact of the message object and its card, both ways (spec/cloud-api.md §4)."""

from datetime import date
from typing import Any

from parlance.formats.meta_parts import Held, Many, Part, fill, kept
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url
from parlance.model.fault import Fault, Refusal

NAMES = {"first_name": "first", "middle_name": "middle", "last_name": "last", "prefix": "prefix", "suffix": "suffix"}
"""The parts of a name besides the whole, and what a card calls them."""


class NamePart(Part):
    """`name`."""

    formatted_name: str
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None


class PhonePart(Part):
    """One of `phones`; the page makes none of its members mandatory."""

    phone: str | None = None
    type: str | None = None
    wa_id: str | None = None


class EmailPart(Part):
    """One of `emails`."""

    email: str | None = None
    type: str | None = None


class AddressPart(Part):
    """One of `addresses`."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    type: str | None = None


class OrganisationPart(Part):
    """`org`."""

    company: str | None = None
    department: str | None = None
    title: str | None = None


class UrlPart(Part):
    """One of `urls`."""

    url: str | None = None
    type: str | None = None


class CardPart(Part):
    """One of `contacts`."""

    name: Held[NamePart]
    phones: Many[PhonePart]
    emails: Many[EmailPart]
    addresses: Many[AddressPart]
    org: OrganisationPart | None = None
    urls: Many[UrlPart]
    birthday: str | None = None


def read_card(raw: object, path: str = "") -> ContactCard:
    """Read a contact that stands at `path`; raises `Malformed`, `Refusal(EMPTY_NAME)`, `Refusal(BAD_VALUE)`."""
    return card_of(fill(CardPart, raw, path), path)


def card_of(part: CardPart, path: str) -> ContactCard:
    """Make a card of a contact at `path` whose types are right; raises `Refusal`. An empty text is none."""
    name = part.name
    at = f"{path}." if path else ""
    if not name.formatted_name:
        raise Refusal(Fault.EMPTY_NAME, f"{at}name.formatted_name")
    if part.birthday and not _is_day(part.birthday):
        raise Refusal(Fault.BAD_VALUE, f"{at}birthday")
    return ContactCard(
        name.formatted_name,
        **{ours: getattr(name, theirs) or None for theirs, ours in NAMES.items()},
        phones=tuple(Phone(each.phone or "", each.type or None, each.wa_id or None) for each in part.phones),
        emails=tuple(Email(each.email or "", each.type or None) for each in part.emails),
        addresses=tuple(PostalAddress(**_filled(each)) for each in part.addresses),
        organisation=None if part.org is None else Organisation(**_filled(part.org)),
        urls=tuple(Url(each.url or "", each.type or None) for each in part.urls),
        birthday=part.birthday or None,
    )


def _filled(part: Part) -> dict[str, Any]:
    return {name: value or None for name, value in part}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def write_card(card: ContactCard, *, first_name: bool = False) -> dict[str, Any]:
    """Write a contact, without the members that have no content.

    With `first_name` the whole name also stands as first name where the card has no other part of it: Meta wants one
    (spec/cloud-api.md §16 M1).
    """
    names = {theirs: getattr(card, ours) for theirs, ours in NAMES.items() if getattr(card, ours) is not None}
    if first_name and not names:
        names = {"first_name": card.formatted}
    organisation = card.organisation
    return kept(
        name={"formatted_name": card.formatted, **names},
        phones=tuple(kept(phone=each.phone or None, type=each.type, wa_id=each.wa_id) for each in card.phones),
        emails=tuple(kept(email=each.email or None, type=each.type) for each in card.emails),
        addresses=tuple(_address(each) for each in card.addresses),
        org=None
        if organisation is None
        else kept(company=organisation.company, department=organisation.department, title=organisation.title),
        urls=tuple(kept(url=each.url or None, type=each.type) for each in card.urls),
        birthday=card.birthday,
    )


def _address(address: PostalAddress) -> dict[str, Any]:
    return {name: value for name in AddressPart.model_fields if (value := getattr(address, name)) is not None}

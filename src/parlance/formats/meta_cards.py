"""One contact of the message object and its card, both ways (spec/cloud-api.md §4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Required

from pydantic import with_config
from typing_extensions import TypedDict  # pydantic's own; it cannot read typing's before Python 3.12

from parlance.formats.meta_parts import EXACT, Held, Many, Part, fill, kept
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url
from parlance.model.fault import Fault, Refusal

NAMES = {"first_name": "first", "middle_name": "middle", "last_name": "last", "prefix": "prefix", "suffix": "suffix"}
"""The parts of a name besides the whole, and what a card calls them."""


@with_config(EXACT)
class NamePart(TypedDict, total=False):
    """`name`."""

    formatted_name: Required[str]
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    prefix: str | None
    suffix: str | None


@with_config(EXACT)
class PhonePart(TypedDict, total=False):
    """One of `phones`; the page makes none of its members mandatory."""

    phone: str | None
    type: str | None
    wa_id: str | None


@with_config(EXACT)
class EmailPart(TypedDict, total=False):
    """One of `emails`."""

    email: str | None
    type: str | None


@with_config(EXACT)
class AddressPart(TypedDict, total=False):
    """One of `addresses`."""

    street: str | None
    city: str | None
    state: str | None
    zip: str | None
    country: str | None
    country_code: str | None
    type: str | None


@with_config(EXACT)
class OrganisationPart(TypedDict, total=False):
    """`org`."""

    company: str | None
    department: str | None
    title: str | None


@with_config(EXACT)
class UrlPart(TypedDict, total=False):
    """One of `urls`."""

    url: str | None
    type: str | None


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
    if not name["formatted_name"]:
        raise Refusal(Fault.EMPTY_NAME, f"{at}name.formatted_name")
    if part.birthday and not _is_day(part.birthday):
        raise Refusal(Fault.BAD_VALUE, f"{at}birthday")
    return ContactCard(
        name["formatted_name"],
        name.get("first_name") or None,
        name.get("middle_name") or None,
        name.get("last_name") or None,
        name.get("prefix") or None,
        name.get("suffix") or None,
        tuple(
            Phone(each.get("phone") or "", each.get("type") or None, each.get("wa_id") or None) for each in part.phones
        ),
        tuple(Email(each.get("email") or "", each.get("type") or None) for each in part.emails),
        tuple(PostalAddress(**_filled(each)) for each in part.addresses),
        None if part.org is None else Organisation(**_filled(part.org)),
        tuple(Url(each.get("url") or "", each.get("type") or None) for each in part.urls),
        part.birthday or None,
    )


def _filled(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value}


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
    return {name: value for name in AddressPart.__annotations__ if (value := getattr(address, name)) is not None}

"""A contact card as sendContact's `contact` says it: a number, three names and a company (spec/greenapi.md §4.1)."""

import re

from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Fault, Refusal

_FILLING = re.compile(r"[\s().\-/]+")
_NUMBER = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})", re.ASCII)


def names_of(card: ContactCard) -> dict[str, str]:
    """The names and the company.

    The vendor shows first, middle and last name with blanks between. Where they leave out a word of the card's
    formatted name, that stands as the first name instead.
    """
    company = card.organisation.company if card.organisation else None
    last = {"company": company} if company else {}
    parts = {"firstName": card.first, "middleName": card.middle, "lastName": card.last}
    given = {name: value for name, value in parts.items() if value}
    if not given and company and card.formatted in {"", company}:
        return last
    if _says_all(card) if given else not card.formatted:
        return {**given, **last}
    middle = {"middleName": card.middle} if card.middle and not _has(card.formatted, card.middle) else {}
    return {"firstName": card.formatted, **middle, **last}


def _says_all(card: ContactCard) -> bool:
    """Whether the parts of the name hold every word of the formatted one; an initial stands for a name."""
    parts = (card.prefix, card.first, card.middle, card.last, card.suffix)
    known = _words(" ".join(part for part in parts if part))
    return all(
        word in known or (word.endswith(".") and any(each.startswith(word[:-1]) for each in known))
        for word in _words(card.formatted)
    )


def _has(whole: str, part: str) -> bool:
    return set(_words(part)) <= set(_words(whole))


def _words(text: str) -> list[str]:
    return [word.strip(",;") for word in text.split()]


def number_of(card: ContactCard) -> int:
    """The number, with its country code; raises `Refusal(EMPTY_PHONE)` and `Refusal(NOT_SAYABLE)`."""
    if not card.phones:
        raise Refusal(Fault.EMPTY_PHONE, "contacts[0].phones")
    number = digits_of(card.phones[0])
    if number is None:
        raise Refusal(Fault.NOT_SAYABLE, "contacts[0].phones[0]", "A contact's number needs its country code here.")
    return int(number)


def digits_of(phone: Phone) -> str | None:
    """The digits of a number with its country code, None where none can be told from how it is written."""
    # The 0 that some write in brackets behind the country code is dialled at home only.
    found = _NUMBER.fullmatch(phone.wa_id or _FILLING.sub("", phone.phone.replace("(0)", "")))
    return found[1] if found else None

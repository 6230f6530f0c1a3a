"""Addresses of WhatsApp users, parsed once into values. Raw strings are never compared."""

import re
from enum import StrEnum

from parlance.model.value import dataclass


class AddressKind(StrEnum):
    """What sort of address it is."""

    PHONE = "phone"
    GROUP = "group"
    LID = "lid"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes to or comes from.

    `value` is: digits without `+` (phone), the group's or hidden number's part before `@` (group, lid), or a
    business-scoped user id such as `US.1349…` (user).
    """

    kind: AddressKind
    value: str

    @property
    def alias(self) -> str:
        """The form under which the same person is always found again, whichever way the number was written."""
        return f"{self.kind}:{fold(self.value) if self.kind is AddressKind.PHONE else self.value}"

    def __str__(self) -> str:
        return self.value


def phone(digits: str) -> Address:
    """Make a phone address of digits; checking their number is the dialect's business."""
    return Address(AddressKind.PHONE, digits)


USER_ID = re.compile(r"[A-Z]{2}\.[0-9A-Za-z]{1,128}")
"""A business-scoped user id (spec/cloud-api.md §11.4)."""


def fold(digits: str) -> str:
    """Fold the two forms that WhatsApp uses for Brazilian, Mexican and Argentine mobile numbers into one.

    Brazil: eight digits after the area code gain the leading 9. Mexico: the 1 after 52 goes. Argentina: the 9 after 54
    goes. Everything else stays as it is.
    """
    if digits.startswith("55") and len(digits) == 12 and digits[4] in "6789":
        return f"{digits[:4]}9{digits[4:]}"
    if len(digits) == 13 and digits.startswith("521"):
        return f"52{digits[3:]}"
    if len(digits) == 13 and digits.startswith("549"):
        return f"54{digits[3:]}"
    return digits


def forms(digits: str) -> tuple[str, ...]:
    """Every way in which WhatsApp may write this number; see `fold`."""
    plain = fold(digits)
    others = {digits, plain}
    if plain.startswith("55") and len(plain) == 13 and plain[4] == "9":
        others.add(f"{plain[:4]}{plain[5:]}")
    if plain.startswith("52") and len(plain) == 12:
        others.add(f"521{plain[2:]}")
    if plain.startswith("54") and len(plain) == 12:
        others.add(f"549{plain[2:]}")
    return tuple(sorted(form for form in others if fold(form) == plain))

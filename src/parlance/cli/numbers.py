"""Phone numbers as people write them: what can be sent to, what looks wrong, what may be meant."""

import re
import unicodedata

import phonenumbers

from parlance.model.address import USER_ID, fold
from parlance.model.value import dataclass

_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FORMULA = re.compile(r'="(.*)"')
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_FRACTION = re.compile(r"([0-9]{7,})[.,]00?")
_FILLING = re.compile(r"[\s().\-/\u00ad\u2010-\u2015\u2212]+")
_SHORTEST, _LONGEST = 7, 15
_USUAL = 13
"""Hardly any mobile number has more digits: what would be longer is not guessed."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as `given`.

    `digits` is what is sent to, empty when `fault` says why it cannot be. `doubt` says what looks odd about one that is
    sent to all the same. `meant` is the international form that may be meant, empty when there is no guess.
    """

    given: str
    digits: str = ""
    fault: str = ""
    doubt: str = ""
    meant: str = ""

    @property
    def remark(self) -> str:
        """What there is to say about it, empty when there is nothing."""
        words = self.fault or self.doubt
        return f"{words}; is {self.meant} meant?" if words and self.meant else words


def is_country(code: str) -> bool:
    """Whether there are numbers of this country (two letters)."""
    return code in phonenumbers.SUPPORTED_REGIONS


def read_number(given: str, country: str = "") -> Number:
    """Read a number however it is written; `country` (two letters) is where numbers without a country code belong."""
    text = _plain(given)
    if USER_ID.fullmatch(text):
        return Number(given, text)
    fault, digits = _read(text)
    if fault:
        return Number(given, fault=fault, meant=_meant(text, digits, country))
    doubt = _doubt(digits, international=text.startswith("+"))
    return Number(given, digits, doubt=doubt, meant=_meant(text, digits, country) if doubt else "")


def _plain(given: str) -> str:
    """The text without what spreadsheets and phones put around it, its digits in ASCII."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", given)).strip().removeprefix("'")
    if (formula := _FORMULA.fullmatch(text)) is not None:
        text = formula[1]
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text).strip()


def _read(text: str) -> tuple[str, str]:
    """What makes it useless (empty: nothing does), and its digits."""
    if not text:
        return "there is no number", ""
    if _SHORTENED.fullmatch(text):
        return "a spreadsheet has shortened it: give the column the format Text", ""
    if (whole := _FRACTION.fullmatch(text)) is not None:
        text = whole[1]
    bare = _FILLING.sub("", text)
    digits = bare.removeprefix("+")
    if any(letter.isalpha() for letter in digits):
        return "it holds letters", ""
    if not digits.isdecimal():
        return "it holds other marks than those of a number", ""
    if bare.startswith("00"):
        digits = digits[2:]
    if digits.startswith("0"):
        return "it begins with 0, as local numbers do: its country code is missing", digits
    if len(digits) < _SHORTEST:
        return "it is too short", digits
    return ("it is too long" if len(digits) > _LONGEST else ""), digits


def _doubt(digits: str, *, international: bool) -> str:
    """What looks odd about a number. Only said, never held against it: many that work look odd."""
    try:
        parsed = phonenumbers.parse(f"+{fold(digits)}")
    except phonenumbers.NumberParseException:
        return "no country code begins like this"
    code = str(parsed.country_code)
    if digits.removeprefix(code).startswith("0") and _international(parsed) != digits:
        return f"behind the country code {code} stands the 0 of the local form"
    match phonenumbers.is_possible_number_with_reason(parsed):
        case phonenumbers.ValidationResult.TOO_SHORT:
            return f"it is short for a number of +{code}{'' if international else ': the country code may be missing'}"
        case phonenumbers.ValidationResult.TOO_LONG | phonenumbers.ValidationResult.INVALID_LENGTH:
            return f"numbers of +{code} have another length"
        case _:
            return ""


def _meant(text: str, digits: str, country: str) -> str:
    """The international form that may be meant, other than `digits`; empty when there is none."""
    for reading, region in ((text, country or None), (f"+{digits}", None)):
        try:
            parsed = phonenumbers.parse(reading, region)
        except phonenumbers.NumberParseException:
            continue
        found = _international(parsed)
        if found != digits and len(found) <= _USUAL and phonenumbers.is_possible_number(parsed):
            return found
    return ""


def _international(parsed: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")

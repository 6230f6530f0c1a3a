"""vCards: written as WhatsApp's own clients read them, read as leniently as the world writes them (RFC 2426, RFC 2425).

Cards are written in version 3.0; those of 2.1 and 4.0 are read as far as they say the same things.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from parlance.formats.vcard_lines import Property, properties
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """How the lines of a card are laid out.

    `newline` stands between lines and, with `closed`, behind the last one too. A line of more than `width` bytes is
    folded; 0: never.
    """

    newline: str = "\n"
    width: int = 0
    closed: bool = False


CHAT = Style()
"""A card inside a message (spec/greenapi.md §4.1)."""

FILE = Style("\r\n", 75, closed=True)
"""A card in a file of its own (RFC 2426 §2.6)."""


# ---- writing


def write_card(card: ContactCard, style: Style = CHAT) -> str:
    """Write a card; everything it holds is in it but an address's country code, for which version 3.0 has no place."""
    written = style.newline.join(part for line in _lines(card) for part in _fold(line, style))
    return written + style.newline if style.closed else written


def _lines(card: ContactCard) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    names = [card.last, card.first, card.middle, card.prefix]
    # The suffix is a fifth part; the cards seen in chats have four.
    yield f"N:{_parts([*names, card.suffix] if card.suffix else names)}"
    yield f"FN:{_escape(card.formatted)}"
    if card.organisation is not None:
        yield from _organisation(card.organisation)
    for phone in card.phones:
        yield f"TEL{_types(phone.type, 'VOICE')}{_parameter('waid', phone.wa_id)}:{_escape(phone.phone)}"
    for email in card.emails:
        yield f"EMAIL{_types(email.type, 'INTERNET')}:{_escape(email.email)}"
    for each in card.addresses:
        places = [None, None, each.street, each.city, each.state, each.zip, each.country]
        yield f"ADR{_types(each.type)}:{_parts(places)}"
    for url in card.urls:
        yield f"URL{_types(url.type)}:{_one_line(url.url)}"
    if card.birthday:
        yield f"BDAY:{_one_line(card.birthday)}"
    yield "END:VCARD"


def _organisation(organisation: Organisation) -> Iterator[str]:
    units = [organisation.company, organisation.department]
    if any(units):
        yield f"ORG:{_parts(units if organisation.department else units[:1])}"
    if organisation.title:
        yield f"TITLE:{_escape(organisation.title)}"


def _types(given: str | None, further: str = "") -> str:
    """The type as parameters; `further` is what such a thing always is, said only beside another type."""
    written = _parameter("type", given)
    return written + _parameter("type", further) if written and (given or "").upper() != further else written


def _parameter(name: str, value: str | None) -> str:
    bare = re.sub(r'[\x00-\x1f\x7f",;:]+', " ", value or "").strip()
    return f";{name}={bare}" if bare else ""


def _parts(values: Iterable[str | None]) -> str:
    return ";".join(_escape(value or "") for value in values)


def _escape(text: str) -> str:
    escaped = re.sub(r"[\\;,]", r"\\\g<0>", text)
    return re.sub(r"\r\n|[\n\r]", r"\\n", escaped)


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n]+", "", text)


def _fold(line: str, style: Style) -> Iterator[str]:
    """Break a line between characters; a part behind the first begins with a blank (RFC 2425 §5.8.1)."""
    part, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if style.width and size + width > style.width:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + width
    yield part


# ---- reading


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card of a file.

    `left_out` names the properties, in order, for which a contact has no place: a picture, a note. `is_group`: it is no
    person but a list of them, as address books put beside the cards.
    """

    card: ContactCard
    left_out: tuple[str, ...] = ()
    is_group: bool = False


def read_cards(text: str) -> tuple[ContactCard, ...]:
    """Read every card in a text, in order; what is no card, and what a card has no field for, is passed over."""
    return tuple(each.card for each in read_file(text.encode("utf-8", "surrogatepass")))


def read_file(data: bytes) -> tuple[ReadCard, ...]:
    """Read every card of a file, in order, whatever version, character set and folding it was written with."""
    return tuple(map(_read_card, _cards(data)))


def _cards(data: bytes) -> Iterator[list[Property]]:
    """The properties of each card; one whose end is missing ends where the next begins."""
    inside: list[Property] | None = None
    agents = 0
    for each in properties(data):
        match each.name, each.value.strip().upper():
            case "BEGIN", "VCARD" if inside and inside[-1].name == "AGENT" and not inside[-1].value.strip():
                # Version 2.1 puts the card of somebody's assistant into the card itself.
                agents += 1
            case "BEGIN", "VCARD" if not agents:
                yield from [inside] if inside else []
                inside = []
            case "END", "VCARD" if agents:
                agents -= 1
            case "END", "VCARD":
                yield from [inside] if inside is not None else []
                inside = None
            case _ if inside is not None and not agents:
                inside.append(each)
    if inside:
        yield inside


_NO_KIND = frozenset({"VOICE", "INTERNET", "PREF", "QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "UTF-8"})
"""Types that say nothing of what a number or an address is for."""

_HELD = frozenset({"N", "FN", "ORG", "TITLE", "TEL", "EMAIL", "ADR", "URL", "BDAY"})
_ASIDE = re.compile(
    "VERSION|PRODID|REV|UID|SOURCE|NAME|PROFILE|MAILER|CLASS|CATEGORIES|SORT-STRING|LABEL|KIND|MEMBER|LANG|XML|CLIENTPIDMAP"
    "|X-AB(LABEL|ADR|SHOWAS|UID|-.*)|X-(APPLE|PHONETIC|MS|WA|EVOLUTION|ADDRESSBOOKSERVER|IMAGE)(-|TYPE|HASH).*"
)
"""Properties that say nothing of the person, or say again what another one said."""


def _read_card(found: Sequence[Property]) -> ReadCard:
    card = _card(found)
    lost = [each.name for each in found if each.name not in _HELD and each.value.strip()]
    lost = [name for name in dict.fromkeys(lost) if not _ASIDE.fullmatch(name)]
    if card.birthday is None and any(each.name == "BDAY" and each.value.strip() for each in found):
        lost.append("BDAY")
    kinds = (each for each in found if each.name in {"KIND", "X-ADDRESSBOOKSERVER-KIND"})
    return ReadCard(card, tuple(lost), any(each.value.strip().upper() == "GROUP" for each in kinds))


def _card(found: Sequence[Property]) -> ContactCard:
    labels = {each.group: _label(each.text) for each in found if each.group and each.name == "X-ABLABEL"}
    codes = {each.group: each.text.strip().upper() for each in found if each.group and each.name == "X-ABADR"}

    def named(name: str) -> list[Property]:
        return [each for each in found if each.name == name and each.value.strip()]

    def kind(found: Property) -> str | None:
        types = (_type(each) for each in found.parameters.get("TYPE", ()))
        return next(filter(None, types), None) or labels.get(found.group)

    last, first, middle, prefix, suffix = _padded(next((each.parts for each in named("N")), []), 5)
    organisation = _read_organisation(named("ORG"), named("TITLE"))
    phones = tuple(Phone(number, kind(each), _wa_id(each)) for each in named("TEL") if (number := _number(each)))
    emails = tuple(Email(re.sub(r"(?i)^mailto:", "", each.text.strip()), kind(each)) for each in named("EMAIL"))
    formatted = next((each.text.strip() for each in named("FN")), "")
    names = " ".join(name for name in (prefix, first, middle, last, suffix) if name)
    called = next((each.text.strip() for each in named("NICKNAME")), "")
    company = organisation.company if organisation else None
    others = (called, company, *(each.phone for each in phones), *(each.email for each in emails))
    return ContactCard(
        formatted or names or next(filter(None, others), ""),
        first=first,
        middle=middle,
        last=last,
        prefix=prefix,
        suffix=suffix,
        phones=phones,
        emails=emails,
        addresses=tuple(_address(each, kind(each), codes) for each in named("ADR") if any(each.parts)),
        organisation=organisation,
        urls=tuple(Url(each.text.strip(), kind(each)) for each in named("URL")),
        birthday=next((day for each in named("BDAY") if (day := _birthday(each))), None),
    )


def _padded(parts: Sequence[str], length: int) -> list[str | None]:
    given = [part.strip() or None for part in parts[:length]]
    return given + [None] * (length - len(given))


def _type(given: str) -> str | None:
    """A type as it is shown, None for one that says nothing; those of a writer's own begin with `X-`."""
    plain = given.strip().upper().removeprefix("X-")
    return plain if plain and plain not in _NO_KIND else None


def _label(text: str) -> str | None:
    """A label as address books write it: `_$!<Mobile>!$_` is MOBILE."""
    return re.sub(r"^_\$!<(.*)>!\$_$", r"\1", text.strip()).upper() or None


_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
"""Marks of direction, which some phones put around numbers."""


def _number(found: Property) -> str:
    """A number as it is written; of a URI the number alone."""
    visible = _UNSEEN.sub("", found.text).strip()
    return visible[4:].partition(";")[0] if visible[:4].lower() == "tel:" else visible


def _wa_id(found: Property) -> str | None:
    digits = next(iter(found.parameters.get("WAID", ())), "").strip().removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() else None


def _read_organisation(units: Sequence[Property], titles: Sequence[Property]) -> Organisation | None:
    company, department = _padded(next((each.parts for each in units), []), 2)
    title = next((each.text.strip() for each in titles), None)
    return Organisation(company, department, title) if company or department or title else None


def _address(found: Property, kind: str | None, codes: Mapping[str, str]) -> PostalAddress:
    box, further, street, city, state, code, country = _padded(found.parts, 7)
    road = ", ".join(part for part in (box, further, street) if part)
    return PostalAddress(road or None, city, state, code, country, codes.get(found.group) or None, kind)


def _birthday(found: Property) -> str | None:
    """A day of a known year, None for anything else that stands for a birthday."""
    given = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?", found.text.strip(), re.ASCII)
    # Apple writes some early year and says beside it that the year is not known.
    if given is None or given[1] in found.parameters.get("X-APPLE-OMIT-YEAR", ()):
        return None
    try:
        return date(*map(int, given.groups())).isoformat()
    except ValueError:
        return None

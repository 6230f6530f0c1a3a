"""vCards: written as WhatsApp's own clients read them, read as leniently as the world writes them (RFC 2426, RFC 2425).

Cards are written in version 3.0; those of 2.1 and 4.0 are read as far as they say the same things.
"""

import quopri
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url


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

_HEAD = re.compile(r'(?:[^":]|"[^"]*(?:"|$))*')
"""What stands before a line's colon; one in quotes is part of it."""


@dataclass(frozen=True, slots=True)
class _Property:
    """One line of a card: `item1.TEL;type=CELL:+1…` has the group `item1` and the name `TEL`."""

    group: str
    name: str
    parameters: Mapping[str, tuple[str, ...]]
    value: str

    @property
    def parts(self) -> list[str]:
        """The value's parts between semicolons."""
        return [_unescape(part) for part in _split(self.value)]

    @property
    def text(self) -> str:
        return _unescape(self.value)


def read_cards(text: str) -> tuple[ContactCard, ...]:
    """Read every card in a text, in order; what is no card, and what a card has no field for, is passed over."""
    cards: list[ContactCard] = []
    inside: list[_Property] | None = None
    for line in _unfolded(text):
        found = _property(line)
        match (found.name, found.value.strip().upper()):
            case "BEGIN", "VCARD":
                inside = []
            case "END", "VCARD":
                cards += [_card(inside)] if inside is not None else []
                inside = None
            case _ if inside is not None:
                inside.append(found)
    if inside:
        cards.append(_card(inside))
    return tuple(cards)


def _unfolded(text: str) -> Iterator[str]:
    """Put folded lines together again, those that version 2.1 breaks with an equals sign included."""
    whole = ""
    for line in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")):
        if whole.endswith("=") and "QUOTED-PRINTABLE" in whole.partition(":")[0].upper():
            whole = f"{whole[:-1]}{line}"
        elif line[:1] in {" ", "\t"}:
            whole += line[1:]
        else:
            yield whole
            whole = line
    yield whole


def _property(line: str) -> _Property:
    head, value = _halves(line)
    title, *given = _outside_quotes(head, ";")
    group, _, name = title.rpartition(".")
    parameters: dict[str, tuple[str, ...]] = {}
    for each in given:
        key, mark, text = each.partition("=")
        if not mark:
            # Version 2.1 leaves out the name of the parameter: TEL;CELL:…
            key, text = "TYPE", each
        values = tuple(part.strip('"') for part in _outside_quotes(text, ",") for part in part.strip('"').split(","))
        parameters[key.upper()] = (*parameters.get(key.upper(), ()), *values)
    return _Property(group, name.upper(), parameters, _decoded(value, parameters))


def _halves(line: str) -> tuple[str, str]:
    end = len(_HEAD.match(line)[0])  # type: ignore[index]  # it matches the empty text at least
    return line[:end], line[end + 1 :]


def _outside_quotes(text: str, mark: str) -> list[str]:
    parts, quoted = [""], False
    for letter in text:
        quoted ^= letter == '"'
        if letter == mark and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _decoded(value: str, parameters: Mapping[str, tuple[str, ...]]) -> str:
    ways = {each.upper() for each in (*parameters.get("ENCODING", ()), *parameters.get("TYPE", ()))}
    if "QUOTED-PRINTABLE" not in ways:
        return value
    raw = quopri.decodestring(value.encode())
    try:
        return raw.decode(parameters.get("CHARSET", ("utf-8",))[0], "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _split(value: str) -> list[str]:
    """Cut at semicolons that are not escaped."""
    parts, letters = [""], iter(value)
    for letter in letters:
        if letter == ";":
            parts.append("")
        else:
            parts[-1] += letter + (next(letters, "") if letter == "\\" else "")
    return parts


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL)


_NO_KIND = frozenset({"VOICE", "INTERNET", "PREF", "X-INTERNET", "QUOTED-PRINTABLE"})
"""Types that say nothing of what a number or an address is for."""


def _card(properties: Sequence[_Property]) -> ContactCard:
    labels = {each.group: _label(each.text) for each in properties if each.group and each.name == "X-ABLABEL"}

    def named(name: str) -> list[_Property]:
        return [each for each in properties if each.name == name and each.value.strip()]

    def kind(found: _Property) -> str | None:
        types = [each for each in found.parameters.get("TYPE", ()) if each and each.upper() not in _NO_KIND]
        return types[0].upper() if types else labels.get(found.group)

    last, first, middle, prefix, suffix = _padded(next((each.parts for each in named("N")), []), 5)
    organisation = _read_organisation(named("ORG"), named("TITLE"))
    phones = tuple(Phone(_number(each), kind(each), _wa_id(each)) for each in named("TEL"))
    formatted = next((each.text for each in named("FN")), "")
    names = " ".join(name for name in (prefix, first, middle, last, suffix) if name)
    company = organisation.company if organisation else None
    return ContactCard(
        formatted or names or company or (phones[0].phone if phones else ""),
        first=first,
        middle=middle,
        last=last,
        prefix=prefix,
        suffix=suffix,
        phones=phones,
        emails=tuple(Email(each.text.strip(), kind(each)) for each in named("EMAIL")),
        addresses=tuple(_address(each, kind(each)) for each in named("ADR") if any(each.parts)),
        organisation=organisation,
        urls=tuple(Url(each.text.strip(), kind(each)) for each in named("URL")),
        birthday=next((day for each in named("BDAY") if (day := _birthday(each.text))), None),
    )


def _padded(parts: Sequence[str], length: int) -> list[str | None]:
    given = [part.strip() or None for part in parts[:length]]
    return given + [None] * (length - len(given))


def _label(text: str) -> str | None:
    """A label as address books write it: `_$!<Mobile>!$_` is MOBILE."""
    return re.sub(r"^_\$!<(.*)>!\$_$", r"\1", text.strip()).upper() or None


def _number(found: _Property) -> str:
    return re.sub(r"(?i)^tel:", "", found.text.strip())


def _wa_id(found: _Property) -> str | None:
    digits = next(iter(found.parameters.get("WAID", ())), "").strip().removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() else None


def _read_organisation(units: Sequence[_Property], titles: Sequence[_Property]) -> Organisation | None:
    company, department = _padded(next((each.parts for each in units), []), 2)
    title = next((each.text.strip() for each in titles), None)
    return Organisation(company, department, title) if company or department or title else None


def _address(found: _Property, kind: str | None) -> PostalAddress:
    box, further, street, city, state, code, country = _padded(found.parts, 7)
    road = ", ".join(part for part in (box, further, street) if part)
    return PostalAddress(road or None, city, state, code, country, None, kind)


def _birthday(text: str) -> str | None:
    """A day of a known year, None for anything else that stands for a birthday."""
    given = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?", text.strip(), re.ASCII)
    if given is None:
        return None
    try:
        return date(*map(int, given.groups())).isoformat()
    except ValueError:
        return None

"""The lines of vCard files, as phones and address books really write them (vCard 2.1, RFC 2425, RFC 6350, RFC 6868).

Files are taken apart as bytes: some writers fold lines in the middle of a character, and in version 2.1 each line may
have a character set of its own.
"""

import codecs
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence

from parlance.model.value import dataclass

_HEAD = re.compile(r'(?:[^":]|"[^"]*(?:"|$))*')
"""What stands before a line's colon; one in quotes is part of it."""

_CUSTOM = re.compile(r"X-CUSTOM\((.*)\)", re.IGNORECASE | re.DOTALL)
"""A label of the phone's owner, as Android writes it into version 2.1."""

_NEWLINE = re.compile(rb"\r*\n|\r")
_MARKED_LINE = re.compile(rb"(^|[\r\n])" + codecs.BOM_UTF8)
_WRITTEN = re.compile(rb"[;=]\s*(QUOTED-PRINTABLE|BASE64|B)\s*(?=[;,:)]|$)", re.IGNORECASE)
_BORDER = re.compile(rb"\s*(BEGIN|END)\s*:\s*VCARD\s*", re.IGNORECASE)
_CARET = {"n": "\n", "'": '"', "^": "^"}


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a card: `item1.TEL;type=CELL:+1…` has the group `item1` and the name `TEL`.

    `parameters` are named in capitals; those that version 2.1 gives without a name count as `TYPE`. `value` still has
    its escapes.
    """

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
        """The value without its escapes."""
        return _unescape(self.value)


def properties(data: bytes) -> Iterator[Property]:
    """Take a file apart, in UTF-8, UTF-16 or what its lines say; what is no property comes under a senseless name."""
    for line in _unfolded(_as_utf8(data)):
        if line.strip():
            yield _property(line.decode("utf-8", "surrogateescape"))


def _as_utf8(data: bytes) -> bytes:
    """Bring a file in UTF-16 into UTF-8; everything else stays, its byte order mark left out."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    if data.startswith((b"B\0E\0", b"b\0e\0")):
        return data.decode("utf-16-le", "replace").encode()
    # A file put together of several has a mark before each of them.
    return _MARKED_LINE.sub(rb"\1", data)


def _unfolded(data: bytes) -> Iterator[bytes]:
    """Put broken lines together again: folded ones, and those that version 2.1 ends with an equals sign."""
    whole: list[bytes] = []
    way = b""
    for line in _NEWLINE.split(data):
        if way == b"QUOTED-PRINTABLE" and whole[-1].endswith(b"=") and not _BORDER.fullmatch(line):
            whole[-1] = whole[-1][:-1]
            whole.append(line)
        elif whole and line[:1] in {b" ", b"\t"}:
            whole.append(line[1:])
            way = way or _way(b"".join(whole))
        elif way in {b"BASE64", b"B"} and line and b":" not in line:
            # Some writers do not fold their pictures, but simply go on.
            whole.append(line)
        else:
            yield b"".join(whole)
            whole, way = [line], _way(line)
    yield b"".join(whole)


def _way(line: bytes) -> bytes:
    """How the value of a line is written, as far as its head tells; empty when it is plain."""
    found = _WRITTEN.search(line.partition(b":")[0])
    return found[1].upper() if found else b""


def _property(line: str) -> Property:
    end = len(_HEAD.match(line)[0])  # type: ignore[index]  # it matches the empty text at least
    head, value = line[:end], line[end + 1 :]
    title, *given = _outside_quotes(head, ";")
    group, _, name = title.strip().rpartition(".")
    parameters: dict[str, tuple[str, ...]] = {}
    for each in given:
        key, values = _parameter(each.strip())
        parameters[key] = (*parameters.get(key, ()), *values)
    return Property(group.upper(), name.upper(), parameters, _decoded(value, parameters))


def _parameter(text: str) -> tuple[str, tuple[str, ...]]:
    custom = _CUSTOM.fullmatch(text)
    if custom is not None:
        *ways, label = custom[1].split(",")
        return "TYPE", (_decoded(label, {"TYPE": tuple(way.rpartition("=")[2] for way in ways)}),)
    key, mark, value = text.partition("=")
    if not mark:
        key, value = "TYPE", text
    values = (part for one in _outside_quotes(value, ",") for part in one.strip().strip('"').split(","))
    return key.strip().upper(), tuple(re.sub(r"\^([n'^])", lambda found: _CARET[found[1]], part) for part in values)


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
    marks = (*parameters.get("ENCODING", ()), *parameters.get("TYPE", ()))
    charsets = (*parameters.get("CHARSET", ()), *parameters.get("TYPE", ()))
    if any(mark.upper() == "QUOTED-PRINTABLE" for mark in marks):
        return _in_charset(quopri.decodestring(value.encode("utf-8", "surrogateescape")), charsets)
    if value.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in value):
        return value
    return _in_charset(value.encode("utf-8", "surrogateescape"), charsets)


def _in_charset(raw: bytes, named: Sequence[str]) -> str:
    """Read bytes by the character set they are said to have, else by the likeliest."""
    for charset in (*named, "utf-8"):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):
            continue
    return raw.decode("windows-1252", "replace")


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
    plain = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL)
    return re.sub(r"\r\n?", "\n", plain)

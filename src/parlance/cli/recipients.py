"""Files of recipients: CSV as spreadsheets, databases and people write it."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

import typer

from parlance.cli.numbers import Number, read_number
from parlance.cli.place import Failed
from parlance.cli.slots import folded
from parlance.model.value import dataclass

TO = ("to", "phone", "number")
"""Names of the column with the number; the first one that is there counts."""

_DELIMITERS = ",;\t|"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One line. `values` are its cells by column (`slots.folded`); `fault` says why it cannot be used, else empty."""

    line: int
    number: Number
    values: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Recipients:
    """What a file holds. `columns` are those besides the number's; `digest` names the file's content."""

    rows: tuple[Recipient, ...]
    columns: tuple[str, ...] = ()
    digest: str = ""


def named(numbers: Sequence[str], country: str) -> Recipients:
    """Recipients named on the command line; they count as lines."""
    return Recipients(
        tuple(
            Recipient(line, number, fault=number.fault)
            for line, number in enumerate((read_number(each, country) for each in numbers), 1)
        )
    )


def read_recipients(file: Path, country: str, encoding: str) -> Recipients:
    """Read a file; raises `Failed` where it is no such text, `typer.BadParameter` where it names no numbers.

    `encoding` is used unless the file's first bytes say another. Lines that cannot be used are kept with the reason.
    """
    data = file.read_bytes()
    text = _decoded(file, data, encoding)
    try:
        records = list(_records(text))
    except csv.Error as fault:
        raise Failed(f"{file} is no CSV: {fault}.") from None
    if not records:
        raise Failed(f"{file} has no lines.")
    head, *rest = records
    names = [cell.strip() for cell in head[1]]
    if len(names) == 1 and read_number(names[0], country).digits:
        # One number a line, and no name above them.
        names, rest = ["to"], records
    place = _number_place(file, names)
    if not rest:
        raise Failed(f"{file} names columns, and no recipient.")
    columns = tuple(name for number, name in enumerate(names) if name and number != place)
    rows = tuple(_recipient(line, cells, names, place, country) for line, cells in rest)
    return Recipients(rows, columns, hashlib.sha256(data).hexdigest())


def _decoded(file: Path, data: bytes, encoding: str) -> str:
    if data.startswith(_UTF16):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except LookupError:
        raise typer.BadParameter(f"{encoding} is no encoding; one is windows-1255") from None
    except UnicodeDecodeError:
        hint = "save it as CSV UTF-8, or name what it is written in, such as --encoding windows-1255"
        raise Failed(f"{file} is no text in {encoding}: {hint}.") from None


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The records that hold anything, each with the number of its first line."""
    before, delimiter = 0, ""
    first, _, rest = text.partition("\n")
    if first[:4].lower() == "sep=" and len(first.rstrip("\r")) == 5:
        # A line by which spreadsheets tell each other what stands between cells.
        before, delimiter, text = 1, first[4], rest
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text))
    line = before + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = before + reader.line_num + 1


def _delimiter(text: str) -> str:
    """What stands between the names of the columns, outside of quotes."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(head.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _number_place(file: Path, names: Sequence[str]) -> int:
    known = [folded(name) for name in names]
    twice = next((name for name in known if name and known.count(name) > 1), None)
    if twice is not None:
        raise typer.BadParameter(f"{file} has two columns named {twice}")
    for name in TO:
        if name in known:
            return known.index(name)
    shown = ", ".join(filter(None, names))
    raise typer.BadParameter(f"{file} has no column named to, phone or number. The columns are: {shown}")


def _recipient(line: int, cells: Sequence[str], names: Sequence[str], place: int, country: str) -> Recipient:
    number = read_number(cells[place] if place < len(cells) else "", country)
    values = {folded(name): cell for name, cell in zip(names, cells, strict=False) if name}
    fault = number.fault
    if any(cell.strip() for cell in cells[len(names) :]):
        fault = f"it has {len(cells)} cells for {len(names)} columns"
    return Recipient(line, number, values, fault)

"""`parlance window`: who wrote when, for moving a number that is in use."""

import csv
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, Failed, JsonOption, Place, UrlOption

app = typer.Typer(help="The 24-hour windows of a number's customers.", no_args_is_help=True)

_COLUMNS = ["customer", "last_message_at"]
_CUSTOMER = re.compile(r"\+?[1-9]\d{5,14}")
_SECONDS = re.compile(r"\d{9,10}(\.\d+)?")
_PAGE = 10_000
_SLACK = timedelta(minutes=5)
_FAULTS_SHOWN = 20


@app.callback()
def _group() -> None:
    """Keep `import` a word of its own."""


@app.command("import")
def import_windows(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)],
    *,
    sender: Annotated[str, typer.Option(metavar="SENDER", help="The sender the customers wrote to: number or id.")],
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from a file when each customer last wrote, so that open windows stay open when a live number moves here.

    The columns are customer and last_message_at (ISO 8601 with its offset, or Unix seconds); a header line may stand
    above. Nothing is imported unless every line is good.

    Example: `parlance window import windows.csv --sender 972770000111`
    """
    rows = read_rows(file)
    place = Place(data, url)
    opened = 0
    for start in range(0, len(rows), _PAGE):
        page = {"rows": rows[start : start + _PAGE]}
        opened += place.ask("POST", f"/senders/{quote(sender, safe='')}/windows", page)["opened"]
    if as_json:
        show.as_json({"rows": len(rows), "opened": opened})
    else:
        show.line(f"Lines read: {len(rows)}. Windows changed: {opened}.")


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Read the file whole; raises `Failed` naming every bad line."""
    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for number, cells in _lines(csv.reader(lines, skipinitialspace=True)):
                try:
                    rows.append(_read_row(cells))
                except ValueError as fault:
                    faults.append(f"  line {number}: {fault}")
    except UnicodeDecodeError:
        raise Failed(f"{file} is no UTF-8 text.") from None
    except csv.Error as fault:
        raise Failed(f"{file} is no CSV: {fault}.") from None
    if faults:
        more = [f"  and {len(faults) - _FAULTS_SHOWN} more"] if len(faults) > _FAULTS_SHOWN else []
        raise Failed("\n".join([f"Nothing was imported from {file}:", *faults[:_FAULTS_SHOWN], *more]))
    if not rows:
        raise Failed(f"{file} has no lines.")
    return rows


def _lines(reader: Any) -> Iterable[tuple[int, list[str]]]:
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        header = reader.line_num == 1 and [cell.lower() for cell in stripped] == _COLUMNS
        if any(stripped) and not header:
            yield reader.line_num, stripped


def _read_row(cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(_COLUMNS):
        raise ValueError(f"{len(cells)} columns instead of customer,last_message_at")
    customer, written = cells
    if not _CUSTOMER.fullmatch(customer):
        raise ValueError(f"{customer!r} is no number with its country code")
    return {"customer": customer.removeprefix("+"), "last_message_at": _read_time(written)}


def _read_time(text: str) -> str:
    """A time as ISO 8601 in UTC."""
    try:
        moment = datetime.fromtimestamp(float(text), UTC) if _SECONDS.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither ISO 8601 nor Unix seconds") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write 2026-01-31T12:00:00Z or 2026-01-31T14:00:00+02:00")
    if moment > datetime.now(UTC) + _SLACK:
        raise ValueError(f"{text!r} is yet to come")
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError:
        raise ValueError(f"{text!r} is out of range") from None

"""`parlance ledger`: what vendors priced, by account and month."""

import csv
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, Failed, JsonOption, Place, UrlOption

_COLUMNS = ("month", "account", "sender", "carrier", "category", "pricing_model", "type", "billable", "messages")


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(ledger)


def ledger(
    *,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Which month (UTC).", show_default="this one")] = "",
    account: Annotated[str, typer.Option(metavar="NAME", help="Only this account.", show_default="all")] = "",
    file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file.")] = None,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count priced messages, as the carriers' own callbacks stated them; each message counts once.

    Example: `parlance ledger --month 2026-11 --csv november.csv`
    """
    asked = urlencode({name: value for name, value in (("month", month), ("account", account)) if value})
    lines: list[dict[str, Any]] = Place(data, url).ask("GET", f"/ledger?{asked}")["items"]
    if file is not None:
        _write(file, lines)
        show.line(f"{len(lines)} lines are in {file}.")
    elif as_json:
        show.as_json(lines)
    elif not lines:
        show.line("No vendor has priced a message in this month.")
    else:
        show.table([name.upper() for name in _COLUMNS], [[_shown(each[name]) for name in _COLUMNS] for each in lines])


def _shown(value: object) -> str:
    if value is None:
        return "?"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _write(file: Path, lines: list[dict[str, Any]]) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, _COLUMNS)
            writer.writeheader()
            writer.writerows(lines)
    except OSError as fault:
        raise Failed(f"{file} cannot be written: {fault.strerror}.") from None

"""How commands speak: data on stdout, complaints on stderr."""

import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from parlance.model.wire import WireRequest

_GAP = "  "


def complain(words: str) -> None:
    """Say on stderr what went wrong."""
    typer.echo(f"parlance: {words}", err=True)


def as_json(value: Any) -> None:
    """Print one JSON value."""
    typer.echo(json.dumps(value, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False))


def line(words: str = "") -> None:
    """Print one line."""
    typer.echo(words)


def heading(words: str) -> None:
    """Print a heading, bold on a terminal."""
    typer.secho(words, bold=True)


def facts(rows: Mapping[str, Any], indent: str = "") -> None:
    """Print names and values in two columns; long values stay whole, for copying."""
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        typer.echo(f"{indent}{typer.style(name.ljust(width), dim=True)}{_GAP}{value}")


def moment(millis: int | None) -> str:
    """A time in Unix milliseconds, for reading."""
    return "-" if millis is None else f"{datetime.fromtimestamp(millis / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under headings, as wide as they need to be."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(each) for each in column) for column in zip(columns, *cells, strict=True)]
    typer.secho(_row(columns, widths), bold=True)
    for row in cells:
        typer.echo(_row(row, widths))


def curl(url: str, request: WireRequest) -> str:
    """A request as a command to paste."""
    words = ["curl", *([] if request.method == "GET" else ["-X", request.method]), f"{url}{request.url}"]
    lines = [shlex.join(words)]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers.items()]
    if request.body:
        lines.append(f"-d {shlex.quote(request.body.decode())}")
    return " \\\n  ".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

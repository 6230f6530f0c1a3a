"""What commands have in common: their options, and where they do their work."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from parlance.model.value import dataclass

DataOption: TypeAlias = Annotated[
    Path | None, typer.Option("--data", help="The gateway's data folder.", metavar="DIR", show_default="./data")
]
UrlOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--url", help="Address of a running gateway, with its token in PARLANCE_ADMIN_TOKEN.", metavar="URL"),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Failed(Exception):
    """A command was refused or failed; the text is one line for whoever gave it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What `--data` and `--url` said. `makes` allows the command to make a data folder that is not there."""

    data: Path | None
    url: str | None
    makes: bool = False

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """Call the admin API once and give the answer's JSON (None: it has none); raises `Failed`."""
        from parlance.cli.admin import call  # noqa: PLC0415  (`--help` is quick without an HTTP client)

        return asyncio.run(call(self, method, path, body, query))

    def every(self, path: str) -> Any:
        """Every item of a list of the admin API; raises `Failed`."""
        from parlance.cli.admin import every  # noqa: PLC0415

        return asyncio.run(every(self, path))


def credential_value(text: str) -> str:
    """A value as given; `env:NAME` stands for what the environment variable holds, so that no shell history has it."""
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    if not (value := os.environ.get(name)):
        raise typer.BadParameter(f"the environment variable {name} is not set")
    return value


def pairs(given: list[str]) -> dict[str, str]:
    """Read `key=value` options; raises `typer.BadParameter`."""
    read: dict[str, str] = {}
    for each in given:
        key, sign, value = each.partition("=")
        if not sign or not key:
            raise typer.BadParameter(f"{each.partition('=')[0]!r} is not of the form key=value")
        if key in read:
            raise typer.BadParameter(f"{key} is given twice")
        read[key] = credential_value(value)
    return read

"""`parlance key`: operators' keys of the admin API, beside the gateway's own admin token."""

from typing import Annotated, Literal
from urllib.parse import quote

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, JsonOption, Place, UrlOption

app = typer.Typer(help="Keys of the admin API, beside the gateway's own admin token.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")],
    *,
    scope: Annotated[
        Literal["read", "admin"], typer.Option(help="What it opens: what only reads, or everything.")
    ] = "read",
    replaces: Annotated[
        str | None, typer.Option(metavar="ID", help="The key in whose place it comes.", show_default="none")
    ] = None,
    grace: Annotated[int, typer.Option(metavar="SECONDS", min=0, help="How long the one it replaces still works.")] = 0,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print its token. It is shown this once.

    Example: `parlance key add monitoring --scope read`
    """
    body = {"name": name, "scope": scope, "replaces": replaces, "grace_seconds": grace}
    made = Place(data, url, makes=True).ask("POST", "/keys", body)
    if as_json:
        show.as_json(made)
    else:
        show.line(f"Key {made['id']} is made. Keep its token; it is not shown again.")
        show.facts({"Token": made["token"], "Scope": made["scope"]}, indent="  ")
        if replaces:
            show.line(f"Key {replaces} {f'works for another {grace} s' if grace else 'has ended'}.")


@app.command("list")
def list_keys(*, data: DataOption = None, url: UrlOption = None, as_json: JsonOption = False) -> None:
    """List the keys that work.

    Example: `parlance key list`
    """
    keys = Place(data, url).every("/keys")
    if as_json:
        show.as_json(keys)
    elif not keys:
        show.line("There is no key yet beside the admin token. Make one with: parlance key add NAME")
    else:
        columns = ("NAME", "SCOPE", "MADE", "ENDS", "ID")
        moments = [(show.moment(each["created_at"]), show.moment(each["ends_at"])) for each in keys]
        rows = [(key["name"], key["scope"], *dates, key["id"]) for key, dates in zip(keys, moments, strict=True)]
        show.table(columns, rows)


@app.command()
def end(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `list` shows it.")],
    *,
    data: DataOption = None,
    url: UrlOption = None,
) -> None:
    """End a key now.

    Example: `parlance key end 0197f3a2c4d50000`
    """
    Place(data, url).ask("DELETE", f"/keys/{quote(key, safe='')}")
    show.line(f"Key {key} has ended.")

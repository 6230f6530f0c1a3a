"""`parlance template`: the templates an account may send."""

from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, Failed, JsonOption, Place, UrlOption

app = typer.Typer(help="The templates an account may send.", no_args_is_help=True)

AccountOption: TypeAlias = Annotated[str, typer.Option(metavar="NAME", help="Account that owns the template.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name: lower-case letters, digits and underscores.")],
    *,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language, such as en_US or he.")],
    body: Annotated[str, typer.Option(metavar="TEXT", help="Its text; {{1}}, {{2}}… or {{name}} stand for variables.")],
    category: Annotated[
        Literal["UTILITY", "MARKETING", "AUTHENTICATION"], typer.Option(help="What it is for.")
    ] = "UTILITY",
    account: AccountOption = "default",
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register an approved template; one of the same name and language is replaced.

    Example: `parlance template add hello --language en_US --body "Hello {{1}}"`
    """
    asked = {"name": name, "language": language, "body": body, "category": category, "account": account}
    made = Place(data, url, makes=True).ask("POST", "/templates", asked)
    if as_json:
        show.as_json(made)
    else:
        show.line(f"Template {name} ({language}) of account {account} is registered.")


@app.command("list")
def list_templates(*, data: DataOption = None, url: UrlOption = None, as_json: JsonOption = False) -> None:
    """List the templates of all accounts.

    Example: `parlance template list`
    """
    templates = Place(data, url).every("/templates")
    if as_json:
        show.as_json(templates)
    elif not templates:
        show.line("There is no template yet. Register one with: parlance template add NAME --language … --body …")
    else:
        columns = ("NAME", "LANGUAGE", "CATEGORY", "STATUS", "ACCOUNT", "BODY")
        rows = [[each[column.lower()] for column in columns] for each in templates]
        show.table(columns, rows)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The template's name.")],
    *,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this language.", show_default="all")
    ] = None,
    account: AccountOption = "default",
    data: DataOption = None,
    url: UrlOption = None,
) -> None:
    """Remove a template.

    Example: `parlance template remove hello --language en_US`
    """
    place = Place(data, url)
    found = [
        each
        for each in place.every("/templates")
        if each["name"] == name and each["account"] == account and language in {None, each["language"]}
    ]
    if not found:
        raise Failed(f"Account {account} has no template {name}{f' in {language}' if language else ''}.")
    for each in found:
        place.ask("DELETE", f"/templates/{quote(str(each['id']), safe='')}")
        show.line(f"Template {name} ({each['language']}) is removed.")


@app.command()
def sync(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="A sender whose carrier lists templates.")],
    *,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take over the templates that a sender's vendor lists, for the sender's account. None is removed.

    Example: `parlance template sync 972770000111`
    """
    done = Place(data, url).ask("POST", f"/senders/{quote(sender, safe='')}/templates/sync")
    if as_json:
        show.as_json(done)
        return
    for word, names in (("Added", done["added"]), ("Changed", done["changed"]), ("Not listed", done["missing"])):
        for name in names:
            show.line(f"{word}: {name}")
    show.line(f"{len(done['added'])} added, {len(done['changed'])} changed, {done['same']} as before.")

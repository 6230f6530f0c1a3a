"""`parlance sender`: business numbers, their credentials and carriers."""

import sys
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, JsonOption, Place, UrlOption, pairs

app = typer.Typer(help="Business numbers, their credentials and carriers.", no_args_is_help=True)

NumberArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="SENDER", help="The sender's number, or its id where accounts share the number.")
]
SetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting of the carrier. A value env:NAME is taken from that environment variable now.",
    ),
]
StrictOption: TypeAlias = Annotated[
    bool, typer.Option("--strict", help="Refuse what would arrive without its decorative parts.")
]


@app.command()
def add(
    number: Annotated[str, typer.Argument(help="The business number with its country code.")],
    *,
    name: Annotated[str, typer.Option(metavar="TEXT", help="Name shown to people.")] = "",
    account: Annotated[str, typer.Option(metavar="NAME", help="Account that owns the sender.")] = "default",
    carrier: Annotated[str, typer.Option(metavar="NAME", help="Who carries its messages.")] = "sandbox",
    settings: SetOption = None,
    credentials: Annotated[
        list[str] | None,
        typer.Option(
            "--credential",
            metavar="API.FIELD=VALUE",
            help="Take over a credential that the sender's programs already use. env:NAME as with --set.",
        ),
    ] = None,
    strict: StrictOption = False,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing when the account has the number.")
    ] = False,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a sender and print its credentials for every API. They are shown this once.

    Example: `parlance sender add 972770000111 --name "My shop"`
    """
    body = {
        "number": number,
        "name": name,
        "account": account,
        "carrier": carrier,
        "settings": pairs(settings or []),
        "strict": strict,
        "credentials": pairs(credentials or []),
        "if_missing": if_missing,
    }
    made = Place(data, url, makes=True).ask("POST", "/senders", body)
    if as_json:
        show.as_json(made)
    elif made.get("credentials"):
        show.line(f"Sender {made['sender']} of account {made['account']} is made. Its id is {made['id']}.")
        _print_credentials(made["credentials"], made.get("webhook_secret", ""))
    else:
        show.line(f"Sender {made['sender']} of account {made['account']} was there already. Nothing was changed.")


@app.command("list")
def list_senders(*, data: DataOption = None, url: UrlOption = None, as_json: JsonOption = False) -> None:
    """List the senders.

    Example: `parlance sender list`
    """
    senders = Place(data, url).every("/senders")
    if as_json:
        show.as_json(senders)
    elif not senders:
        show.line("There is no sender yet. Make one with: parlance sender add NUMBER")
    else:
        columns = ("SENDER", "ACCOUNT", "CARRIER", "NAME", "STATE", "ID")
        show.table(columns, [_row(each) for each in senders])


@app.command("show")
def show_sender(
    sender: NumberArgument, *, data: DataOption = None, url: UrlOption = None, as_json: JsonOption = False
) -> None:
    """Show one sender: its routes, callback addresses and state, without its secrets.

    Example: `parlance sender show 972770000111`
    """
    found = Place(data, url).ask("GET", _path(sender))
    if as_json:
        show.as_json(found)
    else:
        _print_sender(found)


@app.command()
def route(
    sender: NumberArgument,
    *,
    carrier: Annotated[str, typer.Option(metavar="NAME", help="Who carries its messages from now on.")],
    settings: SetOption = None,
    strict: StrictOption = False,
    backup: Annotated[
        bool, typer.Option("--backup", help="Let it stand in when the active route cannot send, and not replace it.")
    ] = False,
    number: Annotated[
        str, typer.Option(metavar="NUMBER", help="The WhatsApp number it sends from, where it is another one.")
    ] = "",
    set_callback: Annotated[
        bool,
        typer.Option(
            "--set-callback/--no-set-callback", help="Tell the vendor where to call, if it has a call for it."
        ),
    ] = True,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the sender's carrier and print the callback address to paste at the vendor.

    Example: `parlance sender route 972770000111 --carrier sandbox`
    """
    body = {
        "carrier": carrier,
        "settings": pairs(settings or []),
        "strict": strict,
        "backup": backup,
        "number": number,
        "set_callback": set_callback,
    }
    made = Place(data, url).ask("POST", f"{_path(sender)}/routes", body)
    if as_json:
        show.as_json(made)
        return
    if backup:
        show.line(f"{carrier} stands in when messages of {sender} cannot leave by the active route.")
    else:
        show.line(f"Messages of {sender} now leave by {carrier}.")
    show.facts({"Callback address": made["callback_url"], "At the vendor": made["callback"]["detail"]})


@app.command()
def rotate(
    sender: NumberArgument,
    *,
    dialects: Annotated[
        list[str] | None, typer.Option("--dialect", metavar="API", help="Only this API's keys.", show_default="all")
    ] = None,
    grace: Annotated[int, typer.Option(metavar="SECONDS", min=0, help="How long the old keys still work.")] = 0,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make new keys and print them. The old ones end at once, or after a time of grace.

    Example: `parlance sender rotate 972770000111 --grace 3600`
    """
    body = {"dialects": dialects, "grace_seconds": grace}
    made = Place(data, url).ask("POST", f"{_path(sender)}/keys", body)
    if as_json:
        show.as_json(made)
    else:
        ends = f"The old ones work for another {grace} s." if grace else "The old ones have ended."
        show.line(f"{sender} has new keys. {ends}")
        _print_credentials(made["credentials"], "")


@app.command()
def remove(
    sender: NumberArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; without a terminal nothing is asked.")] = False,
    data: DataOption = None,
    url: UrlOption = None,
) -> None:
    """Remove a sender with its keys and routes. Its messages stay readable.

    Example: `parlance sender remove 972770000111`
    """
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove sender {sender}? Its keys stop working at once.", abort=True)
    Place(data, url).ask("DELETE", _path(sender))
    show.line(f"Sender {sender} is removed.")


def _path(sender: str) -> str:
    return f"/senders/{quote(sender, safe='')}"


def _print_credentials(credentials: dict[str, dict[str, Any]], webhook_secret: str) -> None:
    show.line("Keep these; they are not shown again.")
    for dialect, shown in credentials.items():
        show.line()
        show.heading(dialect)
        show.facts(shown, indent="  ")
    if webhook_secret:
        show.line()
        show.heading("every webhook")
        show.facts({"webhook_secret": webhook_secret}, indent="  ")


def _row(sender: dict[str, Any]) -> tuple[Any, ...]:
    return (
        sender["sender"],
        sender["account"],
        sender["carrier"],
        sender["name"] or "-",
        sender["held"] or sender["state"],
        sender["id"],
    )


def _print_sender(sender: dict[str, Any]) -> None:
    waiting = sender["queue"]
    moved = sender["clock_offset_ms"] // 1_000
    show.facts(
        {
            "Sender": f"{sender['sender']} ({sender['name']})" if sender["name"] else sender["sender"],
            "Id": sender["id"],
            "Account": sender["account"],
            "State": f"held: {sender['held']}" if sender["held"] else sender["state"],
            "Made": show.moment(sender["created_at"]),
            **({"Clock": f"moved by {moved} s"} if moved else {}),
            "Waiting": f"{waiting['ready']} to be sent, {waiting['unsure']} unsure",
            "Webhooks": sender["subscriptions"],
            **{f"In {dialect}": public for dialect, public in sender["public_ids"].items()},
        }
    )
    for each in sender["routes"]:
        show.line()
        show.heading(f"Route by {each['carrier']}{'' if each['active'] else ' (not in use)'}")
        show.facts(
            {
                "Number": each["number"],
                "Callback address": each["callback_url"],
                "Callbacks since": show.moment(each["heard_since"]),
                "Strict": "yes" if each["strict"] else "no",
                **({"Held": each["held"]} if each["held"] else {}),
                **{name: value or "-" for name, value in each["settings"].items()},
            },
            indent="  ",
        )

"""The options that all kinds of `parlance send` share, declared once."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, get_type_hints

import typer

from parlance.cli.place import DataOption, JsonOption, UrlOption
from parlance.model.value import dataclass

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """To whom, by whom and how something is to be sent; each field is an argument or option of the commands."""

    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="NUMBER", help="Whom to send to: numbers with their country code."),
    ] = None
    to: Annotated[list[str] | None, typer.Option("--to", metavar="NUMBER", help="Whom to send to, as an option.")] = (
        None
    )
    recipients: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Send to everyone in a file; its column to, phone or number holds the numbers.",
        ),
    ] = None
    sender: Annotated[
        str | None,
        typer.Option("--from", metavar="SENDER", help="The sender's number or id.", show_default="the only one"),
    ] = None
    quote: Annotated[str | None, typer.Option(metavar="ID", help="Answer to this message of the chat.")] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; say what would be refused and why.")] = False
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all are delivered or have failed.")] = False
    wait_limit: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="The longest that --wait takes.")] = 600
    result: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            dir_okay=False,
            help="Where the result of a file goes, with the journal beside it.",
            show_default="RECIPIENTS.result.csv",
        ),
    ] = None
    again: Annotated[bool, typer.Option("--again", help="Send once more to all in a file that was sent to before.")] = (
        False
    )
    country: Annotated[
        str,
        typer.Option(metavar="CODE", help="Where local numbers belong, in two letters; to tell what they may mean."),
    ] = ""
    encoding: Annotated[str, typer.Option(metavar="NAME", help="What the file of recipients is written in.")] = "utf-8"
    in_flight: Annotated[
        int, typer.Option(metavar="COUNT", min=1, max=256, help="The most requests under way at once.")
    ] = 32
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to go on trying while the gateway is away.")
    ] = 60
    data: DataOption = None
    url: UrlOption = None
    as_json: JsonOption = False

    def __post_init__(self) -> None:
        """Raises `typer.BadParameter` for options that do not go together."""
        named = [*(self.numbers or ()), *(self.to or ())]
        if bool(named) == (self.recipients is not None):
            raise typer.BadParameter("name whom to send to: either NUMBER... or --recipients FILE.csv")
        if self.recipients is None and (self.result is not None or self.again):
            raise typer.BadParameter("--result and --again go with --recipients")
        if self.again and self.dry_run:
            raise typer.BadParameter("--again and --dry-run do not go together")

    @property
    def named(self) -> tuple[str, ...]:
        """The numbers named on the command line."""
        return (*(self.numbers or ()), *(self.to or ()))


def wished(command: Callable[Concatenate[Wish, P], None]) -> Callable[..., None]:
    """Make a command out of a function that takes a wish first: the wish's options follow on its own."""
    hints = get_type_hints(Wish, include_extras=True)
    shared = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name])
        for each in fields(Wish)
    ]
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        wish = Wish(**{each.name: given.pop(each.name) for each in fields(Wish)})
        command(wish, **given)  # type: ignore[call-arg]  # the rest are its own, by the signature below

    run.__dict__["__signature__"] = inspect.Signature([*shared[:1], *own, *shared[1:]])
    return run

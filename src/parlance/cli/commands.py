"""All commands together."""

import sys

import typer

from parlance.cli import doctor, keeping, key, ledger, running, send, sender, tail, template, window
from parlance.cli.place import Failed
from parlance.cli.show import complain

app = typer.Typer(
    name="parlance",
    help="A self-hosted WhatsApp gateway: any vendor's API in, any vendor out, and a phone to try it with.",
    epilog="Start with: parlance dev",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
running.add_to(app)
app.add_typer(sender.app, name="sender")
app.add_typer(template.app, name="template")
app.add_typer(window.app, name="window")
app.add_typer(key.app, name="key")
app.add_typer(send.app, name="send")
tail.add_to(app)
ledger.add_to(app)
keeping.add_to(app)
doctor.add_to(app)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or failed, 2 wrong usage."""
    try:
        app()
    except Failed as fault:
        complain(str(fault))
        sys.exit(1)

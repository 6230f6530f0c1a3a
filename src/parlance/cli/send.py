"""`parlance send`: messages from the command line, one or thousands, through a running gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlance.cli import show
from parlance.cli.wishes import Wish, wished

if TYPE_CHECKING:
    from parlance.cli.content import Content
    from parlance.cli.sending import Known

app = typer.Typer(help="Send messages through a running gateway.", no_args_is_help=True)


@app.command()
@wished
def text(
    wish: Wish,
    *,
    words: Annotated[str, typer.Option("--text", metavar="TEXT", help="The text; - takes it from the standard input.")],
) -> None:
    """Send a text.

    With `--recipients`, `{name}` in the text stands for the value in the column `name`, and `{name|friend}` for
    `friend` where that is empty. The same command again goes on where it stopped, and nobody gets the text twice.

    Example: `parlance send text 972550000222 --text "Your table is ready"`
    """
    from parlance.cli import content  # noqa: PLC0415  (`--help` is quick without what sending needs)
    from parlance.cli.sending import carry_out  # noqa: PLC0415

    carry_out(wish, lambda known: content.text(words, known.columns))


@app.command()
@wished
def contact(
    wish: Wish,
    *,
    vcf: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.vcf",
            exists=True,
            dir_okay=False,
            readable=True,
            help="A contact file, of one card or several.",
        ),
    ] = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="The contact's name, where there is no file.")] = "",
    phones: Annotated[
        list[str] | None, typer.Option("--phone", metavar="NUMBER", help="The contact's number, or several.")
    ] = None,
    on_whatsapp: Annotated[
        bool, typer.Option("--whatsapp", help="The numbers are on WhatsApp: show Message in place of Invite.")
    ] = False,
) -> None:
    """Send contact cards, as phones export them (vCard 2.1, 3.0 and 4.0) or from options.

    Says for each card which button it will show, and what of it cannot be sent.

    Example: `parlance send contact 972550000222 --vcf dana.vcf`
    """
    from parlance.cli import cards, content  # noqa: PLC0415
    from parlance.cli.sending import carry_out  # noqa: PLC0415

    if (vcf is None) == (not name and not phones):
        raise typer.BadParameter("give either --vcf FILE.vcf, or --name and --phone")

    def make(known: "Known") -> "Content":
        if vcf is not None:
            read = cards.from_file(vcf, known.country, on_whatsapp=on_whatsapp)
        else:
            read = cards.from_options(name, phones or [], known.country, on_whatsapp=on_whatsapp)
        for remark in read.remarks:
            show.complain(remark)
        return content.contacts(read.shown)

    carry_out(wish, make)


@app.command()
@wished
def template(
    wish: Wish,
    *,
    name: Annotated[str, typer.Option(metavar="NAME", help="The template's name.")],
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Its language, such as en_US.", show_default="its only one")
    ] = None,
    body: Annotated[
        list[str] | None,
        typer.Option(
            "--body-var", metavar="VALUE", help="A variable of its body, in order; NAME=VALUE where they have names."
        ),
    ] = None,
    header_text: Annotated[str | None, typer.Option(metavar="VALUE", help="The variable of its header.")] = None,
    header_image: Annotated[str | None, typer.Option(metavar="URL", help="The picture of its header.")] = None,
    header_video: Annotated[str | None, typer.Option(metavar="URL", help="The video of its header.")] = None,
    header_document: Annotated[str | None, typer.Option(metavar="URL", help="The document of its header.")] = None,
    buttons: Annotated[
        list[str] | None,
        typer.Option("--button-var", metavar="INDEX=VALUE", help="The variable of a button's address; from 0."),
    ] = None,
) -> None:
    """Send a template.

    With `--recipients`, variables that no option names are taken from the columns of their names, and `{name}` in an
    option's value stands for the value in the column `name`.

    Example: `parlance send template 972550000222 --name hello_world --language en_US`
    """
    from parlance.cli import content  # noqa: PLC0415
    from parlance.cli.sending import carry_out  # noqa: PLC0415

    media = {"image": header_image, "video": header_video, "document": header_document}
    header = {kind: link for kind, link in media.items() if link is not None}
    if len(header) + (header_text is not None) > 1:
        raise typer.BadParameter("a template has one header: give one of the --header options")
    given = content.TemplateOptions(name, language, body or (), header_text, header, buttons or ())

    def make(known: "Known") -> "Content":
        record = content.registered(known.place, str(known.sender["account"]), name, language)
        return content.template(given, record, known.columns)

    carry_out(wish, make)

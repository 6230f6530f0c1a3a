"""What is sent, as the admin API takes it, with places for each recipient's own values."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from parlance.cli.place import Failed, Place
from parlance.cli.slots import Pattern, Slot, UnknownColumn, fill, folded, pattern
from parlance.model.value import dataclass
from parlance.rules.content import variables

MEDIA = ("image", "video", "document")


@dataclass(frozen=True, slots=True)
class Content:
    """A message without its recipient: members of the body, in which patterns may stand."""

    body: Mapping[str, Any]

    def filled(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The members with a recipient's values; raises `slots.Blank`."""
        filled: dict[str, Any] = fill(self.body, values)
        return filled


@dataclass(frozen=True, slots=True)
class TemplateOptions:
    """What was given of a template. `buttons` are `INDEX=VALUE`."""

    name: str
    language: str | None = None
    body: Sequence[str] = ()
    header_text: str | None = None
    header_media: Mapping[str, str] | None = None
    buttons: Sequence[str] = ()


def text(given: str, columns: Sequence[str] | None) -> Content:
    """A text; `-` stands for the standard input. `columns` are those of the recipients' file, None: there is none."""
    words = _standard_input() if given == "-" else given
    if not words.strip():
        raise Failed("The text is empty.")
    return Content({"type": "text", "text": words if columns is None else _pattern(words, columns)})


def contacts(cards: Sequence[Mapping[str, Any]]) -> Content:
    """Contact cards."""
    return Content({"type": "contacts", "contacts": list(cards)})


def template(
    given: TemplateOptions, record: Mapping[str, Any] | None, columns: Sequence[str] | None
) -> Content:  # fmt: skip
    """A template. `record` is the registered one, None when it is not known here, `columns` as for `text`.

    Variables that no option names are taken from the columns of their names. Raises `typer.BadParameter`.
    """

    def value(words: str) -> Any:
        return words if columns is None else _pattern(words, columns)

    components: list[dict[str, Any]] = []
    if given.header_text is not None:
        components.append({"type": "header", "parameters": [{"type": "text", "value": value(given.header_text)}]})
    for kind, link in (given.header_media or {}).items():
        components.append({"type": "header", "parameters": [{"type": kind, "value": value(link)}]})
    names = variables(str(record["body"])) if record is not None else None
    if body := _body(given.body, names, columns, value):
        components.append({"type": "body", "parameters": body})
    for button in given.buttons:
        index, mark, words = button.partition("=")
        if not mark or not index.isascii() or not index.isdigit() or len(index) > 1:
            raise typer.BadParameter(f"--button-var {button!r} is not of the form INDEX=VALUE, INDEX from 0 to 9")
        parameters = [{"type": "text", "value": value(words)}]
        components.append({"type": "button", "sub_type": "url", "index": int(index), "parameters": parameters})
    return Content(
        {
            "type": "template",
            "template": {
                "name": given.name,
                **({"language": given.language} if given.language else {}),
                "components": components,
            },
        }
    )


def registered(place: Place, account: str, name: str, language: str | None) -> Mapping[str, Any] | None:
    """The account's template of this name that is meant, None when the gateway knows none or several."""
    found = place.ask("GET", "/templates", None, {"account": account, "name": name})["items"]
    meant = [each for each in found if language in {None, each["language"]}]
    return meant[0] if len(meant) == 1 else None


def _body(
    given: Sequence[str], names: Sequence[str] | None, columns: Sequence[str] | None, value: Any
) -> list[dict[str, Any]]:
    """The body's parameters, out of options or, where there are none, of columns."""
    by_name = bool(names) and not all(name.isdigit() for name in names or ())
    if given:
        if not by_name:
            return [{"type": "text", "value": value(words)} for words in given]
        return [_named(words, names or (), value) for words in given]
    if columns is None:
        return []
    known = {folded(column): column for column in columns}
    wanted = names if names is not None else _numbered(known)
    missing = [name for name in wanted if folded(name) not in known]
    if missing:
        raise typer.BadParameter(
            f"the template has the variable {missing[0]}: give the file a column of that name, or name another with "
            f"--body-var. The columns are: {', '.join(columns) or 'none'}"
        )
    return [
        {"type": "text", "value": Pattern((Slot(known[folded(name)]),)), **({"name": name} if by_name else {})}
        for name in wanted
    ]


def _numbered(known: Mapping[str, str]) -> list[str]:
    """The columns 1, 2, 3… as far as they go: all that can be said of a template that is not registered here."""
    names: list[str] = []
    while str(len(names) + 1) in known:
        names.append(str(len(names) + 1))
    return names


def _named(words: str, names: Sequence[str], value: Any) -> dict[str, Any]:
    name, mark, rest = words.partition("=")
    if not mark or name not in names:
        raise typer.BadParameter(f"--body-var {words!r} is not of the form NAME=VALUE with one of: {', '.join(names)}")
    return {"type": "text", "value": value(rest), "name": name}


def _pattern(words: str, columns: Sequence[str]) -> Pattern:
    try:
        return pattern(words, columns)
    except UnknownColumn as unknown:
        raise typer.BadParameter(
            f"{{{unknown}}} stands for a column that the file does not have. The columns are: "
            f"{', '.join(columns) or 'none'}. Write {{{{ for a brace itself"
        ) from None


def _standard_input() -> str:
    try:
        return re.sub(r"\r?\n\Z", "", sys.stdin.buffer.read().decode())
    except UnicodeDecodeError:
        raise Failed("The standard input is no UTF-8 text.") from None

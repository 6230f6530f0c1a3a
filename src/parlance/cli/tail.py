"""`parlance tail`: what happens at a gateway, as it happens."""

import asyncio
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, Place, UrlOption
from parlance.model.address import fold
from parlance.model.event import EventKind
from parlance.model.ids import from_text, to_text
from parlance.model.value import dataclass

if TYPE_CHECKING:
    from rich.text import Text

_NAMES = {kind.value: kind for kind in EventKind}
_WORDS = {kind.value.rpartition(".")[2]: kind for kind in EventKind}
_STYLES = {
    EventKind.RECEIVED: "bold cyan",
    EventKind.DEPARTED: "dim",
    EventKind.SENT: "blue",
    EventKind.DELIVERED: "green",
    EventKind.READ: "bold green",
    EventKind.FAILED: "bold red",
    EventKind.UNSURE: "bold yellow",
    EventKind.STATE: "magenta",
}
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Marks that turn the direction of what follows, the rest of the line included."""

_PRIVATE = ("refs", "quote_refs")
"""Members of an event that hold what clients put there, whatever it is."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are shown; empty: all."""

    customer: str = ""
    kinds: frozenset[str] = frozenset()

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether an event is one of them."""
        if self.kinds and event.get("kind") not in self.kinds:
            return False
        return not self.customer or self.customer in _names(event.get("customer") or {})


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tail)


def tail(
    *,
    sender: Annotated[str | None, typer.Option(metavar="SENDER", help="Only what happens at this sender.")] = None,
    customer: Annotated[str, typer.Option(metavar="NUMBER", help="Only what happens with this customer.")] = "",
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only events of this kind: {', '.join(_WORDS)}."),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Begin behind this event; 0: with the first one.", show_default="now"),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Show the events there are, from the first one or --after, and end.")
    ] = False,
    texts: Annotated[bool, typer.Option("--texts", help="Show what the messages say, and names.")] = False,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one event a line.")] = False,
) -> None:
    """Show what happens at a running gateway: messages received, sent, delivered, read and failed.

    Times are those of the sender's clock, in UTC. Goes on where it was after the gateway was away. Ctrl-C ends it.

    Example: `parlance tail --kind failed --kind unsure`
    """
    query = {"sender": sender} if sender else {}
    wanted = Filter(_plain_number(customer), frozenset(map(_kind, kinds or ())))
    shown = _as_json(texts=texts) if as_json else _as_lines(texts=texts)
    try:
        asyncio.run(_follow(Place(data, url), query, wanted, _position(after, once=once), shown, once=once))
    except KeyboardInterrupt:
        return


async def _follow(
    place: Place,
    query: Mapping[str, str],
    wanted: Filter,
    after: str,
    shown: Callable[[Mapping[str, Any]], None],
    *,
    once: bool,
) -> None:
    from parlance.cli import stream  # noqa: PLC0415  (`--help` is quick without an HTTP client)

    events = stream.held(place, query, after) if once else stream.followed(place, query, after, show.complain)
    async for event in events:
        if wanted.wants(event):
            shown(event)


def _kind(word: str) -> str:
    kind = _WORDS.get(word.lower().rpartition(".")[2])
    if kind is None:
        raise typer.BadParameter(f"{word} is no kind of event; there are: {', '.join(_WORDS)}")
    return kind.value


def _position(after: str | None, *, once: bool) -> str:
    if after is None:
        return "" if once else "now"
    if after == "0":
        return to_text(0)
    if from_text(after) is None and after != "now":
        raise typer.BadParameter(f"{after} is no event's id: those have 16 hex digits")
    return after


def _plain_number(text: str) -> str:
    digits = "".join(letter for letter in text if letter.isdigit())
    return fold(digits) if digits and not text[:2].isalpha() else text.strip()


def _names(customer: Mapping[str, Any]) -> Sequence[str]:
    """What a customer is known by."""
    address = customer.get("address") or {}
    return [fold(str(address.get("value", ""))), str(address.get("value", "")), str(customer.get("user_id", ""))]


# ---- showing


def _as_json(*, texts: bool) -> Callable[[Mapping[str, Any]], None]:
    def shown(event: Mapping[str, Any]) -> None:
        # In ASCII: a stranger's text may hold what moves the cursor of a terminal.
        typer.echo(json.dumps(event if texts else _discreet(event)))

    return shown


def _discreet(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without what the message says, what it is about and who wrote it."""
    kept = {name: value for name, value in event.items() if name not in _PRIVATE}
    if "content" in kept:
        kept["content"] = {"kind": kept["content"].get("kind")}
    if "customer" in kept:
        kept["customer"] = {name: value for name, value in kept["customer"].items() if name != "name"}
    return kept


def _as_lines(*, texts: bool) -> Callable[[Mapping[str, Any]], None]:
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)

    def shown(event: Mapping[str, Any]) -> None:
        console.print(line(event, texts=texts), soft_wrap=True)

    return shown


def line(event: Mapping[str, Any], *, texts: bool) -> "Text":
    """An event as one line: when, what, between whom, which message, and why it failed."""
    from rich.text import Text  # noqa: PLC0415

    kind = str(event.get("kind", ""))
    incoming = kind == EventKind.RECEIVED
    customer = event.get("customer") or {}
    content = event.get("content") or {}
    words = Text()
    words.append(_moment(event.get("at")), "dim")
    words.append(f" {kind.rpartition('.')[2]:<9}", _STYLES[_NAMES[kind]] if kind in _NAMES else None)
    words.append(f" {_visible(str(event.get('number', '')))}")
    if customer:
        words.append(" ← " if incoming else " → ", "dim")
        words.append(_visible(str((customer.get("address") or {}).get("value", ""))))
    if event.get("message_id"):
        words.append(f" {event['message_id']}", "dim")
    if content:
        words.append(f" {_visible(str(content.get('kind', '')))}")
    if event.get("state"):
        words.append(f" {_visible(str(event['state']))}")
    if failure := event.get("failure"):
        why = ": ".join(filter(None, (str(failure.get("code") or ""), str(failure.get("detail") or failure["fault"]))))
        words.append(f" {_visible(why)}", "red")
    if texts and (said := _said(customer, content)):
        words.append(f" {said}")
    return words


def _moment(at: Any) -> str:
    """The time of day, with the day where it is another than today."""
    if not isinstance(at, int):
        return "-"
    moment = datetime.fromtimestamp(at / 1000, UTC)
    today = datetime.now(UTC).date()
    return f"{moment:%H:%M:%S}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M:%S}"


def _said(customer: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """Who wrote, and what the message says, as far as that is words."""
    cards = content.get("cards") or ()
    words = (
        content.get("body")
        or content.get("title")
        or content.get("caption")
        or content.get("emoji")
        or ", ".join(str(card.get("formatted", "")) for card in cards)
        or content.get("name")
        or ""
    )
    name = str(customer.get("name") or "")
    return _visible(": ".join(filter(None, (name, str(words)))))


def _visible(text: str) -> str:
    """A stranger's text on one line, with nothing in it that a terminal would obey."""
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter in "\r\n\u2028\u2029":
        return "↵"
    obeyed = unicodedata.category(letter) in {"Cc", "Cs"} or unicodedata.bidirectional(letter) in _TURNS
    return "\ufffd" if obeyed else letter

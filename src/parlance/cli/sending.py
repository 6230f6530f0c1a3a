"""Carrying out what `parlance send` was asked for, from the options to the exit code."""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer

from parlance.cli import report
from parlance.cli.content import Content
from parlance.cli.job import Job, Planned, Run, Stop, plan, send, stopping_on_signals
from parlance.cli.journal import Head, Journal, opened
from parlance.cli.numbers import is_country
from parlance.cli.outcomes import Result, write_results
from parlance.cli.place import Failed, Place
from parlance.cli.progress import Screen, screen
from parlance.cli.reach import reach
from parlance.cli.recipients import named, read_recipients
from parlance.cli.waiting import follow
from parlance.cli.wishes import Wish
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when the content is made. `columns` are those of the file of recipients, None: there is none."""

    place: Place
    sender: Mapping[str, Any]
    columns: tuple[str, ...] | None
    country: str


def carry_out(wish: Wish, make: Callable[[Known], Content]) -> None:
    """Send what `make` makes; raises `Failed`, `typer.BadParameter`, and `typer.Exit(1)` when something went wrong."""
    country = _country(wish.country)
    place = Place(wish.data, wish.url)
    reached = reach(place)
    sender = _sender(place, wish.sender)
    file = wish.recipients
    recipients = named(wish.named, country) if file is None else read_recipients(file, country, wish.encoding)
    content = make(Known(place, sender, None if file is None else recipients.columns, country))
    job = Job(
        place, reached, sender, content, recipients, wish.quote, wish.dry_run, wish.in_flight, wish.patience
    )  # fmt: skip
    planned, aside = plan(job)
    report.warn(job, len(planned))
    target = _target(wish)
    with _journal(wish, job, target, planned) as journal:
        run, ended = asyncio.run(_run(job, planned, aside, journal, target, wish))
    if file is None:
        report.tell_few(job, run, as_json=wish.as_json)
    else:
        report.tell_many(job, run, target, ended=ended, as_json=wish.as_json)
    if run.halted or not ended or not all(each.is_good for each in run.results.values()):
        raise typer.Exit(1)


async def _run(
    job: Job, planned: Sequence[Planned], aside: Sequence[Result], journal: Journal, target: Path | None, wish: Wish
) -> tuple[Run, bool]:
    """Send, wait where that is wished, and keep the result; gives whether all that was waited for has ended."""
    with screen(len(planned)) as shown:
        async with stopping_on_signals(shown) as stop:
            run = await send(job, planned, journal, shown, stop)
            run.results |= {each.line: each for each in aside}
            _keep(target, run, wish)
            return run, await _ended(job, run, shown, stop, target, wish)


async def _ended(job: Job, run: Run, shown: Screen, stop: Stop, target: Path | None, wish: Wish) -> bool:
    if not wish.wait or job.dry:
        return True
    if stop.asked.is_set():
        return False
    try:
        return await follow(job, run.results, shown, stop, wish.wait_limit)
    finally:
        _keep(target, run, wish)


def _keep(target: Path | None, run: Run, wish: Wish) -> None:
    if target is not None:
        write_results(target, report.in_order(run), with_stage=wish.wait)


def _country(code: str) -> str:
    if code and not is_country(code.upper()):
        raise typer.BadParameter(f"{code} is no country; one is IL")
    return code.upper()


def _sender(place: Place, named: str | None) -> Mapping[str, Any]:
    """The sender named, or the only one there is."""
    if named is not None:
        found: Mapping[str, Any] = place.ask("GET", f"/senders/{quote(named, safe='')}")
        return found
    senders = place.ask("GET", "/senders", None, {"limit": "6"})["items"]
    if not senders:
        raise Failed("There is no sender yet. Make one with: parlance sender add NUMBER")
    if len(senders) > 1:
        shown = ", ".join(str(each["sender"]) for each in senders[:5])
        more = " and others" if len(senders) > 5 else ""
        raise typer.BadParameter(f"there are several senders ({shown}{more}): name one with --from")
    only: Mapping[str, Any] = senders[0]
    return only


def _target(wish: Wish) -> Path | None:
    """Where the result goes; None: nowhere."""
    file = wish.recipients
    if file is None or (wish.dry_run and wish.result is None):
        return None
    target = wish.result or file.with_name(f"{file.stem}.result.csv")
    if target.resolve() == file.resolve():
        raise typer.BadParameter("the result would overwrite the recipients: name another file with --result")
    if wish.dry_run and _journal_of(target).exists():
        raise Failed(f"{target} holds the result of a real sending. Name another file with --result.")
    return target


def _journal_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.journal")


@contextmanager
def _journal(wish: Wish, job: Job, target: Path | None, planned: Sequence[Planned]) -> Iterator[Journal]:
    """The sending's journal: beside the result, or only in memory."""
    if target is None or wish.dry_run:
        # Without a journal every command is a sending of its own.
        yield Journal(Head(job.head.sending, secrets.token_hex(8)))
        return
    digests = {each.digest for each in planned}
    with opened(_journal_of(target), job.head, digests, again=wish.again) as journal:
        yield journal

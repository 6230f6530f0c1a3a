"""What a sending tells at its end."""

from pathlib import Path
from typing import Any

from parlance.cli import show
from parlance.cli.job import Job, Run
from parlance.cli.outcomes import Outcome, Result, counts, stages

SHOWN = 20
"""How many lines that went wrong are shown where a file has all of them."""

_WORDS = {Outcome.NOT_SENT: "not sent", Outcome.DUPLICATE: "left out"}
_COUNTED = {**_WORDS, Outcome.DUPLICATE: "left out as repeats"}
_JUDGED = {Outcome.ACCEPTED: "would be accepted", Outcome.REFUSED: "would be refused"}


def in_order(run: Run) -> list[Result]:
    """The results by line."""
    return [run.results[line] for line in sorted(run.results)]


def warn(job: Job, planned: int) -> None:
    """Say on stderr which numbers look odd, before anything is sent."""
    odd = [each for each in job.recipients.rows if not each.fault and each.number.doubt]
    for each in odd[:SHOWN]:
        place = f"line {each.line}: " if job.recipients.digest else ""
        show.complain(f"{place}{each.number.given.strip()}: {each.number.remark}")
    if len(odd) > SHOWN:
        show.complain(f"and {len(odd) - SHOWN:,} more of {planned:,} numbers look odd")


def tell_many(job: Job, run: Run, file: Path | None, *, ended: bool, as_json: bool) -> None:
    """Tell what came of a file of recipients."""
    results = in_order(run)
    bad = [each for each in results if not each.is_good]
    if as_json:
        facts: dict[str, Any] = {"lines": len(results), **counts(results)}
        facts |= {"dry_run": True} if job.dry else {}
        facts |= {"stages": found} if (found := stages(results)) else {}
        facts |= {"accepted_before": known} if (known := run.before + run.repeated) else {}
        facts |= {"result": str(file)} if file else {}
        facts |= {"halted": run.halted} if run.halted else {}
        show.as_json({**facts, "problems": [each.row() for each in bad if each.outcome is not Outcome.NOT_SENT]})
        return
    told = [each for each in results if each.error and each.outcome is not Outcome.UNSURE]
    limit = len(told) if job.dry or file is None else SHOWN
    for each in told[:limit]:
        show.line(f"line {each.line}: {each.to or '-'}: {_word(each, dry=job.dry)}: {each.error}")
    if len(told) > limit:
        show.line(f"and {len(told) - limit:,} more")
    names = _COUNTED | (_JUDGED if job.dry else {})
    words = [f"{count:,} {names.get(Outcome(word), word)}" for word, count in counts(results).items()]
    show.line(f"{len(results):,} {'line' if len(results) == 1 else 'lines'}: {', '.join(words) or 'nothing'}.")
    if found := stages(results):
        show.line(f"Stages: {', '.join(f'{count:,} {stage}' for stage, count in found.items())}.")
    if file is not None:
        show.line(f"Result: {file}")
    _advise(run, ended=ended)


def _advise(run: Run, *, ended: bool) -> None:
    """Say on stderr what to do next, where there is something."""
    if run.before and run.before == counts(in_order(run))[Outcome.ACCEPTED]:
        show.complain("All of them had been accepted before, and nothing was sent. To send once more to all: --again")
    elif run.before:
        show.complain(f"{run.before:,} had been accepted before and were left alone.")
    if run.repeated:
        show.complain(
            f"{run.repeated:,} had been accepted before, out of the same file with the same message, and nothing more "
            "was sent to them. To send once more to all: --again"
        )
    if run.halted:
        show.complain(f"{run.halted} Run the same command again to go on: nobody gets it twice.")
    elif not ended:
        show.complain("Some have not ended yet. Run the same command again to look after them.")


def tell_few(job: Job, run: Run, *, as_json: bool) -> None:
    """Tell what came of recipients named on the command line, one by one."""
    results = in_order(run)
    if as_json:
        shown = [each.shown if each.shown is not None else each.row() for each in results]
        show.as_json(shown[0] if len(shown) == 1 else shown)
    for each in results:
        if each.is_good and not as_json:
            show.line(f"{each.to}: {_said(each, dry=job.dry)}")
        elif not each.is_good:
            show.complain(f"{each.to or '-'}: {each.error or _word(each, dry=job.dry)}")
    if run.halted:
        show.complain(run.halted)


def _said(result: Result, *, dry: bool) -> str:
    """A good result in a few words: what became of it, under which id, without what."""
    words = [_word(result, dry=dry), result.message_id, result.error]
    shown = result.shown or {}
    if dry and shown.get("window_until") is not None:
        words.append(f"the window is open until {show.moment(shown['window_until'])}")
    if shown.get("dropped"):
        words.append(f"the carrier leaves out {', '.join(shown['dropped'])}")
    return ", ".join(filter(None, words))


def _word(result: Result, *, dry: bool) -> str:
    """A result in a word: how far the message came, or what became of it instead."""
    known = _WORDS | (_JUDGED if dry else {})
    return result.stage or known.get(result.outcome, result.outcome.value)

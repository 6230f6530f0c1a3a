"""How far a sending has come: a bar on a terminal, a line now and then where there is none. All of it on stderr."""

import sys
import time
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from parlance.cli import show
from parlance.model.value import dataclass

_EVERY = 10.0
"""How often a line is printed where there is no terminal, in seconds."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a sending. `bad` is what one is called that goes wrong, `steady`: its rate tells how long it takes."""

    title: str
    bad: str
    steady: bool = True


CHECKING = Phase("Checking", "refused")
SENDING = Phase("Sending", "refused")
WAITING = Phase("Waiting", "failed", steady=False)


class Screen(Protocol):
    """What a sending tells of its progress."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        """Leave the screen as it is."""

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """A phase begins, with so many done before."""

    def step(self, *, good: bool = True) -> None:
        """One more is done."""

    def say(self, words: str) -> None:
        """Say something at once."""


def screen(total: int) -> Screen:
    """The screen that fits where stderr goes; for a single message there is nothing to show."""
    console = Console(stderr=True, highlight=False)
    if total <= 1:
        return Silence()
    return Bar(console) if console.is_terminal and not console.is_dumb_terminal else Lines()


class Silence:
    """Only what is said is heard."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        return None

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """A phase begins."""

    def step(self, *, good: bool = True) -> None:
        """One more is done."""

    def say(self, words: str) -> None:
        """Say something at once."""
        show.complain(words)


class Lines(Silence):
    """A line every few seconds."""

    def __init__(self) -> None:
        self._phase = SENDING
        self._total = self._done = self._bad = self._before = 0
        self._began = self._told = time.monotonic()

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """A phase begins."""
        self._phase, self._total, self._done, self._before, self._bad = phase, total, done, done, 0
        self._began = self._told = time.monotonic()

    def step(self, *, good: bool = True) -> None:
        """One more is done."""
        self._done += 1
        self._bad += not good
        now = time.monotonic()
        if now - self._told >= _EVERY:
            self._told = now
            words = f"{self._phase.title}: {self._done:,} of {self._total:,}"
            words += f", {self._bad:,} {self._phase.bad}" if self._bad else ""
            if self._phase.steady:
                rate = (self._done - self._before) / (now - self._began)
                words += f", {rate:,.0f} a second, {(self._total - self._done) / rate:,.0f} s left"
            sys.stderr.write(f"{words}\n")
            sys.stderr.flush()


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """The words of one moment."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


class _Time(ProgressColumn):
    """How long it will take, where that can be told from the rate; else how long it has taken."""

    def render(self, task: Task) -> Text:
        """The words of one moment."""
        left = None if task.finished or not task.fields["steady"] else task.time_remaining
        seconds = task.elapsed if left is None else left
        if seconds is None:
            return Text("")
        told = f"{timedelta(seconds=round(seconds))}"
        return Text(told if left is None else f"{told} left", style="progress.remaining")


class _Bad(ProgressColumn):
    """How many went wrong."""

    def render(self, task: Task) -> Text:
        """The words of one moment."""
        bad = task.fields["bad"]
        return Text(f"{bad:,} {task.fields['word']}" if bad else "", style="red")


class Bar:
    """A bar with rate and time left."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _Rate(),
            _Time(),
            _Bad(),
            console=console,
            expand=True,
        )
        self._bad = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        self._progress.stop()

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """A phase begins."""
        self._bad = 0
        self._task = self._progress.add_task(
            phase.title, total=total, completed=done, bad=0, word=phase.bad, steady=phase.steady
        )

    def step(self, *, good: bool = True) -> None:
        """One more is done."""
        self._bad += not good
        self._progress.update(self._task, advance=1, bad=self._bad)

    def say(self, words: str) -> None:
        """Say something at once."""
        self._progress.console.print(f"parlance: {words}", markup=False, soft_wrap=True)

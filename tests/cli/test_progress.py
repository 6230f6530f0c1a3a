"""How a sending tells how far it has come."""

import io
import re

import pytest
from rich.console import Console

from parlance.cli import progress
from parlance.cli.progress import SENDING, WAITING, Bar, Lines, Phase, Silence, screen


@pytest.fixture
def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None, highlight=False)


def shown(terminal: Console) -> list[str]:
    """What was written on the terminal, line by line."""
    assert isinstance(terminal.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.file.getvalue().replace("\r", "\n")).splitlines()


@pytest.mark.parametrize("phase", [SENDING, WAITING])
def test_a_bar_fits_into_80_columns(terminal: Console, phase: Phase) -> None:
    bar = Bar(terminal)
    with bar:
        bar.begin(phase, 1_000_000, 999_000)
        for number in range(1_000):
            bar.step(good=number % 2 == 0)
    last = [line for line in shown(terminal) if phase.title in line][-1]
    assert len(last) <= 80
    assert "1000000/1000000" in last
    assert f"500 {phase.bad}" in last
    assert "/s" in last


def test_words_stand_above_the_bar(terminal: Console) -> None:
    bar = Bar(terminal)
    with bar:
        bar.begin(SENDING, 2)
        bar.say("[bold]careful[/bold] " + "x" * 100)
    assert f"parlance: [bold]careful[/bold] {'x' * 100}" in shown(terminal)


def test_without_a_terminal_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moment = [0.0]
    monkeypatch.setattr("parlance.cli.progress.time.monotonic", lambda: moment[0])
    lines = Lines()
    with lines:
        lines.begin(SENDING, 5_000, 1_000)
        for number in range(2_500):
            moment[0] = (number + 1) / 100
            lines.step(good=number != 3)
        lines.begin(WAITING, 10)
        moment[0] += 11
        lines.step(good=False)
        lines.say("careful")
    assert capsys.readouterr().err.splitlines() == [
        "Sending: 2,000 of 5,000, 1 refused, 100 a second, 30 s left",
        "Sending: 3,000 of 5,000, 1 refused, 100 a second, 20 s left",
        "Waiting: 1 of 10, 1 failed",
        "parlance: careful",
    ]


@pytest.mark.parametrize(
    ("total", "terminal", "kind"), [(1, True, Silence), (2, True, Bar), (2, False, Lines), (0, False, Silence)]
)
def test_the_screen_that_fits(
    monkeypatch: pytest.MonkeyPatch, total: int, terminal: bool, kind: type[progress.Screen]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "Console", lambda **given: Console(**given, force_terminal=terminal))
    assert type(screen(total)) is kind


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(progress, "Console", lambda **given: Console(**given, force_terminal=True))
    assert type(screen(2)) is Lines


def test_silence_says_what_has_to_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    with Silence() as silence:
        silence.begin(SENDING, 1)
        silence.step()
        silence.say("careful")
    assert capsys.readouterr() == ("", "parlance: careful\n")

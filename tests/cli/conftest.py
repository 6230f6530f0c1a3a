"""What the tests of the command line share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from cli.processes import Dev, dev
from cli.stand_in import TOKEN, StandIn, standing_in
from parlance import cli, logs

Parlance: TypeAlias = Callable[..., tuple[int, str, str]]
Command: TypeAlias = Parlance


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One gateway for all tests of a module."""
    with dev(tmp_path_factory.mktemp("gateway") / "data") as gateway:
        yield gateway


@pytest.fixture
def gateway() -> Iterator[StandIn]:
    """A stand-in for a gateway."""
    with standing_in() as gateway:
        yield gateway


@pytest.fixture
def parlance(
    gateway: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Parlance:
    """Runs a command in this process, in a folder of its own, on the stand-in; gives exit code, output, complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLANCE_ADMIN_TOKEN", TOKEN)
    monkeypatch.setenv("COLUMNS", "300")

    def parlance(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["parlance", *words, "--url", gateway.url])
        code: object = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        assert isinstance(code, int)
        return code, said.out, said.err

    return parlance


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process on a folder of its own; gives exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda level, *, as_json: None)

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["parlance", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        code = end.value.code
        assert isinstance(code, int)
        return code, said.out, said.err

    return command

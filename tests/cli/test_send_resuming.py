"""Nobody gets it twice and nobody is left out, however often and whenever the command or the gateway is killed."""

import csv
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.conftest import Parlance
from cli.processes import LIMIT_SECONDS, Dev, dev, environment
from cli.stand_in import TOKEN, StandIn

COUNT = 40
EVERYONE = [f"9725500{number:05d}" for number in range(COUNT)]
TEXTS = sorted((number, f"Hi {place}") for place, number in enumerate(EVERYONE))


def write_recipients(folder: Path) -> Path:
    file = folder / "r.csv"
    file.write_text("to,place\n" + "".join(f"{number},{place}\n" for place, number in enumerate(EVERYONE)))
    return file


def words(folder: Path) -> list[str]:
    return ["send", "text", "--recipients", str(folder / "r.csv"), "--text", "Hi {place}", "--in-flight", "4"]


@contextmanager
def command(folder: Path, gateway: StandIn) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "parlance", *words(folder), "--url", gateway.url],
        env=environment(PARLANCE_ADMIN_TOKEN=TOKEN),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def outcomes(folder: Path) -> list[str]:
    with (folder / "r.result.csv").open(newline="") as file:
        return [row["outcome"] for row in csv.DictReader(file)]


def finish(folder: Path, gateway: StandIn, parlance: Parlance) -> None:
    """Give the same command once more, and see that each one has it exactly once."""
    gateway.before = gateway.after = lambda number: None
    code, _, err = parlance(*words(folder))
    assert (code, outcomes(folder)) == (0, ["accepted"] * COUNT), err
    assert sorted(gateway.sent) == TEXTS


@pytest.mark.parametrize(
    ("kill", "moment", "number"),
    [
        (signal.SIGINT, "before", 1),
        (signal.SIGINT, "after", 17),
        (signal.SIGINT, "before", COUNT),
        (signal.SIGTERM, "after", 30),
        (signal.SIGKILL, "before", 17),
        (signal.SIGKILL, "after", 1),
        (signal.SIGKILL, "after", 30),
    ],
)
def test_a_command_that_is_ended_is_gone_on_with(
    gateway: StandIn, parlance: Parlance, tmp_path: Path, kill: signal.Signals, number: int, moment: str
) -> None:
    """`before`: the gateway has not taken the message at hand; `after`: it has, and its answer is still to come."""
    write_recipients(tmp_path)
    ended = threading.Event()
    with command(tmp_path, gateway) as process:

        def strike(at: int) -> None:
            if at == number:
                ended.set()
                process.send_signal(kill)
                if kill is signal.SIGKILL:
                    process.wait(LIMIT_SECONDS)

        setattr(gateway, moment, strike)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert ended.is_set()
        assert "Traceback" not in err
    if kill is not signal.SIGKILL:
        # What was under way is answered, and the result of all is there.
        assert process.returncode == (0 if number == COUNT else 1)
        assert outcomes(tmp_path).count("accepted") == len(gateway.taken)
        assert outcomes(tmp_path).count("not_sent") == COUNT - len(gateway.taken)
        assert ("Run the same command again to go on" in err) == (number != COUNT)
        assert f"{COUNT} lines: " in out
    else:
        assert process.returncode == -signal.SIGKILL
    finish(tmp_path, gateway, parlance)


def test_a_command_that_is_killed_again_and_again(gateway: StandIn, parlance: Parlance, tmp_path: Path) -> None:
    write_recipients(tmp_path)
    for chance in (3, 9, 6):
        struck = len(gateway.asked) + chance
        with command(tmp_path, gateway) as process:

            def strike(at: int, struck: int = struck, process: "subprocess.Popen[str]" = process) -> None:
                if at == struck:
                    process.kill()
                    process.wait(LIMIT_SECONDS)

            gateway.after = strike
            process.communicate(timeout=LIMIT_SECONDS)
    assert len(gateway.taken) < COUNT
    finish(tmp_path, gateway, parlance)


def test_a_second_signal_does_not_wait(gateway: StandIn, parlance: Parlance, tmp_path: Path) -> None:
    write_recipients(tmp_path)
    release = threading.Event()
    with command(tmp_path, gateway) as process:

        def strike(at: int) -> None:
            if at == 8:
                process.send_signal(signal.SIGINT)
            if at >= 8:
                release.wait(LIMIT_SECONDS)

        gateway.after = strike
        assert process.stderr is not None
        assert process.stderr.readline().startswith("parlance: Stopping once what is under way is answered.")
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_SECONDS) == 1
        release.set()
    # Those whose answer was not waited for are told apart from those that were never tried.
    assert outcomes(tmp_path).count("unsure") >= 1
    assert outcomes(tmp_path).count("not_sent") >= 1
    finish(tmp_path, gateway, parlance)


# ---- on a real gateway


def arrived(gateway: Dev, number: str) -> int:
    """How many messages the phone shows."""
    url = f"{gateway.facts['url']}/sandbox/v1/phones/{number}/messages"
    bearer = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
    return len(httpx.get(url, headers=bearer, trust_env=False).json())


def test_a_gateway_that_dies_in_the_middle(tmp_path: Path) -> None:
    """The gateway is killed while messages are handed over, and started again elsewhere; the command goes on."""
    file, data, journal = write_recipients(tmp_path), tmp_path / "data", tmp_path / "r.result.csv.journal"
    with dev(data) as first:
        send = [sys.executable, "-m", "parlance", "send", "template", "--name", "hello_world", "--in-flight", "1"]
        with subprocess.Popen(
            [*send, "--recipients", str(file), "--data", str(data), "--wait"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not (journal.exists() and journal.read_text().count("accepted") > 3):
                assert process.poll() is None
                os.sched_yield()
            first.process.kill()
            first.process.wait(LIMIT_SECONDS)
            with dev(data) as second:
                out, err = process.communicate(timeout=LIMIT_SECONDS)
                assert process.returncode == 0, out + err
                assert f"Stages: {COUNT} delivered.\n" in out
                assert [arrived(second, number) for number in EVERYONE] == [1] * COUNT

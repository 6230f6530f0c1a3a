"""Processes beside the bench: started, asked where they are, measured, ended."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATIENCE = 60.0
"""Seconds that a process may take to be up, or to end."""

_LOOK = 0.005
_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class ProcessFault(Exception):
    """A process did not do what it was started for. The text says which and what it said."""


def environment(**more: str) -> dict[str, str]:
    """Our own environment without the gateway's settings, and with these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLANCE_")} | more


@asynccontextmanager
async def script(name: str, *words: str) -> AsyncIterator[dict[str, Any]]:
    """One of the bench's own scripts at work; gives what it says of itself in its first line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / name), *words, stdin=PIPE, stdout=PIPE, env=environment()
    )
    try:
        yield await _first_line(process, name)
    finally:
        await end(process)


async def _first_line(process: Process, name: str) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101  asked for above
    async with asyncio.timeout(PATIENCE):
        line = await process.stdout.readline()
    if not line:
        raise ProcessFault(f"{name} ended before it was up")
    facts: dict[str, Any] = json.loads(line)
    return facts


async def quiet(*words: str, **env: str) -> Process:
    """Start a program that says nothing but what goes wrong."""
    return await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=DEVNULL, env=environment(**env))


async def end(process: Process) -> int:
    """Ask a process to end, and see that it does; gives its exit code."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
    try:
        async with asyncio.timeout(PATIENCE):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in listeners]
    for each in listeners:
        each.close()
    return ports


async def up(port: int, process: Process) -> None:
    """Return when something listens there; raises `ProcessFault` when the process ends before."""
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(_LOOK)
                continue
            writer.close()
            return
    raise ProcessFault(f"a process ended with {process.returncode} before it was up")


def family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for task in _PROC.glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from family(int(child))


def resident(pid: int) -> float:
    """MiB of memory that a process and its descendants hold."""
    return sum(_resident(each) for each in family(pid))


def _resident(pid: int) -> float:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def busy_seconds(pid: int) -> float:
    """Processor seconds that a process and its descendants have used."""
    return sum(_busy_seconds(each) for each in family(pid))


def _busy_seconds(pid: int) -> float:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS

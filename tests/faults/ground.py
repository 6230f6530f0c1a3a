"""Where gateways are killed: their starter, their data on either engine, and each of their lives."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from cli.processes import environment
from store import server
from toys import until

ENGINES = ("postgres", "sqlite")
SETTINGS = {
    "PARLANCE_CONSOLE": "off",
    "PARLANCE_UNSURE_HOLD_SECONDS": "1",
    "PARLANCE_LEASE_SECONDS": "2",
    "PARLANCE_LOG_LEVEL": "warning",
    "PARLANCE_REQUEST_LIMIT_SECONDS": "5",
}
LIMIT = 40.0
"""Seconds after which a gateway that does not come up, or does not end, has failed."""


@dataclass
class Starter:
    """The program of `doomed.py`, and what it is asked."""

    process: subprocess.Popen[str]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, **wish: Any) -> dict[str, Any]:
        def exchange() -> dict[str, Any]:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(json.dumps(wish) + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
            return answer

        async with self._turn:
            return await asyncio.to_thread(exchange)


@contextmanager
def starter() -> Iterator[Starter]:
    command = [sys.executable, str(Path(__file__).with_name("doomed.py"))]
    with subprocess.Popen(
        command, env=environment(**SETTINGS), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Starter(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(LIMIT)


@dataclass
class Life:
    """A gateway from its start to its end. `facts` are what it printed once it was up, empty when it never was."""

    starter: Starter
    pid: int
    facts: dict[str, Any]
    code: int | None = None

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.facts['admin_token']}"}

    def tell(self, what: signal.Signals) -> None:
        os.kill(self.pid, what)

    async def end(self, what: signal.Signals | None = None) -> int:
        """Send a signal, or none, and wait for the end; gives the exit code."""
        if self.code is None:
            if what is not None:
                self.tell(what)
            await until(self._ended, LIMIT)
        assert self.code is not None
        return self.code

    async def _ended(self) -> bool:
        self.code = (await self.starter.ask(**{"await": self.pid}))["code"]
        return self.code is not None

    async def kill(self) -> None:
        """End it, if it has not ended."""
        await self.end(signal.SIGKILL)


@dataclass
class Ground:
    """One folder and one database, on which gateways live one after the other."""

    starter: Starter
    folder: Path
    database: str = ""
    port: int = 0
    lives: int = 0

    def __post_init__(self) -> None:
        self.settings = {"PARLANCE_DATABASE": self.database} if self.database else {}
        if self.database:
            self.settings["PARLANCE_SECRET_KEY"] = secrets.token_hex(32)
            self.settings["PARLANCE_ADMIN_TOKEN"] = secrets.token_hex(32)

    async def start(self, doom: str = "") -> Life:
        """Start a gateway and wait until it is up, or has been killed before that."""
        self.lives += 1
        out = self.folder / f"out-{self.lives}"
        os.mkfifo(out)
        arguments = ["dev", "--json", "--port", str(self.port), "--data", str(self.folder / "data")]
        wish = {"arguments": arguments, "environment": self.settings, "out": str(out), "doom": doom}
        pid = (await self.starter.ask(**wish, err=str(self.folder / "log")))["pid"]
        async with asyncio.timeout(LIMIT):
            line = await asyncio.to_thread(_first_line, out)
        return Life(self.starter, pid, json.loads(line) if line else {})

    def log(self) -> str:
        return (self.folder / "log").read_text()


def _first_line(path: Path) -> str:
    with path.open() as file:
        return file.readline()


@asynccontextmanager
async def ground(starter: Starter, folder: Path, engine: str) -> AsyncIterator[Ground]:
    database = url_of(server.url_of(folder)) if engine == "postgres" else ""
    try:
        yield Ground(starter, folder, database)
    finally:
        if database:
            server.drop(folder, spoiled=True)


def url_of(conninfo: str, **other: str) -> str:
    """An address as a URL, some of it put otherwise."""
    known = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()} | other
    database, user, password = known.pop("dbname"), known.pop("user", ""), known.pop("password", "")
    who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    more = "&".join(f"{name}={quote(value, safe='')}" for name, value in known.items())
    return f"postgresql://{who}{'@' if who else ''}/{quote(database, safe='')}?{more}"

"""The gateway under measurement: a process of its own, as an operator would start it, and set up by its admin API."""

import asyncio
import json
import secrets
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

import asking
from databases import Database
from parlance.folder import GATEWAY_FILE
from parlance.model.ids import from_text
from processes import HERE, PATIENCE, ProcessFault, busy_seconds, end, quiet, resident

MARK = b"parlance-message-id"
"""Stands in the head of every answer to a message that is stored."""

FIRST_NUMBER = 972_770_000_000
_LOOK = 0.02
_STILL = 10.0
"""Seconds in which something should leave, where anything is left."""

_WINDOWS = 5_000
_KEY = secrets.token_hex(32)
_NONE: Mapping[str, str] = {}
_TOKEN = secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Number:
    """A sender, with its credentials by dialect. `customers` of it have an open window."""

    id: int
    name: str
    number: str
    credentials: dict[str, dict[str, Any]]
    customers: int


class Gateway:
    """A gateway that is up."""

    def __init__(self, process: Process, port: int, http: httpx.AsyncClient, database: Database) -> None:
        self.process = process
        self.port = port
        self.database = database
        self._http = http

    # ---- what it is told

    async def call(self, verb: str, path: str, body: object = None) -> Any:
        """Call the admin API; raises `ProcessFault` with what it says against it."""
        answer = await self._http.request(verb, f"/admin/v1/{path}", json=body)
        if not answer.is_success:
            raise ProcessFault(f"{verb} {path}: {answer.text}")
        return answer.json() if answer.content else None

    async def add(
        self, place: int, customers: int, carrier: str = "sandbox", settings: dict[str, str] | None = None
    ) -> Number:
        """Make a sender, the one of this place, to whom so many customers have written just now."""
        number = str(FIRST_NUMBER + place)
        asked = {"number": number, "account": "bench", "carrier": carrier, "settings": settings or {}}
        made = await self.call("POST", "senders", asked)
        found = from_text(made["id"])
        assert found is not None  # noqa: S101  our own id
        await self._open_windows(made["id"], customers)
        return Number(found, made["id"], number, made["credentials"], customers)

    async def _open_windows(self, name: str, customers: int) -> None:
        moment = datetime.now(UTC).isoformat()
        for first in range(0, customers, _WINDOWS):
            page = range(first, min(first + _WINDOWS, customers))
            rows = [{"customer": asking.customer(place), "last_message_at": moment} for place in page]
            await self.call("POST", f"senders/{name}/windows", {"rows": rows})

    async def hold(self, number: Number, why: str) -> None:
        """Let nothing of the sender's leave; an empty `why` lets it go again."""
        await self.call("PATCH", f"senders/{number.name}", {"held": why})

    async def callback_path(self, number: Number) -> str:
        """Where the vendor of the sender's route calls."""
        routes = await self.call("GET", f"senders/{number.name}/routes")
        return urlsplit(str(routes["items"][0]["callback_url"])).path

    async def subscribe(self, number: Number, dialect: str, url: str, events: Sequence[str]) -> None:
        """Tell somebody of these events."""
        asked = {"sender": number.name, "dialect": dialect, "url": url, "events": list(events), "statuses": "all"}
        await self.call("POST", "subscriptions", asked)

    # ---- what it takes

    def resident(self) -> float:
        """MiB of memory, of all its processes."""
        return resident(self.process.pid)

    def busy_seconds(self) -> float:
        """Processor seconds used so far, of all its processes."""
        return busy_seconds(self.process.pid)

    async def empty(self, numbers: Sequence[Number]) -> bool:
        """Wait until nothing of these senders is left to be sent; False when for a long time nothing more leaves."""
        ids, left, look_at = [each.id for each in numbers], -1, 0.0
        while await asyncio.to_thread(self.database.waits, ids):
            if time.monotonic() >= look_at:
                before, left = left, await asyncio.to_thread(self.database.waiting, ids)
                look_at = time.monotonic() + _STILL
                if left == before:
                    return False
            await asyncio.sleep(_LOOK)
        return True


@asynccontextmanager
async def gateway(
    database: Database, *, workers: int = 1, slow_ms: int = 0, settings: Mapping[str, str] = _NONE
) -> AsyncIterator[Gateway]:
    """A gateway at work on a database; each commit takes `slow_ms` more, and `settings` are added to ours."""
    process = await launch(database, workers=workers, slow_ms=slow_ms, settings=settings)
    try:
        port = await _port(database, process)
        address = f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {_TOKEN}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE) as http:
            await _ready(http, process)
            yield Gateway(process, port, http, database)
    finally:
        code = await end(process)
    if code:
        raise ProcessFault(f"the gateway ended with {code}")


async def launch(
    database: Database,
    *,
    port: int = 0,
    workers: int = 1,
    slow_ms: int = 0,
    settings: Mapping[str, str] = _NONE,
) -> Process:
    """Start a gateway without waiting for it."""
    slow_file = slow_ms and not database.url
    start = [str(HERE / "slow_disk.py"), str(slow_ms)] if slow_file else ["-m", "parlance"]
    words = [*start, "serve", "--port", str(port), "--data", str(database.folder)]
    if database.url:
        database.delay_commits(slow_ms)
        words += ["--database", database.url, "--workers", str(workers)]
    known = {
        "secret_key": _KEY,
        "admin_token": _TOKEN,
        "allow_private_webhooks": "true",
        "log_level": "warning",
        "console": "off",
    }
    env = {f"PARLANCE_{name.upper()}": value for name, value in {**known, **settings}.items()}
    return await quiet(sys.executable, *words, **env)


async def _port(database: Database, process: Process) -> int:
    file = database.folder / GATEWAY_FILE
    async with asyncio.timeout(PATIENCE):
        while not file.exists():
            if process.returncode is not None:
                raise ProcessFault(f"the gateway ended with {process.returncode} before it was up")
            await asyncio.sleep(_LOOK)
    port: int | None = urlsplit(json.loads(file.read_text())["url"]).port
    assert port is not None  # noqa: S101  it always has one
    return port


async def _ready(http: httpx.AsyncClient, process: Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            try:
                if (await http.get("/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(_LOOK)
    raise ProcessFault(f"the gateway ended with {process.returncode} before it was ready")

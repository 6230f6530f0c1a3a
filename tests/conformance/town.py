"""Gateways side by side in one process, joined by wires that a test can pull.

Each gateway is whole: store, engine, phones, HTTP. What one posts to another's address goes through that one's ASGI
application, as bytes. Time runs faster than outside, and can be skipped, so that a vendor's pace costs a test nothing.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message

from parlance.contract.store import Store
from parlance.contract.world import Answered, Exchange, Exchanged, NeverLeft
from parlance.engine.house import Engine, build
from parlance.engine.options import EngineOptions
from parlance.host import MintedIds
from parlance.model.command import Command, Reply
from parlance.model.fault import Refusal
from parlance.model.sender import Sender
from parlance.model.wire import WireRequest, WireResponse
from parlance.net.exchange import Switch
from parlance.phones import Phones
from parlance.providers import discover
from parlance.store.sqlite import SqliteStore
from parlance.web.site import site

PACE = 50
"""How much faster time runs here."""

MOST_WAIT = 10.0
"""Seconds after which a test that waits has failed."""


class FastClock:
    """The time, running faster from the moment it was made, and faster still where a test skips some of it."""

    def __init__(self) -> None:
        self._began = int(time.time() * 1000)
        self._since = time.monotonic()
        self._skipped = 0
        self._waits: dict[asyncio.Timeout, int] = {}

    def now(self) -> int:
        return self._began + self._skipped + int((time.monotonic() - self._since) * 1000 * PACE)

    def skip(self, milliseconds: int) -> None:
        """Let so much time pass at once: whoever waits for a moment in it waits no longer."""
        self._skipped += milliseconds
        now = asyncio.get_running_loop().time()
        for wait, until in self._waits.items():
            if not wait.expired():
                wait.reschedule(now + self._rest(until))

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        if wake.is_set():
            await asyncio.sleep(0)
            return
        if until is None:
            await wake.wait()
            return
        try:
            async with asyncio.timeout(self._rest(until)) as wait:
                self._waits[wait] = until
                try:
                    await wake.wait()
                finally:
                    del self._waits[wait]
        except TimeoutError:
            return

    def _rest(self, until: int) -> float:
        return max(0.0, (until - self.now()) / 1000 / PACE)


Onward = Callable[[], Awaitable[Exchanged]]
Tap = Callable[[WireRequest, Onward], Awaitable[Exchanged]]
"""Stands on a wire: is given a request and the way on, and says what the asker gets to hear."""


@dataclass
class Wires:
    """Carries requests to whoever lives at a host. Taps stand on a wire, each in front of those that came before."""

    hosts: dict[str, Callable[[WireRequest], Awaitable[Exchanged]]] = field(default_factory=dict)
    _taps: dict[str, list[Tap]] = field(default_factory=dict)

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        host = urlsplit(request.url).netloc
        home = self.hosts.get(host)
        if home is None:
            return NeverLeft(f"nobody lives at {host}")
        return await self.through(host, request, lambda: home(request))

    async def through(self, wire: str, request: WireRequest, onward: Onward) -> Exchanged:
        """Pass a request by all who stand on a wire."""
        for tap in self._taps.get(wire, ()):
            onward = _behind(tap, request, onward)
        return await onward()

    @contextmanager
    def tapped(self, wire: str, tap: Tap) -> Iterator[None]:
        """Let a tap stand on a wire for as long as the context lasts."""
        taps = self._taps.setdefault(wire, [])
        taps.append(tap)
        try:
            yield
        finally:
            taps.remove(tap)


def _behind(tap: Tap, request: WireRequest, onward: Onward) -> Onward:
    return lambda: tap(request, onward)


@dataclass
class _Wire:
    """An exchange within a gateway, laid out so that it can be tapped."""

    wires: Wires
    name: str
    end: Exchange

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        return await self.wires.through(self.name, request, lambda: self.end.perform(request, limit))


def network_of(host: str) -> str:
    """The wire between a gateway and the simulated network."""
    return f"network of {host}"


def door_of(host: str) -> str:
    """The wire by which the simulated network calls back."""
    return f"door of {host}"


async def call(app: ASGIApp, request: WireRequest) -> WireResponse:
    """Put a request to an ASGI application and give its answer."""
    parts = urlsplit(request.url)
    headers = {"host": parts.netloc, "content-length": str(len(request.body)), **request.headers}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
        "scheme": "http", "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(),
        "root_path": "", "client": ("127.0.0.1", 1), "server": (parts.netloc, 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    given: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]
    sent: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        if given:
            return given.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(each for each in sent if each["type"] == "http.response.start")
    body = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
    names = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return WireResponse(start["status"], body, names)


@dataclass
class Gateway:
    """One gateway at a host name. `refusals` are those of its intake, with the sender that was refused something."""

    host: str
    engine: Engine
    store: Store
    phones: Phones
    site: ASGIApp
    refusals: list[tuple[Sender, Refusal]] = field(default_factory=list)

    def callback_url(self, carrier: str, token: str) -> str:
        return f"http://{self.host}/callbacks/{carrier}/{token}"

    def listen(self) -> None:
        """Take down what the intake refuses, before a dialect puts it into its own words."""
        handle = self.engine.intake.handle

        async def overheard(dialect: str, sender: Sender, command: Command, **more: Any) -> Reply:
            try:
                return await handle(dialect, sender, command, **more)
            except Refusal as refusal:
                self.refusals.append((sender, refusal))
                raise

        self.engine.intake.handle = overheard  # type: ignore[method-assign]


StoreMaker = Callable[[Path, MintedIds, FastClock], Store]


def sqlite(folder: Path, ids: MintedIds, clock: FastClock) -> Store:
    folder.mkdir(parents=True, exist_ok=True)
    return SqliteStore(folder, ids, clock, "a secret key for tests")


@asynccontextmanager
async def gateway(
    host: str, folder: Path, wires: Wires, clock: FastClock, *, store_of: StoreMaker = sqlite
) -> AsyncIterator[Gateway]:
    """A gateway at work, living at `host`."""
    ids = MintedIds(clock)
    store: Any = store_of(folder, ids, clock)

    async def door(carrier: str, token: str, request: WireRequest) -> WireResponse:
        async def onward() -> Exchanged:
            return Answered(await engine.settle.callback(carrier, token, request))

        answer = await wires.through(door_of(host), request, onward)
        assert isinstance(answer, Answered)
        return answer.response

    phones = Phones(store, store, clock, ids, door)
    outward: Exchange = Switch({"sandbox": _Wire(wires, network_of(host), phones)}, wires)
    engine = build(
        store=store, clock=clock, ids=ids, providers=discover(), outward=outward, webhooks=wires,
        options=EngineOptions(allow_private_webhooks=True), entropy=secrets.token_bytes, clock_moved=phones.clock_moved,
    )  # fmt: skip
    app = site(engine, phones, admin_token="an admin token", public_url=f"http://{host}")

    async def home(request: WireRequest) -> Exchanged:
        return Answered(await call(app, request))

    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        runs = [engine.dispatch.run(), engine.announce.run(), engine.fetcher.run(), phones.run()]
        tasks = [asyncio.create_task(run) for run in runs]

        async def stop() -> None:
            await asyncio.gather(engine.dispatch.stop(2_000), engine.announce.stop(2_000))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        stack.push_async_callback(stop)
        wires.hosts[host] = home
        made = Gateway(host, engine, store, phones, app)
        made.listen()
        yield made
        wires.hosts.pop(host, None)


async def until(true: Callable[[], Any], what: str | Callable[[], str] = "") -> Any:
    """Wait until something holds, and give it; `what` says what was waited for."""
    pause = 0.002
    try:
        async with asyncio.timeout(MOST_WAIT):
            while True:
                found = true()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.02)
    except TimeoutError:
        raise AssertionError(f"it never came: {what() if callable(what) else what}") from None


numbers = itertools.count(550_000_000)


def fresh_number() -> str:
    """A customer nobody has written to yet; none of those that misbehave."""
    while True:
        number = f"972{next(numbers)}"
        if number[-6:] not in {"000131", "000429", "000504", "000503", "000408"}:
            return number

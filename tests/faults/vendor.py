"""The world around a gateway, on one port: a vendor that takes whatever it is sent, and a client that is told of it.

The vendor speaks a provider's API by that provider's own dialect, but knows nothing of repeats: what comes twice is
sent twice. It calls back like all vendors do, until it is heard. The client hears by the same provider's carrier.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web

from conformance.manners import PROVIDERS, Side
from parlance.contract.provider import Dialect, Endpoint
from parlance.model.address import phone
from parlance.model.command import Accepted, SendMessage
from parlance.model.event import Customer, Event, EventKind
from parlance.model.ids import Id, compose
from parlance.model.message import Content, Direction, Message, Stage, Text
from parlance.model.outcome import Incoming, StatusReport
from parlance.model.sender import Account, Route, Sender, Statuses, Subscription
from parlance.model.wire import WireRequest
from parlance.web.paths import Paths

ENDS = frozenset({Stage.DELIVERED, Stage.READ, Stage.FAILED, Stage.EXPIRED})
AGAIN = 0.05
"""Seconds after which a callback that was not heard is made again."""


def now() -> int:
    return int(time.time() * 1000)


@dataclass
class World:
    """The vendor and the client.

    `took` counts what the vendor was asked to send, by its text, `told` the stages a client was told of, by our id,
    `heard` what customers are said to have written, `owed` the callbacks that were not heard yet. `gateway` is where
    the gateway now is, empty while there is none. `slow` is how many seconds the vendor takes to answer, while `gate`
    is not set it answers nobody; `dumb`: it takes what comes and hangs up. `clients` are by the number they send from.
    """

    dialect: str
    carrier: str
    number: str
    url: str = ""
    gateway: str = ""
    callback: str = ""
    secret: str = ""
    slow: float = 0.0
    dumb: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    took: Counter[str] = field(default_factory=Counter)
    told: dict[Id, set[Stage]] = field(default_factory=lambda: defaultdict(set))
    heard: set[str] = field(default_factory=set)
    owed: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Route] = field(default_factory=dict)
    _posts: set[asyncio.Task[None]] = field(default_factory=set)
    _minted: int = 0

    def __post_init__(self) -> None:
        self.gate.set()
        self._vendor = _dialect(self.carrier)
        self._listens = _dialect(self.dialect)
        self._far = Sender(7, 7, "there", self.number, "There", 7, 0)
        issued = self._vendor.issue(Account(7, "there", 7, 0), self._far, bytes(range(64)), {})
        self._issued = issued.shown
        self._paths: Paths[Endpoint] = Paths()
        for each in self._vendor.endpoints:
            self._paths.add(each.method, each.path, each, ignore_case=each.ignore_case)

    def settle_at(self, url: str) -> None:
        """The port is known: so are the settings of a route to the vendor, and its secret."""
        self.url = url
        self.settings, self.secret = Side(self.carrier).manners.route(self._issued, url)

    @property
    def tagged(self) -> bool:
        """Whether the vendor's callbacks bring our own id of a message."""
        return Side(self.carrier).manners.tagged

    @property
    def says_sent(self) -> bool:
        """Whether the client's API tells that a message was sent."""
        to = Subscription(9, 7, self.dialect, "http://client/", frozenset(EventKind), Statuses.ALL, secret="secret")
        event = replace(self._event(EventKind.SENT, 7, "972550001000", Text(""), {}), dialect=self.dialect)
        return self._listens.announce(event, to) is not None

    # ---- the vendor

    async def answer(self, request: web.Request) -> web.Response:
        """Someone calls: a gateway that sends, or one that tells a client."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        wire = WireRequest(request.method, request.path_qs, headers, await request.read(), received_at=now())
        if request.path.startswith("/client/"):
            return self._hear(wire)
        for verbs, params in self._paths.find(request.path):
            if (endpoint := verbs.get(request.method)) is not None:
                command = endpoint.read(replace(wire, params=params))
                if isinstance(command, SendMessage):
                    return await self._take(endpoint, command, request)
        return web.Response(status=404)

    async def _take(self, endpoint: Endpoint, command: SendMessage, request: web.Request) -> web.Response:
        assert isinstance(command.content, Text)
        self.took[command.content.body] += 1
        message = Message(
            self._mint(), Direction.OUT, 7, 8, self.number, command.to, command.content, self.carrier, now()
        )
        for kind in (EventKind.SENT, EventKind.DELIVERED):
            self._post(self._event(kind, message.id, command.to.value, command.content, command.refs))
        await self.gate.wait()
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.dumb and request.transport is not None:
            request.transport.abort()
        answer = endpoint.write(Accepted(command, self._far, message))
        return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))

    def write(self, customer: str, text: str) -> None:
        """A customer writes to the number."""
        self._post(self._event(EventKind.RECEIVED, self._mint(), customer, Text(text), {}))

    def _event(self, kind: EventKind, message_id: Id, customer: str, content: Content, refs: Any) -> Event:
        who = Customer(8, phone(customer), name="Dana")
        dialect = "" if kind is EventKind.RECEIVED else self.carrier
        return Event(self._mint(), kind, now(), 7, self.number, message_id, who, dialect, content, refs=refs)

    def _mint(self) -> Id:
        self._minted = max(self._minted + 1, compose(now(), 0, 0))
        return self._minted

    def _post(self, event: Event) -> None:
        to = Subscription(9, 7, self.carrier, "http://gateway/", frozenset(EventKind), Statuses.ALL, secret=self.secret)
        request = self._vendor.announce(event, to)
        assert request is not None
        self.owed += 1
        task = asyncio.get_running_loop().create_task(self._insist(request))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def _insist(self, request: WireRequest) -> None:
        """Call back until the gateway, whichever lives then, has heard it."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                if self.gateway and self.callback:
                    try:
                        url = self.gateway + self.callback
                        async with session.post(url, data=request.body, headers=request.headers) as answer:
                            if answer.ok:
                                self.owed -= 1
                                return
                    except (aiohttp.ClientError, OSError, TimeoutError):
                        pass
                await asyncio.sleep(AGAIN)

    # ---- the client

    def _hear(self, request: WireRequest) -> web.Response:
        """The client's program is told something."""
        says, client = Side(self.dialect).carrier, self.clients[request.path.rpartition("/")[2]]
        assert says.authentic(request, client), "what a client is told is signed as its vendor signs"
        heard = says.hear(request, client)
        for report in heard.reports:
            if isinstance(report, StatusReport) and report.stage is not None:
                known = self._listens.read_id(report.external_id)
                assert known is not None
                self.told[known].add(report.stage)
            elif isinstance(report, Incoming) and isinstance(report.content, Text):
                self.heard.add(report.content.body)
        return web.Response(status=heard.answer.status, body=heard.answer.body)

    async def close(self) -> None:
        for task in self._posts:
            task.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)


def _dialect(name: str) -> Dialect:
    found = PROVIDERS[name].dialect
    assert found is not None
    return found


@asynccontextmanager
async def world(dialect: str, carrier: str, number: str) -> AsyncIterator[World]:
    made = World(dialect, carrier, number)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.settle_at(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield made
    finally:
        await made.close()
        await runner.cleanup()

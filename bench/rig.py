"""What every bench needs: the plan, a place to work, the yardstick, and gateways with senders on them."""

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

import asking
import databases
from asking import Api
from databases import Database
from gateways import MARK, Gateway, Number
from plan import Plan
from pool import Measured, drive, raw
from processes import PATIENCE, script

HELLO = raw("GET", "/", {})


@dataclass
class Upstream:
    """What stands behind the gateway: vendors by carrier, and `sink`, where webhooks go. Peers send by HTTP or SMPP."""

    vendors: dict[str, int]
    port: int
    smpp: int
    http: httpx.AsyncClient

    @property
    def sink(self) -> str:
        """Where webhooks go."""
        return f"http://127.0.0.1:{self.port}/sink"

    def url(self, carrier: str) -> str:
        """Where the vendor of this carrier is."""
        return f"http://127.0.0.1:{self.vendors[carrier]}"

    async def ask(self, what: str, **asked: object) -> dict[str, int]:
        """Ask it something; see `upstream`."""
        answer = await self.http.post(f"http://127.0.0.1:{self.port}/{what}", json=asked)
        found: dict[str, int] = answer.raise_for_status().json()
        return found

    async def moments(self) -> dict[int, int]:
        """When each message was taken, by serial number."""
        return {int(serial): moment for serial, moment in (await self.ask("moments")).items()}

    async def seen(self, what: str, count: int, patience: float = 60.0) -> dict[str, int]:
        """Wait until so many were counted; gives the tally, also when they do not come in that time (seconds)."""
        tally = await self.ask("tally")
        for _ in range(int(patience / 0.02)):
            if tally[what] >= count:
                break
            await asyncio.sleep(0.02)
            tally = await self.ask("tally")
        return tally


@dataclass
class Rig:
    """The bench's workplace. What it starts ends with it."""

    plan: Plan
    folder: Path
    stack: AsyncExitStack
    peers: bool = False
    _hello: int = 0
    _server: str = ""
    _upstream: Upstream | None = None
    _serials: Iterable[int] = field(default_factory=itertools.count)

    async def hello(self, connections: int, *, count: int = 0, pause: float = 0.0) -> Measured:
        """Measure the yardstick."""
        if not self._hello:
            facts = await self.stack.enter_async_context(script("hello.py"))
            self._hello = facts["port"]
            await drive(self._hello, [HELLO] * min(2_000, self.plan.hello), connections)
        return await drive(self._hello, [HELLO] * (count or self.plan.hello), connections, pause=pause)

    def database(self, engine: str) -> Database:
        """An empty database that goes when the bench is over."""
        if engine == "postgres" and not self._server:
            self._server = self.stack.enter_context(databases.server())
        made = databases.fresh(engine, self.folder, self._server)
        self.stack.callback(databases.drop, made, self._server)
        return made

    async def upstream(self) -> Upstream:
        """The vendors of the two carriers that are measured; nothing is left of what was asked of them before."""
        if self._upstream is None:
            carriers = (asking.free_carrier().name, asking.paced_carrier().name)
            facts = await self.stack.enter_async_context(script("upstream.py", *carriers))
            http = await self.stack.enter_async_context(httpx.AsyncClient(timeout=PATIENCE))
            self._upstream = Upstream(facts["vendors"], facts["port"], facts["smpp"], http)
        await self._upstream.ask("calm")
        return self._upstream

    def serials(self, count: int) -> range:
        """So many serial numbers that no message had before."""
        first = next(iter(self._serials))
        self._serials = itertools.count(first + count)
        return range(first, first + count)

    def apis(self) -> list[Api]:
        """The dialects to be measured, by title."""
        return [each for each in asking.apis() if not self.plan.dialects or each.name in self.plan.dialects]

    def requests(self, api: Api, numbers: Sequence[Number], count: int) -> list[bytes]:
        """New messages in an API, from these senders by turns."""
        return self.requests_of(api, numbers, self.serials(count))

    def requests_of(self, api: Api, numbers: Sequence[Number], serials: range) -> list[bytes]:
        """The messages of these serial numbers, from these senders by turns."""
        turns = [
            asking.requests(
                api, each.credentials[api.name], each.number, serials[place :: len(numbers)], each.customers
            )
            for place, each in enumerate(numbers)
        ]
        return [request for turn in itertools.zip_longest(*turns) for request in turn if request is not None]


async def send(gateway: Gateway, requests: Iterable[bytes], connections: int, *, pause: float = 0.0) -> Measured:
    """Put messages to a gateway."""
    return await drive(gateway.port, requests, connections, pause=pause, mark=MARK)


async def senders(gateway: Gateway, count: int, customers: int, first: int = 1) -> list[Number]:
    """Make senders of the sandbox that share so many customers."""
    return [await gateway.add(first + place, _share(customers, count)) for place in range(count)]


async def routed(
    gateway: Gateway, upstream: Upstream, carrier: str, count: int, customers: int, first: int = 1
) -> list[Number]:
    """Make senders whose messages go to a vendor of the upstream, and that share so many customers."""
    settings = asking.settings_for(asking.api_of(carrier).carrier, upstream.url(carrier), {})
    return [await gateway.add(first + place, _share(customers, count), carrier, settings) for place in range(count)]


def _share(customers: int, count: int) -> int:
    return max(1, customers // count)

"""A whole engine around toys, on a real store."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from parlance.contract.provider import Provider
from parlance.contract.views import Moment
from parlance.engine.house import Engine, build
from parlance.engine.options import EngineOptions
from parlance.model import ids as model_ids
from parlance.model.address import phone
from parlance.model.command import Accepted, QuoteRef, SendMessage
from parlance.model.ids import Id
from parlance.model.message import Content, Message, Stage, Text
from parlance.model.sender import Sender
from parlance.model.wire import WireRequest, WireResponse
from parlance.store.sqlite import SqliteStore
from toys import CountedIds, HandClock, ScriptedExchange, ToyCarrier, ToyDialect, answered, until

NUMBER = "972770000111"
CUSTOMER = "972550000222"
OTHER = "972550000333"
DAY = 86_400_000


@dataclass
class House:
    """An engine with one toy sender, and shorthands for what tests do with it."""

    engine: Engine
    clock: HandClock
    vendor: ScriptedExchange
    hooks: ScriptedExchange
    sender: Sender
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    fetching: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.tasks = [loop.create_task(self.engine.dispatch.run()), loop.create_task(self.engine.announce.run())]

    def fetch(self) -> None:
        """Let vendors that hold something ready be asked for it."""
        self.fetching = asyncio.get_running_loop().create_task(self.engine.fetcher.run())

    async def stop(self) -> None:
        if self.fetching is not None:
            self.fetching.cancel()
            await asyncio.gather(self.fetching, return_exceptions=True)
        await self.engine.dispatch.stop(1_000)
        await self.engine.announce.stop(1_000)
        await asyncio.gather(*self.tasks)

    async def send(
        self, text: str = "hello", to: str = CUSTOMER, *, key: str = "", quote: str = "", ttl: int | None = None,
        content: Content | None = None,
    ) -> Accepted:  # fmt: skip
        reference = QuoteRef(quote, self.engine.intake.read_id(quote)) if quote else None
        command = SendMessage(phone(to), content or Text(text), reference, key=key, ttl=ttl)
        sender = await self.engine.store.sender(self.sender.id)
        assert sender is not None
        reply = await self.engine.intake.handle("toy", sender, command)
        assert isinstance(reply, Accepted)
        return reply

    async def message(self, message_id: Id) -> Message:
        found = await self.engine.store.message(message_id)
        assert found is not None
        return found

    async def reaches(self, accepted: Accepted, stage: Stage) -> Message:
        async def there() -> bool:
            return (await self.message(accepted.message.id)).stage is stage

        await until(there)
        return await self.message(accepted.message.id)

    async def asked(self, count: int) -> list[WireRequest]:
        """Wait until the vendor was asked so often, and see that it stays at that."""
        await until(lambda: len(self.vendor.asked) >= count)
        await self.settled()
        assert len(self.vendor.asked) == count
        return self.vendor.asked

    async def settled(self) -> None:
        """Let everything that can go on without time or network go on."""
        for _ in range(20):
            await self.engine.store.depths()
            await asyncio.sleep(0.001)

    async def callback(self, **said: object) -> WireResponse:
        body = json.dumps({"at": self.clock.now(), **said}).encode()
        token = self.sender.route.callback_token
        return await self.engine.settle.callback("toy", token, WireRequest("POST", "/callbacks/toy/x", body=body))

    async def customer_writes(self, text: str = "hi", who: str = CUSTOMER, *, id: str = "in-1") -> None:  # noqa: A002
        await self.callback(id=id, text=text, **{"from": who})

    async def history(self, accepted: Accepted) -> list[Moment]:
        return list(await self.engine.store.history(accepted.message.id))


def texts(requests: list[WireRequest]) -> list[str]:
    """What the vendor was asked to send, in order."""
    return [json.loads(request.body)["text"] for request in requests]


def toy_id(accepted: Accepted) -> str:
    """The id under which the toy vendor keeps a message."""
    return f"toy-{model_ids.to_text(accepted.message.id)}"


@asynccontextmanager
async def house(
    folder: Path,
    *,
    carrier: ToyCarrier | None = None,
    dialect: ToyDialect | None = None,
    options: EngineOptions | None = None,
    clock: HandClock | None = None,
    running: bool = True,
    others: Mapping[str, ToyCarrier] | None = None,
) -> AsyncIterator[House]:
    """Build it, run it, take it down. `others` are further carriers, by name."""
    clock = clock or HandClock()
    ids = CountedIds(clock)
    store = SqliteStore(folder, ids, clock, "a secret key for tests")
    await store.open()
    seeds = count(0x7F)
    vendor, hooks = ScriptedExchange(), ScriptedExchange(otherwise=answered(200))
    providers = {"toy": Provider("toy", "Toy", dialect or ToyDialect(), carrier or ToyCarrier())}
    for name, each in (others or {}).items():
        providers[name] = Provider(name, name, None, each)

    async def nothing() -> None:
        return None

    engine = build(
        store=store,
        clock=clock,
        ids=ids,
        providers=providers,
        outward=vendor,
        webhooks=hooks,
        options=options or EngineOptions(allow_private_webhooks=True),
        entropy=lambda size: bytes([next(seeds) % 256]) * size,
        clock_moved=nothing,
    )
    found = await store.senders_of(NUMBER)
    sender = found[0] if found else (await engine.setup.add_sender(NUMBER, carrier="toy")).sender
    built = House(engine, clock, vendor, hooks, sender)
    if running:
        built.start()
    try:
        yield built
    finally:
        await built.stop()
        await store.close()

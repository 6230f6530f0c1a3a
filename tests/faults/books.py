"""What clients and customers were promised, and whether it was kept."""

import asyncio
import itertools
import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

from conformance.manners import PROVIDERS, Side
from faults.ground import Ground, Life
from faults.vendor import AGAIN, ENDS, World, world
from parlance.model.address import phone
from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import Direction, Message, Stage, Text
from parlance.model.sender import Route
from toys import until as wait

NUMBER = "972770000555"
PATIENCE = 15.0
STEP = 0.03
LOOK = 0.4
"""Seconds for which a message has been unsure before a person looks at the vendor's list."""

GONE = (aiohttp.ClientError, OSError, TimeoutError)


def clients() -> list[str]:
    """Dialects whose clients may send as fast as they like."""
    dialects = {name: each.dialect for name, each in PROVIDERS.items() if each.dialect is not None}
    return sorted(name for name, each in dialects.items() if not each.policy({}).gap)


def vendors() -> list[str]:
    """Carriers whose vendors send twice what they are asked twice, and cannot be asked what they sent."""
    able = {name: Side(name).able for name, each in PROVIDERS.items() if each.carrier and each.dialect}
    return sorted(name for name, each in able.items() if not each.idempotent_send and not each.look_up)


@dataclass
class Counts:
    """How promises were kept. `unsure` had to be settled by a person; `doubled` reached someone twice, unasked."""

    accepted: int = 0
    ended: int = 0
    lost: int = 0
    doubled: int = 0
    unsure: int = 0
    told: int = 0
    incoming: int = 0
    silenced: int = 0

    @property
    def kept(self) -> bool:
        """Whether every promise was."""
        return not (self.lost or self.doubled or self.silenced) and self.accepted == self.ended == self.told


@dataclass
class Client:
    """A program that sends from one number; what it asks for, it asks for again until it gets a yes."""

    number: str
    credentials: dict[str, Any]
    customers: "itertools.cycle[str]"


@dataclass
class Asked:
    """One text a client wants sent."""

    text: str
    client: Client
    message: Message
    yes: Id = 0
    stage: str = ""
    resolved: bool = False
    """A person said that it was sent."""
    looked: float = 0.0
    refused: str = ""


@dataclass
class Books:
    """The world, the gateways that come and go in it, and what was promised."""

    ground: Ground
    world: World
    http: aiohttp.ClientSession
    line: Client = field(init=False)
    demo: Client = field(init=False)
    asked: dict[str, Asked] = field(default_factory=dict)
    wrote: set[str] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    life: Life | None = None
    known: set[str] = field(default_factory=set)
    seen: str = ""
    stories: list[str] = field(default_factory=list)
    """All that is known of texts that did not come to their end."""
    _turns: "itertools.count[int]" = field(default_factory=itertools.count)

    # ---- gateways

    async def live(self, doom: str = "") -> Life:
        """Start a gateway; what happens in the world reaches it from then on."""
        life = await self.ground.start(doom)
        self.life, self.world.gateway = life, life.facts.get("url", "")
        return life

    async def set_up(self) -> None:
        """In a first life: a sender that leads to the vendor, and who is told of it and of the demo's sender."""
        life = await self.live()
        made = await self.call(
            "POST", "/admin/v1/senders", number=NUMBER, carrier=self.world.carrier, settings=self.world.settings
        )
        routes = await self.call("GET", f"/admin/v1/senders/{made['id']}/routes")
        self.world.callback = "/callbacks/" + routes["items"][0]["callback_url"].partition("/callbacks/")[2]
        people = itertools.cycle([f"97255{number:07}" for number in range(1_000_200, 1_001_000)])
        self.line = Client(NUMBER, made["credentials"][self.world.dialect], people)
        facts = life.facts
        self.demo = Client(
            facts["sender"], facts["credentials"][self.world.dialect], itertools.cycle([facts["customer"]])
        )
        for client in (self.line, self.demo):
            route, secret = self.route(client)
            self.world.clients[client.number] = route
            await self.call(
                "POST", "/admin/v1/subscriptions", sender=client.number, dialect=self.world.dialect, secret=secret,
                url=f"{self.world.url}/client/{client.number}", statuses="all",
            )  # fmt: skip
        assert await life.end(signal.SIGTERM) == 0, self.ground.log()

    def route(self, client: Client) -> tuple[Route, str]:
        """The client's settings towards the gateway as it now is."""
        settings, secret = Side(self.world.dialect).manners.route(client.credentials, self.world.gateway)
        return Route(0, 0, self.world.dialect, client.number, settings), secret

    async def call(self, verb: str, path: str, **said: Any) -> Any:
        """Call the admin or sandbox API."""
        assert self.life is not None
        async with self.http.request(
            verb, self.life.url + path, json=said or None, headers=self.life.headers
        ) as answer:
            told = await answer.json(content_type=None)
            assert answer.ok, (path, told)
            return told

    # ---- promises

    def new(self, client: Client) -> Asked:
        """A text that nobody was asked to send yet."""
        text = f"text {next(self.numbers)}"
        message = Message(
            secrets.randbits(62), Direction.OUT, 1, 1, client.number, phone(next(client.customers)), Text(text), "", 0
        )
        self.asked[text] = made = Asked(text, client, message)
        return made

    async def send(self, asked: Asked) -> bool:
        """Ask for it; whether there was a yes. Raises one of `GONE` when nobody answers."""
        steps = Side(self.world.dialect).carrier.send(asked.message, self.route(asked.client)[0])
        request = next(steps).request
        headers = {**request.headers, "idempotency-key": asked.text.replace(" ", "-")}
        async with self.http.request(request.method, request.url, data=request.body, headers=headers) as answer:
            told = await answer.read()
            name = answer.headers.get("parlance-message-id", "")
            if not name:
                asked.refused = f"{answer.status} {told.decode()}"
                return False
        known = from_text(name)
        assert known is not None
        assert asked.yes in {0, known}, "a repeat is answered as the first time"
        asked.yes = known
        return True

    async def write(self, customer: str, text: str) -> None:
        """A customer writes to the demo's sender on their phone; a promise once it has been sent."""
        await self.call("POST", f"/sandbox/v1/phones/{customer}/messages", to=self.demo.number, text=text)
        self.wrote.add(text)

    async def flood(self, clients: int, seconds: float) -> None:
        """So many clients send as fast as they can, until the gateway is gone or the time is over."""

        async def one() -> None:
            while True:
                asked = self.new(self.line if next(self._turns) % 4 else self.demo)
                if not await self.send(asked):
                    await asyncio.sleep(AGAIN)

        async def until_gone() -> None:
            try:
                await one()
            except GONE:
                return

        tasks = [asyncio.create_task(until_gone()) for _ in range(clients)]
        try:
            await asyncio.wait(tasks, timeout=seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def say(self, text: str) -> None:
        """A customer writes to the number at the vendor's."""
        self.wrote.add(text)
        self.world.write(next(self.line.customers), text)

    async def scenario(self, rounds: int = 3) -> None:
        """A little of everything, bit by bit, so that it always comes to the same calls of the store.

        Raises one of `GONE` when the gateway is.
        """
        for _ in range(rounds):
            asked = [self.new(self.line), self.new(self.line), self.new(self.demo)]
            for each in asked:
                await self.send(each)
            said = {f"customer {next(self.numbers)}", f"customer {next(self.numbers)}"}
            self.say(min(said))
            await self.write(next(self.demo.customers), max(said))
            until = asyncio.get_running_loop().time() + PATIENCE
            while not (all(self.ended(each) for each in asked) and said <= self.world.heard):
                await self.call("GET", "/healthz")
                await asyncio.sleep(STEP)
                if asyncio.get_running_loop().time() > until:
                    stuck = [await self.story(each) for each in asked if not self.ended(each)]
                    raise AssertionError(f"{stuck} {said - self.world.heard}")

    # ---- whether they were kept

    async def story(self, asked: Asked) -> str:
        """All that is known of a text."""
        known = await self._found(asked) if asked.yes else asked.refused
        return f"{asked}: told {self.world.told[asked.yes]}, taken {self.world.took[asked.text]} times, {known}"

    def ended(self, asked: Asked) -> bool:
        """Whether the client was told of its end."""
        told = self.world.told[asked.yes] if asked.yes else set()
        if told & ENDS:
            return True
        # Some APIs have no word for what a person said, and some vendors say nothing of it afterwards.
        return asked.resolved and asked.stage == Stage.SENT and (Stage.SENT in told or not self.world.says_sent)

    async def settle(self) -> Counts:
        """Wait until everything promised has come to its end, as a person helps it to; count what did not."""
        waiting = list(self.asked.values())
        clock = asyncio.get_running_loop().time
        until = clock() + PATIENCE
        while waiting and clock() < until:
            before = len(waiting)
            for each in waiting:
                if not each.yes:
                    await self.send(each)
            waiting = [each for each in waiting if not self.ended(each)]
            if len(waiting) < before:
                until = clock() + PATIENCE
            for each in waiting[:20]:
                await self._look(each)
            await asyncio.sleep(STEP)
        with suppress(TimeoutError):
            await wait(lambda: not self.world.owed and self.wrote <= self.world.heard, PATIENCE)
        self.stories = [await self.story(each) for each in waiting[:3]]
        return await self._count()

    def check(self) -> Counts:
        """Every promise was kept."""
        assert self.counts.kept, "\n".join([str(asdict(self.counts)), *self.stories, self.ground.log()[-5_000:]])
        return self.counts

    async def _look(self, asked: Asked) -> None:
        """A person looks at a message, and settles it when nobody else will."""
        if not asked.yes:
            return
        asked.stage = (await self._found(asked)).get("stage", "")
        if asked.stage != Stage.UNSURE or asked.resolved:
            return
        loop = asyncio.get_running_loop()
        asked.looked = asked.looked or loop.time()
        took = self.world.took[asked.text]
        if loop.time() - asked.looked < LOOK or (took and self.world.tagged):
            return
        asked.looked = 0
        self.counts.unsure += 1
        asked.resolved = bool(took)
        answer = "sent" if took else "resend"
        await self.call("POST", f"/admin/v1/messages/{to_text(asked.yes)}/resolve", **{"as": answer})

    async def _found(self, asked: Asked) -> dict[str, Any]:
        """The message with its history; nothing where the gateway has forgotten what it said yes to."""
        assert self.life is not None
        url = f"{self.life.url}/admin/v1/messages/{to_text(asked.yes)}"
        async with self.http.get(url, headers=self.life.headers) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
            # While the database is away nobody can say.
            assert answer.status in {200, 404, 503}, found
            return found if answer.ok else {}

    async def _count(self) -> Counts:
        shown = await self._shown()
        counts = self.counts
        counts.doubled = sum(count - 1 for count in self.world.took.values())
        for each in self.asked.values():
            came = shown if each.client is self.demo else self.world.took
            counts.accepted += 1
            counts.ended += self.ended(each)
            counts.told += self.ended(each)
            if not came[each.text]:
                counts.lost += 1
                self.stories.append(await self.story(each))
            counts.doubled += came[each.text] > 1 and came is shown
        strangers = self.world.took.keys() - self.known - self.asked.keys()
        assert not strangers, strangers
        counts.incoming += len(self.wrote)
        counts.silenced += len(self.wrote - self.world.heard)
        self.known |= self.asked.keys()
        self.asked.clear()
        self.wrote.clear()
        return counts

    async def _shown(self) -> Counter[str]:
        """The texts on the demo customer's phone, and how often each is there."""
        texts: Counter[str] = Counter()
        path = f"/sandbox/v1/phones/{next(self.demo.customers)}/messages?limit=500"
        after = self.seen
        while page := await self.call("GET", f"{path}&after={after}" if after else path):
            texts.update(each["text"] for each in page if each["direction"] == "out")
            after = page[-1]["id"]
        self.seen = after
        return texts


@asynccontextmanager
async def books(ground: Ground, dialect: str, carrier: str) -> AsyncIterator[Books]:
    """A gateway's first life has been, and whatever comes is written down."""
    limit = aiohttp.ClientTimeout(total=20)
    async with world(dialect, carrier, NUMBER) as around, aiohttp.ClientSession(timeout=limit) as http:
        made = Books(ground, around, http)
        await made.set_up()
        try:
            yield made
        finally:
            if made.life is not None:
                await made.life.kill()

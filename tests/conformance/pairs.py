"""A client that speaks one API, a gateway, and a carrier that is played by a second gateway.

A provider's carrier is also the client of its dialect: what it sends to a vendor is what the vendor's programs send,
and what it hears is what they are told. So one provider is written to by another's client; nothing here knows which.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.town import FastClock, Gateway, Wires, fresh_number, gateway, until
from parlance.contract.moments import DeliveryFilter
from parlance.contract.phones import PhoneMessage
from parlance.contract.provider import Capabilities, Carrier, Commit, Steps
from parlance.contract.registry import NewSubscription
from parlance.contract.world import Answered, Exchanged, NoAnswer
from parlance.model.address import phone
from parlance.model.event import EventKind
from parlance.model.ids import Id
from parlance.model.message import Content, Direction, Message, Stage, Text
from parlance.model.outcome import Incoming, Outcome, Refused, Report, Sent, StatusReport, Unsure
from parlance.model.sender import Route, Sender, Statuses
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers import discover

PROVIDERS = discover()
DIALECTS = sorted(name for name, each in PROVIDERS.items() if each.dialect is not None)
CARRIERS = sorted(name for name, each in PROVIDERS.items() if each.carrier is not None)
PAIRS = [(dialect, carrier) for dialect in DIALECTS for carrier in CARRIERS]
OURS, VENDOR, CLIENT = "ours.test", "vendor.test", "client.test"
NUMBERS = iter(range(972_770_100_000, 972_770_900_000))
EVERYTHING = frozenset(EventKind) - {EventKind.UNSURE, EventKind.DEPARTED}


def carrier_of(provider: str) -> Carrier:
    found = PROVIDERS[provider].carrier
    assert found is not None
    return found


def settings_of(provider: str, credentials: Mapping[str, Any], url: str) -> tuple[dict[str, str], str]:
    """What a route needs that calls a gateway as its vendor, and what that gateway signs its callbacks with."""
    path = Path(__file__).parent.parent / "providers" / provider / "loopback.json"
    plan = json.loads(path.read_text())
    known = {name: str(value) for name, value in credentials.items()} | {"url": url}

    def filled(text: str) -> str:
        for name, value in known.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    return {name: filled(value) for name, value in plan["settings"].items()}, filled(plan["secret"])


@dataclass
class Town:
    """Our gateway, the one that plays vendors, and the wires between them and the clients."""

    wires: Wires
    clock: FastClock
    ours: Gateway
    vendor: Gateway
    mailboxes: dict[str, "Line"] = field(default_factory=dict)

    async def post(self, request: WireRequest) -> Exchanged:
        """A client's webhook."""
        line = self.mailboxes[request.url.rpartition("/")[2]]
        return line.told(request)


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    wires, clock = Wires(), FastClock()
    async with (
        gateway(OURS, folder / "ours", wires, clock) as ours,
        gateway(VENDOR, folder / "vendor", wires, clock) as vendor,
    ):
        built = Town(wires, clock, ours, vendor)
        wires.hosts[CLIENT] = built.post
        yield built


@dataclass
class Line:
    """One sender of ours: its clients speak `dialect`, its messages leave by `carrier`."""

    town: Town
    dialect: str
    carrier: str
    sender: Sender
    far_sender: Sender
    client: Route
    says: Carrier
    refusals: int = 0
    reports: list[Report] = field(default_factory=list)

    @property
    def able(self) -> Capabilities:
        """What the carrier can say."""
        return carrier_of(self.carrier).capabilities

    @property
    def speaks(self) -> Capabilities:
        """What the client's API can say."""
        return self.says.capabilities

    @property
    def far(self) -> Gateway:
        """The gateway whose phones the customers have."""
        return self.town.ours if self.carrier == "sandbox" else self.town.vendor

    # ---- the client

    def told(self, request: WireRequest) -> Exchanged:
        """The client's program is told something."""
        if self.refusals:
            self.refusals -= 1
            return Answered(WireResponse(500))
        request = replace(request, received_at=self.town.clock.now())
        assert self.says.authentic(request, self.client), "what a client is told is signed as its vendor signs"
        heard = self.says.hear(request, self.client)
        self.reports += heard.reports
        return Answered(heard.answer)

    def message(self, content: Content, to: str, *, quote: str = "") -> Message:
        return Message(
            secrets.randbits(62), Direction.OUT, 1, 1, self.sender.number, phone(to), content, "", 0,
            quote=1 if quote else None, quote_external=quote,
        )  # fmt: skip

    async def send(self, content: Content, to: str, *, quote: str = "", key: str = "") -> Outcome:
        """The client's program sends, by the very requests that its vendor's programs make."""
        return await self.drive(self.says.send(self.message(content, to, quote=quote), self.client), key)

    async def drive(self, steps: Steps, key: str = "") -> Outcome:
        try:
            step = next(steps)
            while True:
                request = step.request
                if key and isinstance(step, Commit):
                    request = replace(request, headers={**request.headers, "idempotency-key": key})
                answer = await self.town.wires.perform(request, 30_000)
                assert isinstance(answer, Answered)
                step = steps.send(answer.response)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome

    async def sent(self, content: Content, to: str, *, quote: str = "") -> str:
        """Send what must be taken; gives the id the client is shown."""
        outcome = await self.send(content, to, quote=quote)
        assert isinstance(outcome, Sent), outcome
        return outcome.external_id

    def statuses(self, external_id: str) -> list[Stage | None]:
        """What the client was told of a message, in order."""
        told = [each for each in self.reports if isinstance(each, StatusReport) and each.external_id == external_id]
        return [each.stage for each in told]

    def failure(self, external_id: str) -> StatusReport | None:
        for each in self.reports:
            if isinstance(each, StatusReport) and each.external_id == external_id and each.stage is Stage.FAILED:
                return each
        return None

    async def fails(self, external_id: str) -> StatusReport:
        found: StatusReport = await until(lambda: self.failure(external_id), f"{external_id} fails")
        return found

    async def hears(self, external_id: str, stage: Stage) -> None:
        await until(lambda: stage in self.statuses(external_id), f"{external_id} {stage}: {self.reports}")

    async def incoming(self, peer: str, after: int = 0) -> Incoming:
        """The next message a customer is said to have written."""

        def there() -> Incoming | None:
            said = [each for each in self.reports if isinstance(each, Incoming)]
            said = [each for each in said if any(a.value == peer for a in (each.peer, *each.aliases))]
            return said[after] if len(said) > after else None

        found: Incoming = await until(there, f"{peer} wrote")
        return found

    # ---- the customer

    async def write(
        self, number: str, content: Content, *, quote: Id | None = None, name: str = "Dana"
    ) -> PhoneMessage:
        """The customer writes to the number."""
        route = self.far_sender.route
        return await self.far.phones.write(number, self.far_sender, route, content, quote, name)

    async def opened(self, number: str) -> str:
        """The customer writes first, and so opens the window; gives the id under which the client knows of it."""
        before = sum(isinstance(each, Incoming) for each in self.reports)
        await self.write(number, Text("hello"))
        found = await until(
            lambda: [each for each in self.reports if isinstance(each, Incoming)][before:], f"{number} opened"
        )
        return str(found[0].external_id)

    async def screen(self, number: str, count: int = 1) -> Sequence[PhoneMessage]:
        """What came to the customer's phone, once so many are there."""

        async def there() -> Sequence[PhoneMessage]:
            shown = await self.far.phones.screen(number, self.far_sender.id, 0, 500)
            came = [each for each in shown if each.direction is Direction.OUT]
            return came if len(came) >= count else []

        found: Sequence[PhoneMessage] = await until(there, f"{count} on {number}")
        return found

    async def quiet(self) -> None:
        """Wait until nothing is on its way: no message queued, no callback owed, nothing due to be told."""

        async def still() -> bool:
            for each in {self.town.ours.host: self.town.ours, self.town.vendor.host: self.town.vendor}.values():
                depths = [depth for depth in await each.store.depths() if depth.ready]
                owed = (await each.phones._book.owed(1 << 60, 1))[0]
                due = await each.store.deliveries(DeliveryFilter(state="due", limit=500))
                pushed = [one for one in due if await self._is_pushed(each, one.subscription_id)]
                if depths or owed or pushed:
                    return False
            return True

        await until(still, "all is quiet")

    async def _is_pushed(self, at: Gateway, subscription_id: Id) -> bool:
        found = await at.store.subscription(subscription_id)
        return bool(found and found.url)


async def line(town: Town, dialect: str, carrier: str) -> Line:
    """Lay a line: a sender here, its double at the vendor's, a client who listens."""
    number = str(next(NUMBERS))
    ours, account = town.ours, f"{dialect} by {carrier} {number}"
    made = await ours.engine.setup.add_sender(number, account=account)
    sender = far_sender = made.sender
    if carrier != "sandbox":
        far = await town.vendor.engine.setup.add_sender(number, account=account)
        far_sender = far.sender
        settings, secret = settings_of(carrier, far.credentials[carrier], f"http://{VENDOR}")
        route = await ours.engine.setup.set_route(sender, carrier, settings)
        await ours.engine.store.remove_route(sender.route.id)
        await _listen(town.vendor, far_sender, carrier, ours.callback_url(carrier, route.callback_token), secret)
        sender = await _again(ours, sender)
    settings, secret = settings_of(dialect, made.credentials[dialect], f"http://{OURS}")
    client = Route(0, 0, dialect, number, settings)
    await _listen(ours, sender, dialect, f"http://{CLIENT}/{number}", secret)
    laid = Line(town, dialect, carrier, sender, far_sender, client, carrier_of(dialect))
    town.mailboxes[number] = laid
    return laid


async def _listen(at: Gateway, sender: Sender, dialect: str, url: str, secret: str) -> None:
    await at.engine.setup.subscribe(NewSubscription(sender.id, dialect, url, EVERYTHING, Statuses.ALL, secret=secret))


async def _again(at: Gateway, sender: Sender) -> Sender:
    found = await at.store.sender(sender.id)
    assert found is not None
    return found


def plain(content: Content) -> Content:
    """Content without what an API adds by default."""
    return replace(content, preview=None) if isinstance(content, Text) else content


async def drop_the_line(request: WireRequest, onward: Any) -> Exchanged:
    """The vendor takes the request, and its answer never comes."""
    await onward()
    return NoAnswer("the line went dead")


__all__ = ["PAIRS", "Line", "Refused", "Town", "Unsure", "drop_the_line", "fresh_number", "line", "plain", "town"]

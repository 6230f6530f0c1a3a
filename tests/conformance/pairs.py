"""A client that speaks one API, a gateway, and a carrier that is played by a second gateway: one line for each pair."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.line import Line
from conformance.manners import CARRIERS, Side
from conformance.town import FastClock, Gateway, Wires, gateway
from parlance.contract.registry import NewSubscription
from parlance.contract.world import Exchanged
from parlance.engine.setup import NewSender
from parlance.model.event import EventKind
from parlance.model.sender import Route, Sender, Statuses, TemplateRecord
from parlance.model.wire import WireRequest

OURS, VENDOR, CLIENT = "ours.test", "vendor.test", "client.test"
NUMBERS = iter(range(972_770_100_000, 972_770_900_000))
EVERYTHING = frozenset(EventKind) - {EventKind.UNSURE, EventKind.DEPARTED}
TEMPLATE = TemplateRecord(0, 0, "table_ready", "en_US", "UTILITY", "approved", "Hello {{1}}, your table is ready.")


@dataclass
class Town:
    """Our gateway, the one that plays vendors, and the wires between them and the clients."""

    wires: Wires
    clock: FastClock
    ours: Gateway
    vendor: Gateway
    mailboxes: dict[str, Callable[[WireRequest], Exchanged]] = field(default_factory=dict)
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)

    async def post(self, request: WireRequest) -> Exchanged:
        """A client's webhook."""
        return self.mailboxes[request.url.rpartition("/")[2]](request)

    async def line(self, dialect: str, carrier: str) -> Line:
        """The line of a pair that tests share which leave it as they find it."""
        if (dialect, carrier) not in self.lines:
            self.lines[dialect, carrier] = await lay(self, dialect, carrier)
        return self.lines[dialect, carrier]


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


async def lay(town: Town, dialect: str, carrier: str, *, strict: bool = False) -> Line:
    """Lay a line: a sender here, its double at the vendor's, a client who listens."""
    number, built_in = str(next(NUMBERS)), carrier == "sandbox"
    ends = (town.ours,) if built_in else (town.ours, town.vendor)
    ours, *there = await asyncio.gather(*(enrol(at, number, strict=strict) for at in ends))
    sender = far = ours.sender
    manners = Side(dialect).manners
    settings, secret = manners.route(ours.credentials[dialect], f"http://{OURS}")
    tasks = [listen(town.ours, sender, dialect, f"http://{CLIENT}/{number}", secret)]
    tasks += [connect(town, sender, each, carrier, strict=strict) for each in there]
    await asyncio.gather(*tasks)
    for each in there:
        await town.ours.store.remove_route(sender.route.id)
        far = each.sender
    laid = Line(
        town.wires, town.clock, town.ours, town.ours if built_in else town.vendor, Side(dialect), Side(carrier),
        await again(town.ours, sender), far, Route(0, 0, dialect, number, settings),
    )  # fmt: skip
    town.mailboxes[number] = laid.told
    return laid


async def enrol(at: Gateway, number: str, *, strict: bool = False) -> NewSender:
    """Make a sender with a template."""
    made = await at.engine.setup.add_sender(number, account=f"Owner of {number}", strict=strict)
    await at.store.add_template(replace(TEMPLATE, account_id=made.sender.account_id))
    return made


async def connect(
    town: Town, sender: Sender, there: NewSender, carrier: str, *, strict: bool = False, backup: bool = False
) -> None:
    """Lead a sender's way, or a second one, through a vendor where it has a double."""
    settings, secret = Side(carrier).manners.route(there.credentials[carrier], f"http://{VENDOR}")
    setup = town.ours.engine.setup
    route = await setup.set_route(sender, carrier, settings, strict=strict, backup=backup)
    await listen(town.vendor, there.sender, carrier, town.ours.callback_url(carrier, route.callback_token), secret)


async def listen(at: Gateway, sender: Sender, dialect: str, url: str, secret: str) -> None:
    await at.engine.setup.subscribe(NewSubscription(sender.id, dialect, url, EVERYTHING, Statuses.ALL, secret=secret))


async def again(at: Gateway, sender: Sender) -> Sender:
    found = await at.store.sender(sender.id)
    assert found is not None
    return found


def another(carrier: str) -> str:
    """A carrier to stand in for this one: the built-in network, or for that one the first vendor."""
    return "sandbox" if carrier != "sandbox" else next(each for each in CARRIERS if each != "sandbox")

"""The whole way: accepted, taken by an upstream HTTP server, its outcome and event stored. Peers run beside it.

Each round puts all messages in as fast as they are taken, and ends when nothing is left to be sent.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import monotonic_ns
from typing import Protocol

import asking
from asking import Api
from gateways import Gateway, Number, gateway
from lines import Line, median, rates, ratio, skipped
from peers import PEERS, Peer
from pool import Measured, drive
from rig import Rig, Upstream, routed, send

NUMBERS = 10
"""Senders that share the messages: as many numbers as one small machine should carry."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of one round. `cores` is how many processors were kept busy, 0 where that is not known."""

    accepted: int
    taken: int
    repeats: int
    stored: int
    seconds: float
    cores: float = 0.0

    @property
    def rps(self) -> float:
        """Messages a second that went all the way."""
        return self.stored / self.seconds

    @property
    def lost(self) -> int:
        """How many of those accepted were not taken, or not stored to be so."""
        return self.accepted - min(self.taken, self.stored)


class Contender(Protocol):
    """Something that messages pass through. `about` says what it is in the bench's lines."""

    about: Line

    async def run(self, count: int, connections: int) -> Passed:
        """Let so many messages pass."""


class Ours:
    """A gateway with senders that are routed to the upstream."""

    def __init__(self, rig: Rig, at: Gateway, upstream: Upstream, numbers: Sequence[Number], about: Line) -> None:
        self._rig = rig
        self._at = at
        self._upstream = upstream
        self._numbers = numbers
        self._api: Api = asking.api_of(asking.free_carrier().name)
        self.about = about

    async def run(self, count: int, connections: int) -> Passed:
        """Let so many messages pass."""
        requests = self._rig.requests(self._api, self._numbers, count)
        database = self._at.database
        await self._upstream.ask("reset")
        before, busy, began = database.last(), self._at.busy_seconds(), monotonic_ns()
        measured = await send(self._at, requests, connections)
        await self._at.empty(self._numbers)
        seconds = (monotonic_ns() - began) / 1e9
        cores = (self._at.busy_seconds() - busy) / seconds
        tally, counts = await self._upstream.ask("tally"), database.counts(before)
        stored = min(counts.messages, counts.outcomes, counts.departed)
        return Passed(measured.taken, tally["taken"], tally["repeats"], stored, seconds, cores)


class Theirs:
    """A peer that is at work."""

    def __init__(self, rig: Rig, peer: Peer, upstream: Upstream) -> None:
        self._rig = rig
        self._peer = peer
        self._upstream = upstream
        self.about: Line = {"peer": peer.name}

    async def run(self, count: int, connections: int) -> Passed:
        """Let so many messages pass; what it stores is not looked at."""
        requests = self._peer.requests(self._rig.serials(count))
        await self._upstream.ask("reset")
        began = monotonic_ns()
        measured = await drive(self._peer.port, requests, connections, mark=self._peer.mark)
        tally = await self._upstream.seen("taken", measured.taken)
        last = max((await self._upstream.moments()).values(), default=began + 1)
        return Passed(measured.taken, tally["taken"], tally["repeats"], tally["taken"], (last - began) / 1e9)


async def pipeline(rig: Rig) -> AsyncIterator[Line]:
    """One line for each engine with its number of processes and each peer that is installed, at each load."""
    async with AsyncExitStack() as stack:
        upstream = await rig.upstream()
        ours = [await _ours(rig, stack, upstream, engine, workers) for engine, workers in _kinds(rig)]
        theirs: list[Theirs] = []
        for peer in PEERS if rig.peers else ():
            if why := peer.missing():
                yield skipped("pipeline", why, peer=peer.name)
            else:
                await stack.enter_async_context(peer.at_work(rig.folder, upstream.port, upstream.smpp))
                theirs.append(Theirs(rig, peer, upstream))
        contenders: list[Contender] = [*ours, *theirs]
        loads = rig.plan.connections
        hello: dict[int, list[Measured]] = {load: [] for load in loads}
        passed: dict[tuple[int, int], list[Passed]] = {
            (place, load): [] for place in range(len(contenders)) for load in loads
        }
        for each in contenders:
            await each.run(max(1, rig.plan.pipeline // 10), rig.plan.connections[0])
        for load in loads * rig.plan.rounds:
            hello[load].append(await rig.hello(load))
            for place, each in enumerate(contenders):
                passed[place, load].append(await each.run(rig.plan.pipeline, load))
    for place, each in enumerate(contenders):
        for load in loads:
            peers = {their.about["peer"]: passed[len(ours) + at, load] for at, their in enumerate(theirs)}
            yield _line(each.about, load, passed[place, load], hello[load], peers)


def _kinds(rig: Rig) -> list[tuple[str, int]]:
    kinds = [(engine, 1) for engine in rig.plan.engines]
    return [*kinds, ("postgres", rig.plan.workers)] if "postgres" in rig.plan.engines else kinds


async def _ours(rig: Rig, stack: AsyncExitStack, upstream: Upstream, engine: str, workers: int) -> Ours:
    carrier = asking.free_carrier().name
    at = await stack.enter_async_context(gateway(rig.database(engine), workers=workers))
    numbers = await routed(at, upstream, carrier, min(NUMBERS, rig.plan.pipeline), rig.plan.customers)
    about = {"engine": engine, "processes": workers, "dialect": carrier, "carrier": carrier, "senders": len(numbers)}
    return Ours(rig, at, upstream, numbers, about)


def _line(
    about: Line, load: int, rounds: Sequence[Passed], hello: Sequence[Measured], peers: dict[str, list[Passed]]
) -> Line:
    own = [each.rps for each in rounds]
    against = {
        f"ratio_to_{name}": ratio(own, [each.rps for each in theirs])
        for name, theirs in peers.items()
        if "peer" not in about
    }
    return {
        "bench": "pipeline",
        **about,
        "connections": load,
        "rps": median(own),
        "hello_rps": median(rates(hello)),
        "ratio_to_hello": ratio(own, rates(hello)),
        **against,
        **({} if "peer" in about else {"cores": median([each.cores for each in rounds], 2)}),
        "accepted": sum(each.accepted for each in rounds),
        "taken": sum(each.taken for each in rounds),
        **({} if "peer" in about else {"events": sum(each.stored for each in rounds)}),
        "repeated": sum(each.repeats for each in rounds),
        "lost": sum(each.lost for each in rounds),
    }

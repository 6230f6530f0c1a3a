"""Accept: how fast messages are taken in, each on disk before its answer, against hello in the same run.

The senders are held, so that taking in is all there is to do. Every message passes everything on that way: its
credential, its form, its customer's window, the look for its idempotency key.
"""

import math
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asking
from asking import Api
from gateways import Gateway, Number, gateway
from lines import Line, figures, median, rates, ratio
from pool import Measured
from rig import Rig, send, senders

BRISK = 20_000
"""More messages a second than will be taken: so many senders share a dialect that limits each of them."""

HELD = 6_000
"""Messages that wait already: as many as the dispatcher keeps in memory of one sender, so that it looks at no more."""


async def accept(rig: Rig) -> AsyncIterator[Line]:
    """One line for each engine, dialect and number of connections."""
    for engine in rig.plan.engines:
        async for line in _on(rig, engine):
            yield line


async def _on(rig: Rig, engine: str) -> AsyncIterator[Line]:
    database = rig.database(engine)
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(gateway(database))
        numbers = {api.name: await _numbers(rig, at, api, place) for place, api in enumerate(rig.apis())}
        for api in rig.apis():
            # What is done once for all is done now, and the queues become longer than what is kept of them in memory.
            await send(at, rig.requests(api, numbers[api.name], min(HELD, rig.plan.accept)), rig.plan.connections[0])
        if rig.plan.accept >= HELD:
            # Started anew, it knows no more of them than the dispatcher wants to know.
            await stack.aclose()
            at = await stack.enter_async_context(gateway(database))
        hello: dict[int, list[Measured]] = defaultdict(list)
        taken: dict[tuple[str, int], list[Measured]] = defaultdict(list)
        lost: dict[tuple[str, int], int] = defaultdict(int)
        for _ in range(rig.plan.rounds):
            for connections in rig.plan.connections:
                hello[connections].append(await rig.hello(connections))
                for api in rig.apis():
                    key, before = (api.name, connections), database.last()
                    requests = rig.requests(api, numbers[api.name], rig.plan.accept)
                    taken[key].append(await send(at, requests, connections))
                    lost[key] += rig.plan.accept - database.counts(before).messages
    for api in rig.apis():
        size = len(rig.requests(api, numbers[api.name], 1)[0].partition(b"\r\n\r\n")[2])
        for connections in rig.plan.connections:
            own = taken[api.name, connections]
            yield {
                "bench": "accept",
                "engine": engine,
                "dialect": api.name,
                "connections": connections,
                **figures(own),
                "hello_rps": median(rates(hello[connections])),
                "ratio_to_hello": ratio(rates(own), rates(hello[connections])),
                "ratio_to_fewest_connections": ratio(rates(own), rates(taken[api.name, rig.plan.connections[0]])),
                "ratio_to_best": ratio(rates(own), _best(rig, taken, connections)),
                "body_bytes": size,
                "senders": len(numbers[api.name]),
                "lost": lost[api.name, connections],
            }


def _best(rig: Rig, taken: dict[tuple[str, int], list[Measured]], connections: int) -> list[float]:
    return max((rates(taken[api.name, connections]) for api in rig.apis()), key=median)


async def _numbers(rig: Rig, at: Gateway, api: Api, place: int) -> list[Number]:
    """Held senders for a dialect: one, or as many as its own limit of requests needs."""
    [first] = await senders(at, 1, rig.plan.customers, place * 1_000 + 1)
    rate = asking.rate_of(api, first.credentials[api.name], first.number)
    # No more than a second's worth for each message that is sent in one go.
    needed = min(math.ceil(BRISK / rate), rig.plan.accept) if rate else 1
    more = await senders(at, needed - 1, rig.plan.customers, place * 1_000 + 2) if needed > 1 else []
    for each in (first, *more):
        await at.hold(each, "measuring")
    return [first, *more]

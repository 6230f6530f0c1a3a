"""Webhooks: of each message four events are heard from the vendor and told to the client, against the bare pipeline."""

from collections.abc import AsyncIterator
from time import monotonic_ns

import asking
from gateways import Gateway, Number, gateway
from lines import Line, median, ratio
from pipelining import Ours, Passed
from played import TOLD
from rig import Rig, Upstream, routed, send


async def webhooks(rig: Rig) -> AsyncIterator[Line]:
    """One line for each engine."""
    carrier = asking.free_carrier().name
    for engine in rig.plan.engines:
        upstream = await rig.upstream()
        async with gateway(rig.database(engine)) as at:
            [number] = await routed(at, upstream, carrier, 1, rig.plan.customers)
            await at.subscribe(number, carrier, upstream.sink, TOLD)
            bare, told = [], []
            path = await at.callback_path(number)
            for _ in range(rig.plan.rounds):
                await upstream.ask("calm")
                bare.append(await Ours(rig, at, upstream, [number], {}).run(rig.plan.webhooks, rig.plan.connections[0]))
                await upstream.ask("callbacks", carrier=carrier, number=number.number, port=at.port, path=path)
                told.append(await _told(rig, at, upstream, number))
            # Its connections lead to a gateway that is about to go.
            await upstream.ask("calm")
        yield _line(rig, engine, bare, told)


async def _told(rig: Rig, at: Gateway, upstream: Upstream, number: Number) -> Passed:
    """One round: over when every event was told."""
    api = asking.api_of(asking.free_carrier().name)
    requests = rig.requests(api, [number], rig.plan.webhooks)
    await upstream.ask("reset")
    began, busy = monotonic_ns(), at.busy_seconds()
    measured = await send(at, requests, rig.plan.connections[0])
    tally = await upstream.seen("told", measured.taken * len(TOLD))
    seconds = (monotonic_ns() - began) / 1e9
    cores = (at.busy_seconds() - busy) / seconds
    return Passed(measured.taken, tally["taken"], tally["repeats"], tally["told"] // len(TOLD), seconds, cores)


def _line(rig: Rig, engine: str, bare: list[Passed], told: list[Passed]) -> Line:
    own, against = [each.rps for each in told], [each.rps for each in bare]
    return {
        "bench": "webhooks",
        "engine": engine,
        "connections": rig.plan.connections[0],
        "events_per_message": len(TOLD),
        "rps": median(own),
        "events_rps": median([rate * len(TOLD) for rate in own]),
        "pipeline_rps": median(against),
        "ratio_to_pipeline": ratio(own, against),
        "events_ratio_to_pipeline": ratio([rate * len(TOLD) for rate in own], against),
        "cores": median([each.cores for each in told], 2),
        "accepted": sum(each.accepted for each in told),
        "taken": sum(each.taken for each in told),
        "events": sum(each.stored for each in told) * len(TOLD),
        "lost": sum(each.lost for each in (*told, *bare)),
    }

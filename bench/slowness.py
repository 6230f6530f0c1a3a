"""A slow world: an upstream that takes its time, a disk that does, and many numbers, each with a pace of its own."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Sequence

import asking
from gateways import Gateway, Number, gateway
from lines import Line, median
from rig import Rig, Upstream, routed, send

IN_FLIGHT = 512
"""Messages of one route under way at a time: at the upstream's pace that is what the rate needs, and some to spare."""

_RAMP = 10
"""One in so many of the first and of the last messages are left out where a steady rate is measured."""


async def slow(rig: Rig) -> AsyncIterator[Line]:
    """For each engine: one number as fast as it goes, then many at WhatsApp's usual pace."""
    for engine in rig.plan.engines:
        upstream, settings = await rig.upstream(), {"in_flight": str(IN_FLIGHT)}
        async with gateway(rig.database(engine), slow_ms=rig.plan.sync_ms, settings=settings) as at:
            yield await _one_number(rig, engine, at, upstream)
            yield await _many_numbers(rig, engine, at, upstream)


async def _one_number(rig: Rig, engine: str, at: Gateway, upstream: Upstream) -> Line:
    carrier = asking.free_carrier().name
    [number] = await routed(at, upstream, carrier, 1, rig.plan.customers)
    await upstream.ask("delay", ms=rig.plan.answer_ms)
    rates, lost = [], 0
    for _ in range(rig.plan.rounds):
        before = at.database.last()
        await upstream.ask("reset")
        requests = rig.requests(asking.api_of(carrier), [number], rig.plan.slow)
        measured = await send(at, requests, rig.plan.connections[-1])
        await at.empty([number])
        moments, counts = await upstream.moments(), at.database.counts(before)
        rates.append(_steady(sorted(moments.values())))
        lost += measured.taken - min(len(moments), counts.outcomes, counts.departed)
    return {**_about(rig, engine, "one_number"), "in_flight": IN_FLIGHT, "rps": median(rates), "lost": lost}


def _about(rig: Rig, engine: str, case: str) -> Line:
    return {
        "bench": "slow",
        "case": case,
        "engine": engine,
        "upstream_ms": rig.plan.answer_ms,
        "more_sync_ms": rig.plan.sync_ms,
    }


def _steady(moments: Sequence[int]) -> float:
    """How many a second came, between the first and the last few."""
    cut = len(moments) // _RAMP
    middle = moments[cut : len(moments) - cut]
    return (len(middle) - 1) / ((middle[-1] - middle[0]) / 1e9) if len(middle) > 1 else 0.0


async def _many_numbers(rig: Rig, engine: str, at: Gateway, upstream: Upstream) -> Line:
    """Many senders begin at once, each with as many messages as its pace allows in so many seconds."""
    carrier = asking.paced_carrier().name
    count = int(asking.PACE * rig.plan.seconds)
    numbers = await routed(at, upstream, carrier, rig.plan.numbers, rig.plan.numbers * count, first=101)
    await upstream.ask("reset")
    for each in numbers:
        await at.hold(each, "not yet")
    before, serials = at.database.last(), rig.serials(rig.plan.numbers * count)
    requests = rig.requests_of(asking.api_of(carrier), numbers, serials)
    measured = await send(at, requests, rig.plan.connections[0])
    await asyncio.gather(*(at.hold(each, "") for each in numbers))
    await at.empty(numbers)
    moments, counts = await upstream.moments(), at.database.counts(before)
    rates = [_steady(sorted(_of(moments, serials, place, numbers))) for place in range(len(numbers))]
    return {
        **_about(rig, engine, "many_numbers"),
        "numbers": len(numbers),
        "pace": asking.PACE,
        "slowest_rps": round(min(rates), 1),
        "rps": round(statistics.median(rates), 1),
        "fastest_rps": round(max(rates), 1),
        "lost": measured.taken - min(len(moments), counts.outcomes, counts.departed),
    }


def _of(moments: dict[int, int], serials: range, place: int, numbers: Sequence[Number]) -> list[int]:
    """When the messages of one sender were taken."""
    return [moments[serial] for serial in serials[place :: len(numbers)] if serial in moments]

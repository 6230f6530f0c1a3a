"""One message at a time, beside an idle gateway: how long its answer takes, and how long until the upstream has it.

Also what a gateway needs: time to start, and memory when it is as busy as can be.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import monotonic_ns

import asking
from databases import Database
from gateways import MARK, Gateway, gateway, launch
from lines import Line, median
from pipelining import Ours
from pool import Measured, Pool, Request
from processes import PATIENCE, ProcessFault, end, free_ports, up
from rig import Rig, Upstream, routed

PAUSE = 0.02
"""Seconds between two messages: the one before has long been sent and stored."""

_SAMPLES = 0.05


async def latency(rig: Rig) -> AsyncIterator[Line]:
    """One line for each engine."""
    carrier = asking.free_carrier().name
    for engine in rig.plan.engines:
        upstream = await rig.upstream()
        async with gateway(rig.database(engine)) as at:
            [number] = await routed(at, upstream, carrier, 1, rig.plan.customers)
            hello, accept, onward = [], [], []
            ours = Ours(rig, at, upstream, [number], {})
            warm = await ours.run(min(500, rig.plan.latency), 1)
            database, before = at.database, at.database.last()
            for _ in range(rig.plan.rounds):
                hello.append(await rig.hello(1, count=rig.plan.latency, pause=PAUSE))
                serials = rig.serials(rig.plan.latency)
                requests = rig.requests_of(asking.api_of(carrier), [number], serials)
                measured, took = await _one_by_one(at, upstream, dict(zip(serials, requests, strict=True)))
                accept.append(measured)
                onward.append(took)
            await at.empty([number])
            counts = database.counts(before)
        p50 = [each.median for each in accept]
        yield {
            "bench": "latency",
            "engine": engine,
            "connections": 1,
            "p50_ms": median(p50, 3),
            "p99_ms": median([each.percentile(0.99) for each in accept], 3),
            "hello_p50_ms": median([each.median for each in hello], 3),
            "ratio_to_hello": round(median(p50, 6) / median([each.median for each in hello], 6), 3),
            "upstream_p50_ms": median([each.median for each in onward], 3),
            "upstream_p99_ms": median([each.percentile(0.99) for each in onward], 3),
            "lost": warm.lost + sum(each.taken for each in accept) - min(counts.outcomes, counts.departed),
        }


async def _one_by_one(at: Gateway, upstream: Upstream, requests: dict[int, bytes]) -> tuple[Measured, Measured]:
    """Send messages one by one; gives the times to their answers, and from there to their being taken upstream."""
    answered: dict[int, int] = {}

    def told(serial: int, _: int) -> None:
        answered[serial] = monotonic_ns()

    await upstream.ask("reset")
    pool = Pool(at.port, 1, pause=PAUSE, mark=MARK)
    await pool.open()
    for serial, wire in requests.items():
        pool.put(Request(wire, partial(told, serial)))
    await pool.drained()
    await pool.close()
    tally = await upstream.seen("taken", pool.taken)
    moments = await upstream.moments()
    onward = type(pool.times)("q", (moments[serial] - answered[serial] for serial in moments))
    return (
        Measured(0, pool.taken, pool.statuses, pool.times),
        Measured(0, tally["taken"], pool.statuses, onward),
    )


async def memory(rig: Rig) -> AsyncIterator[Line]:
    """One line for each engine: what one process holds while messages are put in as fast as they are taken."""
    carrier, connections = asking.free_carrier().name, rig.plan.connections[-1]
    for engine in rig.plan.engines:
        upstream = await rig.upstream()
        async with gateway(rig.database(engine)) as at:
            numbers = await routed(at, upstream, carrier, 1, rig.plan.customers)
            ours, started = Ours(rig, at, upstream, numbers, {}), at.resident()
            peak, passed = started, []
            for _ in range(rig.plan.rounds):
                run = asyncio.ensure_future(ours.run(rig.plan.pipeline, connections))
                while not run.done():
                    peak = max(peak, at.resident())
                    await asyncio.wait([run], timeout=_SAMPLES)
                passed.append(run.result())
        yield {
            "bench": "memory",
            "engine": engine,
            "processes": 1,
            "connections": connections,
            "messages": sum(each.accepted for each in passed),
            "started_mib": round(started, 1),
            "peak_mib": round(peak, 1),
            "lost": sum(each.lost for each in passed),
        }


async def startup(rig: Rig) -> AsyncIterator[Line]:
    """One line for each engine, without and with the console, for the very first start and for later ones."""
    for engine in rig.plan.engines:
        for console in (False, True):
            first, later = [], []
            # Whatever has to be compiled is compiled now.
            await _start(rig.database(engine), console=console)
            for _ in range(rig.plan.rounds):
                database = rig.database(engine)
                first.append(await _start(database, console=console))
                later.append(await _start(database, console=console))
            yield {
                "bench": "startup",
                "engine": engine,
                "console": console,
                "first_ms": median(first),
                "again_ms": median(later),
                "lost": 0,
            }


async def _start(database: Database, *, console: bool) -> float:
    """Milliseconds from the start of the process to its first answer."""
    [port] = free_ports(1)
    began = monotonic_ns()
    process = await launch(database, port=port, settings={"console": "loopback" if console else "off"})
    try:
        await up(port, process)
        if await _status(port) != b"200":
            raise ProcessFault("the gateway's first answer is no success")
        return (monotonic_ns() - began) / 1e6
    finally:
        await end(process)


async def _status(port: int) -> bytes:
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
        head = await reader.readline()
        await reader.read()
        writer.close()
    return head.split(b" ")[1]

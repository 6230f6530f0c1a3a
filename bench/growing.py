"""Growth: the rates on a store full of years against those on an empty one, and beside a sender with a long queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asking
from databases import Database
from filling import fill, find_seed
from gateways import Gateway, Number, gateway
from lines import Line, median, rates, ratio
from pipelining import NUMBERS, Ours, Passed
from pool import Measured
from processes import PATIENCE
from rig import Rig, Upstream, routed, send, senders

_LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Store:
    """A gateway on one of the two stores, with senders that send and one that is held."""

    at: Gateway
    ours: Ours
    held: Number


async def backlog(rig: Rig) -> AsyncIterator[Line]:
    """Two lines for each engine: the full store against the empty one, and others beside the long queue."""
    for engine in rig.plan.engines:
        upstream = await rig.upstream()
        full, slow = await _filled(rig, engine, upstream)
        async with AsyncExitStack() as stack:
            stores = [
                await _open(rig, await stack.enter_async_context(gateway(database)), upstream)
                for database in (rig.database(engine), full)
            ]
            yield await _against_empty(rig, engine, stores[0], stores[1])
            yield await _beside_queue(rig, engine, stores[1], slow)


async def _filled(rig: Rig, engine: str, upstream: Upstream) -> tuple[Database, Number]:
    """A full store, and its sender with the long queue, which is held."""
    database, free, paced = rig.database(engine), asking.free_carrier().name, asking.paced_carrier().name
    async with gateway(database) as at:
        [sent] = await routed(at, upstream, free, 1, 1, first=5_001)
        [slow] = await routed(at, upstream, paced, 1, 1, first=5_002)
        await at.hold(slow, "not yet")
        path = await at.callback_path(sent)
        await upstream.ask("callbacks", carrier=free, number=sent.number, port=at.port, path=path)
        for name, number in ((free, sent), (paced, slow)):
            [request] = rig.requests(asking.api_of(name), [number], 1)
            # Its copies are in the way, and not to be counted.
            await send(at, [request.replace(b"bench-", f"{asking.BESIDE}-".encode())], 1)
        await _read(database, sent)
        await upstream.ask("calm")
    seed = find_seed(database, sent.id, slow.id)
    plan = rig.plan
    fill(database, seed, messages=plan.stored, senders=plan.senders, windows=plan.windows, queued=plan.queued)
    return database, slow


async def _read(database: Database, number: Number) -> None:
    """Wait until the customer has read what the sender sent, and has answered."""
    sql = "SELECT count(*) FROM messages WHERE sender_id = ? AND (stage = 'read' OR direction = 'in')"
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(database.fetch, sql, number.id) != [(2,)]:  # noqa: ASYNC110  a database tells nobody
            await asyncio.sleep(_LOOK)


async def _open(rig: Rig, at: Gateway, upstream: Upstream) -> Store:
    carrier = asking.free_carrier().name
    numbers = await routed(at, upstream, carrier, min(NUMBERS, rig.plan.pipeline), rig.plan.customers)
    [held] = await senders(at, 1, rig.plan.customers, first=6_001)
    await at.hold(held, "measuring")
    ours = Ours(rig, at, upstream, numbers, {})
    await ours.run(max(1, rig.plan.pipeline // 10), rig.plan.connections[0])
    return Store(at, ours, held)


async def _against_empty(rig: Rig, engine: str, empty: Store, full: Store) -> Line:
    accepted: dict[int, list[Measured]] = {id(empty): [], id(full): []}
    passed: dict[int, list[Passed]] = {id(empty): [], id(full): []}
    lost, api = 0, asking.api_of(asking.free_carrier().name)
    for place in range(rig.plan.rounds):
        # Whoever comes second has what the first one left to the disk beside it.
        order = (full, empty) if place % 2 else (empty, full)
        for store in order:
            requests, before = rig.requests(api, [store.held], rig.plan.accept), store.at.database.last()
            accepted[id(store)].append(await send(store.at, requests, rig.plan.connections[0]))
            lost += accepted[id(store)][-1].taken - store.at.database.counts(before).messages
        for store in order:
            passed[id(store)].append(await store.ours.run(rig.plan.pipeline, rig.plan.connections[0]))
    in_full, in_empty = rates(accepted[id(full)]), rates(accepted[id(empty)])
    through_full, through_empty = ([each.rps for each in passed[id(one)]] for one in (full, empty))
    return {
        "bench": "backlog",
        "case": "full_store",
        "engine": engine,
        "messages": rig.plan.stored,
        "senders": rig.plan.senders,
        "windows": rig.plan.windows,
        "accept_rps": median(in_full),
        "accept_empty_rps": median(in_empty),
        "accept_ratio_to_empty": ratio(in_full, in_empty),
        "pipeline_rps": median(through_full),
        "pipeline_empty_rps": median(through_empty),
        "pipeline_ratio_to_empty": ratio(through_full, through_empty),
        "lost": lost + sum(each.lost for rounds in passed.values() for each in rounds),
    }


async def _beside_queue(rig: Rig, engine: str, store: Store, slow: Number) -> Line:
    """Others' rate while a sender works at its long queue at WhatsApp's usual pace, against while it stands still."""
    alone, beside = [], []
    for _ in range(rig.plan.rounds):
        await store.at.hold(slow, "not now")
        alone.append(await store.ours.run(rig.plan.pipeline, rig.plan.connections[0]))
        await store.at.hold(slow, "")
        beside.append(await store.ours.run(rig.plan.pipeline, rig.plan.connections[0]))
    await store.at.hold(slow, "no more")
    own, against = [each.rps for each in beside], [each.rps for each in alone]
    return {
        "bench": "backlog",
        "case": "long_queue",
        "engine": engine,
        "queued": rig.plan.queued,
        "rps": median(own),
        "alone_rps": median(against),
        "ratio_to_alone": ratio(own, against),
        "lost": sum(each.lost for each in (*alone, *beside)),
    }

"""The composition root: the only file that names concrete classes.

What it opens is started in order, unwound on failure and stopped in reverse.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp

from parlance.contract.phones import Network
from parlance.contract.store import Store
from parlance.contract.world import Clock
from parlance.engine.house import Engine, build
from parlance.engine.options import EngineOptions
from parlance.folder import DataFolder
from parlance.host import MintedIds, SystemClock
from parlance.model.fault import Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.net.exchange import HttpExchange, Switch
from parlance.phones import Phones
from parlance.providers import discover
from parlance.settings import Settings
from parlance.store.opening import DATABASE
from parlance.store.sqlite import SqliteStore
from parlance.web.site import site

DRAIN_MS = 10_000
"""How long messages and webhooks under way may take to finish when the gateway stops."""

_SWEEP_SECONDS = 3_600
_log = structlog.get_logger("gateway")


class PartEnded(Exception):
    """Something that should run as long as the gateway has ended. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway whose parts are put together.

    `site` answers all of its HTTP addresses, `network` is the sandbox's, `titles` are the providers' by their names.
    When `stopping` is set, answers that would go on for ever end.
    """

    folder: DataFolder
    engine: Engine
    network: Network
    site: ASGIApp
    admin_token: str
    titles: Mapping[str, str]
    stopping: asyncio.Event
    tasks: tuple[asyncio.Task[None], ...] = ()


@asynccontextmanager
async def opened(settings: Settings, public_url: str, *, runs: bool = True) -> AsyncIterator[Gateway]:
    """Put a gateway together on its data folder and start it.

    With `runs` False nothing is sent or announced: for commands that work on the folder alone. Raises `FolderFault` and
    `StoreFault`.
    """
    folder = DataFolder(settings.data)
    folder.prepare()
    admin_token = folder.admin_token(settings.admin_token.get_secret_value())
    providers = discover()
    clock = SystemClock()
    ids = MintedIds(clock)
    written = (settings.data / DATABASE).exists()
    key = folder.secret_key(settings.secret_key.get_secret_value(), used=written)
    store = SqliteStore(settings.data, ids, clock, key)
    # Vendors' addresses are the operator's own choice; webhook addresses may come from whoever holds a sender's keys.
    vendors = HttpExchange(guarded=False)
    webhooks = HttpExchange(guarded=not settings.allow_private_webhooks)

    async def door(carrier: str, token: str, request: WireRequest) -> WireResponse:
        return await engine.settle.callback(carrier, token, request)

    phones = Phones(store, store, clock, ids, door)
    engine = build(
        store=store,
        clock=clock,
        ids=ids,
        providers=providers,
        outward=Switch({"sandbox": phones}, vendors),
        webhooks=webhooks,
        options=_options(settings),
        entropy=secrets.token_bytes,
        clock_moved=phones.clock_moved,
    )
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        tasks: tuple[asyncio.Task[None], ...] = ()
        if runs:
            if unsure := await store.recover(clock.now()):
                _log.warning("messages are unsure after a crash", count=unsure)
            for exchange in (vendors, webhooks):
                await exchange.start()
                stack.push_async_callback(exchange.close)
            tasks = _start(engine, phones, store, clock)
            stack.push_async_callback(_stop, engine, tasks)
        yield Gateway(
            folder=folder,
            engine=engine,
            network=phones,
            site=site(engine, phones, admin_token=admin_token, public_url=public_url, stopping=stopping),
            admin_token=admin_token,
            titles={name: provider.title for name, provider in providers.items()},
            stopping=stopping,
            tasks=tasks,
        )


def _options(settings: Settings) -> EngineOptions:
    return EngineOptions(
        ttl=settings.message_ttl_seconds * 1_000,
        unsure_for=settings.unsure_hours * 3_600_000,
        unsure_hold=settings.unsure_hold_seconds * 1_000,
        in_flight=settings.in_flight,
        request_limit=settings.request_limit_seconds * 1_000,
        strict_templates=settings.strict_templates,
        allow_private_webhooks=settings.allow_private_webhooks,
    )


def _start(engine: Engine, phones: Phones, store: Store, clock: Clock) -> tuple[asyncio.Task[None], ...]:
    movements = {
        "dispatch": engine.dispatch.run(),
        "announce": engine.announce.run(),
        "phones": phones.run(),
        "sweep": _sweep(store, clock),
    }
    return tuple(asyncio.create_task(run, name=name) for name, run in movements.items())


async def _stop(engine: Engine, tasks: tuple[asyncio.Task[None], ...]) -> None:
    """Let what is under way finish, then end the rest."""
    await asyncio.gather(engine.dispatch.stop(DRAIN_MS), engine.announce.stop(DRAIN_MS))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _sweep(store: Store, clock: Clock) -> None:
    """Drop each hour what has served."""
    while True:
        try:
            await store.sweep(clock.now())
        except Refusal as refusal:
            _log.warning("the sweep waits for the next hour", fault=refusal.fault)
        await asyncio.sleep(_SWEEP_SECONDS)


async def until_stopped(gateway: Gateway, stop: asyncio.Event) -> None:
    """Return when `stop` is set, with the gateway's endless answers ended; raises `PartEnded`."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, *gateway.tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in gateway.tasks:
            if task.done():
                _log.error("a part of the gateway has ended", part=task.get_name(), exc_info=task.exception())
                raise PartEnded(f"A part of the gateway has ended by itself: {task.get_name()}.")
    finally:
        stopping.cancel()
        gateway.stopping.set()

"""The composition root: the only file that names concrete classes.

What it opens is started in order, unwound on failure and stopped in reverse.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.types import ASGIApp, Receive, Scope, Send

from parlance.console.site import Console, console
from parlance.contract.cluster import Duty
from parlance.contract.keeping import Keeping, Retention
from parlance.contract.moments import Written
from parlance.contract.phones import Network
from parlance.contract.provider import Provider
from parlance.contract.store import Store, StoreFault
from parlance.contract.world import Clock
from parlance.engine.house import Engine, build
from parlance.engine.options import EngineOptions
from parlance.engine.watch import Watch
from parlance.folder import DataFolder
from parlance.host import MintedIds, SystemClock
from parlance.model.fault import Refusal
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest, WireResponse
from parlance.net.exchange import HttpExchange, Switch
from parlance.phones import Phones
from parlance.providers import discover
from parlance.settings import Settings
from parlance.store.opening import DATABASE
from parlance.store.sqlite import SqliteStore
from parlance.web.metrics import Metrics
from parlance.web.site import Aside, site

if TYPE_CHECKING:
    from parlance.store.postgres import PostgresStore

DRAIN_MS = 10_000
"""How long messages and webhooks under way may take to finish when the gateway stops."""

_LEASE_MS = 900
"""Of each second within which others are to have taken over, in milliseconds; what is left of it is for the taking."""

_SWEEP_SECONDS = 3_600
_log = structlog.get_logger("gateway")


class PartEnded(Exception):
    """Something that should run as long as the gateway has ended. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway whose parts are put together.

    `site` answers all of its HTTP addresses, `network` is the sandbox's, `titles` are the providers' by their names.
    When `stopping` is set, answers that would go on for ever end. `console` is None where it is switched off.
    """

    folder: DataFolder
    engine: Engine
    network: Network
    site: ASGIApp
    admin_token: str
    titles: Mapping[str, str]
    stopping: asyncio.Event
    console: Console | None = None
    tasks: tuple[asyncio.Task[None], ...] = ()


@asynccontextmanager
async def kept(settings: Settings) -> AsyncIterator[Keeping]:
    """The store alone, brought up to date: for what is done to the data as a whole. Raises as `opened` does."""
    folder = DataFolder(settings.data)
    folder.prepare()
    clock = SystemClock()
    store = _store(settings, folder, MintedIds(clock, node=secrets.randbelow(1024)), clock)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything that was put together, before it is started."""

    store: "PostgresStore | SqliteStore"
    ids: MintedIds
    vendors: HttpExchange
    webhooks: HttpExchange
    phones: Phones
    engine: Engine
    watch: Watch


@asynccontextmanager
async def opened(settings: Settings, public_url: str, *, runs: bool = True) -> AsyncIterator[Gateway]:
    """Put a gateway together on its data folder and its database, and start it.

    With `runs` False nothing is sent or announced: for commands that work on the data alone. Raises `FolderFault` and
    `StoreFault`.
    """
    folder = DataFolder(settings.data)
    folder.prepare()
    admin_token = folder.admin_token(settings.admin_token.get_secret_value())
    providers = discover()
    parts = _put_together(settings, folder, providers)
    stopping = asyncio.Event()
    titles = {name: provider.title for name, provider in providers.items()}
    served, desk = _site(settings, parts, public_url, admin_token, titles, folder, stopping)
    async with AsyncExitStack() as stack:
        await parts.store.open()
        stack.push_async_callback(parts.store.close)
        tasks: tuple[asyncio.Task[None], ...] = ()
        for exchange in (parts.vendors, parts.webhooks):
            await exchange.start()
            stack.push_async_callback(exchange.close)
        if runs:
            await parts.engine.tenancy.begin()
            parts.ids.settle_on(parts.store.cluster.node)
            tasks = _start(settings, parts.engine)
            stack.push_async_callback(_stop, parts.engine, tasks)
        yield Gateway(
            folder=folder,
            engine=parts.engine,
            network=parts.phones,
            site=served,
            admin_token=admin_token,
            titles=titles,
            stopping=stopping,
            console=desk,
            tasks=tasks,
        )


def _put_together(settings: Settings, folder: DataFolder, providers: Mapping[str, Provider]) -> _Parts:
    clock = SystemClock()
    # A node of its own each time: ids stay apart from those of other installations, and of a clock set back.
    ids = MintedIds(clock, node=secrets.randbelow(1024))
    store = _store(settings, folder, ids, clock)
    # Vendors' addresses are the operator's own choice; webhook addresses may come from whoever holds a sender's keys.
    vendors = HttpExchange(guarded=False)
    webhooks = HttpExchange(guarded=not settings.allow_private_webhooks)

    async def door(carrier: str, token: str, request: WireRequest) -> WireResponse:
        return await engine.settle.callback(carrier, token, request)

    async def keep() -> None:
        """What one node does for all."""
        await asyncio.gather(phones.run(), watch.run(), _sweep(store, clock, _retention(settings)))

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
        duties=_duties(settings),
        keeping=keep,
    )
    watch = _watch(settings, engine)
    return _Parts(store, ids, vendors, webhooks, phones, engine, watch)


def _store(settings: Settings, folder: DataFolder, ids: MintedIds, clock: Clock) -> "PostgresStore | SqliteStore":
    given = settings.secret_key.get_secret_value()
    if url := settings.postgres_url:
        try:
            from parlance.store.postgres import PostgresStore  # noqa: PLC0415  its driver is an extra
        except ModuleNotFoundError:
            raise StoreFault("PostgreSQL needs its driver: pip install 'parlance[postgres]'") from None
        secret_key = folder.secret_key(given, used=False)
        return PostgresStore(url, ids, clock, secret_key, lease=settings.lease_seconds * _LEASE_MS)
    written = (settings.data / DATABASE).exists()
    return SqliteStore(settings.data, ids, clock, folder.secret_key(given, used=written))


def _duties(settings: Settings) -> frozenset[Duty]:
    """What this node does of what one node at a time does; the keeper is one that sends."""
    duties: set[Duty] = set()
    if "dispatch" in settings.duties:
        duties |= {Duty.DISPATCH, Duty.KEEPING}
    if "announce" in settings.duties:
        duties.add(Duty.ANNOUNCE)
    return frozenset(duties)


def _site(
    settings: Settings,
    parts: _Parts,
    public_url: str,
    admin_token: str,
    titles: Mapping[str, str],
    folder: DataFolder,
    stopping: asyncio.Event,
) -> tuple[ASGIApp, Console | None]:
    """All of its HTTP that this process is there for, and the console where there is one."""

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        await served(scope, receive, send)

    desk = None
    if settings.console != "off" and "console" in settings.duties:
        desk = console(
            parts.engine,
            parts.store,
            site=whole,
            admin_token=admin_token,
            entropy=secrets.token_bytes,
            titles=titles,
            demo=folder.demo,
            stopping=stopping,
            anywhere=settings.console == "anywhere",
        )
    served = site(
        parts.engine,
        parts.phones,
        admin_token=admin_token,
        public_url=public_url,
        stopping=stopping,
        more=desk.routes if desk else (),
        metrics=_metrics(settings),
        watch=parts.watch,
        movements=settings.duties,
        failed_logins=settings.failed_logins,
        body_seconds=settings.body_seconds,
        log_requests=settings.log_requests,
        entropy=secrets.token_bytes,
    )
    if "api" in settings.duties:
        return served, desk
    # The console asks the whole site, which nobody else reaches here.
    return Aside(served, desk.routes if desk else ()), desk


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


def _metrics(settings: Settings) -> Metrics:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return Metrics(registry, by_sender=settings.sender_labels)


def _watch(settings: Settings, engine: Engine) -> Watch:
    def told(written: Written) -> None:
        if written.subscriptions:
            engine.announce.wake(written.subscriptions)

    return Watch(
        engine.store,
        engine.clock,
        engine.carriers,
        engine.ids.mint(),
        mute=settings.stall_minutes * 60_000,
        oldest=settings.oldest_minutes * 60_000,
        written=told,
    )


def _start(settings: Settings, engine: Engine) -> tuple[asyncio.Task[None], ...]:
    movements = {"tenancy": engine.tenancy.run()}
    if "dispatch" in settings.duties:
        movements |= {"dispatch": engine.dispatch.run(), "fetching": engine.fetcher.run()}
    if "announce" in settings.duties:
        movements["announce"] = engine.announce.run()
    return tuple(asyncio.create_task(run, name=name) for name, run in movements.items())


async def _stop(engine: Engine, tasks: tuple[asyncio.Task[None], ...]) -> None:
    """Let what is under way finish, then end the rest and give up what is held."""
    await asyncio.gather(engine.dispatch.stop(DRAIN_MS), engine.announce.stop(DRAIN_MS))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await engine.tenancy.leave()


def _retention(settings: Settings) -> Retention:
    days = (settings.retention_payload_days, settings.retention_days)
    payload, metadata = (count * 86_400_000 or None for count in days)
    return Retention(payload, metadata)


async def _sweep(store: Store, clock: Clock, retention: Retention) -> None:
    """Drop each hour what has served."""
    while True:
        try:
            await store.sweep(clock.now(), retention)
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

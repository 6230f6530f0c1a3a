"""`dev`, `serve`, `ready` and `version`: the gateway as a process."""

import asyncio
import gc
import json
import signal
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from parlance import __version__
from parlance.cli import reloading, show
from parlance.cli.place import DataOption, Failed, JsonOption

if TYPE_CHECKING:
    from parlance.app import Gateway
    from parlance.listeners import Sockets
    from parlance.settings import Settings

_YOUNG = 20_000
"""So many new objects make the collector look at the young ones."""

_POLL_SECONDS = 0.1

PortOption = Annotated[
    int | None, typer.Option("--port", help="Port to listen on; 0: any free one.", show_default="8900")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (dev, serve, ready, version):
        app.command()(command)


def dev(*, port: PortOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Start everything on this machine, with a demo sender and a phone to try it with.

    Prints the addresses and a ready-to-paste curl for each API. Running it again keeps the data and the keys.

    Example: `parlance dev --port 8900 --data ./data`
    """
    from parlance.cli.admin import settings_of  # noqa: PLC0415  (`--help` is quick without what only some commands need)
    from parlance.settings import DevSettings  # noqa: PLC0415

    def read() -> "Settings":
        return settings_of(DevSettings, host="127.0.0.1", port=port, data=data)

    _run(read, lambda gateway, sockets: _present(gateway, sockets, as_json=as_json))


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: PortOption = None,
    data: DataOption = None,
    database: Annotated[
        str | None,
        typer.Option(help="`sqlite`: one file in the data folder. Or postgresql://…", show_default="sqlite"),
    ] = None,
    roles: Annotated[
        str | None,
        typer.Option(help="What this process does, with commas between; PostgreSQL only.", show_default="all of them"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="How many processes share the port; PostgreSQL only.", show_default="1")
    ] = None,
    admin_listen: Annotated[
        str | None,
        typer.Option(
            help="Where admin API, console and metrics answer instead of the common port.", metavar="HOST:PORT"
        ),
    ] = None,
) -> None:
    """Start the gateway for production.

    Refuses to start with unsafe settings and names all of them at once. Settings also come from `PARLANCE_…` variables
    and from `parlance.toml` in the working folder or the data folder.

    Example: `PARLANCE_PUBLIC_URL=https://wa.example.com parlance serve --host 0.0.0.0 --data /var/lib/parlance`
    """
    from parlance.cli import workers as several  # noqa: PLC0415
    from parlance.cli.admin import settings_of  # noqa: PLC0415
    from parlance.settings import ServeSettings  # noqa: PLC0415

    def read() -> "Settings":
        return settings_of(
            ServeSettings,
            host=host,
            port=port,
            data=data,
            database=database,
            roles=roles,
            workers=workers,
            admin_listen=admin_listen,
        )

    settings = read()
    if settings.workers > 1 and not several.is_worker():
        several.supervise(settings)
    else:
        _run(read, _nothing)


def ready(
    *,
    wait: Annotated[float, typer.Option(help="Wait so many seconds for it.", metavar="SECONDS", min=0)] = 0,
    url: Annotated[
        str | None, typer.Option(help="Address of the gateway; else the one of --data.", metavar="URL")
    ] = None,
    data: DataOption = None,
) -> None:
    """Say whether the gateway is ready: exit code 0 when it is, 1 when it is not.

    Example: `parlance ready --wait 10`
    """
    from parlance.cli.admin import settings_of, trouble  # noqa: PLC0415

    until = time.monotonic() + wait
    settings = None if url else settings_of(data=data)
    while (said := trouble(url, settings)) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    if said:
        raise Failed(said)
    show.line("ready")


def version(*, as_json: JsonOption = False) -> None:
    """Print the version.

    Example: `parlance version`
    """
    if as_json:
        show.as_json({"version": __version__})
    else:
        show.line(f"parlance {__version__}")


Prepare = Callable[["Gateway", "Sockets"], Awaitable[Callable[[], None]]]


def _run(read: Callable[[], "Settings"], prepare: Prepare) -> None:
    """Run a gateway until a signal ends it.

    `read` reads the settings, `prepare` does what comes first and gives what to print once it is up.
    """
    import uvloop  # noqa: PLC0415  (other commands start quicker without all of these)

    from parlance import logs  # noqa: PLC0415
    from parlance.app import PartEnded  # noqa: PLC0415
    from parlance.cli.workers import reserved_ports  # noqa: PLC0415
    from parlance.contract.store import StoreFault  # noqa: PLC0415
    from parlance.folder import FolderFault  # noqa: PLC0415
    from parlance.listeners import ListenFault, bound  # noqa: PLC0415
    from parlance.model.fault import Fault, Refusal  # noqa: PLC0415

    settings = read()
    logs.configure(settings.log_level, as_json=settings.log_json)
    kept: list[int] = []
    try:
        with bound(settings, reserved_ports(), reloading.inherited()) as sockets:
            kept = reloading.keep_open([each for each in (sockets.public, sockets.admin) if each is not None])
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                again = runner.run(_serve(settings, sockets, prepare, read))
        if again:
            reloading.begin_anew(kept)
    except (FolderFault, ListenFault, StoreFault, PartEnded) as fault:
        raise Failed(str(fault)) from None
    except Refusal as refusal:
        if refusal.fault is not Fault.UNAVAILABLE:
            raise Failed(str(refusal)) from None
        raise Failed(f"The data folder {settings.data} cannot be written: see that its disk is not full.") from None
    finally:
        reloading.let_go(kept)


async def _serve(settings: "Settings", sockets: "Sockets", prepare: Prepare, read: Callable[[], object]) -> bool:
    """Serve until a signal; True when it is to begin anew."""
    import structlog  # noqa: PLC0415

    from parlance.app import opened, until_stopped  # noqa: PLC0415
    from parlance.cli.workers import is_worker  # noqa: PLC0415
    from parlance.listeners import serving  # noqa: PLC0415
    from parlance.model.ids import to_text  # noqa: PLC0415

    log = structlog.get_logger("gateway")
    stop, anew = _stop_on_signals(read)
    async with opened(settings, settings.public_url or sockets.url) as gateway:
        tell = await prepare(gateway, sockets)
        async with serving(gateway.site, sockets, settings, lambda: to_text(gateway.engine.ids.mint())):
            if not is_worker():
                gateway.folder.announce(sockets.admin_url)
            try:
                _settle_down()
                log.info("the gateway is up", url=sockets.url, admin=sockets.admin_url, data=str(settings.data))
                tell()
                await until_stopped(gateway, stop)
                log.info("the gateway stops: requests and messages under way are finished")
            finally:
                if not is_worker():
                    gateway.folder.withdraw()
    log.info("the gateway begins anew" if anew.is_set() else "the gateway has stopped")
    return anew.is_set()


def _settle_down() -> None:
    """Let the collector look less often, and never again at what stays: it cost a tenth of the time, in long pauses."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)


def _stop_on_signals(read: Callable[[], object]) -> tuple[asyncio.Event, asyncio.Event]:
    """Set the first event on the first SIGTERM, SIGINT or SIGHUP; a second one of the first two ends the process.

    SIGHUP also sets the second event; where the settings, `read` once more, cannot be used it is told and passed over.
    """
    import structlog  # noqa: PLC0415

    log = structlog.get_logger("gateway")
    stop, anew = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def heard() -> None:
        stop.set()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)

    def reload() -> None:
        try:
            read()
        except Failed as fault:
            log.warning("cannot begin anew: the settings cannot be used", faults=str(fault))
            return
        anew.set()
        heard()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, heard)
    if hasattr(signal, "SIGHUP"):
        loop.add_signal_handler(signal.SIGHUP, reload)
    return stop, anew


async def _nothing(_gateway: "Gateway", _sockets: "Sockets") -> Callable[[], None]:
    return lambda: None


async def _present(gateway: "Gateway", sockets: "Sockets", *, as_json: bool) -> Callable[[], None]:
    from parlance import demo  # noqa: PLC0415
    from parlance.cli import welcome  # noqa: PLC0415

    facts = welcome.facts(gateway, sockets.url, sockets.admin_url, await demo.set_up(gateway))
    return lambda: typer.echo(json.dumps(facts)) if as_json else welcome.print_facts(facts)

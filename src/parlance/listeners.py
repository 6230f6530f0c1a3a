"""The sockets the gateway listens on, and the HTTP servers behind them."""

import asyncio
import contextlib
import errno
import json
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from parlance.settings import Settings

DRAIN_SECONDS = 10
"""How long requests that are under way may take to finish when the gateway stops."""

_KEEP_ALIVE_SECONDS = 75
_BACKLOG = 2_048
_OPERATORS_OWN = ("/admin", "/sandbox", "/console", "/metrics")


class ListenFault(Exception):
    """An address cannot be listened on. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Sockets that listen; nobody answers yet. `admin` is None where everything shares one port.

    `url` is where clients reach the gateway on this machine, `admin_url` where the admin API is.
    """

    public: socket.socket
    admin: socket.socket | None
    url: str
    admin_url: str


@contextmanager
def bound(settings: Settings) -> Iterator[Sockets]:
    """Take the addresses the settings name, before anything else starts; raises `ListenFault`."""
    with contextlib.ExitStack() as stack:
        public = stack.enter_context(_bind(settings.host.strip("[]"), settings.port, "port"))
        admin = None
        if not settings.shares_port:
            admin = stack.enter_context(_bind(*settings.admin_address, "admin-listen"))
        yield Sockets(public, admin, _url(public), _url(admin or public))


@asynccontextmanager
async def serving(site: ASGIApp, sockets: Sockets) -> AsyncIterator[None]:
    """Serve until the block ends; then no connection is taken any more, and requests under way are finished."""
    pairs: list[tuple[ASGIApp, socket.socket]] = [(site, sockets.public)]
    if sockets.admin is not None:
        pairs = [(WithoutAdmin(site), sockets.public), (site, sockets.admin)]
    servers = [_Server(_config(app)) for app, _ in pairs]
    tasks = [
        asyncio.create_task(server.serve([listener])) for server, (_, listener) in zip(servers, pairs, strict=True)
    ]
    try:
        await _all_up(servers, tasks)
        yield
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


class WithoutAdmin:
    """The site as the outside sees it: what belongs to the operator is not there."""

    def __init__(self, site: ASGIApp) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that there is no such thing."""
        path: str = scope.get("path", "")
        if not any(path == own or path.startswith(f"{own}/") for own in _OPERATORS_OWN):
            await self._site(scope, receive, send)
            return
        body = json.dumps({"type": "about:blank", "title": "Not Found", "status": 404}).encode()
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    """A server that leaves signals to us and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup(sockets)
        self.up.set()

    async def wait_up(self) -> None:
        """Return when it listens."""
        await self.up.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _config(site: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        site,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


async def _all_up(servers: Sequence[_Server], tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until every server listens; raises what one of them died of."""
    for server, task in zip(servers, tasks, strict=True):
        up = asyncio.create_task(server.wait_up())
        await asyncio.wait([up, task], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            up.cancel()
            task.result()


def _bind(host: str, port: int, flag: str) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as fault:
        raise ListenFault(f"{host} is no address of this machine: {fault.strerror}.") from None
    try:
        # A port whose last owner has just gone may be taken at once; only listening shows whether another has it still.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003  (the library's signature)
    except OSError as fault:
        listener.close()
        raise ListenFault(_words(fault, host, port, flag)) from None
    return listener


def _words(fault: OSError, host: str, port: int, flag: str) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program; stop it, or choose another one with --{flag}."
    return f"The gateway cannot listen on {host} port {port}: {fault.strerror}."


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (named, not bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

"""The sockets the gateway listens on, and the HTTP servers behind them."""

import asyncio
import contextlib
import errno
import json
import resource
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from parlance.model.value import dataclass
from parlance.settings import Settings
from parlance.web.protocol import Limits, guarded

DRAIN_SECONDS = 10
"""How long requests that are under way may take to finish when the gateway stops."""

_BACKLOG = 2_048
_OTHER_FILES = 256
"""Files besides connections that the process may need to have open."""

_LEAST_CONNECTIONS = 16
_ADMIN_SHARE = 4
"""Of the files that can be open, one in so many is for the operators' own listener, where there is one."""

_SILENT_SECONDS = 60
"""When the other side of a connection answers nothing for so long, it is gone."""

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
def bound(settings: Settings, ports: Sequence[int] = (), inherited: Sequence[int] = ()) -> Iterator[Sockets]:
    """Take the addresses the settings name, before anything else starts; raises `ListenFault`.

    `ports` are those that a parent has reserved for its workers (`reserved`), instead of the ones in the settings.
    `inherited` are files of sockets that an earlier run left open; those at other addresses are closed.
    """
    shared = bool(ports)
    with contextlib.ExitStack() as stack:
        left = [stack.enter_context(socket.socket(fileno=file)) for file in inherited]
        host, port = settings.host.strip("[]"), ports[0] if shared else settings.port
        public = _found(left, host, port) or stack.enter_context(_bind(host, port, "port", shared=shared))
        admin = None
        if not settings.shares_port:
            host, port = settings.admin_address
            port = ports[1] if shared else port
            admin = _found(left, host, port) or stack.enter_context(_bind(host, port, "admin-listen", shared=shared))
        for each in left:
            if each not in {public, admin}:
                each.close()
        yield Sockets(public, admin, _url(public), _url(admin or public))


def _found(left: Sequence[socket.socket], host: str, port: int) -> socket.socket | None:
    """The open socket that listens at an address; one that was given any free port (0) keeps it."""
    for each in left:
        name = each.getsockname()
        if name[1] == (port or name[1]) and name[0] in {host, *_addresses(host)}:
            each.setblocking(False)  # noqa: FBT003  (the library's signature)
            return each
    return None


def _addresses(host: str) -> set[str]:
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


@contextmanager
def reserved(settings: Settings) -> Iterator[tuple[Sequence[int], str]]:
    """Keep the addresses the settings name for workers to listen on; gives their ports and the admin API's address.

    Raises `ListenFault`.
    """
    with contextlib.ExitStack() as stack:
        host = settings.host.strip("[]")
        kept = [stack.enter_context(_bind(host, settings.port, "port", shared=True, listens=False))]
        if not settings.shares_port:
            admin = _bind(*settings.admin_address, "admin-listen", shared=True, listens=False)
            kept.append(stack.enter_context(admin))
        yield [each.getsockname()[1] for each in kept], _url(kept[-1])


@asynccontextmanager
async def serving(
    site: ASGIApp, sockets: Sockets, settings: Settings, mint: Callable[[], str] = str
) -> AsyncIterator[None]:
    """Serve until the block ends; then no connection is taken any more, and requests under way are finished.

    `mint` gives the ids of requests that never reach the site.
    """
    files = _files_for(settings.max_connections)
    pairs: list[tuple[ASGIApp, socket.socket, int]] = [(site, sockets.public, files)]
    if sockets.admin is not None:
        share = files // _ADMIN_SHARE
        pairs = [(WithoutAdmin(site), sockets.public, files - share), (site, sockets.admin, share)]
    servers = [_Server(_config(app, settings, _limits(settings, most, mint))) for app, _, most in pairs]
    tasks = [
        asyncio.create_task(server.serve([listener])) for server, (_, listener, _) in zip(servers, pairs, strict=True)
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


def _limits(settings: Settings, most: int, mint: Callable[[], str]) -> Limits:
    return Limits(
        header_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        answer_seconds=settings.answer_seconds,
        header_bytes=settings.header_bytes,
        connections=max(_LEAST_CONNECTIONS, min(settings.max_connections, most)),
        mint=mint,
    )


def _files_for(connections: int) -> int:
    """Ask the system for enough open files; gives how many connections there will be files for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + connections // _ADMIN_SHARE + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(0, soft - _OTHER_FILES)


def _config(site: ASGIApp, settings: Settings, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        site,
        http=guarded(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        backlog=_BACKLOG,
        timeout_keep_alive=settings.keep_alive_seconds,
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


def _bind(host: str, port: int, flag: str, *, shared: bool = False, listens: bool = True) -> socket.socket:
    """Take an address. `shared`: with other processes of ours, among which the system spreads the connections."""
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
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _notice_the_dead(listener)
        listener.bind(address)
        if listens:
            listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003  (the library's signature)
    except OSError as fault:
        listener.close()
        raise ListenFault(_words(fault, host, port, flag)) from None
    return listener


def _notice_the_dead(listener: socket.socket) -> None:
    """Let the system close connections, taken from this listener, whose other side has gone without a word."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _SILENT_SECONDS // 2),
        ("TCP_KEEPINTVL", _SILENT_SECONDS // 6),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", _SILENT_SECONDS * 1_000),
    ):
        if (option := getattr(socket, name, None)) is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


def _words(fault: OSError, host: str, port: int, flag: str) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program; stop it, or choose another one with --{flag}."
    return f"The gateway cannot listen on {host} port {port}: {fault.strerror}."


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (named, not bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

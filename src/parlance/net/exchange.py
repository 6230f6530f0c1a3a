"""Performs requests, and says exactly one of: never left, left without an answer, answered."""

import asyncio
import math
import ssl
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from parlance.contract.world import Answered, Exchange, Exchanged, NeverLeft, NoAnswer
from parlance.model.wire import WireRequest, WireResponse
from parlance.net.guard import Forbidden, GuardedResolver
from parlance.rules import targets

IDLE_SECONDS = 4.0
"""Idle connections are dropped before any vendor drops them, so that a request never meets a dying one."""

ANSWER_LIMIT = 4 * 1024 * 1024
"""The most bytes of an answer's body that are read; what is longer counts as no answer."""

_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    Forbidden,
)


class HttpExchange:
    """An exchange over real HTTP. `guarded`: private, loopback and metadata addresses are refused."""

    def __init__(self, *, guarded: bool, connections: int = 1_000) -> None:
        self._guarded = guarded
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool of connections; needs a running loop."""
        resolver: AbstractResolver = aiohttp.ThreadedResolver()
        if self._guarded:
            resolver = GuardedResolver(resolver)
        connector = aiohttp.TCPConnector(
            limit=self._connections, keepalive_timeout=IDLE_SECONDS, resolver=resolver, ttl_dns_cache=30
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
            skip_auto_headers=("User-Agent", "Content-Type"),
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        """Perform one request within `limit` milliseconds; redirects are answers."""
        if self._session is None:
            return NeverLeft("the gateway is not started")
        if self._guarded and (fault := targets.fault_of(request.url, allow_private=False)):
            return NeverLeft(fault)
        try:
            url = URL(request.url, encoded=True)
        except ValueError:
            return NeverLeft("it is not a web address")
        timeout = aiohttp.ClientTimeout(
            total=limit / 1000, sock_connect=min(limit, 10_000) / 1000, ceil_threshold=math.inf
        )
        try:
            async with self._session.request(
                request.method,
                url,
                data=request.body or None,
                headers={"user-agent": "Parlance", **request.headers},
                allow_redirects=False,
                timeout=timeout,
            ) as answer:
                body = await _read(answer)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Answered(WireResponse(answer.status, body, headers))
        except _NEVER_LEFT as fault:
            return NeverLeft(_words(fault))
        except (
            aiohttp.ClientError,
            ssl.SSLError,
            TimeoutError,
            OSError,
            ValueError,
            asyncio.IncompleteReadError,
        ) as fault:
            return NoAnswer(_words(fault))


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    parts = bytearray()
    async for part in answer.content.iter_chunked(65_536):
        parts += part
        if len(parts) > ANSWER_LIMIT:
            raise ValueError("the answer is too long")
    return bytes(parts)


def _words(fault: BaseException) -> str:
    """Name a network fault by its kind; its text may hold addresses with secrets in them."""
    if isinstance(fault, Forbidden):
        return str(fault)
    cause = fault.os_error if isinstance(fault, aiohttp.ClientConnectorError) else fault
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    return type(cause).__name__


class Switch:
    """Sends each request to the exchange that serves its scheme: the built-in network's own, or the real one."""

    def __init__(self, own: Mapping[str, Exchange], default: Exchange) -> None:
        self._own = dict(own)
        self._default = default

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        """Perform one request within `limit` milliseconds."""
        scheme = request.url.partition(":")[0]
        return await self._own.get(scheme, self._default).perform(request, limit)

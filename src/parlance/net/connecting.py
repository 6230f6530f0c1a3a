"""Opens connections: names to addresses, one address after the other, TLS."""

import asyncio
import ssl
from typing import Any

from parlance.net.addresses import Addresses
from parlance.net.connection import Connection
from parlance.net.pool import Pool
from parlance.net.writing import Origin

CONNECT_SECONDS = 10.0
"""The most time for connecting, once the addresses are known."""

PARTING_SECONDS = 0.5
"""How long the other side of a TLS connection may take to say goodbye as well."""


class Connector:
    """Opens connections to addresses that were checked, and to no others."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._context: ssl.SSLContext | None = None

    async def open(self, origin: Origin, pool: Pool, until: float) -> Connection:
        """Open a connection before `until`, by the loop's clock; raises `OSError`."""
        loop = asyncio.get_running_loop()
        addresses = await self._addresses.find(origin.host)
        until = min(until, loop.time() + CONNECT_SECONDS)
        failed: OSError = OSError("no address")
        for number, address in enumerate(addresses):
            # One that is silent leaves the others their share of the time.
            share = (until - loop.time()) / (len(addresses) - number)
            try:
                async with asyncio.timeout(share):
                    return await self._open(origin, address, pool)
            except OSError as fault:
                failed = fault
        raise failed

    async def _open(self, origin: Origin, address: str, pool: Pool) -> Connection:
        connection = pool.make(origin.key)
        secured: dict[str, Any] = {}
        if origin.tls:
            secured = {
                "ssl": self._tls(),
                "server_hostname": origin.host.rstrip("."),
                "ssl_shutdown_timeout": PARTING_SECONDS,
            }
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection, address, origin.port, **secured)
            pool.opened(connection)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _tls(self) -> ssl.SSLContext:
        # Reading the certificates of the authorities takes a while, and an exchange may never need them.
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context

    def close(self) -> None:
        """Stop looking for names."""
        self._addresses.close()

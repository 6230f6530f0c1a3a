"""Keeps webhooks out of the operator's own network.

The check sits where names become addresses, and the very addresses checked are the ones connected to: a name that
changes its answer in between gains nothing.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from parlance.rules.targets import is_private


class Forbidden(OSError):
    """The name leads to an address that webhooks may not reach."""


class GuardedResolver(AbstractResolver):
    """Resolves names and refuses those that lead to any private address."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a name up; raises `Forbidden` when one of its addresses is private."""
        found = await self._inner.resolve(host, port, family)
        if any(is_private(each["host"]) for each in found):
            raise Forbidden("it points to this machine or its own network")
        return found

    async def close(self) -> None:
        """Close the resolver within."""
        await self._inner.close()

"""Which addresses a host has, and keeping webhooks out of the operator's own network.

The check sits where names become addresses, and the very addresses checked are the ones connected to: a name that
changes its answer in between gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from parlance.rules.targets import is_private

KEPT_SECONDS = 30.0
"""How long a name's addresses are taken for granted."""

MOST_NAMES = 1_024
"""Names whose addresses are kept at a time."""

LookUp: TypeAlias = Callable[[str], Awaitable[tuple[str, ...]]]


class Forbidden(OSError):
    """The name leads to an address that webhooks may not reach."""


async def look_up(host: str) -> tuple[str, ...]:
    """Ask the system for a name's addresses, best first; raises `OSError` when there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, 0, type=socket.SOCK_STREAM, flags=getattr(socket, "AI_ADDRCONFIG", 0)
    )
    addresses = dict.fromkeys(_address(family, where) for family, _, _, _, where in found)
    if not addresses:
        raise OSError("the name has no address")
    return tuple(addresses)


def _address(family: int, where: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    """Write an address with its zone, without which one that is local to a link leads nowhere."""
    zone = where[3] if family == socket.AF_INET6 and len(where) == 4 else 0
    return f"{where[0]!s}%{zone}" if zone else str(where[0])


class Addresses:
    """The addresses of hosts. `guarded`: hosts with any private address are refused."""

    def __init__(self, *, guarded: bool, ask: LookUp = look_up) -> None:
        self._guarded = guarded
        self._ask = ask
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._asked: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    async def find(self, host: str) -> tuple[str, ...]:
        """Give a host's addresses, in the order to try; raises `Forbidden` when one is private, `OSError` for none."""
        found = (host,) if _is_address(host) else await self._resolve(host)
        if self._guarded and any(is_private(each) for each in found):
            raise Forbidden("it points to this machine or its own network")
        return found

    async def _resolve(self, host: str) -> tuple[str, ...]:
        until, found = self._known.get(host, (0.0, ()))
        if found and asyncio.get_running_loop().time() < until:
            return found
        task = self._asked.get(host)
        if task is None:
            task = self._asked[host] = asyncio.ensure_future(self._learn(host))
            task.add_done_callback(lambda done: self._answered(host, done))
        try:
            # Others wait for the same answer: whoever gives up does so alone.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            asking = asyncio.current_task()
            if task.cancelled() and asking is not None and not asking.cancelling():
                # Not this one was given up, but the question, by closing.
                raise ConnectionAbortedError from None
            raise

    async def _learn(self, host: str) -> tuple[str, ...]:
        found = await self._ask(host)
        self._known.pop(host, None)
        while len(self._known) >= MOST_NAMES:
            del self._known[next(iter(self._known))]
        self._known[host] = asyncio.get_running_loop().time() + KEPT_SECONDS, found
        return found

    def _answered(self, host: str, done: asyncio.Task[tuple[str, ...]]) -> None:
        if self._asked.get(host) is done:
            del self._asked[host]
        if not done.cancelled():
            done.exception()  # nobody may be left to hear it

    def close(self) -> None:
        """Stop asking."""
        for task in self._asked.values():
            task.cancel()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

"""Time, ids and the network: they come in through the door, nobody reaches out for them."""

import asyncio
from typing import Protocol, TypeAlias

from parlance.model.ids import Id
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest, WireResponse


class Clock(Protocol):
    """The time. All times are Unix milliseconds (UTC)."""

    def now(self) -> int:
        """The present moment."""

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        """Return when `wake` is set or the moment `until` has come (None: no such moment), whichever is first."""


class Ids(Protocol):
    """The mint of canonical ids."""

    def mint(self) -> Id:
        """A new id, larger than every one minted here before."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The other side answered."""

    response: WireResponse


@dataclass(frozen=True, slots=True)
class NeverLeft:
    """Not one byte of the request can have been taken: refused, unreachable, no such name, forbidden target."""

    why: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request, or some of it, left; no whole answer came: reset, time-out, half a body."""

    why: str


Exchanged: TypeAlias = Answered | NeverLeft | NoAnswer


class Exchange(Protocol):
    """Performs requests. Never raises for what the network does: that is what the three answers are for."""

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        """Perform one request (absolute `url`) within `limit` milliseconds. Redirects are answers, not followed."""

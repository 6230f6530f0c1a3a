"""Other gateways that are run the same way, when they are installed; see README.md beside this file."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from peers.jasmin import Jasmin
from peers.kannel import Kannel


class Peer(Protocol):
    """A gateway that takes short messages over HTTP and passes them on to the upstream."""

    name: str
    port: int
    """Where it takes messages, once it is at work."""
    mark: bytes
    """Stands in the answer to a message that it took."""

    def missing(self) -> str:
        """Why it cannot be run here, empty when it can."""

    def at_work(self, folder: Path, http: int, smpp: int) -> AbstractAsyncContextManager[None]:
        """It runs, with its files in `folder`; the upstream takes messages at these two ports."""

    def requests(self, serials: Sequence[int]) -> list[bytes]:
        """One request for each serial number."""


PEERS: tuple[Peer, ...] = (Kannel("file"), Kannel("spool"), Jasmin())

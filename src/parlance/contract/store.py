"""Durable state, as the engine, the web and the phones see it.

*Moments* change messages: each is one moment of the business and one transaction, and returns only after its commit.
*Registry* holds what operators set up. *Views* only read. *Operators* serves those who run the gateway.

Two kinds of time appear. `at` is by the sender's clock, which can be moved in the sandbox, and stands in messages,
events and windows. Everything that says when to act (`due_at`, `expires_at`, `paused_until`) is real time; moving a
clock shifts those instead. All times are Unix milliseconds.

When the store cannot be written (disk full, database gone) every method raises `Refusal(Fault.UNAVAILABLE)`.
"""

from typing import Protocol

from parlance.contract.cluster import Cluster
from parlance.contract.keeping import Keeping
from parlance.contract.moments import Moments
from parlance.contract.operators import Operators
from parlance.contract.registry import Registry
from parlance.contract.views import Views


class Store(Moments, Registry, Views, Operators, Keeping, Protocol):
    """The whole of it, as the composition root opens and closes it; `cluster` is this node among its like."""

    cluster: Cluster

    async def open(self) -> None:
        """Open, migrate and check; raises `StoreFault` with a sentence for the operator."""

    async def close(self) -> None:
        """Finish what was begun and close."""


class StoreFault(Exception):
    """The store cannot be opened. The text is for the operator: what is wrong and what to do."""

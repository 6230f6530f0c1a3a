"""The PostgreSQL engine: everything the store promises, for any number of nodes on one database."""

import asyncio
from collections.abc import Sequence
from typing import Any

from parlance.contract.cluster import BUCKETS, Cluster
from parlance.contract.moments import Settlement, Written
from parlance.contract.world import Clock, Ids
from parlance.model.ids import Id
from parlance.store import postgres_opening
from parlance.store.accept import Order
from parlance.store.claiming import Claim
from parlance.store.connection import Connection, Link
from parlance.store.doors import Doors
from parlance.store.group import Crowd, Group
from parlance.store.groupwise.accept import take_all_in
from parlance.store.groupwise.claim import claim_all
from parlance.store.groupwise.delivered import delivered_all
from parlance.store.groupwise.pen import hear_all, settle_all
from parlance.store.hearing import Heard
from parlance.store.postgres_cluster import LEASE, PostgresCluster
from parlance.store.postgres_link import PostgresLink
from parlance.store.postgres_session import UNHURRIED
from parlance.store.readers import Readers
from parlance.store.telling import Told

READERS = 4
"""So many reads go side by side: each of them mostly waits for the server."""


class PostgresStore(Doors):
    """A `Store` and a `PhoneBook` in a PostgreSQL database."""

    def __init__(self, url: str, ids: Ids, clock: Clock, secret_key: str, lease: int = LEASE) -> None:
        """`url` is `postgresql://…`; `secret_key` unlocks what is encrypted; `lease` is the cluster's.

        Nothing is touched before `open`.
        """
        super().__init__(ids, clock, secret_key)
        self._url = url
        self._nodes = PostgresCluster(url, self._fences, self._forget, lease)
        self.cluster: Cluster = self._nodes

    async def open(self) -> None:
        """Open, migrate and check; raises `StoreFault` with a sentence for the operator."""
        # What a node that was stopped in the middle has locked must be free by the time others may take it over.
        silence = self._nodes.lease
        link, self._opened = await asyncio.to_thread(postgres_opening.prepare, self._url, self._secret_key, silence)
        link.origin = self._nodes.incarnation
        ids, audience, fences = self._ids, self._audience, self._fences

        def claim(con: PostgresLink, claims: Sequence[Claim]) -> Sequence[Any]:
            return fences.guard(con, claims, lambda each: (each.sender.id, 0), lambda some: claim_all(con, some))

        def settle(con: PostgresLink, done: Sequence[Settlement]) -> Sequence[Any]:
            def settled(some: Sequence[Settlement]) -> Sequence[Written]:
                return settle_all(con, ids, audience, some)

            return fences.guard(con, done, lambda each: (each.sender_id, each.message_id), settled)

        def hear(con: PostgresLink, told: Sequence[Heard]) -> Sequence[Any]:
            results = hear_all(con, ids, audience, told)
            for _, touched in results:
                con.changed(touched)
            return results

        def delivered(con: PostgresLink, told: Sequence[Told]) -> Sequence[Any]:
            results = delivered_all(con, ids, told)
            for touched in results:
                con.changed(touched)
            return results

        crowds: dict[type, Crowd] = {
            Order: lambda con, orders: take_all_in(con, ids, orders),
            Claim: claim,
            Settlement: settle,
            Heard: hear,
            Told: delivered,
        }
        self._group = Group(link, self._audience.forget, crowds, self._nodes.tell)
        self._readers = Readers(lambda: PostgresLink(self._url), READERS)

    async def close(self) -> None:
        """Finish what was begun and close; closing twice does no harm."""
        await super().close()
        await self._nodes.close()

    async def recover(self, now: int, buckets: frozenset[int] | None = None) -> int:
        """After a crash: every marked message (of these buckets) becomes unsure, and is told as such; their number."""
        count = await super().recover(now, buckets)
        self._nodes.recovered(range(BUCKETS) if buckets is None else buckets)
        return count

    def _aside(self) -> Link:
        return PostgresLink(self._url, UNHURRIED)

    async def _readable(self) -> Id:
        def work(con: Connection) -> Id:
            assert isinstance(con, PostgresLink)  # noqa: S101  this engine makes no other
            return con.readable()

        return await self._read(work)

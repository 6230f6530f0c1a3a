"""The PostgreSQL engine: everything the store promises, for any number of nodes on one database."""

import asyncio

from parlance.contract.cluster import Cluster
from parlance.contract.moments import Settlement
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
from parlance.store.postgres_link import PostgresLink
from parlance.store.postgres_session import UNHURRIED
from parlance.store.readers import Readers
from parlance.store.solo import Solo
from parlance.store.telling import Told


class PostgresStore(Doors):
    """A `Store` and a `PhoneBook` in a PostgreSQL database."""

    def __init__(self, url: str, ids: Ids, clock: Clock, secret_key: str) -> None:
        """`url` is `postgresql://…`; `secret_key` unlocks what is encrypted. Nothing is touched before `open`."""
        super().__init__(ids, clock, secret_key)
        self._url = url
        self.cluster: Cluster = Solo()

    async def open(self) -> None:
        """Open, migrate and check; raises `StoreFault` with a sentence for the operator."""
        link, self._opened = await asyncio.to_thread(postgres_opening.prepare, self._url, self._secret_key)
        ids, audience = self._ids, self._audience
        crowds: dict[type, Crowd] = {
            Order: lambda con, orders: take_all_in(con, ids, orders),
            Claim: claim_all,
            Settlement: lambda con, settlements: settle_all(con, ids, audience, settlements),
            Heard: lambda con, told: hear_all(con, ids, audience, told),
            Told: lambda con, told: delivered_all(con, ids, told),
        }
        self._group = Group(link, self._audience.forget, crowds)
        self._readers = Readers(lambda: PostgresLink(self._url))

    def _aside(self) -> Link:
        return PostgresLink(self._url, UNHURRIED)

    async def _readable(self) -> Id:
        def work(con: Connection) -> Id:
            assert isinstance(con, PostgresLink)  # noqa: S101  this engine makes no other
            return con.readable()

        return await self._read(work)

"""What this node does among others: it beats, takes over, lets go, and hears what others have stored."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

import structlog

from parlance.contract.cluster import Cluster, Duty, Tenure
from parlance.contract.store import Store
from parlance.contract.world import Clock
from parlance.model.fault import Refusal
from parlance.model.ids import Id

LOOK = 5_000
"""How often everything held is looked through, for what no news told of, in milliseconds."""

_log = structlog.get_logger("tenancy")


class Movement(Protocol):
    """What is done for buckets of senders by the node that holds them."""

    async def adopt(self, taken: frozenset[int]) -> None:
        """Take up the work of these buckets."""

    def abandon(self, kept: Callable[[Id], bool]) -> None:
        """Drop the work of senders that are not kept; others have taken it over."""

    def look(self, names: Iterable[Id] | None) -> None:
        """These have something new (None: anything may)."""

    def reread(self, names: Iterable[Id] | None) -> None:
        """Of these senders (None: of any) set-up or queue has changed elsewhere: what was read is no longer true."""

    def busy(self, concerned: Callable[[Id], bool]) -> bool:
        """Whether anything is under way for the senders concerned."""


class Tenancy:
    """Beats, and lets the movements follow what this node holds."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        clock: Clock,
        movements: Mapping[Duty, Movement],
        keeping: Callable[[], Awaitable[None]] | None,
        ring: Callable[[Iterable[Id]], None],
    ) -> None:
        """`keeping` is what one node does for all: it runs, until cancelled, while this node holds that duty.

        `ring` is told which subscriptions (none named: any) have something new: clients may pull it here, whatever this
        node does.
        """
        self._store = store
        self._cluster = cluster
        self._clock = clock
        self._movements = movements
        self._keeping = keeping
        self._ring = ring
        self._keeper: asyncio.Task[None] | None = None
        self._leaving: dict[Duty, frozenset[int]] = {}
        self._last_beat = 0
        self._last_look = 0

    def mine(self, duty: Duty, sender_id: Id) -> bool:
        """Whether this node begins new work of a duty for a sender."""
        if not self._cluster.holds(duty, sender_id):
            return False
        leaving = self._leaving.get(duty)
        return not leaving or self._cluster.bucket(sender_id) not in leaving

    async def begin(self) -> None:
        """Beat for the first time and take up what is held; raises `Refusal(UNAVAILABLE)`."""
        await self._beat()

    async def run(self) -> None:
        """Beat and hear, until cancelled; then everything is given up."""
        news = asyncio.create_task(self._hear())
        try:
            while True:
                await self._clock.wait(asyncio.Event(), self._clock.now() + self._cluster.rest)
                try:
                    await self._beat()
                except Refusal:
                    self._lost_touch()
        finally:
            news.cancel()
            if self._keeper is not None:
                self._keeper.cancel()
            await asyncio.gather(news, *([self._keeper] if self._keeper else []), return_exceptions=True)

    async def leave(self) -> None:
        """Give up everything, for others to take at once."""
        try:
            await self._cluster.leave()
        except Refusal:
            _log.warning("could not give up what is held: others take it over when the lease has run out")

    async def _beat(self) -> None:
        duties = frozenset(self._movements) | ({Duty.KEEPING} if self._keeping else frozenset())
        held = await self._cluster.beat(duties)
        self._last_beat = self._clock.now()
        for duty, movement in self._movements.items():
            await self._follow(duty, movement, held.get(duty, Tenure(frozenset())))
        self._keep(Duty.KEEPING in held and bool(held[Duty.KEEPING].held))
        if self._clock.now() - self._last_look >= LOOK:
            self._last_look = self._clock.now()
            for movement in self._movements.values():
                movement.look(None)

    async def _follow(self, duty: Duty, movement: Movement, tenure: Tenure) -> None:
        self._leaving[duty] = tenure.surplus
        movement.abandon(lambda sender_id: self._cluster.holds(duty, sender_id))
        if tenure.taken:
            if duty is Duty.DISPATCH and (unsure := await self._store.recover(self._clock.now(), tenure.taken)):
                _log.warning("messages are unsure after another node's end", count=unsure)
            await movement.adopt(tenure.taken)
        quiet = frozenset(each for each in tenure.surplus if not movement.busy(self._in_bucket(each)))
        if quiet:
            await self._cluster.release(duty, quiet)
            movement.abandon(lambda sender_id: self._cluster.holds(duty, sender_id))

    def _in_bucket(self, bucket: int) -> Callable[[Id], bool]:
        return lambda sender_id: self._cluster.bucket(sender_id) == bucket

    def _keep(self, held: bool) -> None:  # noqa: FBT001  the very thing
        if held and self._keeping is not None and (self._keeper is None or self._keeper.done()):
            self._keeper = asyncio.ensure_future(self._keeping())
        elif not held and self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None

    def _lost_touch(self) -> None:
        """The store cannot be reached. After a whole lease others may have taken over: nothing more is begun here."""
        if self._clock.now() - self._last_beat < self._cluster.lease:
            return
        for movement in self._movements.values():
            movement.abandon(lambda _: False)
        self._keep(held=False)

    async def _hear(self) -> None:
        while True:
            try:
                news = await self._cluster.news()
            except Refusal:
                await self._clock.wait(asyncio.Event(), self._clock.now() + 1_000)
                continue
            if news.everything or news.moved:
                for movement in self._movements.values():
                    movement.reread(None if news.everything else news.moved)
            if (dispatch := self._movements.get(Duty.DISPATCH)) and (news.everything or news.senders):
                dispatch.look(None if news.everything else news.senders)
            if news.everything or news.subscriptions:
                self._ring(() if news.everything else news.subscriptions)
                if announce := self._movements.get(Duty.ANNOUNCE):
                    announce.look(None if news.everything else news.subscriptions)

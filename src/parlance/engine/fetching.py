"""Fetches what vendors hold ready for us, where their callbacks cannot reach."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from parlance.contract.moments import Written
from parlance.contract.provider import Carrier, Heard
from parlance.contract.store import Store
from parlance.contract.vendor import Fetches, Fetching
from parlance.contract.world import Answered, Clock, Exchange
from parlance.model.fault import Refusal
from parlance.model.ids import Id
from parlance.model.outcome import Report
from parlance.model.sender import Route, Sender
from parlance.rules.retry import backoff

LOOK = 10_000
"""How often to look which routes are to be fetched for, in milliseconds."""

PAUSE = 500
"""How long to rest after a round that brought nothing, in milliseconds."""

LIMIT = 90_000
"""How long one request may take: vendors hold it until something comes, in milliseconds."""

_log = structlog.get_logger("fetching")


class Fetcher:
    """One loop for each route that fetches."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        exchange: Exchange,
        carriers: Mapping[str, Carrier],
        hear: Callable[[Sender, Route, tuple[Report, ...]], Awaitable[Written]],
        chance: Callable[[], float],
        mine: Callable[[Id], bool],
    ) -> None:
        """`hear` stores what was fetched; `mine` says whether this node looks after a sender."""
        self._store = store
        self._clock = clock
        self._exchange = exchange
        self._carriers = {name: each for name, each in carriers.items() if isinstance(each, Fetches)}
        self._hear = hear
        self._chance = chance
        self._mine = mine
        self._loops: dict[Id, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Fetch for whoever wants it, until cancelled."""
        try:
            while True:
                await self._follow()
                await self._clock.wait(asyncio.Event(), self._clock.now() + LOOK)
        finally:
            for loop in self._loops.values():
                loop.cancel()
            await asyncio.gather(*self._loops.values(), return_exceptions=True)

    async def _follow(self) -> None:
        """Start the loops that are lacking, and end those of routes that are gone."""
        wanted: dict[Id, Id] = {}
        for carrier in self._carriers:
            try:
                for sender in await self._store.senders_by_carrier(carrier):
                    wanted |= {route.id: sender.id for route in sender.routes if self._wants(sender, route)}
            except Refusal:
                return
        for route_id in [each for each in self._loops if each not in wanted or self._loops[each].done()]:
            self._loops.pop(route_id).cancel()
        for route_id, sender_id in wanted.items():
            if route_id not in self._loops:
                self._loops[route_id] = asyncio.create_task(self._loop(sender_id, route_id))

    def _wants(self, sender: Sender, route: Route) -> bool:
        carrier = self._carriers.get(route.carrier)
        return carrier is not None and carrier.polls(route) and self._mine(sender.id)

    async def _loop(self, sender_id: Id, route_id: Id) -> None:
        failed = 0
        while True:
            try:
                sender = await self._store.sender(sender_id)
                route = sender.by_id(route_id) if sender else None
                if sender is None or route is None or not self._wants(sender, route):
                    return
                more = await self._round(sender, route, self._carriers[route.carrier].fetch(route))
            except Refusal as refusal:
                failed += 1
                _log.warning("cannot fetch", route=route_id, fault=refusal.fault, tries=failed)
                await self._rest(backoff(failed, self._chance()))
                continue
            failed = 0
            if not more:
                await self._rest(PAUSE)

    async def _round(self, sender: Sender, route: Route, steps: Fetching) -> bool:
        """Drive one round; what it brings is stored before it goes on. Raises `Refusal` when it fails."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Heard):
                    await self._hear(sender, route, step.reports)
                    step = steps.send(None)
                    continue
                answer = await self._exchange.perform(step.request, LIMIT)
                if not isinstance(answer, Answered):
                    await self._rest(PAUSE)
                    return False
                step = steps.send(answer.response)
        except StopIteration as end:
            return bool(end.value)
        finally:
            steps.close()

    async def _rest(self, millis: int) -> None:
        await self._clock.wait(asyncio.Event(), self._clock.now() + millis)

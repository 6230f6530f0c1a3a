"""One message at a time: sent, landed, and looked at again when its outcome is not known."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from parlance.contract.moments import Claimed, Pending, Settlement, Waiting, Written
from parlance.contract.provider import Carrier
from parlance.contract.store import Store
from parlance.contract.world import Clock, Exchange
from parlance.engine import judgement
from parlance.engine.drive import drive
from parlance.engine.lane import Track
from parlance.engine.options import EngineOptions
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message, Receipt, Stage, Template
from parlance.model.outcome import Absent, Outcome, Refused, Unsure
from parlance.model.sender import Route, Sender
from parlance.rules import window

_log = structlog.get_logger("sending")
STORE_PAUSE = 1_000
"""How long to rest when the store cannot be written, in milliseconds."""


class Sending:
    """What happens to a message between its claim and its landing."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        exchange: Exchange,
        carriers: Mapping[str, Carrier],
        options: EngineOptions,
        chance: Callable[[], float],
        written: Callable[[Written], None],
        poke: Callable[[Id], None],
        reload: Callable[[Id], Awaitable[None]],
    ) -> None:
        """`poke` looks at a sender's lane soon, `reload` reads it anew."""
        self._store = store
        self._clock = clock
        self._exchange = exchange
        self._carriers = carriers
        self._options = options
        self._chance = chance
        self._written = written
        self._poke = poke
        self._reload = reload

    async def send(self, track: Track, sender: Sender, row: Pending, claimed: Claimed) -> None:
        """Send a claimed message and write what came of it."""
        route, started = sender.route, self._clock.now()
        carrier = self._carriers[route.carrier]
        doomed = claimed.doomed
        if doomed is None and await self._has_shut(sender, claimed.message, started):
            doomed = Failure(Fault.WINDOW_CLOSED)
        if doomed is not None:
            settlement = self._ended(sender, row, "doomed", Stage.FAILED, doomed)
        else:
            driven = await drive(carrier.send(claimed.message, route), self._exchange, self._options.request_limit)
            settlement = judgement.after_send(
                claimed,
                sender,
                driven,
                carrier.capabilities,
                self._options,
                started=started,
                now=self._clock.now(),
                chance=self._chance(),
            )
        failure = settlement.failure
        if failure is not None and failure.fault is Fault.CARRIER_CREDENTIAL:
            # Held before the message is back in its chat, or it would be on its way again at once.
            await self._hold_route(sender, route, failure)
        await self._land(track, sender, row, settlement)

    async def _has_shut(self, sender: Sender, message: Message, now: int) -> bool:
        """Whether the window that let a message in has ended before the message could leave."""
        at = now + sender.clock_offset
        if message.window_until is None or at < message.window_until or isinstance(message.content, Template):
            return False
        last = await self._store.last_written(sender.id, sender.route.number, message.customer_id)
        return last is not None and at >= last + window.LENGTH

    async def _hold_route(self, sender: Sender, route: Route, failure: Failure) -> None:
        """The vendor refuses the account, not the message: everything waits until someone repairs the route."""
        await self._store.change_route(route.id, held=str(failure))
        _log.warning("route held", sender=sender.number, carrier=route.carrier, code=failure.code)
        await self._reload(sender.id)

    async def expire(self, track: Track, sender: Sender, row: Pending) -> None:
        """End a message that waited longer than its time to live."""
        settlement = self._ended(sender, row, "expired", Stage.EXPIRED, Failure(Fault.EXPIRED))
        await self._land(track, sender, row, settlement)

    def _ended(self, sender: Sender, row: Pending, outcome: str, stage: Stage, failure: Failure) -> Settlement:
        """A message that ends without having been tried."""
        now = self._clock.now()
        return Settlement(
            row.message_id, sender.id, sender.route.id, 0, now, now, now + sender.clock_offset, outcome,
            stage=stage, failure=failure,
        )  # fmt: skip

    async def _land(self, track: Track, sender: Sender, row: Pending, settlement: Settlement) -> None:
        """Write what came of a message, and let its chat go on."""
        written = await self._settle(settlement)
        now = self._clock.now()
        keep = None
        gone = (sender.id, row.message_id) in written.released
        if settlement.keep is not None and not gone:
            since = now if settlement.keep.state is Waiting.UNSURE else 0
            keep = replace(
                row, state=settlement.keep.state, due_at=settlement.keep.due_at, attempt=settlement.attempt, since=since
            )
        track.lane.land(row, now, keep)
        self._written(written)
        self._poke(sender.id)

    async def _settle(self, settlement: Settlement) -> Written:
        """Write a settlement, however long the store takes to come back: an outcome known is never thrown away."""
        while True:
            try:
                return await self._store.settle(settlement)
            except Refusal:
                await self._clock.wait(asyncio.Event(), self._clock.now() + STORE_PAUSE)

    async def look_again(self, track: Track, sender: Sender, row: Pending) -> None:
        """An unsure message's moment has come: ask the carrier, repeat where that is harmless, or end it."""
        now = self._clock.now()
        if now - row.since >= self._options.unsure_for:
            failure = Failure(Fault.OUTCOME_UNKNOWN)
            await self._settle_unsure(track, row, self._ended(sender, row, "unknown", Stage.FAILED, failure))
            return
        carrier = self._carriers[sender.route.carrier]
        outcome: Outcome = Unsure()
        if carrier.capabilities.look_up or carrier.capabilities.idempotent_send:
            outcome = await self._ask(carrier, sender, row)
        if isinstance(outcome, Absent) and now - row.since < self._options.request_limit * 2:
            outcome = Unsure()
        settlement = judgement.after_look(row, sender, outcome, carrier.capabilities, self._options, now)
        await self._settle_unsure(track, row, settlement)

    async def _ask(self, carrier: Carrier, sender: Sender, row: Pending) -> Outcome:
        message = await self._store.message(row.message_id)
        if message is None or isinstance(message.content, Receipt):
            return Refused(Failure(Fault.OUTCOME_UNKNOWN))
        route = sender.route
        steps = carrier.look_up(message, "", route) if carrier.capabilities.look_up else carrier.send(message, route)
        return (await drive(steps, self._exchange, self._options.request_limit)).outcome or Unsure()

    async def _settle_unsure(self, track: Track, row: Pending, settlement: Settlement) -> None:
        written = await self._settle(settlement)
        now = self._clock.now()
        lane = track.lane
        if settlement.keep is None or (row.sender_id, row.message_id) in written.released:
            lane.release(row.message_id, now)
        else:
            kept = replace(row, state=settlement.keep.state, due_at=settlement.keep.due_at)
            if kept.state is Waiting.READY:
                lane.release(row.message_id, now)
                lane.add([replace(kept, since=0)], now)
            else:
                lane.look_later(kept)
        self._written(written)
        self._poke(row.sender_id)

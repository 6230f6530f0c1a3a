"""One message at a time: sent, landed, and looked at again when its outcome is not known."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from parlance.contract.cluster import Fenced
from parlance.contract.moments import Claimed, Pending, Settlement, Waiting, Written
from parlance.contract.provider import Carrier
from parlance.contract.store import Store
from parlance.contract.world import Clock, Exchange
from parlance.engine import judgement
from parlance.engine.drive import drive
from parlance.engine.lane import Track
from parlance.engine.options import EngineOptions
from parlance.engine.ways import ANOTHER_MAY, Ways
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
        ways: Ways,
        options: EngineOptions,
        chance: Callable[[], float],
        written: Callable[[Written], None],
        poke: Callable[[Id], None],
        reload: Callable[[Id], Awaitable[None]],
        held: Callable[[Id], bool] = lambda _: True,
    ) -> None:
        """`poke` looks at a sender's lane soon, `reload` reads it anew; `held`: nobody else has taken a sender over."""
        self._held = held
        self._store = store
        self._clock = clock
        self._exchange = exchange
        self._carriers = carriers
        self._ways = ways
        self._options = options
        self._chance = chance
        self._written = written
        self._poke = poke
        self._reload = reload

    async def send(self, track: Track, sender: Sender, row: Pending, claimed: Claimed, route: Route) -> None:
        """Send a claimed message by a route and write what came of it."""
        started = self._clock.now()
        if not self._held(sender.id):
            # This process slept through its lease: if another has taken over, the store refuses even this.
            await self._land(track, sender, row, judgement.not_begun(claimed, row, sender, route, started))
            return
        doomed = claimed.doomed
        if doomed is None and await self._has_shut(sender, route.number, claimed.message, started):
            doomed = Failure(Fault.WINDOW_CLOSED)
        if doomed is not None:
            settlement = self._ended(sender, row, "doomed", Stage.FAILED, doomed)
        else:
            settlement = await self._try(sender, row, claimed, route, started)
        failure = settlement.failure
        if failure is not None and failure.fault is Fault.CARRIER_CREDENTIAL:
            # Held before the message is back in its chat, or it would be on its way again at once.
            await self._hold_route(sender, route, failure)
        await self._land(track, sender, row, settlement)

    async def _try(self, sender: Sender, row: Pending, claimed: Claimed, route: Route, started: int) -> Settlement:
        """Let the carrier send, and say what follows."""
        carrier = self._carriers[route.carrier]
        driven = await drive(carrier.send(claimed.message, route), self._exchange, self._options.request_limit)
        now = self._clock.now()
        self._ways.note(sender, route, driven, now)
        settlement = judgement.after_send(
            claimed,
            row,
            sender,
            route,
            driven,
            carrier.capabilities,
            self._options,
            started=started,
            now=now,
            chance=self._chance,
        )
        if settlement.failure is not None and settlement.keep is None and settlement.failure.fault in ANOTHER_MAY:
            following = await self._ways.after(sender, claimed.message, route, now)
            if following is not None:
                return judgement.moved(settlement, following)
        return settlement

    async def _has_shut(self, sender: Sender, number: str, message: Message, now: int) -> bool:
        """Whether the window that let a message in has ended before the message could leave."""
        at = now + sender.clock_offset
        if message.window_until is None or at < message.window_until or isinstance(message.content, Template):
            return False
        last = await self._store.last_written(sender.id, number, message.customer_id)
        return last is not None and at >= last + window.LENGTH

    async def _hold_route(self, sender: Sender, route: Route, failure: Failure) -> None:
        """The vendor refuses the account, not the message: everything waits until someone repairs the route."""
        self._written(await self._store.change_route(route.id, held=str(failure)))
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
            # The store says what was kept: it may have learned meanwhile that an unsure part left after all.
            keep = next((each for each in written.requeued if each.message_id == row.message_id), None)
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
            except Fenced:
                # Another node has taken over and knows the message as unsure.
                _log.warning("an outcome came too late to be written", outcome=settlement.outcome)
                return Written(released=((settlement.sender_id, settlement.message_id),))

    async def look_again(self, track: Track, sender: Sender, row: Pending) -> None:
        """An unsure message's moment has come: ask the carrier, repeat where that is harmless, or end it."""
        now = self._clock.now()
        if now - row.since >= self._options.unsure_for:
            failure = Failure(Fault.OUTCOME_UNKNOWN)
            await self._settle_unsure(track, row, self._ended(sender, row, "unknown", Stage.FAILED, failure))
            return
        # By the route it may have gone, whichever is used now.
        route = sender.by_id(row.route_id) or sender.route
        able = self._carriers[route.carrier].capabilities
        claimed = await self._store.doubted(sender, row, route, able.cards)
        if claimed is None:
            track.lane.release(row.message_id, now)
            return
        outcome = await self._ask(claimed, route)
        if isinstance(outcome, Absent) and now - row.since < self._options.request_limit * 2 + able.journal_lag:
            outcome = Unsure()
        settlement = judgement.after_look(row, claimed.message, sender, route, outcome, able, self._options, now)
        await self._settle_unsure(track, row, settlement)

    async def _ask(self, claimed: Claimed, route: Route) -> Outcome:
        """Ask the carrier what became of a message, or send it once more where that is harmless."""
        carrier, message = self._carriers[route.carrier], claimed.message
        if isinstance(message.content, Receipt):
            return Refused(Failure(Fault.OUTCOME_UNKNOWN))
        if carrier.capabilities.look_up:
            steps = carrier.look_up(message, claimed.external_id, route)
        elif carrier.capabilities.idempotent_send:
            steps = carrier.send(message, route)
        else:
            return Unsure()
        return (await drive(steps, self._exchange, self._options.request_limit)).outcome or Unsure()

    async def _settle_unsure(self, track: Track, row: Pending, settlement: Settlement) -> None:
        written = await self._settle(settlement)
        now = self._clock.now()
        lane = track.lane
        if settlement.keep is None or (row.sender_id, row.message_id) in written.released:
            lane.release(row.message_id, now)
        else:
            kept = next((each for each in written.requeued if each.message_id == row.message_id), row)
            if kept.state is Waiting.READY:
                lane.release(row.message_id, now)
                lane.add([kept], now)
            else:
                lane.look_later(kept)
        self._written(written)
        self._poke(row.sender_id)

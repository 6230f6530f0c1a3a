"""Messages go out: claimed and marked when their turn has come, sent by their carrier, their outcome written.

Each sender has a lane; lanes go side by side, so do a lane's chats, and within a chat one message goes at a time.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from parlance.contract.cluster import Fenced
from parlance.contract.moments import Pending, Written
from parlance.contract.provider import Carrier, Dialect
from parlance.contract.store import Store
from parlance.contract.world import Clock, Exchange
from parlance.engine.lane import PAGE, Lane, Track
from parlance.engine.options import EngineOptions
from parlance.engine.sending import STORE_PAUSE, Sending
from parlance.engine.turns import Picked, Turns
from parlance.engine.ways import Ways
from parlance.model.fault import Refusal
from parlance.model.ids import Id, compose
from parlance.model.sender import Route, Sender

_log = structlog.get_logger("dispatch")
BEHIND = 10_000
"""How far behind the newest id another node's may be stored, in milliseconds."""

MEMORY = 300_000
"""For how long departures count: as long as WhatsApp takes to be repaid a burst (spec/cloud-api.md §12)."""

WAY_PAUSE = 5_000
"""How long a message rests that none of the routes left to it can carry, in milliseconds."""


class Dispatch:
    """Drives every lane of this node."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        exchange: Exchange,
        carriers: Mapping[str, Carrier],
        dialects: Mapping[str, Dialect],
        options: EngineOptions,
        chance: Callable[[], float],
        written: Callable[[Written], None],
        mine: Callable[[Id], bool] = lambda _: True,
        held: Callable[[Id], bool] = lambda _: True,
    ) -> None:
        """`chance` spreads pauses (0 to 1); `written` is told what each settlement set in motion.

        `mine` says whether this node begins to send a sender's messages, `held` whether it may end what it has begun.
        """
        self._mine = mine
        self._store = store
        self._clock = clock
        self._carriers = carriers
        self._options = options
        self._ways = Ways(store, carriers)
        self._turns = Turns(store, carriers, dialects, self._ways, options)
        self._sending = Sending(
            store, clock, exchange, carriers, self._ways, options, chance, written, self._poke, self.reload, held
        )
        self._tracks: dict[Id, Track] = {}
        self._timers: list[tuple[int, Id]] = []
        self._wake = asyncio.Event()
        self._woken: set[Id] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.running = False

    # ---- doors

    async def run(self) -> None:
        """Dispatch until `stop`; begins with what an earlier run left behind."""
        self.running = True
        try:
            await self._remember()
            await self._look_everywhere()
            while not self._stopping:
                self._fire_timers()
                for sender_id in self._drain_woken():
                    self._spawn(self._pump(sender_id))
                until = self._timers[0][0] if self._timers else None
                await self._clock.wait(self._wake, until)
                self._wake.clear()
        finally:
            self.running = False

    async def stop(self, grace: int) -> None:
        """Claim nothing more and let what is under way end within `grace` milliseconds; the rest is cut off, unsure."""
        self._stopping = True
        self._wake.set()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace / 1000
        # A pump under way may still start what it has claimed: look until nothing is left.
        while self._tasks and loop.time() < end:
            await asyncio.wait(self._tasks, timeout=end - loop.time())
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def paced(self, now: int) -> list[int]:
        """For how much longer each sender that keeps a pace holds back what it has, in milliseconds."""
        ends = [max(track.rest_until, track.paced_until) for track in self._tracks.values() if not track.lane.idle]
        return [end - now for end in ends if end > now]

    def cooling(self, sender: Sender) -> Mapping[Id, int]:
        """A sender's routes that are left alone for a while, and until when (real time)."""
        return self._ways.cooling(sender, self._clock.now())

    def accepted(self, pending: Pending) -> None:
        """A message was stored."""
        if not self._mine(pending.sender_id):
            return
        self._lane(pending.sender_id).lane.accepted(pending, self._clock.now())
        self._poke(pending.sender_id)

    def settled_elsewhere(self, written: Written) -> None:
        """A callback or a person moved messages out of the outbox or back into it."""
        now = self._clock.now()
        for sender_id, message_id in written.released:
            if sender_id in self._tracks:
                self._tracks[sender_id].lane.release(message_id, now)
                self._poke(sender_id)
        for pending in written.requeued:
            if not self._mine(pending.sender_id):
                continue
            track = self._lane(pending.sender_id)
            track.lane.release(pending.message_id, now)
            track.lane.add([pending], now)
            self._poke(pending.sender_id)

    async def reload(self, sender_id: Id | None = None) -> None:
        """Due times or routes have changed: read the lanes anew, keeping what is under way."""
        self.reread(None if sender_id is None else [sender_id])

    # ---- among other nodes

    async def adopt(self, taken: frozenset[int]) -> None:  # noqa: ARG002  whose a sender is shows by itself
        """Take up the work of these buckets, at the pace at which another node left it."""
        await self._remember()
        await self._look_everywhere()

    def abandon(self, kept: Callable[[Id], bool]) -> None:
        """Drop the work of senders that are not kept; what is under way can write nothing any more."""
        for sender_id in [each for each in self._tracks if not kept(each)]:
            del self._tracks[sender_id]

    def look(self, names: Iterable[Id] | None) -> None:
        """Messages of these senders were stored elsewhere (None: of anyone)."""
        if names is None:
            self._spawn(self._look_everywhere())
            return
        self._rewind(names, max(0, compose(self._clock.now() - BEHIND, 0, 0)))

    def reread(self, names: Iterable[Id] | None) -> None:
        """What these senders' lanes know (None: anyone's) was changed, here or by another node."""
        # Only the pump may change lanes: it may be waiting for the store with messages in its hands.
        for sender_id in list(self._tracks) if names is None else names:
            if self._mine(sender_id):
                self._lane(sender_id).stale = True
                self._poke(sender_id)

    def _rewind(self, sender_ids: Iterable[Id], since: Id) -> None:
        for sender_id in sender_ids:
            if self._mine(sender_id):
                self._lane(sender_id).lane.rewind(since)
                self._poke(sender_id)

    def busy(self, concerned: Callable[[Id], bool]) -> bool:
        """Whether messages of a sender concerned are under way."""
        return any(track.lane.flying and concerned(sender_id) for sender_id, track in self._tracks.items())

    async def _look_everywhere(self) -> None:
        # From the very beginning: this is the net for whatever else was missed.
        self._rewind(await self._store.busy_senders(), 0)

    async def _remember(self) -> None:
        """Take up the pace of an earlier run: what it sent a moment ago still counts."""
        for departure in await self._store.departures(self._clock.now() - MEMORY):
            sender = await self._store.sender(departure.sender_id)
            route = sender.by_id(departure.route_id) if sender else None
            if sender is None or route is None or not self._mine(sender.id):
                continue
            track = self._lane(sender.id)
            track.departed_at = departure.at
            pacer = self._turns.pacer(track, route)
            for _ in range(departure.parts):
                pacer.depart(departure.at, departure.customer_id)
            # Whoever has no pace to keep is forgotten again by the next look.
            self._woken.add(sender.id)

    # ---- lanes

    def _lane(self, sender_id: Id) -> Track:
        track = self._tracks.get(sender_id)
        if track is None:
            track = self._tracks[sender_id] = Track(Lane(sender_id, self._options.unsure_hold))
        return track

    def _poke(self, sender_id: Id) -> None:
        self._woken.add(sender_id)
        self._wake.set()

    def _drain_woken(self) -> set[Id]:
        woken, self._woken = self._woken, set()
        return woken

    def _fire_timers(self) -> None:
        now = self._clock.now()
        while self._timers and self._timers[0][0] <= now:
            _, sender_id = heapq.heappop(self._timers)
            self._woken.add(sender_id)
            if sender_id in self._tracks:
                self._tracks[sender_id].timer_at = None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("dispatch task ended", fault=type(fault).__name__)

    async def _pump(self, sender_id: Id) -> None:
        """Start whatever of one lane may go; one pump at a time for each lane."""
        track = self._tracks.get(sender_id)
        if track is None:
            return
        if track.pumping:
            track.again = True
            return
        track.pumping = True
        try:
            while True:
                track.again = False
                try:
                    await self._pump_once(track)
                except Refusal:
                    track.rest_until = self._clock.now() + STORE_PAUSE
                except Fenced:
                    self._tracks.pop(sender_id, None)
                    return
                if not track.again or self._stopping:
                    break
        finally:
            track.pumping = False
        self._set_timer(track)

    def _set_timer(self, track: Track) -> None:
        lane = track.lane
        if lane.idle:
            # Pacing must outlive the queue: a lane with memory of departures stays until that has run out.
            if not any(pacer.limits.pair or pacer.limits.gap for pacer in track.pacers.values()):
                self._tracks.pop(lane.sender_id, None)
            return
        moments = [moment for moment in (lane.next_moment(), track.rest_until, track.paced_until) if moment]
        if moments and (track.timer_at is None or min(moments) < track.timer_at):
            track.timer_at = min(moments)
            heapq.heappush(self._timers, (track.timer_at, lane.sender_id))
            self._wake.set()

    async def _pump_once(self, track: Track) -> None:
        now = self._clock.now()
        sender = await self._store.sender(track.lane.sender_id)
        if sender is None:
            self._tracks.pop(track.lane.sender_id, None)
            return
        if not self._mine(sender.id):
            return
        gaps = await self._turns.gaps(track, sender)
        if track.stale or track.lane.paced != gaps.keys():
            track.stale, track.rest_until = False, 0
            track.lane = track.lane.fresh(frozenset(gaps))
        if self._stopping or track.rest_until > now:
            return
        track.rest_until = track.paced_until = 0
        lane = track.lane
        while lane.wants_more:
            await self._read_page(lane, now)
            if await self._store.sender(sender.id) != sender:
                # What was held meanwhile must not go: not even what came after that.
                track.again = True
                return
        for row in lane.due_unsure(now):
            self._spawn(self._sending.look_again(track, sender, row))
        await self._start(track, sender, gaps, now)

    async def _read_page(self, lane: Lane, now: int) -> None:
        lane.missed = []
        try:
            rows = await self._store.pending(lane.sender_id, lane.cursor, PAGE)
        finally:
            missed, lane.missed = lane.missed, None
        lane.more = len(rows) == PAGE
        lane.cursor = rows[-1].message_id if rows else lane.cursor
        lane.add(rows, now)
        for row in missed:
            lane.accepted(row, now)

    async def _start(self, track: Track, sender: Sender, gaps: Mapping[str, int], now: int) -> None:
        picked: list[Picked] = []
        for row in self._turns.pick(track, sender, gaps, now, picked) + self._turns.pick(
            track, sender, {}, now, picked
        ):
            self._spawn(self._sending.expire(track, sender, row))
        if not picked:
            return
        held = {row.message_id: row for row, _ in picked}
        try:
            for route, rows in await self._ways.by_route(sender, picked, now):
                await self._claim(track, sender, route, rows, now)
                for row in rows:
                    del held[row.message_id]
        except BaseException:
            for row in held.values():
                track.lane.land(row, now, row)
            raise
        for row in held.values():
            # None of the routes left to it can carry it.
            track.lane.land(row, now, replace(row, due_at=now + WAY_PAUSE))

    async def _claim(self, track: Track, sender: Sender, route: Route, rows: Sequence[Pending], now: int) -> None:
        """Claim rows for one route and send them."""
        able = self._carriers[route.carrier].capabilities
        mark = not able.idempotent_send or able.cards == 1
        ids = [row.message_id for row in rows]
        claimed = await self._store.claim(sender, ids, now, mark=mark, route=route, cards=able.cards)
        by_id = {each.message.id: each for each in claimed}
        for row in rows:
            if row.message_id in by_id:
                self._spawn(self._sending.send(track, sender, row, by_id[row.message_id], route))
            else:
                track.lane.land(row, now, None)
                track.again = True

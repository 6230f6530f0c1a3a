"""Notices when messages no longer get through, though nothing says no: then somebody has to look.

A sender is stalled when its oldest waiting message is too old, or when message after message leaves and no receipt
comes back. Each stall, and its end, is told once as an event of the sender.
"""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum

import structlog

from parlance.contract.moments import Written
from parlance.contract.operators import Tally
from parlance.contract.provider import Carrier
from parlance.contract.store import Store
from parlance.contract.world import Clock
from parlance.model.event import KIND_OF_STAGE, EventKind
from parlance.model.fault import Refusal
from parlance.model.ids import Id, minted_at
from parlance.model.message import Stage
from parlance.model.sender import Sender
from parlance.model.value import dataclass

PERIOD = 15_000
"""How often is looked, in milliseconds."""

LEAST = 3
"""So many messages without a receipt are a sign; fewer may have gone to phones that are switched off."""

_RECEIPTS = frozenset({Stage.SENT, Stage.DELIVERED, Stage.READ})
_log = structlog.get_logger("watch")


class Why(StrEnum):
    """What a stall was noticed by."""

    TOO_OLD = "too_old"
    NO_RECEIPTS = "no_receipts"


@dataclass(frozen=True, slots=True)
class Stall:
    """Why a sender is stalled, and since when (Unix milliseconds)."""

    why: Why
    since: int


@dataclass(slots=True)
class _Silence:
    """Messages that left since the last receipt."""

    since: int
    count: int


class Watch:
    """Looks at all senders from time to time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        carriers: Mapping[str, Carrier],
        after: Id,
        *,
        mute: int = 0,
        oldest: int = 0,
        written: Callable[[Written], None] = lambda _: None,
    ) -> None:
        """What was logged `after` this id counts.

        `mute` and `oldest` are how long there may be no receipt and how long a message may wait, in milliseconds; 0:
        for ever. `written` is told what telling of a stall set in motion.
        """
        self._store = store
        self._clock = clock
        self._carriers = carriers
        self._after = after
        self._mute = mute
        self._oldest = oldest
        self._written = written
        self._began = clock.now()
        self._silences: dict[Id, _Silence] = {}
        self._told: tuple[frozenset[Id], bool] = (frozenset(), False)
        self._following = asyncio.Lock()
        self.counts: Callable[[Tally], None] = lambda _: None
        """Told of all that is new in the event log, each time it is followed."""
        self.stalled: Mapping[Id, Stall] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        never = asyncio.Event()
        while True:
            try:
                await self.look()
            except Refusal:
                _log.warning("the store is away; the next look comes")
            await self._clock.wait(never, self._clock.now() + PERIOD)

    async def follow(self) -> None:
        """Take up what is new in the event log; raises `Refusal(UNAVAILABLE)`."""
        async with self._following:
            tally = await self._store.tally(self._after)
            self._after = tally.last
            for sender_id in {sender_id for sender_id, _ in tally.kinds}:
                sender = await self._store.sender(sender_id)
                if sender is not None:
                    self._listen(sender, tally)
            self.counts(tally)

    def _listen(self, sender: Sender, tally: Tally) -> None:
        """Keep count of what left since the last receipt."""
        carrier = self._carriers.get(sender.route.carrier)
        promised = carrier.capabilities.receipts & _RECEIPTS if carrier else frozenset[Stage]()
        kinds = [KIND_OF_STAGE[stage] for stage in promised]
        heard = max((tally.kinds[sender.id, kind][2] for kind in kinds if (sender.id, kind) in tally.kinds), default=0)
        count, first, last = tally.kinds.get((sender.id, EventKind.DEPARTED), (0, 0, 0))
        if heard or not kinds:
            self._silences.pop(sender.id, None)
        if not kinds or last <= heard:
            return
        if first < heard:
            first, count = last, 1
        silence = self._silences.setdefault(sender.id, _Silence(minted_at(first), 0))
        silence.count += count

    async def look(self) -> None:
        """Find out who is stalled, and tell of changes; raises `Refusal(UNAVAILABLE)`."""
        await self.follow()
        now = self._clock.now()
        suspects = {
            sender_id: Stall(Why.NO_RECEIPTS, silence.since)
            for sender_id, silence in self._silences.items()
            if self._mute and silence.count >= LEAST and now - silence.since >= self._mute
        }
        for depth in await self._store.depths() if self._oldest else ():
            if depth.oldest is not None and now - depth.oldest >= self._oldest:
                suspects[depth.sender_id] = Stall(Why.TOO_OLD, depth.oldest)
        self.stalled = {sender_id: stall for sender_id, stall in suspects.items() if await self._should_flow(sender_id)}
        # What is not known anew so soon after the start may last from before it.
        told = frozenset(self.stalled), now - self._began >= self._mute
        if told != self._told:
            self._written(await self._store.tell_stalls(told[0], now, ended=told[1]))
            if told[0] != self._told[0]:
                _log.warning("senders are stalled", count=len(told[0]))
            self._told = told

    async def _should_flow(self, sender_id: Id) -> bool:
        """Whether nothing else says already why a sender's messages do not leave."""
        sender = await self._store.sender(sender_id)
        return sender is not None and not sender.held and not sender.route.held

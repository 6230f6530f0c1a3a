"""Whose turn it is: what may leave now, by which route, within width and pace."""

from collections.abc import Mapping
from typing import TypeAlias

from parlance.contract.moments import Pending
from parlance.contract.provider import Carrier, Dialect
from parlance.contract.store import Store
from parlance.engine.lane import Track
from parlance.engine.options import EngineOptions
from parlance.engine.ways import Ways
from parlance.model.sender import Route, Sender
from parlance.rules.pacing import Pacer

Picked: TypeAlias = tuple[Pending, Route]


class Turns:
    """Picks from lanes."""

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Carrier],
        dialects: Mapping[str, Dialect],
        ways: Ways,
        options: EngineOptions,
    ) -> None:
        """`ways` chooses routes."""
        self._store = store
        self._carriers = carriers
        self._dialects = dialects
        self._ways = ways
        self._options = options

    async def gaps(self, track: Track, sender: Sender) -> Mapping[str, int]:
        """The dialects whose messages leave one by one, with the least time between two departures in milliseconds."""
        known, found = track.gaps
        # The store reads a sender anew, with all its settings, when any of them has changed.
        if known is sender:
            return found
        found = {}
        for name, dialect in self._dialects.items():
            gap = dialect.policy(await self._store.document(sender.id, name)).gap
            if gap:
                found[name] = gap
        track.gaps = sender, found
        return found

    def pick(
        self, track: Track, sender: Sender, gaps: Mapping[str, int], now: int, picked: list[Picked]
    ) -> list[Pending]:
        """Add to `picked` what goes now, oldest first, within width and pace; gives what has outlived its time.

        Looks at one of the lane's two lines: with `gaps` at the paced one.
        """
        lane, expired = track.lane, []
        while lane.flying < self._options.in_flight and (chat := lane.next_ready(now, paced=bool(gaps))) is not None:
            head = chat.waiting[0]
            route = None if sender.held else self._ways.of(sender, head, now)
            if head.expires_at <= now:
                expired.append(lane.take(chat))
            elif head.doomed:
                # What is not going to be sent takes nobody's turn.
                picked.append((lane.take(chat), sender.route))
            elif route is None:
                lane.hold(chat, head.expires_at, now)
            elif (slot := (pacer := self.pacer(track, route)).pair_slot(now, chat.customer)) > now:
                lane.hold(chat, min(int(slot) + 1, head.expires_at), now)
            elif gaps and lane.pacing:
                break
            elif (slot := _slot(track, pacer, gaps.get(head.dialect, 0), now)) > now:
                track.rest(int(slot) + (slot > int(slot)), all_of_it=not gaps)
                break
            else:
                pacer.depart(now, chat.customer)
                track.departed_at = now
                picked.append((lane.take(chat), route))
                if gaps:
                    lane.pacing = head.message_id
        return expired

    def pacer(self, track: Track, route: Route) -> Pacer:
        """The memory of a route's departures; begun anew when its limits change."""
        limits = self._carriers[route.carrier].limits(route)
        pacer = track.pacers.get(route.id)
        if pacer is None or pacer.limits != limits:
            pacer = track.pacers[route.id] = Pacer(limits)
        return pacer


def _slot(track: Track, pacer: Pacer, gap: int, now: int) -> float:
    """When the next message may leave by the route's pace and the dialect's."""
    return max(pacer.route_slot(now), track.departed_at + gap if gap else now)

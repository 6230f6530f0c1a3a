"""The network's outgoing post: callbacks are written down when they are owed and posted when they fall due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import TypeAlias

import structlog

from parlance.contract.phones import PhoneBook, PhoneCallback
from parlance.contract.registry import Registry
from parlance.contract.world import Clock
from parlance.formats.sandbox import JSON_HEADERS, NAME, read_reports, write_reports
from parlance.model.fault import Refusal
from parlance.model.ids import Id
from parlance.model.message import Stage
from parlance.model.outcome import StatusReport
from parlance.model.wire import WireRequest, WireResponse

_log = structlog.get_logger("phones")

Door: TypeAlias = Callable[[str, str, WireRequest], Awaitable[WireResponse]]
"""Where callbacks go: carrier, the route's token, request."""

AGAIN = 1_000
"""How long a callback that was not taken waits for its next try, in milliseconds."""

POLL = 1_000
"""How long the post goes without looking for callbacks that another process wrote, in milliseconds."""

BATCH = 256


class Post:
    """Posts what the phones owe."""

    def __init__(self, book: PhoneBook, registry: Registry, clock: Clock, door: Door) -> None:
        """`door` takes the callbacks."""
        self._book = book
        self._registry = registry
        self._clock = clock
        self.door = door
        self._wake = asyncio.Event()
        self._again: dict[Id, int] = {}
        """Callbacks that were not taken, and when (real time) they are tried again."""

    def wake(self) -> None:
        """Something new is owed, or due times have changed."""
        self._wake.set()

    async def run(self) -> None:
        """Post callbacks as they fall due, until cancelled."""
        while True:
            self._wake.clear()
            try:
                until = await self._round()
            except Refusal:
                # The store cannot be read or written now; what is owed stays owed.
                until = self._clock.now() + AGAIN
            await self._clock.wait(self._wake, until)

    async def deliver(self, token: str, body: bytes) -> bool:
        """Post one callback now; whether the gateway took it."""
        request = WireRequest("POST", f"/callbacks/{NAME}/{token}", JSON_HEADERS, body)
        try:
            answer = await self.door(NAME, token, request)
        except Exception as fault:  # noqa: BLE001  a gateway that trips has not taken it, and the others still wait
            _log.warning("callback not taken", fault=type(fault).__name__)
            return False
        return 200 <= answer.status < 300

    async def _round(self) -> int:
        """Post what is due; gives the moment at which to look again."""
        now = self._clock.now()
        owed, next_due = await self._book.owed(now, BATCH)
        self._again = {callback_id: moment for callback_id, moment in self._again.items() if moment > now}
        due = [each for each in owed if each.id not in self._again]
        paid = [one for some in await asyncio.gather(*map(self._pay, _by_route(due))) for one in some]
        if paid:
            await self._show(paid)
            await self._book.paid([each.id for each in paid])
        refused = {each.id for each in due} - {each.id for each in paid}
        self._again |= dict.fromkeys(refused, self._clock.now() + AGAIN)
        if due and len(owed) == BATCH:
            return now
        moments = (now + POLL, next_due, min(self._again.values(), default=None))
        return min(moment for moment in moments if moment is not None)

    async def _pay(self, group: Sequence[PhoneCallback]) -> Sequence[PhoneCallback]:
        """Post the callbacks of one route together; gives those that are owed no more."""
        try:
            gone = await self._registry.sender(group[0].sender_id) is None
        except Refusal:
            return ()
        if gone:
            return group
        body = write_reports([report for each in group for report in read_reports(each.body)])
        return group if await self.deliver(group[0].token, body) else ()

    async def _show(self, paid: Sequence[PhoneCallback]) -> None:
        """Put on the phones what the gateway was told, as far as it came with a delay."""
        reached: dict[Stage, list[Id]] = {}
        for report in (report for each in paid for report in read_reports(each.body)):
            if isinstance(report, StatusReport) and report.stage not in {None, Stage.SENT} and report.tag is not None:
                reached.setdefault(report.stage, []).append(report.tag)
        for stage, message_ids in reached.items():
            await self._book.reach(message_ids, stage, ())


def _by_route(due: Sequence[PhoneCallback]) -> list[list[PhoneCallback]]:
    """Group callbacks by sender and token, each group in the order given."""
    ordered = sorted(due, key=_route_of)
    return [list(group) for _, group in groupby(ordered, key=_route_of)]


def _route_of(callback: PhoneCallback) -> tuple[Id, str]:
    return callback.sender_id, callback.token

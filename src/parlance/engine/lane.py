"""One sender's queue as the dispatcher sees it: chats side by side, each in order.

Plain bookkeeping without I/O. The store has the truth; a lane holds the part of it that is near its turn.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from parlance.contract.moments import Pending, Waiting
from parlance.model.ids import Id
from parlance.model.sender import Sender
from parlance.rules.pacing import Pacer

PAGE = 500
"""How many messages are read from the store at a time."""

MOST = 5_000
"""The most messages of one sender held in memory; the rest waits in the store."""


@dataclass(slots=True)
class Chat:
    """One customer's messages in order.

    `busy`: the first of them is under way. `held_until`: none may go before (real time). `unsure` counts those whose
    outcome is not known.
    """

    customer: Id
    waiting: deque[Pending] = field(default_factory=deque)
    busy: bool = False
    held_until: int = 0
    unsure: int = 0

    def insert(self, row: Pending) -> None:
        """Put a row in its place: by id, whatever the order in which commits were told, behind what is under way."""
        place = len(self.waiting)
        while place > self.busy and self.waiting[place - 1].message_id > row.message_id:
            place -= 1
        self.waiting.insert(place, row)


@dataclass(slots=True)
class Lane:
    """The messages of one sender.

    `cursor` is the last id read from the store, `more` whether there is more behind it. Unsure messages are looked at
    again when their `due_at` comes, and hold their chat for `unsure_hold` milliseconds. Messages of the `paced`
    dialects stand in a line of their own and go one by one: `pacing` is the one under way, 0 when there is none.
    """

    sender_id: Id
    unsure_hold: int = 0
    paced: frozenset[str] = frozenset()
    cursor: Id = 0
    more: bool = True
    flying: int = 0
    pacing: Id = 0
    chats: dict[Id, Chat] = field(default_factory=dict)
    known: set[Id] = field(default_factory=set)
    unsure: dict[Id, Pending] = field(default_factory=dict)
    missed: list[Pending] | None = None
    """What was accepted while a page is being read, which may have been too early to show it; else None."""
    _ready: list[tuple[Id, Id]] = field(default_factory=list)
    _ready_paced: list[tuple[Id, Id]] = field(default_factory=list)
    _later: list[tuple[int, Id]] = field(default_factory=list)
    _checks: list[tuple[int, Id]] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Nothing here, nothing under way, nothing left in the store."""
        return not self.known and not self.flying and not self.more

    @property
    def wants_more(self) -> bool:
        """Whether the next page should be read: there is one, and what is here may all be blocked or soon gone."""
        blocked = not self._ready and not self._ready_paced
        return self.more and len(self.known) < MOST and (len(self.known) < PAGE // 2 or blocked)

    def fresh(self, paced: frozenset[str]) -> "Lane":
        """A lane to be read anew, that knows only what is under way."""
        lane = Lane(self.sender_id, self.unsure_hold, paced, flying=self.flying, pacing=self.pacing)
        for chat in self.chats.values():
            if chat.busy:
                head = chat.waiting[0]
                lane.known.add(head.message_id)
                lane.chats[chat.customer] = Chat(chat.customer, deque([head]), busy=True)
        return lane

    def rewind(self, to: Id) -> None:
        """Rows may have come to the store behind the cursor, from id `to` on: read on from there."""
        self.cursor, self.more = min(self.cursor, to), True

    def accepted(self, row: Pending, now: int) -> None:
        """A message was stored: take it in, unless it comes with a page that is still to be read."""
        if self.missed is not None:
            self.missed.append(row)
        elif not self.more or row.message_id <= self.cursor:
            self.add([row], now)

    def add(self, rows: Iterable[Pending], now: int) -> None:
        """Take rows in; those already known are left alone."""
        for row in rows:
            if row.message_id in self.known:
                continue
            self.known.add(row.message_id)
            chat = self.chats.setdefault(row.customer_id, Chat(row.customer_id))
            if row.state is Waiting.READY:
                chat.insert(row)
            else:
                # Marked, and under way for nobody known: from now on it is unsure.
                self._doubt(chat, row if row.since else replace(row, since=now))
            self.line_up(chat, now)

    def _doubt(self, chat: Chat, row: Pending) -> None:
        self.unsure[row.message_id] = row
        chat.unsure += 1
        chat.held_until = max(chat.held_until, row.since + self.unsure_hold)
        heapq.heappush(self._checks, (row.due_at, row.message_id))

    def look_later(self, row: Pending) -> None:
        """An unsure message stays so; it is looked at again when this row is due."""
        if row.message_id in self.unsure:
            self.unsure[row.message_id] = row
            heapq.heappush(self._checks, (row.due_at, row.message_id))

    def line_up(self, chat: Chat, now: int) -> None:
        """Put a chat where its head belongs: ready, later, or (busy or empty) nowhere."""
        if chat.busy:
            return
        if not chat.waiting:
            if not chat.unsure:
                self.chats.pop(chat.customer, None)
            return
        head = chat.waiting[0]
        due = max(head.due_at, chat.held_until)
        if due <= now:
            heapq.heappush(self._line_of(head), (head.message_id, chat.customer))
        else:
            heapq.heappush(self._later, (due, chat.customer))

    def _line_of(self, row: Pending) -> list[tuple[Id, Id]]:
        return self._ready_paced if row.dialect in self.paced and not row.doomed else self._ready

    def next_ready(self, now: int, *, paced: bool = False) -> Chat | None:
        """The chat whose head is the oldest that may go now, in one of the two lines; it stays in place until taken."""
        while self._later and self._later[0][0] <= now:
            _, customer = heapq.heappop(self._later)
            if customer in self.chats:
                self.line_up(self.chats[customer], now)
        line = self._ready_paced if paced else self._ready
        while line:
            message_id, customer = line[0]
            chat = self.chats.get(customer)
            # Entries are not searched for and removed when a chat changes; those that no longer hold are passed over.
            if chat and not chat.busy and chat.waiting and chat.waiting[0].message_id == message_id:
                if max(chat.held_until, chat.waiting[0].due_at) <= now:
                    return chat
                heapq.heappop(line)
                self.line_up(chat, now)
                continue
            heapq.heappop(line)
        return None

    def take(self, chat: Chat) -> Pending:
        """Take a chat's head to be sent; the chat is busy until it has landed."""
        chat.busy = True
        self.flying += 1
        return chat.waiting[0]

    def hold(self, chat: Chat, until: int, now: int) -> None:
        """Let nothing of the chat go before `until`."""
        chat.held_until = max(chat.held_until, until)
        self.line_up(chat, now)

    def land(self, row: Pending, now: int, keep: Pending | None) -> None:
        """A message that was under way has come to something: it leaves (`keep` None) or stays as `keep`."""
        self.flying -= 1
        if self.pacing == row.message_id:
            self.pacing = 0
        self.known.discard(row.message_id)
        chat = self.chats[row.customer_id]
        chat.busy = False
        chat.waiting.popleft()
        if keep is not None:
            self.known.add(keep.message_id)
            if keep.state is Waiting.READY:
                chat.waiting.appendleft(keep)
            else:
                self._doubt(chat, keep)
        self.line_up(chat, now)

    def release(self, message_id: Id, now: int) -> None:
        """Someone else settled a message: forget it, and let its chat go on. What is under way lands by itself."""
        row = self.unsure.pop(message_id, None)
        if row is not None:
            self.known.discard(message_id)
            chat = self.chats[row.customer_id]
            chat.unsure -= 1
            chat.held_until = 0
            self.line_up(chat, now)
        elif message_id in self.known:
            self._take_out(message_id, now)

    def _take_out(self, message_id: Id, now: int) -> None:
        for chat in self.chats.values():
            if chat.busy and chat.waiting[0].message_id == message_id:
                return
            if any(row.message_id == message_id for row in chat.waiting):
                chat.waiting = deque(row for row in chat.waiting if row.message_id != message_id)
                self.known.discard(message_id)
                self.line_up(chat, now)
                return

    def next_moment(self) -> int | None:
        """When something here changes by time alone."""
        moments = [line[0][0] for line in (self._later, self._checks) if line]
        return min(moments, default=None)

    def due_unsure(self, now: int) -> list[Pending]:
        """Unsure messages to be looked at again, each given once."""
        due = []
        while self._checks and self._checks[0][0] <= now:
            moment, message_id = heapq.heappop(self._checks)
            row = self.unsure.get(message_id)
            if row is not None and row.due_at == moment:
                due.append(row)
        return due


@dataclass(slots=True)
class Track:
    """What the dispatcher keeps for one sender.

    `pumping`: its lane is being looked at; `again`: look once more after that; `stale`: read the lane anew first.
    `rest_until` is when the lane may be looked at again, `paced_until` when a paced message may leave, `timer_at` when
    the next look is. `pacers` are by route, `departed_at` is the last departure by any of them. `gaps` are those of the
    dialects as the sender was set up, by the very value that was read then.
    """

    lane: Lane
    pumping: bool = False
    again: bool = False
    stale: bool = False
    rest_until: int = 0
    paced_until: int = 0
    timer_at: int | None = None
    pacers: dict[Id, Pacer] = field(default_factory=dict)
    departed_at: int = 0
    gaps: tuple[Sender | None, dict[str, int]] = (None, {})

    def rest(self, until: int, *, all_of_it: bool) -> None:
        """Look again at `until`; before that nothing may leave, or (not `all_of_it`) nothing that is paced."""
        if all_of_it:
            self.rest_until = until
        else:
            self.paced_until = until

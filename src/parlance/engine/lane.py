"""One sender's queue as the dispatcher sees it: chats side by side, each in order.

Plain bookkeeping without I/O. The store has the truth; a lane holds the part of it that is near its turn.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from parlance.contract.store import Pending, Waiting
from parlance.model.ids import Id
from parlance.rules.pacing import Pacer

PAGE = 500
"""How many messages are read from the store at a time."""

MOST = 5_000
"""The most messages of one sender held in memory; the rest waits in the store."""


@dataclass(slots=True)
class Chat:
    """One customer's messages in order. `busy`: one is under way. `held_until`: none may go before (real time)."""

    customer: Id
    waiting: deque[Pending] = field(default_factory=deque)
    busy: bool = False
    held_until: int = 0


@dataclass(slots=True)
class Lane:
    """The messages of one sender.

    `cursor` is the last id read from the store, `more` whether there is more behind it. `unsure` are messages whose
    outcome is not known; they are looked at again when their `due_at` comes, and hold their chat for `unsure_hold`
    milliseconds.
    """

    sender_id: Id
    unsure_hold: int = 0
    cursor: Id = 0
    more: bool = True
    flying: int = 0
    chats: dict[Id, Chat] = field(default_factory=dict)
    known: set[Id] = field(default_factory=set)
    unsure: dict[Id, Pending] = field(default_factory=dict)
    _ready: list[tuple[Id, Id]] = field(default_factory=list)
    _later: list[tuple[int, Id]] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Nothing here, nothing under way, nothing left in the store."""
        return not self.known and not self.flying and not self.more

    @property
    def wants_more(self) -> bool:
        """Whether the next page should be read: there is one, and what is here may all be blocked or soon gone."""
        return self.more and len(self.known) < MOST and (len(self.known) < PAGE // 2 or not self._ready)

    def add(self, rows: Iterable[Pending], now: int) -> None:
        """Take rows in; those already known are left alone."""
        for row in rows:
            if row.message_id in self.known:
                continue
            self.known.add(row.message_id)
            chat = self.chats.setdefault(row.customer_id, Chat(row.customer_id))
            if row.state is Waiting.READY:
                self._insert(chat, row)
            else:
                self.unsure[row.message_id] = row
                chat.held_until = max(chat.held_until, row.since + self.unsure_hold)
            self.line_up(chat, now)

    @staticmethod
    def _insert(chat: Chat, row: Pending) -> None:
        """Put a row in its place: by id, whatever the order in which commits were told."""
        place = len(chat.waiting)
        while place and chat.waiting[place - 1].message_id > row.message_id:
            place -= 1
        chat.waiting.insert(place, row)

    def line_up(self, chat: Chat, now: int) -> None:
        """Put a chat where its head belongs: ready, later, or (busy or empty) nowhere."""
        if chat.busy or not chat.waiting:
            self._drop_if_empty(chat)
            return
        head = chat.waiting[0]
        due = max(head.due_at, chat.held_until)
        if due <= now:
            heapq.heappush(self._ready, (head.message_id, chat.customer))
        else:
            heapq.heappush(self._later, (due, chat.customer))

    def _drop_if_empty(self, chat: Chat) -> None:
        if not chat.busy and not chat.waiting and not any(u.customer_id == chat.customer for u in self.unsure.values()):
            self.chats.pop(chat.customer, None)

    def next_ready(self, now: int) -> Chat | None:
        """The chat whose head is the oldest that may go now; it stays in place until taken."""
        while self._later and self._later[0][0] <= now:
            _, customer = heapq.heappop(self._later)
            if customer in self.chats:
                self.line_up(self.chats[customer], now)
        while self._ready:
            message_id, customer = self._ready[0]
            chat = self.chats.get(customer)
            # Entries are not searched for and removed when a chat changes; those that no longer hold are passed over.
            if chat and not chat.busy and chat.waiting and chat.waiting[0].message_id == message_id:
                if max(chat.held_until, chat.waiting[0].due_at) <= now:
                    return chat
                heapq.heappop(self._ready)
                self.line_up(chat, now)
                continue
            heapq.heappop(self._ready)
        return None

    def take(self, chat: Chat) -> Pending:
        """Take a chat's head to be sent; the chat is busy until `give_back` or `finish`."""
        chat.busy = True
        self.flying += 1
        return chat.waiting[0]

    def hold(self, chat: Chat, until: int, now: int) -> None:
        """Let nothing of the chat go before `until`."""
        chat.held_until = max(chat.held_until, until)
        self.line_up(chat, now)

    def land(self, row: Pending, now: int, keep: Pending | None) -> None:
        """A message that was under way has come to something: it leaves (`keep` None) or stays as `keep`."""
        chat = self.chats.get(row.customer_id)
        self.flying -= 1
        if chat is None:
            return
        chat.busy = False
        if chat.waiting and chat.waiting[0].message_id == row.message_id:
            chat.waiting.popleft()
        self.known.discard(row.message_id)
        if keep is not None:
            self.known.add(keep.message_id)
            if keep.state is Waiting.READY:
                chat.waiting.appendleft(keep)
            else:
                self.unsure[keep.message_id] = keep
                chat.held_until = max(chat.held_until, keep.since + self.unsure_hold)
        self.line_up(chat, now)

    def release(self, message_id: Id, now: int) -> None:
        """Someone else settled a message: forget it, and let its chat go on."""
        if message_id not in self.known:
            return
        row = self.unsure.pop(message_id, None)
        self.known.discard(message_id)
        for chat in [self.chats[row.customer_id]] if row else list(self.chats.values()):
            if row is not None:
                chat.held_until = 0
            elif any(one.message_id == message_id for one in chat.waiting):
                if chat.busy and chat.waiting[0].message_id == message_id:
                    self.known.add(message_id)
                    return
                chat.waiting = deque(one for one in chat.waiting if one.message_id != message_id)
            else:
                continue
            self.line_up(chat, now)
            return

    def next_moment(self) -> int | None:
        """When something here changes by time alone."""
        moments = [self._later[0][0]] if self._later else []
        if self.unsure:
            moments.append(min(row.due_at for row in self.unsure.values()))
        return min(moments, default=None)

    def due_unsure(self, now: int) -> list[Pending]:
        """Unsure messages to be looked at again."""
        return [row for row in self.unsure.values() if row.due_at <= now]


@dataclass(slots=True)
class Track:
    """What the dispatcher keeps for one sender.

    `pumping`: its lane is being looked at; `again`: look once more after that; `stale`: read the lane anew first.
    `rest_until` is when the lane may be looked at again, `timer_at` when it will be. `pacers` are by route.
    """

    lane: Lane
    pumping: bool = False
    again: bool = False
    stale: bool = False
    rest_until: int = 0
    timer_at: int | None = None
    pacers: dict[Id, Pacer] = field(default_factory=dict)

"""`/admin/v1/events`: the event log, page by page or as it grows."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from parlance.model.event import Event
from parlance.model.fault import Refusal
from parlance.model.ids import Id, compose, to_text
from parlance.model.value import dataclass
from parlance.web import shapes, show
from parlance.web.asgi import ClientLeft, unless_left
from parlance.web.forms import listed, read_hex, read_limit, read_query
from parlance.web.lookup import find_sender
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

POLL = 250
"""How often the log is looked at while a stream is open (milliseconds); also the longest a stream outlives its end."""

RECENT = 1_000
"""How many of the last events are kept for those who read along."""

_KEEP_ALIVE = 15_000
"""A silent stream says so this often, so that nothing between us and the reader takes it for dead (milliseconds)."""

_BATCH = 200
_SETTLED = 10_000
"""No transaction takes so long (milliseconds): what it logs has its place in the order by then."""


class Events:
    """The event log, over the engine's doors."""

    def __init__(self, engine: "Engine", stopping: asyncio.Event) -> None:
        """Open streams end when `stopping` is set."""
        self._engine = engine
        self._stopping = stopping
        self._tail = Tail(engine, stopping)

    def routes(self) -> list[Route]:
        """The one call."""
        return [Route("/admin/v1/events", self.page, methods=["GET"])]

    @documented(
        Call(
            query=("after", "limit", "sender"), gives={200: shapes.Page[shapes.Event]}, refuses=(404, 409), streams=True
        )
    )
    async def page(self, request: Request) -> "Response | EventStream":
        """Events in order of id: a page of them, or, where `text/event-stream` is asked for, all there are and come.

        `after=now` begins with the next one. A stream's `Last-Event-ID` goes before `after`.
        """
        query = read_query(request, "after", "limit", "sender")
        sender_id = (await find_sender(self._engine, query["sender"])).id if "sender" in query else None
        after = self._position(query.get("after"), "after")
        if "text/event-stream" in request.headers.get("accept", ""):
            after = self._position(request.headers.get("last-event-id"), "Last-Event-ID") or after
            return EventStream(self._engine, self._tail, self._stopping, after, sender_id)
        limit = read_limit(query)
        found = await self._engine.store.events(after, limit + 1, sender_id)
        return listed(found, limit, show.event, lambda one: to_text(one.id))

    def _position(self, text: str | None, path: str) -> Id:
        if text == "now":
            return self._engine.ids.mint()
        return read_hex(text, path) if text else 0


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and how streams tell of it."""

    id: Id
    sender_id: Id
    frame: bytes


class Tail:
    """The end of the log, read once for all streams that are open, however many.

    The log is looked at each `POLL` milliseconds, as long as somebody reads along: to be told of every commit would
    cost each message something, a look at an index four times a second costs next to nothing.
    """

    def __init__(self, engine: "Engine", stopping: asyncio.Event) -> None:
        """Those who read along are woken when `stopping` is set."""
        self._engine = engine
        self._stopping = stopping
        self._recent: deque[Told] = deque(maxlen=RECENT)
        self._start: Id | None = None
        self._readers = 0
        self._looking: asyncio.Task[None] | None = None
        self.news = asyncio.Event()
        """Set when there is something new; then another one takes its place."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Look at the log for as long as the context lasts."""
        self._readers += 1
        if self._looking is None:
            # What was begun before that has long been committed, and can be read.
            self._start = compose(self._engine.clock.now() - _SETTLED, 0, 0)
            self._looking = asyncio.create_task(self._look(self._start))
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                looking, self._looking, self._start = self._looking, None, None
                self._recent.clear()
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)

    async def after(self, position: Id, limit: int, sender_id: Id | None) -> tuple[list[Told], Id]:
        """The next events of one sender, or all, and the position behind what was looked through for them.

        There may be more at once when `limit` were found. Raises `Refusal(UNAVAILABLE)`.
        """
        start = self._start
        if start is None or position < start:
            found = [*map(_told, await self._engine.store.events(position, limit, sender_id))]
            last = found[-1].id if found else position
            return found, last if len(found) == limit else max(last, start or 0)
        new = [*takewhile(lambda told: told.id > position, reversed(self._recent))][::-1]
        mine = [told for told in new if sender_id in {None, told.sender_id}][:limit]
        if len(mine) == limit:
            return mine, mine[-1].id
        return mine, new[-1].id if new else position

    async def _look(self, position: Id) -> None:
        clock = self._engine.clock
        while True:
            try:
                found = await self._engine.store.events(position, _BATCH)
            except Refusal:
                # The store is away for a moment; what happened meanwhile comes when it is back.
                found = ()
            for event in found:
                if len(self._recent) == RECENT:
                    self._start = self._recent[0].id
                self._recent.append(_told(event))
                position = event.id
            if found or self._stopping.is_set():
                rung, self.news = self.news, asyncio.Event()
                rung.set()
            if len(found) < _BATCH:
                await clock.wait(asyncio.Event(), clock.now() + POLL)


class EventStream:
    """Server-sent events of one reader: `id`, `event` (the kind) and `data` (the event's JSON)."""

    def __init__(self, engine: "Engine", tail: Tail, stopping: asyncio.Event, after: Id, sender_id: Id | None) -> None:
        self._engine = engine
        self._tail = tail
        self._stopping = stopping
        self._after = after
        self._sender_id = sender_id

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader leaves or the gateway stops."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async with self._tail.reading():
            try:
                await unless_left(receive, self._stream(send))
            except ClientLeft:
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream(self, send: Send) -> None:
        clock = self._engine.clock
        spoke = clock.now()
        # An empty comment lets the reader know at once that the stream is open.
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        while not self._stopping.is_set():
            news, until = self._tail.news, spoke + _KEEP_ALIVE
            try:
                found, self._after = await self._tail.after(self._after, _BATCH, self._sender_id)
            except Refusal:
                found, until = [], clock.now() + POLL
            if found or clock.now() >= spoke + _KEEP_ALIVE:
                spoke = clock.now()
                body = b"".join(told.frame for told in found) or b":\n\n"
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if len(found) < _BATCH:
                await clock.wait(news, until)


def _told(event: Event) -> Told:
    data = json.dumps(show.event(event), separators=(",", ":"))
    return Told(event.id, event.sender_id, f"id: {to_text(event.id)}\nevent: {event.kind}\ndata: {data}\n\n".encode())

"""`/admin/v1/events`: the event log, page by page or as it grows."""

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from parlance.model.event import Event
from parlance.model.fault import Refusal
from parlance.model.ids import Id, to_text
from parlance.web import shapes, show
from parlance.web.forms import listed, read_hex, read_limit, read_query
from parlance.web.lookup import find_sender
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

POLL = 250
"""How often the log is looked at while a stream is open (milliseconds); also the longest a stream outlives its end."""

_KEEP_ALIVE = 15_000
"""A silent stream says so this often, so that nothing between us and the reader takes it for dead (milliseconds)."""

_BATCH = 200


class Events:
    """The event log, over the engine's doors."""

    def __init__(self, engine: "Engine", stopping: asyncio.Event) -> None:
        """Open streams end when `stopping` is set."""
        self._engine = engine
        self._stopping = stopping

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
            return EventStream(self._engine, self._stopping, after, sender_id)
        limit = read_limit(query)
        found = await self._engine.store.events(after, limit + 1, sender_id)
        return listed(found, limit, show.event, lambda one: to_text(one.id))

    def _position(self, text: str | None, path: str) -> Id:
        if text == "now":
            return self._engine.ids.mint()
        return read_hex(text, path) if text else 0


class EventStream:
    """Server-sent events of one reader: `id`, `event` (the kind) and `data` (the event's JSON).

    The log is read each `POLL` milliseconds: to be told of every commit would cost each message something, a look at an
    index four times a second costs next to nothing.
    """

    def __init__(self, engine: "Engine", stopping: asyncio.Event, after: Id, sender_id: Id | None) -> None:
        self._engine = engine
        self._stopping = stopping
        self._after = after
        self._sender_id = sender_id

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader leaves or the gateway stops."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.Event()
        watch = asyncio.create_task(_watch(receive, gone))
        try:
            await self._stream(send, gone)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        if not gone.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream(self, send: Send, gone: asyncio.Event) -> None:
        clock = self._engine.clock
        spoke = clock.now()
        # An empty comment lets the reader know at once that the stream is open.
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        while not (gone.is_set() or self._stopping.is_set()):
            found = await self._read()
            now = clock.now()
            if found or now - spoke >= _KEEP_ALIVE:
                spoke = now
                body = b"".join(map(_frame, found)) or b":\n\n"
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if len(found) < _BATCH:
                await clock.wait(gone, now + POLL)

    async def _read(self) -> list[Event]:
        try:
            found = list(await self._engine.store.events(self._after, _BATCH, self._sender_id))
        except Refusal:
            # The store is away for a moment; what happened meanwhile comes when it is back.
            return []
        if found:
            self._after = found[-1].id
        return found


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _frame(event: Event) -> bytes:
    data = json.dumps(show.event(event), separators=(",", ":"))
    return f"id: {to_text(event.id)}\nevent: {event.kind}\ndata: {data}\n\n".encode()

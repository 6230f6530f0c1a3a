"""`/console/api/live`: what happens, as server-sent events."""

import asyncio
import json

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from parlance.console.guard import API
from parlance.console.pulse import Pulse, Watcher
from parlance.contract.world import Clock

SILENCE = 15_000
"""A stream on which nothing happens says so this often (milliseconds)."""


class Live:
    """The one call."""

    def __init__(self, pulse: Pulse, clock: Clock, stopping: asyncio.Event) -> None:
        """Streams end when `stopping` is set."""
        self._pulse = pulse
        self._clock = clock
        self._stopping = stopping

    def routes(self) -> list[Route]:
        """The call."""
        return [Route(f"{API}live", self.stream, methods=["GET"])]

    async def stream(self, request: Request) -> "_Stream":
        """What happens from now on, of one phone where `phone` names one."""
        return _Stream(self._pulse, self._clock, self._stopping, request.query_params.get("phone", ""))


class _Stream:
    """The answer to one reader: each event's `data` is what `pulse.Watcher.take` gives, with `now`."""

    def __init__(self, pulse: Pulse, clock: Clock, stopping: asyncio.Event, number: str) -> None:
        self._pulse = pulse
        self._clock = clock
        self._stopping = stopping
        self._number = number

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader leaves or the gateway stops."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        # Who knows that the stream is open looks at how things stand: from before that on, everything is told.
        with self._pulse.watch(self._number) as watcher:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            ended = asyncio.Event()
            ends = [
                asyncio.create_task(each) for each in (self._gone(receive, watcher, ended), self._stop(watcher, ended))
            ]
            try:
                await self._tell(send, watcher, ended)
            finally:
                for end in ends:
                    end.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
        if self._stopping.is_set():
            await send(_body(b"", more=False))

    async def _tell(self, send: Send, watcher: Watcher, ended: asyncio.Event) -> None:
        # The first comment lets the reader know that the stream is open.
        await send(_body(b"retry: 1000\n:\n\n"))
        while True:
            await self._clock.wait(watcher.wake, self._clock.now() + SILENCE)
            if ended.is_set():
                return
            if watcher.wake.is_set():
                told = json.dumps({"now": self._clock.now(), **watcher.take()}, separators=(",", ":"))
                await send(_body(f"data: {told}\n\n".encode()))
            else:
                await send(_body(b":\n\n"))

    async def _gone(self, receive: Receive, watcher: Watcher, ended: asyncio.Event) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()
        watcher.wake.set()

    async def _stop(self, watcher: Watcher, ended: asyncio.Event) -> None:
        await self._stopping.wait()
        ended.set()
        watcher.wake.set()


def _body(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}

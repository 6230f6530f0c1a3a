"""HTTP as it comes off the socket, with the limits that the HTTP server lacks: on time, size and number.

A request's head and its body have to arrive in their times, an answer has to be taken, a head may be so large, and only
so many connections are held. What breaks a limit is told in plain HTTP: whose words would fit is not known yet.
"""

import json
import socket
import struct
from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from parlance.model.value import dataclass
from parlance.web.joined import Joined
from parlance.web.retold import Retold

_LENGTHS = (b"content-length", b"transfer-encoding")
MOST_HEADERS = 128
MOST_PIPELINED = 32
"""Requests that may wait behind the one being answered, on one connection."""

GRACE = 2.0
"""How much longer than its reader the connection waits for a body: the reader's refusal is the better answer (seconds).
"""

LINGER = 1.0
"""How long a refused client may take to read why, while what it still sends is dropped (seconds)."""

_SPARE = 10
"""One connection in so many may be over the limit, for as long as it takes to say so."""

_LOOSE = 65_536
_WIDE = 17
"""The most bytes on the wire for one byte of a body: one in a chunk of its own, and what clients put beside it."""

_RECENT = 1.0
"""A head that has been coming for so long may have to go where connections are scarce (seconds)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes. `mint` gives the id that a refusal carries, as every answer does."""

    header_seconds: float = 10.0
    body_seconds: float = 60.0
    answer_seconds: float = 30.0
    header_bytes: int = 32_768
    connections: int = 10_000
    mint: Callable[[], str] = str


class _Place(Enum):
    """Where the parser stands: between two requests, in a head, in a body."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()


def guarded(limits: Limits) -> type["Guarded"]:
    """A protocol with these limits; its connections count together."""
    kept: dict[str, Any] = {"limits": limits, "idle": {}, "waiting": {}}
    return type("Guarded", (Guarded,), kept)


class Guarded(HttpToolsProtocol):
    """One connection. `idle` are those without a request, `waiting` those without a whole head, oldest first."""

    limits: Limits
    idle: dict["Guarded", None]
    waiting: dict["Guarded", float]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._place = _Place.BETWEEN
        self._head_size = self._last = self._begun = 0
        self._raw = self._body = 0
        self._active: RequestResponseCycle | None = None
        self._unread = False
        self._timer: TimerHandle | None = None
        self._timed: _Place | None = None
        self._stuck: TimerHandle | None = None
        self._fault = HTTPStatus.BAD_REQUEST
        self._deaf = False

    # ---- the connection

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Take a connection, where need be in the place of one that nobody uses."""
        super().connection_made(transport)
        most = self.limits.connections
        if len(self.connections) <= most or self._make_room():
            self._watch()
        elif len(self.connections) <= most + max(1, most // _SPARE):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            transport.abort()

    def _make_room(self) -> bool:
        """Close the connection that has been idle longest, else the one whose head has been coming for too long."""
        for each in self.idle:
            each.transport.close()
            self.connections.discard(each)
            del self.idle[each]
            return True
        for each, since in self.waiting.items():
            if self.loop.time() - since < _RECENT:
                return False
            each.transport.abort()
            self.connections.discard(each)
            del self.waiting[each]
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._unwatch()
        self.idle.pop(self, None)
        if self._stuck is not None:
            self._stuck.cancel()
        super().connection_lost(exc)

    # ---- what comes in

    def data_received(self, data: bytes) -> None:
        """Read on, and see that the rest of what has begun comes in time."""
        if self._deaf:
            return
        self.idle.pop(self, None)
        self._last = len(data)
        if self._place is _Place.HEAD:
            self._head_size += len(data)
        self._feed(data)
        if self._deaf or self.transport.is_closing():
            return
        if self._place is _Place.BODY:
            self._raw += len(data)
        if self._is_too_large():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._watch()

    def _feed(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
                if self._unread:
                    self._tell_again()
            except httptools.HttpParserError:
                self._refuse(self._fault)
                return
            else:
                return

    def _tell_again(self) -> None:
        """Go on with a body whose head offered to change the protocol.

        The parser takes every such offer for accepted and reads no further, while some clients make it with each of
        their requests over plain HTTP. A new parser is told how long the body is, and reads it.
        """
        length = next(name + b": " + value for name, value in self.headers if name in _LENGTHS)
        self._unread = False
        self.parser = httptools.HttpRequestParser(Retold(self))
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + length + b"\r\n\r\n")

    def _is_too_large(self) -> bool:
        most = self.limits.header_bytes
        if self._place is _Place.BODY:
            # More than a body of this size can be wrapped in is fields behind it or around its chunks.
            return self._raw > most + _LOOSE + _WIDE * self._body
        return self._place is _Place.HEAD and self._head_size > most

    def eof_received(self) -> None:
        """Nothing more comes. Who was refused has read why."""
        if self._deaf:
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._place, self._head_size, self._begun = _Place.HEAD, 0, self._last

    def on_headers_complete(self) -> None:
        """A head is whole; one that is too large is refused by raising."""
        # What came in few bytes needs no counting.
        most, size = self.limits.header_bytes, self._begun + self._head_size
        if size > most:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > most or len(self.headers) > MOST_HEADERS:
            self._fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")
        if len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("too many requests wait")
        super().on_headers_complete()
        self._place, self._raw, self._body = _Place.BODY, 0, 0
        self._unread = self.parser.should_upgrade() and any(name in _LENGTHS for name, _ in self.headers)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A body is whole."""
        if not self._unread:
            self._place = _Place.BETWEEN
            super().on_message_complete()

    # ---- time

    @property
    def _answering(self) -> bool:
        return self._active is not None and not self._active.response_complete

    def _watch(self) -> None:
        """Set the time for what is under way; the time of what was under way before is over."""
        place = self._place
        if place is _Place.BETWEEN and (self._answering or self.timeout_keep_alive_task is not None):
            self._unwatch()
        elif self._timed is not place:
            self._unwatch()
            self._timed = place
            body = place is _Place.BODY
            limit = self.limits.body_seconds + GRACE if body else self.limits.header_seconds
            self._timer = self.loop.call_later(limit, self._late)
            if not body:
                self.waiting[self] = self.loop.time()

    def _unwatch(self) -> None:
        self._timed = None
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = self._timed = None
        if self._place is _Place.BETWEEN:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    # ---- what goes out

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._active = cycle
        cycle.transport = cast("Transport", Joined(self.transport, cycle, self.loop))
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer is given: the next request may come."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is None or self.transport.is_closing():
            return
        if self._place is _Place.BETWEEN:
            self.idle[self] = None
        else:
            # The rest of the request that was answered early, or the next one, is under way: it has a time of its own.
            self._unset_keepalive_if_required()

    def pause_writing(self) -> None:
        """The client does not take what it asked for; it has some time to begin."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self.limits.answer_seconds, self._drop)

    def resume_writing(self) -> None:
        """It does."""
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        super().resume_writing()

    def _drop(self) -> None:
        """Close at once, with what is still to be taken."""
        taken = self.transport.get_extra_info("socket")
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _refuse(self, status: HTTPStatus) -> None:
        """Say no and close, once the client has read it or its time for that is over.

        Where an earlier request is still being answered, that answer is the last one, and nothing more is read.
        """
        self._unwatch()
        self._deaf = True
        active = self._active
        if active is not None and not active.response_complete:
            if active is not self.cycle or self._place is not _Place.BODY:
                active.keep_alive = False
                self.pipeline.clear()
                self.flow.pause_reading()
                return
            # Its own body cannot be read to the end: whoever waits for it need wait no longer.
            active.disconnected = True
            active.message_event.set()
            if active.response_started:
                self.transport.abort()
                return
        self.transport.write(_plain(status, self.limits.mint()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(LINGER, self.transport.abort)


def _plain(status: HTTPStatus, request_id: str) -> bytes:
    """A refusal as a problem object, in HTTP/1.1."""
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": status.phrase}
    body = json.dumps(problem, separators=(",", ":")).encode()
    again = "retry-after: 1\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\nparlance-request-id: {request_id}\r\n{again}connection: close\r\n\r\n"
    )
    return head.encode() + body

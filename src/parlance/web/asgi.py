"""Between ASGI's messages and our plain values of HTTP."""

import asyncio
from collections.abc import Awaitable, Coroutine, Generator, Iterable, Mapping
from functools import partial
from types import coroutine
from typing import Any, TypeVar

from starlette.types import Message, Receive, Scope, Send

from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse

T = TypeVar("T")

DRAIN = 8_388_608
"""How much of a body that is too large is still taken, so that its sender gets to read the answer (bytes)."""

PATIENCE = 60.0
"""How long a body may take to arrive (seconds); the HTTP server has no limit of its own."""

_WITHOUT_LENGTH = frozenset({204, 304})


class ClientLeft(Exception):
    """The client was gone before its request was whole."""


async def read_body(receive: Receive, limit: int, patience: float = PATIENCE) -> bytes:
    """Read a whole body of at most `limit` bytes.

    Raises `ClientLeft`, `Refusal(TOO_LARGE)`, and `Malformed` when it does not arrive within `patience` seconds. After
    a refusal the connection should be closed: the rest of the body may still be on it.
    """
    message, waits = _now(receive())
    if message is None or message.get("more_body", False):
        try:
            async with asyncio.timeout(patience):
                message = message or await _rest(*waits)
                body = await _gather(_piece(message), receive, limit) if message.get("more_body") else _piece(message)
        except TimeoutError:
            raise Malformed("", "timeout", f"The body did not arrive within {patience:g} seconds.") from None
    else:
        body = _piece(message)
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _piece(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientLeft
    piece: bytes = message.get("body", b"")
    return piece


def _now(receiving: Awaitable[Message]) -> tuple[Message | None, tuple[Any, Any]]:
    """What is there without waiting; else None, and what `_rest` waits with. Most bodies come with their heads."""
    steps = receiving.__await__()
    try:
        return None, (steps, next(steps))
    except StopIteration as done:
        return done.value, (steps, None)


@coroutine
def _rest(steps: Generator[Any, Any, Message], waits_for: object) -> Generator[Any, Any, Message]:
    """Go on waiting for what `_now` has begun to wait for."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as fault:  # noqa: BLE001  whatever it is belongs to who waits inside
            turn = partial(steps.throw, fault)
        else:
            turn = partial(steps.send, sent)
        try:
            waits_for = turn()
        except StopIteration as done:
            message: Message = done.value
            return message


async def _gather(first: bytes, receive: Receive, limit: int) -> bytes:
    chunks, size, more = [first], len(first), True
    while more:
        if size > DRAIN:
            raise _too_large(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if size > limit:
            chunks.clear()
        else:
            chunks.append(chunk)
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> Refusal:
    return Refusal(Fault.TOO_LARGE, detail=f"The body is over {limit} bytes.")


def replay(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already once more, and after it what else the server has to say."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def unless_left(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; where the client leaves before that it is cancelled, and `ClientLeft` raised."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def address_of(scope: Scope) -> str:
    """The address that a request comes from, as far as the proxies that are trusted tell; empty when not known."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def wire_request(
    scope: Scope, body: bytes, params: Mapping[str, str], received_at: int, request_id: str
) -> WireRequest:
    """Make the plain value of a request. `url` is the path as it was sent, still percent-encoded, and the query."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return WireRequest(
        scope["method"],
        (raw + b"?" + query if query else raw).decode("latin-1"),
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body,
        params,
        received_at,
        request_id,
    )


async def respond(send: Send, answer: WireResponse, extra: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send an answer in one piece, with its length, and with `extra` headers behind its own."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status not in _WITHOUT_LENGTH and "content-length" not in answer.headers:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    headers.extend(extra)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})

"""The yardstick: the least that an ASGI application behind uvicorn, uvloop and httptools can do."""

from starlette.types import Receive, Scope, Send

BODY = b'{"hello":"world"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Say hello."""
    if scope["type"] != "http":
        raise TypeError(scope["type"])
    del receive
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})

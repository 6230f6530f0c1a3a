"""The yardstick: the least that an ASGI application behind uvicorn, uvloop and httptools can do, in one process.

It prints its port as one line of JSON and ends with its standard input.
"""

import asyncio
import json
import socket
import sys

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

_BODY = b'{"hello":"world"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Say hello."""
    del scope, receive
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


async def main() -> None:
    """Serve until the standard input ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=2_048) as listener:
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", ws="none", lifespan="off", log_level="warning", access_log=False
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        sys.stdout.write(f"{json.dumps({'port': listener.getsockname()[1]})}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.buffer.read)
        server.should_exit = True
        await serving


if __name__ == "__main__":
    uvloop.run(main())

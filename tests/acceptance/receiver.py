"""A program that hears of events: a web server that keeps what it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """One request as it came; names of headers in lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass
class Receiver:
    """What was told so far, and the status it is answered with."""

    port: int = 0
    status: int = 200
    told: list[Told] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def take(self, count: int) -> list[Told]:
        """Wait for so many requests, and forget them."""
        until = time.monotonic() + PATIENCE
        with self.came:
            while len(self.told) < count:
                assert self.came.wait(until - time.monotonic()), f"{len(self.told)} of {count} requests came"
            taken, self.told[:] = self.told[:count], self.told[count:]
        return taken

    def hear(self, request: Told) -> None:
        with self.came:
            self.told.append(request)
            self.came.notify_all()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.hear(Told({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that is up; `port` 0 is any free one."""
    receiver = Receiver()
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(receiver)) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()

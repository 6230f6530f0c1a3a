"""A vendor that repeats in its answers whatever it was told, secrets and all."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Parrot:
    """Where it is, the status it answers with, and how often it was asked."""

    url: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)


@contextmanager
def parrot() -> Iterator[Parrot]:
    """One that is up."""
    known = Parrot()

    class Handler(BaseHTTPRequestHandler):
        def repeat(self) -> None:
            asked = self.rfile.read(int(self.headers.get("content-length", 0))).decode(errors="replace")
            words = f"{self.path} {dict(self.headers)} {asked}"
            known.asked.append(words)
            error = {"message": words, "code": 100, "type": words, "error_data": {"details": words}}
            body = json.dumps(
                {"error": error, "message": words, "reason": words, "status": "FAIL", "description": words, "code": "E"}
            ).encode()
            self.send_response(known.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.repeat)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()

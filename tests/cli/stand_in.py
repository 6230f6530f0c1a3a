"""A gateway's admin API as far as sending and looking on need it, that does on request what real ones do rarely."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

TOKEN = "the-stand-ins-admin-token"
SENDER = {"id": "0000000000000001", "sender": "972770000111", "account": "demo"}

Answer: TypeAlias = tuple[int, Any, Mapping[str, str]]
PLAIN: Mapping[str, str] = {}


@dataclass
class Asked:
    """One request for a message."""

    body: dict[str, Any]
    key: str
    dry: bool


def refusal(status: int, fault: str, detail: str, **more: Any) -> Answer:
    return status, {"title": "No", "status": status, "detail": detail, "fault": fault, **more}, PLAIN


@dataclass
class StandIn:
    """Takes messages, each key once.

    `script` answers in place of taking, by the number of the request (from 1); `before` and `after` are called around
    taking, before the answer leaves.
    """

    senders: list[Mapping[str, Any]] = field(default_factory=lambda: [SENDER])
    templates: list[Mapping[str, Any]] = field(default_factory=list)
    script: Callable[[int, Asked], Answer | None] = lambda number, asked: None
    before: Callable[[int], None] = lambda number: None
    after: Callable[[int], None] = lambda number: None
    asked: list[Asked] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    streams: list[bytes] = field(default_factory=list)
    """What each event stream in turn sends before it breaks off; the last one stays open."""
    opened: list[Mapping[str, str]] = field(default_factory=list)
    """The query and position with which each event stream was asked for."""
    hears: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Number and text of every message taken, in order."""
        return [(each["customer"], each["content"].get("text", "")) for each in self.taken.values()]

    def post(self, body: dict[str, Any], key: str, *, dry: bool) -> Answer:
        asked = Asked(body, key, dry)
        with self.lock:
            self.asked.append(asked)
            number = len(self.asked)
        self.before(number)
        answer = self.script(number, asked)
        if answer is None:
            answer = self._take(asked)
        self.after(number)
        return answer

    def _take(self, asked: Asked) -> Answer:
        if asked.dry:
            return 200, {"window_until": 1_788_000_000_000, "dropped": []}, PLAIN
        with self.lock:
            repeated = asked.key in self.taken
            if not repeated:
                self.taken[asked.key] = {
                    "id": f"{0x100 + len(self.taken):016x}",
                    "customer": asked.body["to"],
                    "content": asked.body,
                    "stage": "accepted",
                    "failure": None,
                    "dropped": [],
                }
            found = dict(self.taken[asked.key])
        return 201, found, {"parlance-repeated": "true"} if repeated else PLAIN

    def get(self, path: str, query: Mapping[str, str]) -> Answer:
        if path == "/senders":
            return 200, {"items": self.senders[: int(query["limit"])], "next": None}, PLAIN
        if path.startswith("/senders/"):
            found = [each for each in self.senders if path.rpartition("/")[2] in {each["id"], each["sender"]}]
            return (200, found[0], PLAIN) if found else refusal(404, "unknown_sender", "There is no such sender.")
        if path == "/templates":
            return 200, {"items": [each for each in self.templates if each["name"] == query["name"]]}, PLAIN
        if path == "/messages":
            items = [each for each in self.taken.values() if each["id"] > query["after"]]
            limit = int(query["limit"])
            following = items[limit - 1]["id"] if len(items) > limit else None
            return 200, {"items": items[:limit], "next": following}, PLAIN
        if path.startswith("/messages/"):
            return 200, next(each for each in self.taken.values() if path.endswith(each["id"])), PLAIN
        return refusal(404, "unknown_method", f"nothing at {path}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def gateway(self) -> StandIn:
        assert isinstance(self.server, _Server)
        return self.server.gateway

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        query = parse_qs(urlsplit(self.path).query)
        if self._admits():
            dry = query.get("dry_run") == ["true"]
            self._answer(*self.gateway.post(body, self.headers.get("idempotency-key", ""), dry=dry))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/admin/v1")
        if not self._admits():
            return
        if "text/event-stream" in self.headers.get("accept", ""):
            self._stream(query)
        elif path == "/events":
            self._answer(*_page(self.gateway, query))
        else:
            self._answer(*self.gateway.get(path, query))

    def _admits(self) -> bool:
        if self.headers.get("authorization") == f"Bearer {TOKEN}":
            return True
        self._answer(*refusal(401, "bad_credential", "The admin token is needed."))
        return False

    def _answer(self, status: int, value: Any, headers: Mapping[str, str]) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        for name, each in {"content-type": "application/json", **headers}.items():
            self.send_header(name, each)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, query: Mapping[str, str]) -> None:
        gateway = self.gateway
        with gateway.lock:
            gateway.opened.append(query)
            number = len(gateway.opened)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("parlance-request-id", f"{number:016x}")
        self.send_header("connection", "close")
        self.end_headers()
        if number <= len(gateway.streams):
            self.wfile.write(gateway.streams[number - 1])
            self.wfile.flush()
        if number >= len(gateway.streams):
            gateway.hears.wait(30)
        self.close_connection = True


def _page(gateway: StandIn, query: Mapping[str, str]) -> Answer:
    """The events of the streams, page by page: one stream is one page."""
    number = int(query.get("after", "0"), 16) >> 8
    lines = gateway.streams[number].decode().splitlines()
    items = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    following = f"{(number + 1) << 8:016x}" if number + 1 < len(gateway.streams) else None
    return 200, {"items": items, "next": following}, PLAIN


class _Server(ThreadingHTTPServer):
    gateway: StandIn
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves its request behind."""


@contextmanager
def standing_in(port: int = 0) -> Iterator[StandIn]:
    gateway = StandIn()
    with _Server(("127.0.0.1", port), _Handler) as server:
        server.gateway = gateway
        gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield gateway
        finally:
            gateway.hears.set()
            server.shutdown()
            thread.join()

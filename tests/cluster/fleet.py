"""Gateways in processes of their own that share a database."""

import gc
import json
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict

from cli.processes import environment
from store import server

T = TypeVar("T")
LEASE = 2.0
PATIENCE = 25.0
STEP = 0.02
PHONE = "972550001{:03}"


def until(look: Callable[[], T], right: Callable[[T], bool]) -> T:
    """Look until it is right."""
    end = time.monotonic() + PATIENCE
    while not right(found := look()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(STEP)
    return found


@dataclass
class Node:
    """One process of `parlance serve` (or several behind one port), and a client of it."""

    process: subprocess.Popen[bytes]
    data: Path
    token: str
    _http: httpx.Client | None = None

    @property
    def http(self) -> httpx.Client:
        if self._http is None:
            file = self.data / "gateway.json"
            until(lambda: file.exists() or self.process.poll() is not None, bool)
            assert self.process.poll() is None, (self.data / "log").read_text()
            self._http = httpx.Client(
                base_url=json.loads(file.read_text())["url"],
                headers={"authorization": f"Bearer {self.token}"},
                timeout=PATIENCE,
            )
            # With several workers the address is known before any of them is up.
            until(self._alive, bool)
        return self._http

    def _alive(self) -> bool:
        try:
            return self._http is not None and self._http.get("/healthz").is_success
        except httpx.ConnectError:
            return False

    def call(self, verb: str, path: str, **sending: Any) -> Any:
        answer = self.http.request(verb, path, **sending)
        assert answer.is_success, answer.text
        return answer.json()

    def status(self, path: str) -> int:
        return self.http.get(path).status_code

    def send(self, sender: str, phone: str, text: str) -> httpx.Response:
        body = {"sender": sender, "to": phone, "type": "text", "text": text}
        return self.http.post("/admin/v1/messages", json=body)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)

    @property
    def log(self) -> str:
        return (self.data / "log").read_text()


@dataclass
class Fleet:
    """A database and the nodes on it."""

    folder: Path
    url: str
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._secrets = {name: secrets.token_hex(32) for name in ("PARLANCE_SECRET_KEY", "PARLANCE_ADMIN_TOKEN")}

    def start(self, *words: str) -> Node:
        """Start a node; whoever asks it something waits until it is up."""
        data = self.folder / f"node-{len(self.nodes) + 1}"
        data.mkdir(mode=0o700)
        settings = {"PARLANCE_CONSOLE": "off", "PARLANCE_LEASE_SECONDS": str(int(LEASE)), **self._secrets}
        if "--port" not in words:
            words = ("--port", "0", *words)
        command = [sys.executable, "-m", "parlance", "serve", "--database", self.url, "--data", str(data), *words]
        with (data / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment(**settings), stdout=log, stderr=log)
        made = Node(process, data, self._secrets["PARLANCE_ADMIN_TOKEN"])
        self.nodes.append(made)
        return made

    def stop(self) -> None:
        for node in self.nodes:
            if node._http is not None:
                node._http.close()
            if node.process.poll() is None:
                node.process.kill()
                node.process.send_signal(signal.SIGCONT)
            node.process.wait()

    # ---- what stands in the database

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as raw:
            return raw.execute(sql.encode()).fetchall()

    def shares(self, duty: str = "dispatch") -> dict[int, int]:
        """How many buckets each living node has."""
        sql = f"SELECT b.node, count(*) FROM buckets b WHERE b.duty = '{duty}' AND b.node > 0 GROUP BY b.node"
        return dict(self.run(sql))

    def shared(self, *shares: int, duty: str = "dispatch") -> dict[int, int]:
        """Wait until the buckets are shared like this."""
        return until(lambda: self.shares(duty), lambda found: sorted(found.values()) == sorted(shares))

    def stages(self) -> Counter[str]:
        return Counter(dict(self.run("SELECT stage, count(*) FROM messages WHERE direction = 'out' GROUP BY stage")))


def senders(node: Node, count: int) -> Sequence[tuple[str, str]]:
    """Make senders, each with a customer who has written; gives their numbers."""
    made = []
    for place in range(count):
        number, phone = f"97277000{place:04}", PHONE.format(place)
        node.call("POST", "/admin/v1/senders", json={"number": number})
        node.call("POST", f"/sandbox/v1/phones/{phone}/messages", json={"to": number, "text": "Hi"})
        made.append((number, phone))
    return made


def shown(node: Node, phones: Sequence[str]) -> Counter[str]:
    """The texts that reached phones."""
    texts: Counter[str] = Counter()
    for phone in phones:
        page = node.call("GET", f"/sandbox/v1/phones/{phone}/messages", params={"limit": "1000"})
        texts.update(each["text"] for each in page if each["direction"] == "out")
    return texts


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    facts = conninfo_to_dict(server.url_of(folder))
    name = facts.pop("dbname")
    made = Fleet(folder, f"postgresql:///{name}?{urlencode({key: str(value) for key, value in facts.items()})}")
    try:
        yield made
    finally:
        made.stop()
        server.drop(folder)
        # What killed nodes left in this process is found now, and not in the middle of somebody else's test.
        gc.collect()

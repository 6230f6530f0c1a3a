"""Real nodes share the work, take it over from each other, and give it up."""

import itertools
import json
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException

from cluster.fleet import LEASE, PATIENCE, Fleet, Node, senders, shown, until

SENDERS = 12


class Burst:
    """Clients that send numbered texts, each to one node, until they are stopped or their node is gone."""

    def __init__(self, nodes: Sequence[Node], chats: Sequence[tuple[str, str]]) -> None:
        self.yes: set[str] = set()
        self.asked: set[str] = set()
        self._numbers = itertools.count()
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(node, chats[place::2])) for node in nodes for place in range(2)
        ]
        for thread in self._threads:
            thread.start()

    def _send(self, node: Node, chats: Sequence[tuple[str, str]]) -> None:
        address = node.http.base_url
        headers = {"authorization": f"Bearer {node.token}", "content-type": "application/json"}
        # Plain connections: what a killed node leaves half open is closed here, whatever state it is in.
        with closing(HTTPConnection(address.host, address.port, timeout=PATIENCE)) as http:
            for sender, phone in itertools.cycle(chats):
                text = f"text {next(self._numbers)}"
                self.asked.add(text)
                body = json.dumps({"sender": sender, "to": phone, "type": "text", "text": text})
                try:
                    http.request("POST", "/admin/v1/messages", body, headers)
                    with http.getresponse() as answer:
                        told = answer.read()
                except (HTTPException, OSError):
                    return
                assert answer.status == 201, told
                self.yes.add(text)
                if self._stopped.is_set():
                    return

    def reaches(self, count: int) -> None:
        """Wait until so many were taken in."""
        until(lambda: len(self.yes), lambda found: found >= count)

    def end(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()


def all_end(nodes: Fleet, left: Node, burst: Burst, phones: Sequence[str]) -> None:
    """Every message that got a yes reaches its phone, once, and is known to have."""
    until(nodes.stages, lambda found: found.keys() == {"delivered"})
    texts = shown(left, phones)
    assert burst.yes <= texts.keys() <= burst.asked
    assert set(texts.values()) == {1}


def test_what_a_killed_node_had_is_taken_over_within_its_lease(nodes: Fleet) -> None:
    one, two = nodes.start(), nodes.start()
    chats = senders(one, SENDERS)
    shares = nodes.shared(128, 128)
    burst = Burst([one, two], chats)
    burst.reaches(60)
    one.signal(signal.SIGKILL)
    killed = time.monotonic()
    nodes.shared(256)
    assert time.monotonic() - killed < LEASE
    burst.reaches(len(burst.yes) + 20)
    burst.end()
    all_end(nodes, two, burst, [phone for _, phone in chats])
    assert nodes.run("SELECT count(*) FROM outbox") == [(0,)]
    assert nodes.shares().keys() < shares.keys()
    assert nodes.shares("announce") == nodes.shares()
    assert two.end() == 0


def test_a_node_that_was_stopped_for_longer_than_its_lease_writes_nothing(nodes: Fleet) -> None:
    one, two = nodes.start(), nodes.start()
    chats = senders(two, SENDERS)
    nodes.shared(128, 128)
    burst = Burst([two], chats)
    burst.reaches(40)
    one.signal(signal.SIGSTOP)
    nodes.shared(256)
    burst.reaches(len(burst.yes) + 20)
    burst.end()
    until(nodes.stages, lambda found: found.keys() == {"delivered"})
    before = nodes.run("SELECT * FROM attempts ORDER BY message_id, attempt")
    one.signal(signal.SIGCONT)
    # It comes back, gets its share anew, and has said nothing of what it was about.
    nodes.shared(128, 128)
    assert nodes.run("SELECT * FROM attempts ORDER BY message_id, attempt") == before
    all_end(nodes, two, burst, [phone for _, phone in chats])
    sent = nodes.run("SELECT message_id FROM attempts WHERE outcome = 'sent' GROUP BY message_id HAVING count(*) > 1")
    assert sent == []
    assert (one.end(), two.end()) == (0, 0)


def test_a_node_that_is_told_to_stop_hands_over_at_once(nodes: Fleet) -> None:
    one, two = nodes.start(), nodes.start()
    chats = senders(one, SENDERS)
    nodes.shared(128, 128)
    burst = Burst([two], chats)
    burst.reaches(20)
    assert one.end() == 0
    ended = time.monotonic()
    nodes.shared(256)
    assert time.monotonic() - ended < LEASE
    burst.end()
    all_end(nodes, two, burst, [phone for _, phone in chats])
    assert "unsure" not in two.log


def test_the_work_can_be_divided(nodes: Fleet) -> None:
    api, works = nodes.start("--roles", "api"), nodes.start("--roles", "dispatch,announce")
    desk = nodes.start("--roles", "console")
    ((sender, phone),) = senders(api, 1)
    nodes.shared(256)
    began = time.monotonic()
    assert api.send(sender, phone, "through three").status_code == 201
    until(nodes.stages, lambda found: found == {"delivered": 1})
    # It was told of: whoever only looks now and then would take longer.
    assert time.monotonic() - began < 4
    assert shown(api, [phone]) == {"through three": 1}
    for node in (api, works, desk):
        assert (node.status("/healthz"), node.status("/metrics")) == (200, 200)
    assert {name: set(node.call("GET", "/readyz")["parts"]) & {"dispatch", "announce"} for name, node in
            {"api": api, "works": works, "desk": desk}.items()} == {
        "api": set(), "works": {"dispatch", "announce"}, "desk": set(),
    }  # fmt: skip
    for path in ("/", "/docs", "/admin/v1/senders", "/v1/messages", "/sandbox/v1/phones/1/messages", "/callbacks/x/y"):
        for node in (works, desk):
            assert node.status(path) == 404, path
    assert api.status("/admin/v1/senders") == 200


def test_workers_share_one_port(nodes: Fleet) -> None:
    both = nodes.start("--workers", "2")
    chats = senders(both, 4)
    nodes.shared(128, 128)
    for sender, phone in chats:
        assert both.send(sender, phone, f"to {phone}").status_code == 201
    until(nodes.stages, lambda found: found == {"delivered": 4})
    assert shown(both, [phone for _, phone in chats]) == {f"to {phone}": 1 for _, phone in chats}
    assert both.end() == 0
    assert nodes.shares() == {}

"""Events are pulled from whichever node serves the API, wherever they came about."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from cluster import fleet
from cluster.fleet import PATIENCE, Fleet

SOON = 10.0
"""Seconds: half of what the call would wait for."""

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Fleet]:
    with fleet.fleet(tmp_path) as made:
        yield made


def test_what_is_pulled_is_had_at_once_from_a_node_that_only_serves_the_apis(nodes: Fleet) -> None:
    _, two, three = nodes.start("--roles", "dispatch,announce"), *(nodes.start("--roles", "api") for _ in range(2))
    number, phone = "972770000900", "972550001900"
    made = two.call("POST", "/admin/v1/senders", json={"number": number})
    key = made["credentials"]["greenapi"]
    calls, token = f"/waInstance{key['idInstance']}", key["apiTokenInstance"]
    two.call("POST", f"{calls}/setSettings/{token}", json={"incomingWebhook": "yes"})
    queue = f"{calls}/receiveNotification/{token}?receiveTimeout=20"
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(two.http.get, queue)
        assert not wait([waiting], timeout=1.0).done
        asked = time.monotonic()
        three.call("POST", f"/sandbox/v1/phones/{phone}/messages", json={"to": number, "text": "Hello?"})
        assert waiting.result(PATIENCE).json()["body"]["messageData"]["textMessageData"]["textMessage"] == "Hello?"
    assert time.monotonic() - asked < SOON
    assert [node.end() for node in nodes.nodes] == [0] * len(nodes.nodes)

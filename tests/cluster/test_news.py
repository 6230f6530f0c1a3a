"""What a person changes at one node holds at the others, which send for half of the senders."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from cluster.fleet import PATIENCE, Fleet, Node, senders, until

SENDERS = 8
SOON = 3.0
"""Seconds: less than what looking through everything would take by itself."""


def ids(node: Node) -> Sequence[str]:
    return [each["id"] for each in node.call("GET", "/admin/v1/senders")["items"]]


def test_what_was_held_goes_on_at_once_on_every_node(nodes: Fleet) -> None:
    one, two = nodes.start(), nodes.start()
    chats = senders(one, SENDERS)
    nodes.shared(128, 128)
    for sender in ids(one):
        one.call("PATCH", f"/admin/v1/senders/{sender}", json={"held": "not now"})
    for number, phone in chats:
        assert two.send(number, phone, "Later").is_success
        assert one.send(number, phone, "Later still").is_success
    # Every lane has found out that it is held.
    until(lambda: nodes.run("SELECT count(*) FROM outbox"), lambda found: found == [(2 * SENDERS,)])
    assert nodes.stages() == {"accepted": 2 * SENDERS}
    for sender in ids(one):
        one.call("PATCH", f"/admin/v1/senders/{sender}", json={"held": ""})
    released = time.monotonic()
    until(nodes.stages, lambda found: found == {"delivered": 2 * SENDERS})
    assert time.monotonic() - released < SOON
    assert [node.end() for node in nodes.nodes] == [0] * len(nodes.nodes)


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

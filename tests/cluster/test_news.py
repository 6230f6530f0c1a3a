"""What a person changes at one node holds at the others, which send for half of the senders."""

from collections.abc import Sequence

from cluster.fleet import Fleet, Node, senders, until

SENDERS = 8


def ids(node: Node) -> Sequence[str]:
    return [each["id"] for each in node.call("GET", "/admin/v1/senders")["items"]]


def test_what_was_held_goes_on_on_every_node(nodes: Fleet) -> None:
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
    until(nodes.stages, lambda found: found == {"delivered": 2 * SENDERS})
    assert [node.end() for node in nodes.nodes] == [0] * len(nodes.nodes)

"""Keys at a gateway that runs: clients' that only read, operators', rotation without a gap."""

from typing import Any

import pytest

from acceptance.outside import Outside
from parlance.model.wire import WireRequest
from parlance.providers import discover

DIALECTS = {name: each.dialect for name, each in discover().items() if each.dialect is not None}


def keys(town: Outside, sender: str, **body: Any) -> Any:
    return town.call("POST", f"/admin/v1/senders/{sender}/keys", json=body)["credentials"]


def sends(name: str, shown: Any, customer: str) -> tuple[WireRequest, ...]:
    dialect = DIALECTS[name]
    assert dialect is not None
    return dialect.example(shown, customer)


def told(town: Outside, request: WireRequest) -> bool:
    """Send it; whether it was accepted."""
    answer = town.http.request(request.method, request.url, content=request.body, headers=request.headers)
    assert answer.status_code < 500, answer.text
    return "parlance-message-id" in answer.headers


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_reading_key_sends_nothing_and_the_others_go_on(town: Outside, name: str) -> None:
    shown = keys(town, town.sender, dialects=[name], scope="read")[name]
    issued = town.facts["credentials"][name]
    examples = sends(name, {**issued, **shown}, town.customer)
    assert examples
    before = len(town.listed("messages", direction="out"))
    for request in examples:
        assert not told(town, request)
    assert len(town.listed("messages", direction="out")) == before
    assert told(town, sends(name, issued, town.customer)[0])
    listed = town.listed(f"senders/{town.sender}/keys")
    assert {each["scope"] for each in listed if each["dialect"] == name} == {"read", "send"}
    # What signs, verifies or names a sender stays as it is; only the key itself is another one.
    assert len([field for field, value in shown.items() if value != issued[field]]) == 1


def test_rotation_leaves_no_gap(town: Outside) -> None:
    made = town.call("POST", "/admin/v1/senders", json={"number": "972770000444", "account": "rotating"})
    old = made["credentials"]
    new = keys(town, made["id"], grace_seconds=3_600)
    town.call("POST", f"/sandbox/v1/phones/{town.customer}/messages", json={"to": made["id"], "text": "Hi"})
    for name in DIALECTS:
        assert told(town, sends(name, old[name], town.customer)[0])
        assert told(town, sends(name, new[name], town.customer)[0])
    listed = town.listed(f"senders/{made['id']}/keys")
    lasts = {name: [each["ends_at"] is None for each in listed if each["dialect"] == name] for name in DIALECTS}
    assert lasts == {name: [False, True] for name in DIALECTS}


def test_an_operators_key_is_made_used_replaced_and_ended(town: Outside) -> None:
    old = town.call("POST", "/admin/v1/keys", json={"name": "ci"})
    new = town.call("POST", "/admin/v1/keys", json={"name": "ci", "replaces": old["id"], "grace_seconds": 3_600})

    def status(token: str, verb: str = "GET") -> int:
        headers = {"authorization": f"Bearer {token}"}
        return town.http.request(verb, "/admin/v1/senders", headers=headers, json={}).status_code

    assert [status(old["token"]), status(new["token"]), status(new["token"], "POST")] == [200, 200, 403]
    town.call("DELETE", f"/admin/v1/keys/{old['id']}")
    assert [status(old["token"]), status(new["token"])] == [401, 200]
    assert [each["id"] for each in town.listed("keys")] == [new["id"]]

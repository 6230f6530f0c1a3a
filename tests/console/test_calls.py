"""The console's own calls, with whatever they are given."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from acceptance.outside import Outside
from console.desk import add_sender
from parlance.providers import discover

DIALECTS = sorted(name for name, each in discover().items() if each.dialect is not None)
NOBODY = "0000000000000001"


@pytest.fixture(scope="module")
def client(town: Outside) -> Iterator[httpx.Client]:
    url = str(town.facts["admin_url"]).removesuffix("/admin/v1")
    with httpx.Client(base_url=f"{url}/console/api", headers={"sec-fetch-site": "same-origin"}, timeout=30) as made:
        form = {"token": town.facts["admin_token"]}
        assert made.post(f"{url}/console/login", data=form).status_code == 303
        yield made


@pytest.mark.parametrize(
    "path",
    [
        "messages/nonsense/waiting",
        f"messages/{NOBODY}/waiting",
        f"messages/{NOBODY}/request",
        f"deliveries/{NOBODY}/1/request",
        "deliveries/nonsense/1/request",
        f"deliveries/{NOBODY}/99999999999999999999999/request",
    ],
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_a_message_is_written_to_the_vendors_that_its_sender_has(town: Outside, client: httpx.Client) -> None:
    written = town.write("972550009001", text="Hi")
    body = {"sender": town.sender, "to": "972550009001", "type": "text", "text": "Once"}
    sent = town.call("POST", "/admin/v1/messages", json=body)["id"]
    request = client.get(f"messages/{sent}/request?carrier=sandbox&part=x").json()["request"]
    assert (request["method"], request["url"]) == ("POST", "sandbox:/messages")
    assert '"body": "Once"' in request["body"]
    vendor = next(name for name in sorted(discover()) if name != "sandbox")
    assert client.get(f"messages/{sent}/request?carrier={vendor}").status_code == 404
    assert client.get(f"messages/{written['id']}/request").status_code == 404
    assert client.get(f"messages/{written['id']}/waiting").json()["place"] is None


def test_what_a_carrier_cannot_say_is_told_instead_of_a_request(town: Outside, client: httpx.Client) -> None:
    made = add_sender(town, "972770009010")
    silent = [
        (name, each.carrier)
        for name, each in sorted(discover().items())
        if each.carrier and not each.carrier.capabilities.templates
    ]
    for name, carrier in silent:
        settings = {each.name: "1" for each in carrier.settings if each.required}
        routes = f"/admin/v1/senders/{made['id']}/routes"
        town.call("POST", routes, json={"carrier": name, "settings": settings, "backup": True})
        town.call("POST", "/admin/v1/templates", json={"name": "plain", "language": "en", "body": "Hi"})
        body = {"sender": made["id"], "to": "972550009010", "type": "template", "template": {"name": "plain"}}
        sent = town.call("POST", "/admin/v1/messages", json=body)["id"]
        answer = client.get(f"messages/{sent}/request?carrier={name}").json()
        assert (answer["request"], bool(answer["refused"])) == (None, True)


def test_carriers_are_listed_with_their_settings(client: httpx.Client) -> None:
    found = client.get("providers").json()
    carriers = {name: each.carrier for name, each in discover().items() if each.carrier is not None}
    assert [each["name"] for each in found["carriers"]] == sorted(carriers)
    for each in found["carriers"]:
        assert [one["name"] for one in each["settings"]] == [one.name for one in carriers[each["name"]].settings]
        assert [one["name"] for one in each["settings"] if one["secret"] and one["default"]] == []
    assert [each["name"] for each in found["dialects"]] == DIALECTS
    titles = {name: each.title for name, each in discover().items()}
    assert {each["name"]: each["title"] for each in found["dialects"]} == {name: titles[name] for name in DIALECTS}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"credentials": 1}', b'{"credentials": {"nobody": {}}}', b'{"credentials": null}']
    + [
        f'{{"credentials": {{"{name}": {each}}}}}'.encode()
        for name in DIALECTS
        for each in ("{}", "[]", '{"from": []}')
    ],
)
def test_examples_of_nothing_known_are_none(client: httpx.Client, body: bytes) -> None:
    answer = client.post("examples", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"items": []})


def test_examples_go_to_the_customer_that_was_named(town: Outside, client: httpx.Client) -> None:
    given: dict[str, Any] = {"credentials": town.facts["credentials"], "customer": "972550009020"}
    items = client.post("examples", json=given).json()["items"]
    assert [each["name"] for each in items] == DIALECTS
    for each in items:
        assert all("972550009020" in request["url"] + request["body"] for request in each["requests"])


def test_conditions_and_backlogs_pass_over_what_is_unknown(town: Outside, client: httpx.Client) -> None:
    made = add_sender(town, "972770009030")
    found = client.get(f"conditions?sender={made['id']}&sender=zzz&sender={NOBODY}").json()
    assert list(found["senders"]) == [made["id"]]
    condition = found["senders"][made["id"]]
    assert (condition["state"], [each["state"] for each in condition["routes"].values()]) == ("new", ["new"])
    assert client.get("conditions").json()["senders"] == {}
    found = client.get(f"backlogs?subscription={NOBODY}&subscription=x").json()
    assert found["items"][NOBODY] == {
        "due": 0,
        "dead": 0,
        "oldest": None,
        "last_at": None,
        "last_state": "",
        "last_status": None,
        "last_error": "",
    }

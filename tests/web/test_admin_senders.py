from typing import Any

import httpx
import pytest

from parlance.contract.views import Depth
from parlance.model.fault import Fault, Refusal
from web.fakes import House
from web.memory import NOW, make_sender

SENDERS = "/admin/v1/senders"
ROUTE = {
    "id": "0000000000000101",
    "carrier": "toy",
    "number": "972770000111",
    "active": True,
    "position": 0,
    "strict": False,
    "backup": False,
    "held": "",
    "heard_since": None,
    "settings": {"empty": "", "plain": "shown", "secret": "***"},
    "callback_url": "https://gw.example/callbacks/toy/token1",
}
FIRST = {
    "id": "0000000000000001",
    "sender": "972770000111",
    "name": "Shop",
    "account": "default",
    "carrier": "toy",
    "state": "ok",
    "held": "",
    "clock_offset_ms": 0,
    "created_at": NOW,
    "routes": [ROUTE],
    "public_ids": {"toy": "public1"},
    "queue": {"ready": 0, "unsure": 0, "oldest_at": None},
    "subscriptions": 0,
}


def errors(answer: httpx.Response) -> Any:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.json().get("errors", [])


# ---- accounts


DEMO = {"id": "0000000000000002", "name": "demo", "created_at": NOW}


async def test_an_account_may_be_given_credit(admin: httpx.AsyncClient) -> None:
    await admin.post("/admin/v1/accounts", json={"name": "demo"})
    path = "/admin/v1/accounts/0000000000000002"
    assert (await admin.patch(path, json={"credit": 5})).json() == {**DEMO, "credit": 5}
    assert (await admin.patch(path, json={"credit": None})).json() == {**DEMO, "credit": None}
    assert (await admin.patch(path, json={"credit": -1})).status_code == 422
    assert (await admin.patch("/admin/v1/accounts/0000000000000009", json={"credit": 1})).status_code == 404


async def test_accounts_are_made_once(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/admin/v1/accounts", json={"name": "demo"})
    assert (made.status_code, made.json()) == (201, {**DEMO, "credit": None})
    again = await admin.post("/admin/v1/accounts", json={"name": "demo"})
    assert (again.status_code, again.json()) == (200, made.json())
    assert (await admin.get("/admin/v1/accounts/0000000000000002")).json() == made.json()
    listed = (await admin.get("/admin/v1/accounts?limit=1")).json()
    assert [each["name"] for each in listed["items"]] == ["default"]
    rest = (await admin.get(f"/admin/v1/accounts?limit=1&after={listed['next']}")).json()
    assert rest == {"items": [made.json()], "next": None}


async def test_an_account_needs_a_name_that_can_be_one(admin: httpx.AsyncClient) -> None:
    assert errors(await admin.post("/admin/v1/accounts", json={"name": "/"})) == [
        {"path": "account", "kind": "bad_value"}
    ]
    for unknown in ("000000000000000f", "nonsense"):
        assert (await admin.get(f"/admin/v1/accounts/{unknown}")).status_code == 404


# ---- senders


async def test_a_sender_is_made_with_its_credentials(house: House, admin: httpx.AsyncClient) -> None:
    body = {
        "number": "+972 77-000 0333",
        "name": "New",
        "account": "demo",
        "carrier": "toy",
        "settings": {"plain": "p"},
        "strict": True,
        "credentials": {"toy.instance": 1101000001, "toy.key": "abc", "other.a.b": "c"},
    }
    made = await admin.post(SENDERS, json=body)
    assert made.status_code == 201
    assert made.json() == {
        "id": "0000000000000003",
        "sender": "972770000333",
        "account": "demo",
        "carrier": "toy",
        "webhook_secret": "whsec_made",
        "credentials": {"toy": {"token": "right"}},
    }
    assert house.setup.made == [
        {
            "number": "+972 77-000 0333",
            "name": "New",
            "account": "demo",
            "carrier": "toy",
            "settings": {"plain": "p"},
            "given": {"toy": {"instance": "1101000001", "key": "abc"}, "other": {"a.b": "c"}},
            "strict": True,
        }
    ]


async def test_the_least_a_sender_needs_is_a_number(house: House, admin: httpx.AsyncClient) -> None:
    assert (await admin.post(SENDERS, json={"number": "972770000333"})).status_code == 201
    (made,) = house.setup.made
    assert (made["account"], made["carrier"], made["strict"], made["given"]) == ("default", "sandbox", False, {})


async def test_a_sender_that_exists_is_a_conflict_or_left_alone(house: House, admin: httpx.AsyncClient) -> None:
    refused = await admin.post(SENDERS, json={"number": "+972770000111"})
    assert refused.status_code == 409
    left = await admin.post(SENDERS, json={"number": "+972770000111", "if_missing": True})
    assert left.status_code == 200
    assert left.json() == {
        "id": "0000000000000001",
        "sender": "972770000111",
        "account": "default",
        "carrier": "toy",
        "existing": True,
    }
    assert house.setup.made == []


async def test_a_credential_that_another_sender_has_is_a_conflict(house: House, admin: httpx.AsyncClient) -> None:
    house.setup.refuses = Refusal(Fault.DUPLICATE, "toy")
    refused = await admin.post(SENDERS, json={"number": "972770000999", "if_missing": True})
    assert refused.status_code == 409
    assert errors(refused) == [{"path": "toy", "kind": "duplicate"}]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({}, 422, [{"path": "number", "kind": "missing"}]),
        ({"number": 972770000333}, 422, [{"path": "number", "kind": "string_type"}]),
        ({"number": "1", "nmae": "x"}, 422, [{"path": "nmae", "kind": "extra_forbidden"}]),
        ({"number": "1", "strict": "yes"}, 422, [{"path": "strict", "kind": "bool_type"}]),
        ({"number": "1", "name": "a\nb"}, 422, [{"path": "name", "kind": "string_pattern_mismatch"}]),
        ({"number": "1", "settings": {"a": 1}}, 422, [{"path": "settings.a", "kind": "string_type"}]),
        ({"number": "1", "credentials": {"key": "x"}}, 422, [{"path": "credentials.key", "kind": "dotted"}]),
        ([], 422, [{"path": "", "kind": "model_type"}]),
    ],
)
async def test_a_fault_in_the_body_is_named_by_its_path(
    house: House, admin: httpx.AsyncClient, body: Any, status: int, expected: Any
) -> None:
    refused = await admin.post(SENDERS, json=body)
    assert (refused.status_code, errors(refused)) == (status, expected)
    assert house.setup.made == []


async def test_what_is_no_json_is_told_apart(admin: httpx.AsyncClient) -> None:
    refused = await admin.post(SENDERS, content=b'{"number": "\\ud800"}')
    assert (refused.status_code, errors(refused)) == (400, [{"path": "", "kind": "json_invalid"}])


async def test_a_sender_is_shown_whole_and_without_secrets(house: House, admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{SENDERS}/0000000000000001")).json() == FIRST
    assert (await admin.get(f"{SENDERS}/%2B972770000111")).json() == FIRST
    house.store.waiting = [Depth(1, 5, 2, NOW - 7)]
    shown = (await admin.get(f"{SENDERS}/972770000111")).json()
    assert shown["queue"] == {"ready": 5, "unsure": 2, "oldest_at": NOW - 7}


async def test_the_settings_of_a_carrier_that_is_gone_are_all_masked(house: House, admin: httpx.AsyncClient) -> None:
    house.carriers.clear()
    shown = (await admin.get(f"{SENDERS}/0000000000000001")).json()
    assert shown["routes"][0]["settings"] == {"empty": "", "plain": "***", "secret": "***"}


@pytest.mark.parametrize("name", ["0000000000000009", "15550009", "nonsense"])
async def test_an_unknown_sender_is_not_found(admin: httpx.AsyncClient, name: str) -> None:
    for method, more in (("GET", ""), ("DELETE", ""), ("GET", "/routes"), ("GET", "/keys"), ("GET", "/windows")):
        refused = await admin.request(method, f"{SENDERS}/{name}{more}")
        assert (refused.status_code, refused.json()["fault"]) == (404, "unknown_sender")


async def test_a_number_of_several_accounts_does_not_name_a_sender(house: House, admin: httpx.AsyncClient) -> None:
    house.store.all[3] = make_sender(3, "972770000111", "demo")
    assert (await admin.get(f"{SENDERS}/972770000111")).status_code == 409
    assert (await admin.get(f"{SENDERS}/0000000000000003")).json()["account"] == "demo"


async def test_senders_are_listed_by_number_and_account(house: House, admin: httpx.AsyncClient) -> None:
    house.store.all[3] = make_sender(3, "972770000111", "demo")

    async def ids(query: str) -> list[str]:
        return [each["id"][-1] for each in (await admin.get(f"{SENDERS}?{query}")).json()["items"]]

    assert await ids("") == ["1", "2", "3"]
    assert await ids("number=%2B972770000111") == ["1", "3"]
    assert await ids("account=default") == ["1", "2"]
    assert await ids("account=demo&number=972770000111") == ["3"]
    assert await ids("after=0000000000000002") == ["3"]
    page = (await admin.get(f"{SENDERS}?limit=2")).json()
    assert page["next"] == "0000000000000002"
    assert page["items"][0] == FIRST


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "limit=%C2%B2", "after=1", "after=zzzzzzzzzzzzzzzz", "nmber=1"]
)
async def test_a_list_refuses_what_it_does_not_understand(admin: httpx.AsyncClient, query: str) -> None:
    refused = await admin.get(f"{SENDERS}?{query}")
    assert (refused.status_code, errors(refused)[0]["path"]) == (422, query.partition("=")[0])


async def test_a_sender_is_held_and_released(house: House, admin: httpx.AsyncClient) -> None:
    held = (await admin.patch(f"{SENDERS}/972770000111", json={"held": "moving house"})).json()
    assert (held["held"], held["state"], held["name"]) == ("moving house", "held", "Shop")
    freed = (await admin.patch(f"{SENDERS}/972770000111", json={"held": "", "name": "Store"})).json()
    assert (freed["held"], freed["state"], freed["name"]) == ("", "ok", "Store")
    assert house.dispatch.reloaded == [1, 1]


async def test_a_sender_is_removed(house: House, admin: httpx.AsyncClient) -> None:
    removed = await admin.delete(f"{SENDERS}/972770000111")
    assert (removed.status_code, removed.content) == (204, b"")
    assert list(house.store.all) == [2]
    assert house.dispatch.reloaded == [1]

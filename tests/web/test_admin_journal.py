from typing import Any

import httpx
import pytest

from parlance.contract.moments import Delivery, DeliveryFilter, DeliveryState
from parlance.contract.views import MessageFilter
from parlance.model.address import phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.ids import compose, minted_at, to_text
from parlance.model.message import Direction, Reaction, Stage, Text
from web.fakes import House
from web.memory import NOW, make_message

MESSAGES = "/admin/v1/messages"
TEMPLATE = {"name": "hello", "language": "en_US", "body": "Hello {{1}}"}
SHOWN = {
    "id": "0000000000000abc",
    "direction": "out",
    "sender_id": "0000000000000001",
    "sender": "972770000111",
    "customer": "15550001",
    "customer_id": "0000000000000009",
    "type": "text",
    "content": {"kind": "text", "body": "hi"},
    "dialect": "toy",
    "at": NOW,
    "stage": "accepted",
    "quote": None,
    "refs": {},
    "window_until": None,
    "failure": None,
    "dropped": [],
}


# ---- messages


@pytest.mark.parametrize("name", ["0000000000000abc", "0000000000000ABC", "toy/0000000000000abc"])
async def test_a_message_is_found_by_any_of_its_ids(admin: httpx.AsyncClient, name: str) -> None:
    assert (await admin.get(f"{MESSAGES}/{name}")).json() == {
        **SHOWN,
        "ids": {"toy": "toy/0000000000000abc"},
        "history": [{"at": NOW, "what": "accepted", "detail": {"dialect": "toy"}}],
    }


@pytest.mark.parametrize("name", ["0000000000000abd", "nonsense", "toy/x"])
async def test_an_unknown_message_is_not_found(admin: httpx.AsyncClient, name: str) -> None:
    assert (await admin.get(f"{MESSAGES}/{name}")).status_code == 404
    assert (await admin.post(f"{MESSAGES}/{name}/resolve", json={"as": "sent"})).status_code == 404


async def test_messages_are_listed_by_filter(house: House, admin: httpx.AsyncClient) -> None:
    house.store.by_id[0xABD] = make_message(
        0xABD,
        content=Reaction(0xABC, "👍"),
        quote=0xABC,
        stage=Stage.FAILED,
        failure=Failure(Fault.EXPIRED, "7"),
        dropped=("birthday",),
        direction=Direction.IN,
    )
    query = "sender=972770000111&customer=%2B15550001&stage=failed&direction=in&newest=true&dialect=toy&carrier=bus"
    more = "text=H%C3%A9&since=2027-01-15T08:00:00Z&until=1800000001"
    page = (await admin.get(f"{MESSAGES}?{query}&{more}&limit=1&after=toy/0000000000000001")).json()
    assert page == {"items": [SHOWN], "next": "0000000000000abc", "looked_to": minted_at(0xABC)}
    assert house.store.asked == [
        MessageFilter(
            sender_id=1,
            customer="15550001",
            stage="failed",
            direction="in",
            after=1,
            limit=1,
            newest=True,
            dialect="toy",
            carrier="bus",
            text="Hé",
            stored_since=NOW,
            stored_until=NOW + 1_000,
        )
    ]
    (second,) = (await admin.get(f"{MESSAGES}?after={page['next']}")).json()["items"]
    assert second["content"] == {"kind": "reaction", "target": "0000000000000abc", "emoji": "👍", "target_external": ""}
    assert second["quote"] == "0000000000000abc"
    assert second["failure"] == {"fault": "expired", "code": "7", "detail": Fault.EXPIRED.message}


async def test_a_look_that_found_nothing_says_how_far_it_went(house: House, admin: httpx.AsyncClient) -> None:
    house.store.by_id = {}
    house.store.stopped_at = compose(NOW, 3, 9)
    page = (await admin.get(f"{MESSAGES}?text=rare")).json()
    assert page == {"items": [], "next": to_text(compose(NOW, 3, 9)), "looked_to": NOW}
    house.store.stopped_at = None
    assert (await admin.get(f"{MESSAGES}?text=rare")).json() == {"items": [], "next": None, "looked_to": None}


@pytest.mark.parametrize(
    "query",
    [
        *("stage=lost", "direction=up", "newest=maybe", "after=x", "limit=1000", "colour=red", "since=soon"),
        *("until=1800000000000", "since=-1", f"text={'x' * 201}"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(admin: httpx.AsyncClient, query: str) -> None:
    refused = await admin.get(f"{MESSAGES}?{query}")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, query.partition("=")[0])


async def test_text_that_is_no_unicode_is_shown_all_the_same(house: House, admin: httpx.AsyncClient) -> None:
    house.store.by_id[0xABC] = make_message(0xABC, content=Text("\ud83d"))
    answer = await admin.get(MESSAGES)
    assert answer.content.count(b'"body":"\\ud83d"') == 1


async def test_an_unsure_message_is_settled(house: House, admin: httpx.AsyncClient) -> None:
    house.store.by_id[0xABC] = make_message(0xABC, stage=Stage.UNSURE)
    settled = await admin.post(f"{MESSAGES}/toy/0000000000000abc/resolve", json={"as": "failed"})
    assert (settled.status_code, settled.json()["stage"]) == (200, "failed")
    again = await admin.post(f"{MESSAGES}/0000000000000abc/resolve", json={"as": "sent"})
    assert again.status_code == 409


@pytest.mark.parametrize("body", [{}, {"as": "gone"}, {"as_": "sent"}])
async def test_a_message_is_settled_in_three_ways_only(admin: httpx.AsyncClient, body: Any) -> None:
    assert (await admin.post(f"{MESSAGES}/0000000000000abc/resolve", json=body)).status_code == 422


# ---- templates


async def test_a_template_is_registered_listed_and_removed(admin: httpx.AsyncClient) -> None:
    button = {"type": "url", "text": "Go", "url": "https://x.example/{{1}}"}
    made = await admin.post("/admin/v1/templates", json={**TEMPLATE, "account": "demo", "buttons": [button]})
    assert made.status_code == 201
    shown = made.json()
    assert shown == {
        **TEMPLATE,
        "id": shown["id"],
        "account": "demo",
        "category": "UTILITY",
        "status": "approved",
        "header": "",
        "header_text": "",
        "footer": "",
        "buttons": [button],
        "created_at": NOW,
    }
    for query in ("", "?account=demo", "?name=hello", "?account=demo&name=hello"):
        assert (await admin.get(f"/admin/v1/templates{query}")).json() == {"items": [shown], "next": None}
    for query in ("?account=default", "?account=nobody", "?name=other", f"?after={shown['id']}"):
        assert (await admin.get(f"/admin/v1/templates{query}")).json() == {"items": [], "next": None}
    assert (await admin.get(f"/admin/v1/templates/{shown['id']}")).json() == shown
    assert (await admin.delete(f"/admin/v1/templates/{shown['id']}")).status_code == 204
    assert (await admin.delete(f"/admin/v1/templates/{shown['id']}")).status_code == 404
    assert (await admin.get(f"/admin/v1/templates/{shown['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "two words"}, "name"),
        ({"language": "english please"}, "language"),
        ({"body": ""}, "body"),
        ({"category": "utility"}, "category"),
        ({"header": "audio"}, "header"),
        ({"status": "fine"}, "status"),
        ({"buttons": [{"text": "Go"}]}, "buttons.0.type"),
        ({"account": "a/b"}, "account"),
    ],
)
async def test_a_template_that_cannot_be_is_refused(
    house: House, admin: httpx.AsyncClient, change: dict[str, Any], path: str
) -> None:
    refused = await admin.post("/admin/v1/templates", json={**TEMPLATE, **change})
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, path)
    assert house.store.records == {}


# ---- deliveries


def event(event_id: int, kind: EventKind = EventKind.SENT, **more: Any) -> Event:
    return Event(event_id, kind, NOW, 1, "972770000111", 0xABC, Customer(9, phone("15550001")), "toy", **more)


async def test_deliveries_are_listed_by_filter(house: House, admin: httpx.AsyncClient) -> None:
    house.store.told = [
        Delivery(0x700, number, event(number), DeliveryState.DEAD, NOW, 3, NOW, 500, "answered 500")
        for number in (1, 2)
    ]
    query = "state=dead&subscription=0000000000000700&sender=972770000111&limit=1"
    page = (await admin.get(f"/admin/v1/deliveries?{query}")).json()
    assert page["next"] == "0000000000000700-1"
    (first,) = page["items"]
    assert first["event"]["id"] == "0000000000000001"
    assert first["event"]["customer"]["id"] == "0000000000000009"
    assert {name: first[name] for name in ("subscription_id", "number", "state", "tries", "last_status")} == {
        "subscription_id": "0000000000000700",
        "number": 1,
        "state": "dead",
        "tries": 3,
        "last_status": 500,
    }
    assert house.store.asked == [DeliveryFilter("dead", 0x700, 1, limit=2)]
    rest = (await admin.get(f"/admin/v1/deliveries?after={page['next']}&newest=true")).json()
    assert house.store.asked[1] == DeliveryFilter(after=(0x700, 1), limit=101, newest=True)
    assert ([each["number"] for each in rest["items"]], rest["next"]) == ([2], None)


@pytest.mark.parametrize("query", ["state=lost", "subscription=7", "after=7", "after=zzzzzzzzzzzzzzzz-1"])
async def test_a_filter_of_deliveries_is_checked(admin: httpx.AsyncClient, query: str) -> None:
    refused = await admin.get(f"/admin/v1/deliveries?{query}")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, query.partition("=")[0])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, DeliveryFilter("dead")),
        (
            {"state": "done", "subscription": "0000000000000700", "sender": "972770000111", "since": 10, "until": 20},
            DeliveryFilter("done", 0x700, 1, 10_000, 20_000),
        ),
        ({"subscription": "0000000000000700", "numbers": [3, 9]}, DeliveryFilter("", 0x700, numbers=(3, 9))),
    ],
)
async def test_deliveries_are_made_once_more(
    house: House, admin: httpx.AsyncClient, body: Any, expected: DeliveryFilter
) -> None:
    assert (await admin.post("/admin/v1/deliveries/replay", json=body)).json() == {"replayed": 3}
    assert house.announce.replayed == [expected]


async def test_a_replay_of_nothing_known_is_refused(house: House, admin: httpx.AsyncClient) -> None:
    for body, status in (
        ({"state": "x"}, 422),
        ({"subscription": "7"}, 422),
        ({"sender": "15550009"}, 404),
        ({"numbers": [1]}, 422),
        ({"subscription": "0000000000000700", "numbers": [0]}, 422),
    ):
        assert (await admin.post("/admin/v1/deliveries/replay", json=body)).status_code == status
    assert house.announce.replayed == []

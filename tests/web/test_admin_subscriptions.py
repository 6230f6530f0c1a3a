from dataclasses import replace
from typing import Any

import httpx
import pytest

from web.fakes import House

SUBSCRIPTIONS = "/admin/v1/subscriptions"
WANTED = {"sender": "972770000111", "url": "https://hook.example/in", "dialect": "toy"}
MADE = {
    "id": "0000000000000700",
    "sender_id": "0000000000000001",
    "dialect": "toy",
    "url": "https://hook.example/in",
    "events": ["message.sent"],
    "statuses": "own",
    "signed": False,
    "settings": {},
    "own": False,
    "paused_until": 0,
}


async def test_a_subscription_tells_its_secret_once(house: House, admin: httpx.AsyncClient) -> None:
    made = await admin.post(SUBSCRIPTIONS, json=WANTED)
    assert (made.status_code, made.json()) == (201, {**MADE, "webhook_secret": "whsec_sender"})
    assert (await admin.get(f"{SUBSCRIPTIONS}/{MADE['id']}")).json() == MADE
    assert (await admin.get(SUBSCRIPTIONS)).json() == {"items": [MADE], "next": None}
    assert (await admin.get(f"{SUBSCRIPTIONS}?sender=972770000222")).json() == {"items": [], "next": None}
    assert (await admin.get("/admin/v1/senders/972770000111")).json()["subscriptions"] == 1


async def test_a_subscription_with_secrets_of_its_own_never_shows_them(house: House, admin: httpx.AsyncClient) -> None:
    body = {
        **WANTED,
        "secret": "hush",
        "webhook_secret": "whsec_given",
        "events": ["message.read", "message.failed"],
        "statuses": "all",
        "settings": {"retry": False, "token": "t"},
    }
    made = await admin.post(SUBSCRIPTIONS, json=body)
    assert made.json() == {
        **MADE,
        "events": ["message.failed", "message.read"],
        "statuses": "all",
        "signed": True,
        "settings": {"retry": False, "token": "***"},
    }
    kept = house.store.subs[0x700]
    assert (kept.secret, kept.webhook_secret, kept.settings["token"]) == ("hush", "whsec_given", "t")


@pytest.mark.parametrize(
    ("change", "status", "path"),
    [
        ({"url": "ftp://x"}, 422, "url"),
        ({"url": "http://x/ y"}, 422, "url"),
        ({"events": ["message.eaten"]}, 422, "events.0"),
        ({"statuses": "some"}, 422, "statuses"),
        ({"sender_id": "1"}, 422, "sender_id"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(
    house: House, admin: httpx.AsyncClient, change: Any, status: int, path: str
) -> None:
    refused = await admin.post(SUBSCRIPTIONS, json={**WANTED, **change})
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (status, path)
    assert house.store.subs == {}


async def test_a_subscription_needs_a_sender(admin: httpx.AsyncClient) -> None:
    assert (await admin.post(SUBSCRIPTIONS, json={**WANTED, "sender": "15550009"})).status_code == 404


async def test_a_subscription_is_changed(house: House, admin: httpx.AsyncClient) -> None:
    await admin.post(SUBSCRIPTIONS, json={**WANTED, "secret": "hush"})
    change = {"url": "https://new.example", "events": ["message.read"]}
    changed = await admin.patch(f"{SUBSCRIPTIONS}/{MADE['id']}", json=change)
    assert changed.json() == {**MADE, "url": "https://new.example", "events": ["message.read"], "signed": True}
    assert house.announce.woken == [0x700]
    refused = await admin.patch(f"{SUBSCRIPTIONS}/{MADE['id']}", json={"url": "ftp://x"})
    assert refused.status_code == 422
    assert house.store.subs[0x700].url == "https://new.example"


async def test_a_subscription_is_removed(house: House, admin: httpx.AsyncClient) -> None:
    await admin.post(SUBSCRIPTIONS, json=WANTED)
    assert (await admin.delete(f"{SUBSCRIPTIONS}/{MADE['id']}")).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        answer = await admin.request(method, f"{SUBSCRIPTIONS}/{MADE['id']}", json={})
        assert answer.status_code == 404


async def test_a_dialects_own_subscription_is_left_to_the_dialect(house: House, admin: httpx.AsyncClient) -> None:
    await admin.post(SUBSCRIPTIONS, json=WANTED)
    house.store.subs[0x700] = replace(house.store.subs[0x700], own=True)
    assert (await admin.patch(f"{SUBSCRIPTIONS}/{MADE['id']}", json={"url": "https://x"})).status_code == 409
    assert (await admin.delete(f"{SUBSCRIPTIONS}/{MADE['id']}")).status_code == 409
    assert (await admin.get(f"{SUBSCRIPTIONS}/{MADE['id']}")).json()["own"] is True

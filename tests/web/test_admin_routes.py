"""By whom a sender's messages leave, over the admin API."""

import httpx
import pytest

from parlance.model.fault import Fault, Refusal
from web.fakes import House

SENDER = "/admin/v1/senders/972770000111"


async def test_a_route_is_set_and_its_callback_address_told(house: House, admin: httpx.AsyncClient) -> None:
    body = {"carrier": "toy", "settings": {"secret": "hush"}, "strict": True, "number": "15550100"}
    made = await admin.post(f"{SENDER}/routes", json=body)
    assert made.status_code == 201
    shown = made.json()
    assert shown["callback"] == {"state": "by_hand", "detail": "Paste the callback address at the vendor."}
    assert shown["callback_url"] == "https://gw.example/callbacks/toy/cb"
    assert (shown["settings"], shown["strict"], shown["number"]) == ({"secret": "***"}, True, "15550100")
    assert house.dispatch.reloaded == [1]


async def test_a_carrier_that_is_none_is_refused(house: House, admin: httpx.AsyncClient) -> None:
    refused = await admin.post(f"{SENDER}/routes", json={"carrier": "nobody"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"path": "carrier", "kind": "bad_value"}]
    assert house.dispatch.reloaded == []


async def test_a_route_is_changed(house: House, admin: httpx.AsyncClient) -> None:
    changed = await admin.patch(f"{SENDER}/routes/0000000000000101", json={"held": "no credit", "strict": True})
    assert (changed.status_code, changed.json()["held"], changed.json()["strict"]) == (200, "no credit", True)
    assert house.dispatch.reloaded == [1]
    listed = (await admin.get(f"{SENDER}/routes")).json()
    assert listed == {"items": [changed.json()], "next": None}
    assert (await admin.get(SENDER)).json()["state"] == "held"


@pytest.mark.parametrize("route", ["0000000000000102", "nonsense"])
async def test_only_the_senders_own_routes_are_changed(admin: httpx.AsyncClient, route: str) -> None:
    assert (await admin.patch(f"{SENDER}/routes/{route}", json={"held": ""})).status_code == 404


async def test_the_vendor_is_told_where_to_call(house: House, admin: httpx.AsyncClient) -> None:
    house.vendors.able = True
    body = {"carrier": "toy", "backup": True}
    quiet = (await admin.post(f"{SENDER}/routes", json=body)).json()
    assert (quiet["callback"]["state"], quiet["backup"], house.vendors.asked) == ("not_asked", True, [])
    told = (await admin.post(f"{SENDER}/routes", json={**body, "set_callback": True})).json()
    assert told["callback"]["state"] == "set"
    assert house.vendors.asked == [("callback", "https://gw.example/callbacks/toy/cb")]
    house.vendors.refuses = Refusal(Fault.CARRIER_CREDENTIAL, detail="190: expired")
    refused = await admin.post(f"{SENDER}/routes", json={**body, "set_callback": True})
    assert (refused.status_code, refused.json()["callback"]) == (201, {"state": "refused", "detail": "190: expired"})


async def test_a_route_is_checked(house: House, admin: httpx.AsyncClient) -> None:
    found = (await admin.post(f"{SENDER}/routes/0000000000000101/check")).json()["items"]
    assert found == [
        {"what": "number", "fault": "", "repair": ""},
        {"what": "credential", "fault": "expired", "repair": "Make a new one."},
    ]


async def test_templates_are_taken_over(house: House, admin: httpx.AsyncClient) -> None:
    done = await admin.post(f"{SENDER}/templates/sync")
    assert done.json() == {"added": ["a (en)"], "changed": [], "same": 2, "missing": ["b (he)"]}
    house.vendors.refuses = Refusal(Fault.UNSUPPORTED, "carrier", "The carrier toy does not list templates.")
    refused = await admin.post(f"{SENDER}/templates/sync")
    assert (refused.status_code, refused.json()["detail"]) == (422, "The carrier toy does not list templates.")


async def test_the_active_route_is_not_removed(admin: httpx.AsyncClient) -> None:
    assert (await admin.delete(f"{SENDER}/routes/0000000000000101")).status_code == 409
    assert (await admin.delete(f"{SENDER}/routes/0000000000000109")).status_code == 404

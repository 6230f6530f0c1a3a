from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from parlance.model.address import phone
from parlance.model.command import ChangeSettings, ReadSettings
from web.fakes import House
from web.memory import NOW, make_sender

SENDER = "/admin/v1/senders/972770000111"


# ---- keys


async def test_keys_are_listed_without_secrets(admin: httpx.AsyncClient) -> None:
    key = {
        "id": "0000000000000501",
        "dialect": "toy",
        "public": "public1",
        "scope": "send",
        "created_at": NOW,
        "ends_at": None,
    }
    assert (await admin.get(f"{SENDER}/keys")).json() == {"items": [key], "next": None}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (1, None, 0, {})),
        ({"dialects": None}, (1, None, 0, {})),
        (
            {"dialects": ["toy"], "grace_seconds": 60, "credentials": {"toy.token": "x"}},
            (1, ["toy"], 60_000, {"toy": {"token": "x"}}),
        ),
    ],
)
async def test_keys_are_made_anew(house: House, admin: httpx.AsyncClient, body: Any, expected: Any) -> None:
    made = await admin.post(f"{SENDER}/keys", json=body)
    assert (made.status_code, made.json()) == (201, {"credentials": {"toy": {"token": "new"}}})
    assert house.setup.rotated == [expected]


async def test_a_key_is_ended(house: House, admin: httpx.AsyncClient) -> None:
    assert (await admin.delete(f"{SENDER}/keys/0000000000000501")).status_code == 204
    assert house.store.ended == [(1, 0x501, NOW)]
    for other in ("0000000000000502", "nonsense"):
        assert (await admin.delete(f"{SENDER}/keys/{other}")).status_code == 404
    assert len(house.store.ended) == 1


# ---- windows


async def test_windows_are_listed_by_customer(admin: httpx.AsyncClient) -> None:
    first = {"customer": "15550001", "last_message_at": NOW - 1, "open_until": NOW + 1, "open": True}
    second = {"customer": "15550002", "last_message_at": NOW - 2, "open_until": NOW, "open": False}
    assert (await admin.get(f"{SENDER}/windows?limit=1")).json() == {"items": [first], "next": "15550001"}
    assert (await admin.get(f"{SENDER}/windows?after=15550001")).json() == {"items": [second], "next": None}


async def test_windows_are_imported(house: House, admin: httpx.AsyncClient) -> None:
    moments = [
        "2026-11-20T10:00:00Z",
        "2026-11-20T12:00:00+02:00",
        "2026-11-20T10:00:00",
        1_795_000_000,
        "1795000000",
        1.5,
    ]
    rows = [{"customer": f"+155500{place:02}", "last_message_at": each} for place, each in enumerate(moments)]
    answer = await admin.post(f"{SENDER}/windows", json={"rows": rows})
    assert answer.json() == {"opened": 6}
    ten = round(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
    times = [ten, ten, ten, 1_795_000_000_000, 1_795_000_000_000, 1500]
    assert house.store.opened == [(phone(f"155500{place:02}"), each) for place, each in enumerate(times)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"customer": "x", "last_message_at": 1}, {"path": "rows.0.customer", "kind": "string_pattern_mismatch"}),
        ({"customer": "15550001"}, {"path": "rows.0.last_message_at", "kind": "missing"}),
        (
            {"customer": "15550001", "last_message_at": "soon"},
            {"path": "rows.0.last_message_at", "kind": "value_error"},
        ),
        ({"customer": "15550001", "last_message_at": True}, {"path": "rows.0.last_message_at", "kind": "value_error"}),
        ({"customer": "15550001", "last_message_at": -1}, {"path": "rows.0.last_message_at", "kind": "value_error"}),
        ({"customer": "15550001", "last_message_at": NOW}, {"path": "rows.0.last_message_at", "kind": "value_error"}),
        (
            {"customer": "15550001", "last_message_at": NOW // 1000 + 301},
            {"path": "rows.0.last_message_at", "kind": "future"},
        ),
    ],
)
async def test_a_bad_row_spoils_the_import(house: House, admin: httpx.AsyncClient, row: Any, expected: Any) -> None:
    answer = await admin.post(f"{SENDER}/windows", json={"rows": [row]})
    assert (answer.status_code, answer.json()["errors"]) == (422, [expected])
    assert house.store.opened == []


async def test_the_future_is_judged_by_the_senders_clock(house: House, admin: httpx.AsyncClient) -> None:
    house.store.all[1] = make_sender(1, "972770000111", clock_offset=600_000)
    rows = [{"customer": "15550001", "last_message_at": NOW // 1000 + 301}]
    assert (await admin.post(f"{SENDER}/windows", json={"rows": rows})).json() == {"opened": 1}


# ---- settings


async def test_a_dialects_settings_are_read_and_changed(house: House, admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{SENDER}/settings/toy")).json() == {"url": "http://x", "appSecret": "***"}
    changed = await admin.patch(
        f"{SENDER}/settings/toy", json={"url": "http://y", "appSecret": "***", "n": {"token": "t"}}
    )
    assert changed.json() == {"url": "http://y", "appSecret": "***", "n": {"token": "***"}}
    assert house.intake.documents["toy"]["appSecret"] == "s3cret"
    assert [command for _, command, _ in house.intake.commands] == [
        ReadSettings(),
        ChangeSettings({"url": "http://y", "n": {"token": "t"}}),
    ]
    assert house.dispatch.reloaded == [1]


async def test_there_are_settings_only_of_dialects(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{SENDER}/settings/parlance")).status_code == 404
    assert (await admin.patch(f"{SENDER}/settings/toy", json=[])).status_code == 422

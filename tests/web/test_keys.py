"""What keys open: operators' at the admin API, clients' at a dialect; and what too many failed logins do."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from parlance.model.fault import Fault, Refusal
from parlance.web.inlet import Inlet
from parlance.web.site import site
from web.fakes import BEARER, TOKEN, House, Raw, client, scope
from web.memory import NOW
from web.test_site import NETWORK

KEYS = "/admin/v1/keys"


async def made(admin: httpx.AsyncClient, **more: object) -> dict[str, str]:
    answer = await admin.post(KEYS, json={"name": "ci", **more})
    assert answer.status_code == 201
    found: dict[str, str] = answer.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


# ---- operators' keys


async def test_a_key_is_shown_once_and_listed_without_its_token(admin: httpx.AsyncClient) -> None:
    key = await made(admin)
    assert key.pop("token").startswith("pk_read_")
    assert key == {"id": "0000000000000600", "name": "ci", "scope": "read", "created_at": NOW, "ends_at": None}
    assert (await admin.get(KEYS)).json() == {"items": [key], "next": None}


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 403), ("DELETE", 403)])
async def test_a_reading_key_only_reads(
    admin: httpx.AsyncClient, anyone: httpx.AsyncClient, method: str, status: int
) -> None:
    key = await made(admin)
    path = "/admin/v1/senders/972770000111" if method == "DELETE" else "/admin/v1/senders"
    answer = await anyone.request(method, path, headers=bearer(key["token"]))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["fault"] == "forbidden"


async def test_an_admin_key_opens_everything(admin: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    key = await made(admin, scope="admin")
    headers = bearer(key["token"])
    assert (await anyone.post("/admin/v1/senders", json={"number": "15550003"}, headers=headers)).status_code == 201


async def test_an_ended_key_opens_nothing(admin: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    key = await made(admin)
    assert (await admin.delete(f"{KEYS}/{key['id']}")).status_code == 204
    assert (await anyone.get(KEYS, headers=bearer(key["token"]))).status_code == 401
    assert (await admin.delete(f"{KEYS}/{key['id']}")).status_code == 404
    assert (await admin.delete(f"{KEYS}/none")).status_code == 404


async def test_a_key_can_take_the_place_of_another(house: House, admin: httpx.AsyncClient) -> None:
    old = await made(admin)
    new = await made(admin, replaces=old["id"], grace_seconds=60)
    assert old["token"] != new["token"]
    listed = (await admin.get(KEYS)).json()["items"]
    assert [each["ends_at"] for each in listed] == [NOW + 60_000, None]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "scope": "send"},
        {"name": "x", "replaces": "7"},
        {"name": "x", "grace_seconds": -1},
        {"name": "x", "more": 1},
    ],
)
async def test_a_key_that_cannot_be_is_refused(admin: httpx.AsyncClient, body: object) -> None:
    assert (await admin.post(KEYS, json=body)).status_code == 422


async def test_a_senders_key_is_none_of_an_operators(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get(KEYS, headers=bearer("right"))).status_code == 401


# ---- clients' keys


async def test_a_reading_key_is_made_beside_the_others(house: House, admin: httpx.AsyncClient) -> None:
    body = {"dialects": ["toy"], "scope": "read"}
    answer = await admin.post("/admin/v1/senders/972770000111/keys", json=body)
    assert (answer.status_code, answer.json()) == (201, {"credentials": {"toy": {"token": "reader"}}})
    assert house.setup.rotated == [(1, ["toy"], "read", {})]


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [("GET", "/toy/templates", False), ("POST", "/toy/send", True), ("POST", "/toy/react", True)],
)
async def test_a_clients_reading_key_only_reads(house: House, method: str, path: str, refused: bool) -> None:
    house.intake.opens = "reader"
    async with client(Inlet(house.engine)) as web:
        answer = await web.request(method, f"{path}?key=reader", json={})
    assert answer.status_code == (418 if refused else 200)
    if refused:
        assert answer.json() == {"no": "forbidden", "field": ""}
        assert house.intake.commands == []


# ---- logins that fail


@pytest.fixture
def strict(house: House) -> ASGIApp:
    return site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://x", failed_logins=3)


async def test_too_many_wrong_tokens_close_the_admin_api(house: House, strict: ASGIApp) -> None:
    async with client(strict) as web:
        statuses = [(await web.get(KEYS)).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        blocked = await web.get(KEYS, headers=BEARER)
        assert (blocked.status_code, blocked.json()["fault"]) == (429, "rate_limited")
        assert blocked.headers["retry-after"] == "20"
        house.clock.time += 20_000
        assert (await web.get(KEYS, headers=BEARER)).status_code == 200


async def test_who_was_in_before_stays_in(strict: ASGIApp) -> None:
    async with client(strict) as web:
        assert (await web.get(KEYS, headers=BEARER)).status_code == 200
        for _ in range(5):
            await web.get(KEYS)
        assert (await web.get(KEYS, headers=BEARER)).status_code == 200


async def test_a_dialect_says_in_its_own_words_that_too_many_failed(house: House, strict: ASGIApp) -> None:
    async with client(strict) as web:
        answers = [await web.post("/toy/send?key=wrong") for _ in range(4)]
        assert [each.json()["no"] for each in answers] == [*["bad_credential"] * 3, "rate_limited"]
        assert answers[-1].headers["retry-after"] == "20"
        assert (await web.post("/toy/send?key=right")).json()["no"] == "rate_limited"
    assert house.intake.commands == []


async def test_one_address_does_not_close_the_door_for_another(strict: ASGIApp) -> None:
    async with client(strict) as web:
        for _ in range(5):
            await web.get(KEYS)
    elsewhere = Raw([b""])
    asked = {**scope("GET", KEYS, {b"authorization": f"Bearer {TOKEN}".encode()}), "client": ("192.0.2.7", 1)}
    await strict({**asked, "query_string": b""}, elsewhere.receive, elsewhere.send)
    assert elsewhere.status == 200


async def test_pages_to_log_in_at_count_as_well(house: House) -> None:
    async def log_in(request: Request) -> Response:
        return Response(status_code=303 if request.query_params.get("token") == TOKEN else 401)

    more = [Route("/console/login", log_in, methods=["POST"])]
    app = site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://x", failed_logins=3, more=more)
    async with client(app) as web:
        statuses = [(await web.post("/console/login?token=guess")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        assert (await web.post(f"/console/login?token={TOKEN}")).status_code == 429
        # It is the same door as the API's.
        assert (await web.get(KEYS, headers=BEARER)).status_code == 429
        house.clock.time += 20_000
        assert (await web.post(f"/console/login?token={TOKEN}")).status_code == 303
        assert (await web.get(KEYS)).status_code == 401
        assert (await web.post(f"/console/login?token={TOKEN}")).status_code == 303


async def test_any_number_may_fail_where_nothing_is_said(anyone: httpx.AsyncClient) -> None:
    assert {(await anyone.get(KEYS)).status_code for _ in range(200)} == {401}


# ---- the log


async def test_requests_are_logged_without_address_key_and_body(house: House) -> None:
    app = site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://x", log_requests=True)
    house.intake.refuses = Refusal(Fault.WINDOW_CLOSED)
    with capture_logs() as logs:
        async with client(app, **BEARER) as web:
            await web.post("/toy/in7/send/right", json={"to": "15550001", "text": "words"})
            await web.post("/toy/nothing")
            await web.get("/admin/v1/senders/972770000111")
    for each in logs:
        assert each.pop("ms") >= 0
        assert each.pop("log_level") == "info"
    assert logs == [
        {
            "event": "request",
            "dialect": "toy",
            "call": "POST /toy/in{instance}/send/{token}",
            "status": 418,
            "fault": "window_closed",
        },
        {"event": "request", "dialect": "toy", "call": "", "status": 418, "fault": "unknown_method"},
        {"event": "request", "method": "GET", "call": "Senders.show", "status": 200},
    ]

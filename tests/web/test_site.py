import asyncio
import json
import re
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from parlance import __version__
from parlance.contract.provider import Endpoint
from parlance.contract.views import Depth
from parlance.engine.watch import Stall, Watch, Why
from parlance.model.event import Event, EventKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.web.forms import answer
from parlance.web.gate import MAX_BODY, MAX_IMPORT
from parlance.web.health import PROBED
from parlance.web.metrics import Metrics
from parlance.web.site import site
from web.fakes import BEARER, TOKEN, House, Raw, client, scope
from web.memory import NOW, make_sender

NETWORK = cast("Any", None)


# ---- who serves what


async def test_each_address_has_its_server(house: House, anyone: httpx.AsyncClient) -> None:
    assert (await anyone.post("/toy/send?key=right")).text == "Accepted"
    assert (await anyone.post("/toy/unknown")).json()["no"] == "unknown_method"
    assert (await anyone.post("/callbacks/toy/t")).text == "EVENT_RECEIVED"
    assert (await anyone.get("/healthz")).json() == {"status": "ok"}
    assert (await anyone.get("/")).json()["version"] == __version__


@pytest.mark.parametrize("path", ["/nowhere", "/admin", "/healthz/more", "/callbacks"])
async def test_what_nobody_serves_is_a_problem(anyone: httpx.AsyncClient, path: str) -> None:
    answered = await anyone.get(path)
    assert answered.status_code == 404
    assert answered.headers["content-type"] == "application/problem+json"
    assert len(answered.headers["parlance-request-id"]) == 16


async def test_every_answer_has_a_request_id_of_its_own(admin: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    answers = [
        await anyone.get("/"),
        await anyone.get("/admin/v1/senders"),
        await admin.get("/admin/v1/senders"),
        await admin.put("/admin/v1/senders"),
        await admin.get("/sandbox/v1/nothing"),
        await anyone.get("/toy/unknown"),
        await anyone.get("/callbacks/x"),
    ]
    ids = {each.headers["parlance-request-id"] for each in answers}
    assert len(ids) == len(answers)


async def test_a_wide_shape_does_not_take_our_own_addresses(house: House) -> None:
    house.toy.territory = re.compile("/")
    house.toy.endpoints += (Endpoint("GET", "/{a}/{b}/senders", lambda _: cast("Any", None), cast("Any", None)),)
    house.toy.endpoints += (Endpoint("GET", "/{a}", lambda _: cast("Any", None), cast("Any", None)),)
    async with client(site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://x"), **BEARER) as web:
        assert (await web.get("/admin/v1/senders")).status_code == 200
        assert (await web.get("/healthz")).json() == {"status": "ok"}
        assert (await web.get("/whatever")).status_code == 418


async def test_more_routes_can_be_hung_in(house: House) -> None:
    async def page(_: Any) -> Any:
        return answer({"here": True})

    more = [Route("/openapi.json", page), Mount("/console", Starlette(routes=[Route("/", page)]))]
    async with client(site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://x", more=more)) as web:
        assert (await web.get("/openapi.json")).json() == {"here": True}
        assert (await web.get("/console/")).json() == {"here": True}


# ---- the gate


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é", f"Bearer {TOKEN} x"],
)
@pytest.mark.parametrize("path", ["/admin/v1/senders", "/admin/v1/nothing", "/sandbox/v1/clock"])
async def test_without_the_token_nothing_opens(
    house: House, anyone: httpx.AsyncClient, path: str, header: str | None
) -> None:
    headers = {} if header is None else {b"authorization": header.encode()}
    refused = await anyone.get(path, headers=headers)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.headers["content-type"] == "application/problem+json"


async def test_the_scheme_may_be_written_in_any_case(anyone: httpx.AsyncClient) -> None:
    opened = await anyone.get("/admin/v1/senders", headers={"authorization": f"bearer {TOKEN}"})
    assert opened.status_code == 200


async def test_an_empty_token_opens_no_door(house: House) -> None:
    async with client(site(house.engine, NETWORK, admin_token="x", public_url="https://x")) as web:
        assert (await web.get("/admin/v1/senders", headers={"authorization": "Bearer "})).status_code == 401
    with pytest.raises(ValueError, match="the admin token is empty"):
        site(house.engine, NETWORK, admin_token="", public_url="https://x")


async def test_a_verb_that_is_not_served_is_a_problem(admin: httpx.AsyncClient) -> None:
    refused = await admin.put("/admin/v1/senders/1")
    assert (refused.status_code, refused.json()["title"]) == (405, "Method Not Allowed")
    assert "allow" in refused.headers


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/admin/v1/senders", MAX_BODY, 400),
        ("/admin/v1/senders", MAX_BODY + 1, 413),
        ("/admin/v1/senders/972770000111/windows", MAX_BODY + 1, 400),
        ("/admin/v1/senders/972770000111/windows", MAX_IMPORT + 1, 413),
        ("/sandbox/v1/clock", MAX_BODY + 1, 413),
    ],
)
async def test_bodies_are_limited(admin: httpx.AsyncClient, path: str, size: int, status: int) -> None:
    refused = await admin.post(path, content=b" " * size)
    assert (refused.status_code, refused.json()["status"]) == (status, status)


async def test_an_operator_who_leaves_half_way_gets_nothing(house: House, whole: ASGIApp) -> None:
    raw = Raw([b'{"number":'], leaves=True)
    asked = scope("POST", "/admin/v1/senders", {b"authorization": f"Bearer {TOKEN}".encode()})
    await whole(asked, raw.receive, raw.send)
    assert raw.sent == []
    assert house.setup.made == []


async def test_what_breaks_is_a_problem_and_one_line_in_the_log(house: House, admin: httpx.AsyncClient) -> None:
    house.store.senders_of = cast("Any", None)  # type: ignore[method-assign]
    with capture_logs() as logs:
        broken = await admin.get("/admin/v1/senders/972770000111")
    assert broken.status_code == 500
    assert broken.headers["content-type"] == "application/problem+json"
    (line,) = logs
    assert (line["event"], line["request"]) == ("request broke", broken.headers["parlance-request-id"])
    assert "972770000111" not in str(line)


async def test_the_stores_refusal_is_a_problem(house: House, admin: httpx.AsyncClient) -> None:
    house.store.away = Refusal(Fault.UNAVAILABLE, retry_after=2)
    refused = await admin.get("/admin/v1/events")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")


# ---- health


async def test_ready_means_every_part_works(anyone: httpx.AsyncClient) -> None:
    ready = await anyone.get("/readyz")
    parts = {name: {"status": "ok"} for name in ("store", "dispatch", "announce", "routes", "flow")}
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "parts": parts})


@pytest.mark.parametrize("part", ["dispatch", "announce"])
async def test_a_movement_that_stands_still_is_not_ready(house: House, anyone: httpx.AsyncClient, part: str) -> None:
    getattr(house, part).running = False
    ready = await anyone.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert ready.json()["parts"][part] == {"status": "unavailable", "reason": "it does not run"}


async def test_what_a_process_is_not_there_for_need_not_run(house: House) -> None:
    house.dispatch.running = False
    app = site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://x", movements={"api", "announce"})
    async with client(app) as web:
        ready = await web.get("/readyz")
    assert (ready.status_code, sorted(ready.json()["parts"])) == (200, ["announce", "flow", "routes", "store"])


async def test_a_store_that_is_away_is_not_ready(house: House, anyone: httpx.AsyncClient) -> None:
    house.store.away = Refusal(Fault.UNAVAILABLE, detail="the disk is full")
    ready = await anyone.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["parts"]["store"] == {"status": "unavailable", "reason": "the disk is full"}
    assert "routes" not in ready.json()["parts"]


async def test_a_store_that_cannot_be_written_is_not_ready(house: House, anyone: httpx.AsyncClient) -> None:
    house.store.full = Refusal(Fault.UNAVAILABLE, detail="the disk is full")
    ready = await anyone.get("/readyz")
    assert ready.status_code == 503
    reason = "it cannot be written: the disk is full"
    assert ready.json()["parts"]["store"] == {"status": "unavailable", "reason": reason}
    house.clock.time += PROBED - 1
    house.store.full = None
    assert (await anyone.get("/readyz")).status_code == 503
    house.clock.time += 1
    assert (await anyone.get("/readyz")).status_code == 200
    house.clock.time -= 1
    assert (await anyone.get("/readyz")).status_code == 200
    assert house.store.probes == 3


async def test_asking_at_the_same_time_probes_once(house: House, anyone: httpx.AsyncClient) -> None:
    asked = await asyncio.gather(*(anyone.get("/readyz") for _ in range(20)))
    assert {each.status_code for each in asked} == {200}
    assert house.store.probes == 1


async def test_stalled_senders_degrade_but_do_not_stop(house: House, watch: Watch, anyone: httpx.AsyncClient) -> None:
    watch.stalled = {2: Stall(Why.NO_RECEIPTS, NOW - 5)}
    ready = await anyone.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    (stalled,) = ready.json()["parts"]["flow"]["stalled"]
    assert stalled == {
        "sender_id": "0000000000000002",
        "carrier": "toy",
        "reason": "messages leave, and no receipt comes back",
        "since": NOW - 5,
    }


async def test_held_senders_degrade_but_do_not_stop(house: House, anyone: httpx.AsyncClient) -> None:
    house.store.all[7] = make_sender(7, "15550007", held="no credit")
    ready = await anyone.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    held = [{"sender_id": "0000000000000007", "carrier": "toy", "reason": "no credit"}]
    assert ready.json()["parts"]["routes"] == {"status": "degraded", "held": held}


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ("190: your token EAAB is bad", "its carrier lets nothing leave (190)"),
        ("your token: EAAB", "its carrier lets nothing leave"),
        ("blocked", "its carrier lets nothing leave"),
    ],
)
async def test_a_vendors_own_words_are_not_for_everyone(
    house: House, anyone: httpx.AsyncClient, held: str, reason: str
) -> None:
    sender = make_sender(7, "15550007")
    house.store.all[7] = replace(sender, routes=(replace(sender.route, held=held),))
    (told,) = (await anyone.get("/readyz")).json()["parts"]["routes"]["held"]
    assert told["reason"] == reason


async def figures(web: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    text = (await web.get("/metrics")).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("parlance_") and not sample.name.endswith(("_created", "_bucket", "_seconds_sum"))
    }


async def test_what_passes_is_counted(house: House, watch: Watch, anyone: httpx.AsyncClient) -> None:
    watch.stalled = {1: Stall(Why.TOO_OLD, NOW)}
    house.store.all[2] = make_sender(2, "972770000222", held="no credit")
    house.store.waiting = [Depth(1, 5, 2, NOW - 3000), Depth(2, 1, 0, None)]
    house.store.log = [Event(1, EventKind.SENT, NOW, 1, "1")]
    await anyone.post("/toy/send?key=right")
    await anyone.post("/toy/send?key=wrong")
    await anyone.post("/toy/unknown")
    for place, (kind, failure) in enumerate(
        [
            (EventKind.SENT, None),
            (EventKind.SENT, None),
            (EventKind.FAILED, Failure(Fault.EXPIRED)),
            (EventKind.FAILED, Failure(Fault.CARRIER_REFUSED)),
            (EventKind.RECEIVED, None),
        ]
    ):
        house.store.log.append(Event(0x9000 + place, kind, NOW, 1, "1", failure=failure))
    expected = {
        ("parlance_requests_accepted_total", "toy"): 1,
        ("parlance_requests_refused_total", "toy", "bad_credential"): 1,
        ("parlance_requests_refused_total", "toy", "unknown_method"): 1,
        ("parlance_request_seconds_count", "toy"): 3,
        ("parlance_accept_seconds_count", "toy"): 1,
        ("parlance_messages_reached_total", "sent"): 2,
        ("parlance_messages_reached_total", "expired"): 1,
        ("parlance_messages_reached_total", "failed"): 1,
        ("parlance_messages_failed_total", "expired"): 1,
        ("parlance_messages_failed_total", "carrier_refused"): 1,
        ("parlance_outbox_messages", "toy", "ready"): 6,
        ("parlance_outbox_messages", "toy", "unsure"): 2,
        ("parlance_outbox_oldest_seconds", "toy"): 3,
        ("parlance_deliveries_dead",): 4,
        ("parlance_webhook_lag_seconds",): 4.5,
        ("parlance_commits_total",): 3,
        ("parlance_commit_operations_total",): 7,
        ("parlance_senders_stalled", "too_old"): 1,
        ("parlance_senders_stalled", "no_receipts"): 0,
        ("parlance_senders_held",): 1,
        ("parlance_senders_paced",): 2,
        ("parlance_pace_wait_seconds",): 1.5,
        ("parlance_store_writable",): 1,
    }
    assert await figures(anyone) == expected
    assert await figures(anyone) == expected


async def test_queues_can_be_told_sender_by_sender(house: House) -> None:
    house.store.waiting = [Depth(1, 5, 2, NOW - 3000), Depth(2, 1, 0, None)]
    metrics = Metrics(CollectorRegistry(), by_sender=True)
    async with client(site(house.engine, NETWORK, admin_token="x", public_url="", metrics=metrics)) as web:
        found = {name: value for name, value in (await figures(web)).items() if name[0].startswith("parlance_outbox_")}
    one, two = "0000000000000001", "0000000000000002"
    assert found == {
        ("parlance_outbox_messages", "toy", "", "ready"): 0,
        ("parlance_outbox_messages", "toy", "", "unsure"): 0,
        ("parlance_outbox_oldest_seconds", "toy", ""): 0,
        ("parlance_outbox_messages", "toy", one, "ready"): 5,
        ("parlance_outbox_messages", "toy", one, "unsure"): 2,
        ("parlance_outbox_oldest_seconds", "toy", one): 3,
        ("parlance_outbox_messages", "toy", two, "ready"): 1,
        ("parlance_outbox_messages", "toy", two, "unsure"): 0,
        ("parlance_outbox_oldest_seconds", "toy", two): 0,
    }


async def test_refused_callbacks_are_counted(house: House, anyone: httpx.AsyncClient) -> None:
    await anyone.post("/callbacks/toy/t")
    await anyone.put("/callbacks/toy/t")
    house.settle.refuses = Refusal(Fault.UNAVAILABLE)
    await anyone.post("/callbacks/toy/t")
    await anyone.post("/callbacks/anything at all/t/more")
    found = {name[1:]: value for name, value in (await figures(anyone)).items() if "callbacks" in name[0]}
    assert found == {("toy", "wrong_verb"): 1, ("toy", "unavailable"): 1, ("", "no_such_address"): 1}


async def test_two_gateways_count_apart(house: House) -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    async with client(site(house.engine, NETWORK, admin_token="x", public_url="", metrics=metrics)) as web:
        await web.post("/toy/send?key=right")
    assert registry.get_sample_value("parlance_requests_accepted_total", {"dialect": "toy"}) == 1
    async with client(site(House().engine, NETWORK, admin_token="x", public_url="")) as web:
        assert ("parlance_requests_accepted_total", "toy") not in await figures(web)


def test_the_front_page_is_json() -> None:
    assert json.loads(bytes(answer({"a": "é"}).body)) == {"a": "é"}

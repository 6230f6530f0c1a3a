import pytest
from structlog.testing import capture_logs

from parlance.model.fault import Fault, Refusal
from parlance.web.callbacks import MAX_BODY, Callbacks
from web.fakes import House, Raw, client, scope
from web.memory import NOW


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_vendors_call_reaches_the_engine_as_it_came(house: House, method: str) -> None:
    async with client(Callbacks(house.engine)) as web:
        answer = await web.request(method, "/callbacks/toy/t0k?hub=1", content=b'{"a":1}', headers={"X-Sig": "s"})
    assert (answer.status_code, answer.text) == (200, "EVENT_RECEIVED")
    assert answer.headers["parlance-request-id"] == "0000000000001001"
    ((carrier, token, request),) = house.settle.calls
    assert (carrier, token) == ("toy", "t0k")
    assert (request.method, request.url, request.body) == (method, "/callbacks/toy/t0k?hub=1", b'{"a":1}')
    assert request.headers["x-sig"] == "s"
    assert request.params == {"provider": "toy", "token": "t0k"}
    assert (request.received_at, request.request_id) == (NOW, "0000000000001001")


@pytest.mark.parametrize("path", ["/callbacks/toy", "/callbacks/toy/", "/callbacks//t", "/callbacks/toy/t/more"])
async def test_other_addresses_are_none(house: House, path: str) -> None:
    async with client(Callbacks(house.engine)) as web:
        answer = await web.post(path)
    assert answer.status_code == 404
    assert answer.headers["parlance-request-id"] == "0000000000001001"
    assert house.settle.calls == []


async def test_other_verbs_are_refused(house: House) -> None:
    async with client(Callbacks(house.engine)) as web:
        answer = await web.put("/callbacks/toy/t")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413)])
async def test_a_vendor_may_post_three_megabytes(house: House, size: int, status: int) -> None:
    raw = Raw([b"x" * size])
    await Callbacks(house.engine)(scope("POST", "/callbacks/toy/t"), raw.receive, raw.send)
    assert raw.status == status
    assert len(house.settle.calls) == (status == 200)


async def test_a_vendor_that_leaves_half_way_gets_nothing(house: House) -> None:
    raw = Raw([b"{"], leaves=True)
    await Callbacks(house.engine)(scope("POST", "/callbacks/toy/t"), raw.receive, raw.send)
    assert raw.sent == []
    assert house.settle.calls == []


async def test_a_refusal_is_a_problem(house: House) -> None:
    house.settle.refuses = Refusal(Fault.UNAVAILABLE)
    async with client(Callbacks(house.engine)) as web:
        answer = await web.post("/callbacks/toy/t")
    assert (answer.status_code, answer.json()["fault"]) == (503, "unavailable")


async def test_what_breaks_is_logged_once_and_may_be_repeated(house: House) -> None:
    house.settle.breaks = True
    with capture_logs() as logs:
        async with client(Callbacks(house.engine)) as web:
            answer = await web.post("/callbacks/toy/t0k3n", content=b"secret text")
    assert answer.status_code == 503
    (line,) = logs
    assert (line["event"], line["carrier"]) == ("callback broke", "toy")
    assert line["request"] == answer.headers["parlance-request-id"]
    assert "t0k3n" not in str(line)
    assert "secret text" not in str(line)

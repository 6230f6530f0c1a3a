import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from parlance.contract.provider import Endpoint
from parlance.model.address import phone
from parlance.model.command import ListTemplates, React, SendMessage
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Text
from parlance.web.asgi import DRAIN, read_body
from parlance.web.inlet import Inlet
from web.fakes import House, Raw, client, scope
from web.memory import NOW

SEND = "/toy/send?key=right"


def said_no(fault: str, field: str = "") -> dict[str, str]:
    return {"no": fault, "field": field}


# ---- the way through


async def test_a_send_is_read_carried_out_and_answered(house: House) -> None:
    async with client(Inlet(house.engine)) as web:
        answer = await web.post(SEND, json={"to": "15550001", "text": "hi"})
    assert (answer.status_code, answer.text) == (200, "Accepted")
    assert answer.headers["content-length"] == "8"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["parlance-message-id"] == "0000000000000abc"
    assert answer.headers["parlance-request-id"] == "0000000000001001"
    assert "parlance-dropped" not in answer.headers
    assert house.intake.commands == [("toy", SendMessage(phone("15550001"), Text("hi")), 5.0)]


async def test_the_dialect_sees_the_request_as_it_came(house: House) -> None:
    async with client(Inlet(house.engine)) as web:
        await web.post("/toy/in77%20a/send/right?x=%2B1&y", content=b"{}", headers={"X-One": "1"})
    (seen,) = house.toy.seen
    assert (seen.method, seen.url) == ("POST", "/toy/in77%20a/send/right?x=%2B1&y")
    assert seen.params == {"instance": "77 a", "token": "right"}
    assert seen.headers["x-one"] == "1"
    assert (seen.body, seen.received_at, seen.request_id) == (b"{}", NOW, "0000000000001001")


async def test_a_reply_that_is_no_message_has_no_message_id(house: House) -> None:
    async with client(Inlet(house.engine)) as web:
        answer = await web.get("/toy/templates?key=right")
    assert answer.text == "Templates"
    assert "parlance-message-id" not in answer.headers
    assert house.intake.commands == [("toy", ListTemplates(), None)]


async def test_what_was_dropped_is_named(house: House) -> None:
    house.intake.dropped = ("birthday", "emails")
    async with client(Inlet(house.engine)) as web:
        answer = await web.post(SEND)
    assert answer.headers["parlance-dropped"] == "birthday,emails"


# ---- addresses and verbs


@pytest.mark.parametrize(
    ("method", "path", "fault", "allow"),
    [
        ("POST", "/toy/other", "unknown_method", None),
        ("DELETE", "/toy/other", "unknown_method", None),
        ("GET", "/toy/send", "wrong_verb", "POST"),
        ("HEAD", "/toy/templates", "wrong_verb", "GET"),
        ("OPTIONS", "/toy/send", "wrong_verb", "POST"),
        ("OPTIONS", "/toy/other", "wrong_verb", "GET, POST"),
        ("GET", "/toy/in7/send/t", "wrong_verb", "POST"),
        ("POST", "/toy/send/", "unknown_method", None),
        ("POST", "/toy/SEND", "unknown_method", None),
    ],
)
async def test_the_dialect_refuses_in_its_territory(
    house: House, method: str, path: str, fault: str, allow: str | None
) -> None:
    async with client(Inlet(house.engine)) as web:
        answer = await web.request(method, path)
    assert answer.status_code == 418
    if method != "HEAD":
        assert answer.json() == said_no(fault)
    assert answer.headers.get("allow") == allow
    assert answer.headers["parlance-request-id"] == "0000000000001001"
    assert house.intake.commands == []


@pytest.mark.parametrize(
    "path", ["/toy/Loose/Send", "/toy/loose/send/", "/toy/LOOSE/SEND", "/toy/V1.0/7/loose/", "/toy/v1.0/7/Loose"]
)
async def test_some_addresses_may_be_written_in_any_case(house: House, path: str) -> None:
    async with client(Inlet(house.engine)) as web:
        answer = await web.post(f"{path}?key=right")
    assert answer.text == "Accepted"


def test_a_wide_shape_serves_its_territory_alone(house: House) -> None:
    house.toy.endpoints += (
        Endpoint("GET", "/{place}/{number}/wide", house.toy.endpoints[0].read, house.toy.endpoints[0].write),
    )
    inlet = Inlet(house.engine)
    found = inlet.find("GET", "/toy/1/wide")
    assert found is not None
    assert found.params == {"place": "toy", "number": "1"}
    assert inlet.find("GET", "/elsewhere/1/wide") is None
    assert inlet.find("POST", "/elsewhere/1/wide") is None


async def test_outside_every_territory_there_is_nothing(house: House) -> None:
    inlet = Inlet(house.engine)
    assert inlet.find("POST", "/elsewhere") is None
    async with client(inlet) as web:
        answer = await web.post("/elsewhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_two_dialects_cannot_claim_one_address(house: House) -> None:
    house.dialects["again"] = house.toy
    with pytest.raises(ValueError, match="POST /toy/send is served twice"):
        Inlet(house.engine)


# ---- what is refused


async def test_a_wrong_credential_is_refused_before_the_body_is_read(house: House) -> None:
    async with client(Inlet(house.engine)) as web:
        answer = await web.post("/toy/send?key=wrong", content=b"explode")
    assert answer.json() == said_no("bad_credential")


async def test_the_engines_refusal_is_said_in_the_dialects_words(house: House) -> None:
    house.intake.refuses = Refusal(Fault.WINDOW_CLOSED, "to")
    async with client(Inlet(house.engine)) as web:
        answer = await web.post(SEND)
    assert answer.json() == said_no("window_closed", "to")
    assert "retry-after" not in answer.headers
    assert "parlance-message-id" not in answer.headers


@pytest.mark.parametrize(("after", "header"), [(0.2, "1"), (3.1, "4")])
async def test_retry_after_is_whole_seconds_rounded_up(house: House, after: float, header: str) -> None:
    house.intake.refuses = Refusal(Fault.RATE_LIMITED, retry_after=after)
    async with client(Inlet(house.engine)) as web:
        answer = await web.post(SEND)
    assert answer.headers["retry-after"] == header


async def test_what_breaks_is_refused_as_unavailable_and_logged_without_secrets(house: House) -> None:
    with capture_logs() as logs:
        async with client(Inlet(house.engine)) as web:
            answer = await web.post("/toy/in7/send/right", content=b"explode")
    assert answer.status_code == 418
    assert answer.json() == said_no("unavailable")
    (line,) = logs
    assert line["event"] == "request broke"
    assert line["request"] == answer.headers["parlance-request-id"]
    assert line["endpoint"] == "/toy/in{instance}/send/{token}"
    assert "right" not in str(line)
    assert "explode" not in str(line)


async def test_a_dialect_that_cannot_even_refuse_is_answered_for(house: House) -> None:
    house.toy.breaks_refusing = True
    with capture_logs() as logs:
        async with client(Inlet(house.engine)) as web:
            answer = await web.post("/toy/send?key=wrong")
    assert answer.status_code == 503
    assert answer.json()["title"] == "Service Unavailable"
    assert [line["event"] for line in logs] == ["refusal broke"]


# ---- keys


async def test_the_header_gives_a_message_its_key(house: House) -> None:
    async with client(Inlet(house.engine), **{"idempotency-key": "k" * 255}) as web:
        await web.post(SEND)
        await web.post("/toy/react?key=right")
    keys = [command.key for _, command, _ in house.intake.commands if isinstance(command, SendMessage | React)]
    assert keys == ["k" * 255, "k" * 255]


async def test_the_messages_own_key_wins_over_any_header(house: House) -> None:
    async with client(Inlet(house.engine), **{"idempotency-key": "not usable"}) as web:
        answer = await web.post(SEND, json={"key": "own"})
    assert answer.text == "Accepted"
    assert house.intake.commands == [("toy", SendMessage(phone("1"), Text(""), key="own"), 5.0)]


@pytest.mark.parametrize("key", ["", "k" * 256, "two words", "é", "tab\there"])
async def test_a_key_that_cannot_be_used_is_refused(house: House, key: str) -> None:
    async with client(Inlet(house.engine)) as web:
        answer = await web.post(SEND, headers={b"idempotency-key": key.encode("latin-1")})
    assert answer.json() == said_no("malformed", "Idempotency-Key")
    assert house.intake.commands == []


async def test_a_key_on_what_is_no_message_is_ignored(house: House) -> None:
    async with client(Inlet(house.engine), **{"idempotency-key": "two words"}) as web:
        answer = await web.get("/toy/templates?key=right")
    assert answer.text == "Templates"


# ---- bodies


async def serve(house: House, raw: Raw, path: str = "/toy/send") -> None:
    await Inlet(house.engine)(scope("POST", path), raw.receive, raw.send)


async def test_a_body_in_pieces_is_put_together(house: House) -> None:
    raw = Raw([b'{"text":', b'"a', b'b"}'])
    await serve(house, raw)
    assert raw.status == 200
    assert [message["type"] for message in raw.sent] == ["http.response.start", "http.response.body"]
    assert house.intake.commands == [("toy", SendMessage(phone("1"), Text("ab")), 5.0)]


async def test_a_body_may_be_as_long_as_the_dialect_says(house: House) -> None:
    raw = Raw([b'{"text":"' + b"x" * 989 + b'"}'])
    assert len(raw.chunks[0]) == house.toy.max_body
    await serve(house, raw)
    assert raw.status == 200


@pytest.mark.parametrize("chunks", [[b"x" * 1001], [b"x" * 1000, b"x"], [b"x" * 2000, b"y" * 5000, b""]])
async def test_a_body_that_is_too_large_is_taken_and_refused(house: House, chunks: list[bytes]) -> None:
    raw = Raw(chunks)
    await serve(house, raw)
    assert raw.body == b'{"no": "too_large", "field": ""}'
    assert raw.headers[b"connection"] == b"close"
    assert raw.taken == len(chunks)
    assert house.toy.seen[0].body == b""


async def test_of_an_endless_body_no_more_is_taken_than_needed(house: House) -> None:
    megabyte = b"x" * 1_048_576
    raw = Raw([megabyte] * 100)
    await serve(house, raw)
    assert raw.body == b'{"no": "too_large", "field": ""}'
    assert raw.taken == DRAIN // len(megabyte) + 1


@pytest.mark.parametrize("chunks", [[], [b'{"text":'], [b"x" * 2000]])
async def test_a_client_that_leaves_half_way_gets_nothing_and_nothing_is_done(
    house: House, chunks: list[bytes]
) -> None:
    raw = Raw(chunks, leaves=True)
    await serve(house, raw)
    assert raw.sent == []
    assert house.intake.commands == []
    assert house.toy.seen == []


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever() -> None:
    raw = Raw([])
    with pytest.raises(Refusal) as refused:
        await read_body(raw.receive, 1000, patience=0)
    assert (refused.value.fault, refused.value.field) == (Fault.MALFORMED, "")


async def test_requests_are_served_side_by_side(house: House) -> None:
    slow, quick = Raw([]), Raw([b"{}"])
    held = asyncio.create_task(serve(house, slow))
    await serve(house, quick)
    assert quick.status == 200
    assert not held.done()
    slow.gone.set()
    await held
    assert slow.sent == []


def test_static_addresses_need_no_new_values(house: House) -> None:
    inlet = Inlet(house.engine)
    assert inlet.find("POST", "/toy/send") is inlet.find("POST", "/toy/send")
    found = inlet.find("POST", "/toy/in1/send/t")
    assert found is not None
    assert found.params == {"instance": "1", "token": "t"}
    assert replace(found, params={}).params == {}

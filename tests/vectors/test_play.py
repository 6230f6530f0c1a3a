"""The player itself: a provider that says something else than its recording is found out."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest

from parlance.contract.provider import Ask, Carrier, Commit, Dialect, Endpoint, Heard, Policy, Provider, Steps
from parlance.model.address import phone
from parlance.model.command import Accepted, Command, Credential, Reply, SendMessage
from parlance.model.event import Event
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Message, Stage, Text
from parlance.model.outcome import Refused, Sent, StatusReport
from parlance.model.sender import Route, Subscription
from parlance.model.wire import WireRequest, WireResponse
from vectors.files import Vector, put, versions
from vectors.play import play
from vectors.schema import faults

SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))


def _read(request: WireRequest) -> Command:
    text = json.loads(request.body)["text"]
    if not text:
        raise Refusal(Fault.EMPTY_TEXT, "text")
    return SendMessage(phone(request.params["to"]), Text(text))


def _write(reply: Reply) -> WireResponse:
    assert isinstance(reply, Accepted)
    return WireResponse(202, json.dumps({"id": reply.message.id, "to": reply.message.peer.value}).encode(), {"x": "1"})


class _ToyDialect:
    endpoints = (Endpoint("POST", "/toy/{to}", _read, _write),)
    territory = re.compile("/toy/")

    def policy(self, document: Mapping[str, Any]) -> Policy:
        return Policy()

    def credential(self, request: WireRequest) -> Credential:
        return Credential(request.headers["authorization"])

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        return WireResponse(400, refusal.fault.encode())

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        return WireRequest("POST", to.url, {}, event.kind.encode()) if event.message_id else None


class _ToyCarrier:
    def send(self, message: Message, route: Route) -> Steps:
        assert isinstance(message.content, Text)
        answer = yield Ask(WireRequest("POST", "https://toy.example.org/token"))
        answer = yield Commit(
            WireRequest("POST", f"https://toy.example.org/{answer.body.decode()}", {}, b'{"a":1,"b":2}')
        )
        return Sent(answer.body.decode()) if answer.status == 200 else Refused(Failure(Fault.CARRIER_REFUSED))

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        return "signature" in callback.headers

    def hear(self, callback: WireRequest, route: Route) -> Heard:
        if not callback.body:
            raise Refusal(Fault.MALFORMED)
        return Heard((StatusReport(callback.body.decode(), Stage.READ, 5),), WireResponse(204))


TOY = Provider("toy", "Toy", cast("Dialect", _ToyDialect()), cast("Carrier", _ToyCarrier()))

ASKED: dict[str, Any] = {
    "side": "client→us",
    "request": {
        "method": "POST",
        "url": "/toy/972550000222",
        "headers": {"authorization": "demo"},
        "json": {"text": "hi"},
    },
    "canonical": {
        "credential": {"secret": "demo"},
        "command": {
            "is": "SendMessage",
            "to": {"kind": "phone", "value": "972550000222"},
            "content": {"kind": "text", "body": "hi"},
        },
    },
    "reply": {"status": 202, "headers": {"x": "1"}, "json": {"id": 7, "to": "972550000222"}},
    "context": {"message": {"id": 7}},
}
TOLD: dict[str, Any] = {
    "side": "us→client",
    "canonical": {"event": {"kind": "message.read", "message_id": 7}},
    "request": {"method": "POST", "url": "https://hooks.example.org/in", "text": "message.read"},
}
SENT: dict[str, Any] = {
    "side": "us→provider",
    "canonical": {
        "message": {"peer": {"kind": "phone", "value": "1"}, "content": {"kind": "text", "body": "hi"}},
        "outcome": {"is": "Sent", "external_id": "x1"},
    },
    "steps": [
        {
            "step": "ask",
            "request": {"method": "POST", "url": "https://toy.example.org/token"},
            "reply": {"status": 200, "text": "t"},
        },
        {
            "step": "commit",
            "request": {"method": "POST", "url": "https://toy.example.org/t", "json": {"a": 1, "b": 2}},
            "reply": {"status": 200, "text": "x1"},
        },
    ],
}
HEARD: dict[str, Any] = {
    "side": "provider→us",
    "request": {"method": "POST", "url": "/callbacks/toy/token", "headers": {"signature": "demo"}, "text": "x1"},
    "canonical": {"reports": [{"is": "StatusReport", "external_id": "x1", "stage": "read", "at": 5}]},
    "reply": {"status": 204},
}


def _vector(document: Mapping[str, Any]) -> Vector:
    return Vector(TOY, Path("toy.json"), "", document["side"], document)


@pytest.mark.parametrize("document", [ASKED, TOLD, SENT, HEARD], ids=lambda each: each["side"])
def test_what_is_right_passes(document: dict[str, Any]) -> None:
    play(_vector(document))


@pytest.mark.parametrize(
    ("document", "pointer", "value"),
    [
        (ASKED, "/request/headers/authorization", "other"),
        (ASKED, "/request/url", "/elsewhere/972550000222"),
        (ASKED, "/request/json/text", ""),
        (ASKED, "/canonical/command/content/body", "ho"),
        (ASKED, "/canonical/command/colour", "red"),
        (ASKED, "/canonical/refusal", "empty_text"),
        (ASKED, "/canonical/refusals", ["empty_text"]),
        (ASKED, "/reply/status", 200),
        (ASKED, "/reply/headers/x", "2"),
        (ASKED, "/reply/json", {"to": "972550000222", "id": 7}),
        (ASKED, "/reply/json/id", "7"),
        (ASKED, "/reply/json/more", None),
        (TOLD, "/request", None),
        (TOLD, "/request/text", "message.sent"),
        (TOLD, "/canonical/event/message_id", None),
        (SENT, "/steps/0/step", "commit"),
        (SENT, "/steps/1/request/json/b", 3),
        (SENT, "/steps/1/reply/status", 500),
        (SENT, "/canonical/outcome/external_id", "x2"),
        (SENT, "/steps", []),
        (HEARD, "/canonical/reports", []),
        (HEARD, "/canonical/authentic", False),
        (HEARD, "/request/text", ""),
        (HEARD, "/reply/status", 200),
    ],
)
def test_what_is_wrong_fails(document: dict[str, Any], pointer: str, value: Any) -> None:
    changed = deepcopy(document)
    put(changed, pointer, value)
    with pytest.raises((AssertionError, Refusal)):
        play(_vector(changed))


@pytest.mark.parametrize(
    ("document", "changes"),
    [
        (
            ASKED,
            {
                "/request/json/text": "",
                "/canonical": {"refusal": "empty_text"},
                "/reply": {"status": 400, "text": "empty_text"},
            },
        ),
        (ASKED, {"/canonical/refusals": ["bad_url"], "/reply": {"status": 400, "text": "bad_url"}}),
        (ASKED, {"/reply/json": {"id": 9, "to": "972550000222"}, "/loose": ["/id"]}),
        (TOLD, {"/canonical/event/message_id": None, "/request": None}),
        (
            SENT,
            {
                "/steps/1/reply/status": 500,
                "/canonical/outcome": {"is": "Refused", "failure": {"fault": "carrier_refused"}},
            },
        ),
        (HEARD, {"/request/text": "", "/canonical": {"refusal": "malformed"}}),
        (HEARD, {"/request/headers": {}, "/canonical": {"authentic": False}}),
    ],
)
def test_other_ends_pass_too(document: dict[str, Any], changes: dict[str, Any]) -> None:
    changed = deepcopy(document)
    for pointer, value in changes.items():
        put(changed, pointer, value)
    play(_vector(changed))


def test_variants_change_copies() -> None:
    document = {
        **ASKED,
        "variants": [{"about": "b", "set": {"/request/json/text": "ho"}, "without": ["/reply/json/id"]}],
    }
    plain, changed = versions(document)
    assert plain[1]["request"]["json"] == {"text": "hi"}
    assert changed[0] == "[b]"
    assert changed[1]["request"]["json"] == {"text": "ho"}
    assert changed[1]["reply"]["json"] == {"to": "972550000222"}
    assert "variants" not in changed[1]


@pytest.mark.parametrize(
    ("pointer", "value", "fault"),
    [
        ("/about", "no capital.", "/about: 'no capital.' does not match ^[A-Z0-9].*\\.$"),
        ("/about", 5, "/about: is not string"),
        ("/side", "sideways", "/side: 'sideways' is none of "),
        ("/source/seen", "today", "/source/seen: 'today' does not match "),
        ("/source/kind", "hearsay", "/source/kind: 'hearsay' is none of "),
        ("/colour", "red", "/: colour is not known"),
        ("/request", {"method": "POST"}, "/request: url is missing"),
        ("/request/headers", {"X": "1"}, "/request/headers: X is not known"),
        ("/canonical/command", {}, "/canonical/command: is is missing"),
        ("/canonical/refusals", [], "/canonical/refusals: is shorter than 1"),
        ("/loose", ["id"], "/loose/0: 'id' does not match ^/"),
        ("/reply/status", True, "/reply/status: is not integer"),
    ],
)
def test_the_schema_finds_what_is_malformed(pointer: str, value: Any, fault: str) -> None:
    source = {"kind": "our choice", "where": "made up", "seen": "2026-11-20"}
    document = {"about": "A text.", "source": source, **deepcopy(ASKED)}
    assert list(faults(document, SCHEMA, SCHEMA)) == []
    put(document, pointer, value)
    found = list(faults(document, SCHEMA, SCHEMA))
    assert len(found) == 1
    assert found[0].startswith(fault)

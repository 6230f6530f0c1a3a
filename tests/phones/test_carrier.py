"""The carrier as a generator of plain values, and its reading of callbacks from anyone."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.contract.provider import Ask, Commit, Limits, PairLimit, Steps
from parlance.formats.sandbox import read_posted, read_receipt, write_reports
from parlance.model.address import Address, AddressKind, phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Failure, Fault, Malformed
from parlance.model.message import (
    Choice,
    Contacts,
    Direction,
    Location,
    Media,
    Message,
    Reaction,
    Receipt,
    Stage,
    Text,
    Unknown,
)
from parlance.model.outcome import (
    Absent,
    Busy,
    Incoming,
    Outcome,
    Refused,
    Report,
    Sent,
    StateReport,
    StatusReport,
    Unsure,
)
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.sandbox import PROVIDER
from parlance.providers.sandbox.carrier import SandboxCarrier

ROUTE = Route(3, 2, "sandbox", "97277", callback_token="tok")
MESSAGE = Message(255, Direction.OUT, 2, 9, "97277", phone("97250"), Text("hi"), "any", 1_800_000_000_000, quote=16)
CARRIER = SandboxCarrier()


def end(steps: Steps, answer: WireResponse) -> Outcome:
    next(steps)
    with pytest.raises(StopIteration) as stop:
        steps.send(answer)
    outcome: Outcome = stop.value.value
    return outcome


def hear(body: bytes) -> tuple[Report, ...]:
    return CARRIER.hear(WireRequest("POST", "/callbacks/sandbox/tok", {}, body), ROUTE).reports


def test_the_provider_is_a_carrier_alone() -> None:
    assert (PROVIDER.name, PROVIDER.dialect) == ("sandbox", None)
    assert PROVIDER.carrier is not None
    assert PROVIDER.carrier.capabilities.card_fields == {field.name for field in fields(ContactCard)}
    assert [(each.name, each.choices) for each in PROVIDER.carrier.settings] == [("pacing", ("", "meta"))]


def test_pacing_is_a_setting() -> None:
    assert CARRIER.limits(ROUTE) == Limits()
    paced = CARRIER.limits(replace(ROUTE, settings={"pacing": "meta"}))
    assert paced == Limits(per_second=80, pair=PairLimit(6000, 45))


def test_a_message_is_committed_under_its_own_id() -> None:
    step = next(CARRIER.send(MESSAGE, ROUTE))
    assert isinstance(step, Commit)
    assert (step.request.method, step.request.url) == ("POST", "sandbox:/messages")
    assert json.loads(step.request.body) == {
        "id": "00000000000000ff",
        "sender": "97277",
        "sender_id": "0000000000000002",
        "token": "tok",
        "to": "97250",
        "content": {"kind": "text", "body": "hi"},
        "at": 1_800_000_000_000,
        "quote": "0000000000000010",
    }
    assert read_posted(step.request.body).content == Text("hi")


def test_a_receipt_is_only_asked() -> None:
    step = next(CARRIER.send(replace(MESSAGE, content=Receipt(7)), ROUTE))
    assert isinstance(step, Ask)
    assert step.request.url == "sandbox:/receipts"
    assert read_receipt(step.request.body).message == 7


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (WireResponse(200, b'{"id":"00ff"}'), Sent("00ff")),
        (WireResponse(200, b"{}"), Unsure("an answer without an id")),
        (WireResponse(200, b'{"id":5}'), Unsure("an answer without an id")),
        (WireResponse(200, b"<html>"), Unsure("an answer without an id")),
        (WireResponse(429, b"", {"retry-after": "3"}), Busy(3000)),
        (WireResponse(429, b"", {"retry-after": "soon"}), Busy(None)),
        (
            WireResponse(404, b'{"error":{"code":"unknown_sender","message":"Who?"}}'),
            Refused(Failure(Fault.CARRIER_REFUSED, "unknown_sender", "Who?")),
        ),
        (WireResponse(400, b"[]"), Refused(Failure(Fault.CARRIER_REFUSED))),
        (WireResponse(503), Unsure("HTTP 503")),
        (WireResponse(302), Unsure("HTTP 302")),
    ],
)
def test_answers_are_judged(answer: WireResponse, expected: Outcome) -> None:
    assert end(CARRIER.send(MESSAGE, ROUTE), answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (WireResponse(200, b'{"id":"00ff"}'), Sent("00ff")),
        (WireResponse(404), Absent()),
        (WireResponse(200, b"{}"), Unsure("HTTP 200")),
        (WireResponse(500), Unsure("HTTP 500")),
    ],
)
def test_look_ups_are_judged(answer: WireResponse, expected: Outcome) -> None:
    steps = CARRIER.look_up(MESSAGE, "", ROUTE)
    assert end(steps, answer) == expected
    step = next(CARRIER.look_up(MESSAGE, "", ROUTE))
    assert isinstance(step, Ask)
    assert (step.request.method, step.request.url) == ("GET", "sandbox:/messages/00000000000000ff")


# ---- callbacks

PERSON = Address(AddressKind.PHONE, "97250")
EVERYTHING: tuple[Report, ...] = (
    StatusReport("a", Stage.DELIVERED, 5, tag=9, pricing={"billable": True}),
    StatusReport("a", Stage.FAILED, 5, failure=Failure(Fault.NOT_ON_WHATSAPP, "131026", "no")),
    Incoming("b", PERSON, Text("שלום"), 6, "Dana", "97277", "c", forwarded=True, aliases=(phone("1"),), tag=10),
    Incoming("b", PERSON, Contacts((ContactCard("D", phones=(Phone("1", wa_id="1"),)),)), 6),
    Incoming("b", PERSON, Reaction(4, "👍", "d"), 6),
    Incoming("b", PERSON, Media("image", "https://x"), 6),
    Incoming("b", PERSON, Location("1.0", "2"), 6),
    Incoming("b", PERSON, Choice("button", "i", "t"), 6),
    Incoming("b", PERSON, Unknown("poll", {"x": [1, None]}), 6),
    StateReport("held", 7, held="quality"),
)


def test_every_report_is_heard_as_it_was_written() -> None:
    heard = CARRIER.hear(WireRequest("POST", "/callbacks/sandbox/tok", {}, write_reports(EVERYTHING)), ROUTE)
    assert heard.reports == EVERYTHING
    assert heard.answer.status == 200
    assert CARRIER.authentic(WireRequest("POST", "/"), ROUTE)


def test_strange_words_are_kept() -> None:
    status = {"type": "status", "external_id": "a", "at": 1, "stage": "pinned"}
    assert hear(json.dumps([status]).encode()) == (StatusReport("a", None, 1, word="pinned"),)
    # Stages that only the gateway itself can know are strange from outside.
    assert hear(json.dumps([{**status, "stage": "unsure"}]).encode()) == (StatusReport("a", None, 1, word="unsure"),)
    typed = {"type": "typing", "external_id": "a", "at": 1}
    assert hear(json.dumps([typed]).encode()) == (StatusReport("a", None, 1, word="typing"),)
    failed = {**status, "stage": "failed", "failure": {"fault": "bad_moon", "code": "7"}}
    (report,) = hear(json.dumps([failed]).encode())
    assert report == StatusReport("a", Stage.FAILED, 1, failure=Failure(Fault.CARRIER_REFUSED, "7"))


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"kind": "hologram", "x": 1}, "hologram"),
        ({"kind": "text"}, "text"),
        ({"kind": 5}, "5"),
        ({"kind": "template", "name": "t"}, "template"),
        ({"kind": "receipt", "target": 3}, "receipt"),
        ({"kind": "reaction", "target": -1, "emoji": "x"}, "reaction"),
    ],
)
def test_strange_contents_are_kept_whole(given: dict[str, Any], kind: str) -> None:
    incoming = {"type": "incoming", "external_id": "a", "at": 1, "peer": {"kind": "phone", "value": "97250"}}
    (report,) = hear(json.dumps([{**incoming, "content": given}]).encode())
    assert report == Incoming("a", PERSON, Unknown(kind, given), 1)
    strange = {**incoming, "type": "call"}
    assert hear(json.dumps([strange]).encode()) == (Incoming("a", PERSON, Unknown("call", strange), 1),)


@pytest.mark.parametrize(
    ("body", "path", "kind"),
    [
        (b"", "", "json_invalid"),
        (b"\xff", "", "json_invalid"),
        (b"[1e999]", "", "json_invalid"),
        (b'["\\ud800"]', "", "json_invalid"),
        (b"[" * 5000, "", "json_invalid"),
        (b"{}", "", "list_type"),
        (b"[5]", "0", "dict_type"),
        (b"[{}]", "0.type", "string_type"),
        (b'[{"type":"status","at":1}]', "0.external_id", "missing"),
        (b'[{"type":"status","external_id":"a","at":-1}]', "0.at", "out_of_range"),
        (b'[{"type":"status","external_id":"a","at":99999999999999999999}]', "0.at", "out_of_range"),
        (b'[{"type":"status","external_id":"a","at":1,"tag":"zz"}]', "0.tag", "id_type"),
        (
            b'[{"type":"incoming","external_id":"a","at":1,"peer":{"kind":"fax","value":"1"},"content":{}}]',
            "0.peer.kind",
            "enum",
        ),
    ],
)
def test_garbage_is_refused(body: bytes, path: str, kind: str) -> None:
    with pytest.raises(Malformed) as refusal:
        hear(body)
    assert (refusal.value.field, refusal.value.kind) == (path, kind)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["status", "incoming", "state", "sent", "failed", "text", "reaction", "phone", "0" * 15 + "7"])
HOSTILE = st.dictionaries(
    st.sampled_from([*(field.name for cls in (StatusReport, Incoming, StateReport) for field in fields(cls)), "type"]),
    WORDS | ANYTHING | st.dictionaries(st.sampled_from(["kind", "value", "body", "target", "fault"]), WORDS | ANYTHING),
)


def heard_or_refused(body: bytes) -> None:
    try:
        reports = hear(body)
    except Malformed:
        return
    assert all(0 <= each.at < 1 << 53 for each in reports)
    assert hear(write_reports(reports)) == reports


@given(st.lists(HOSTILE | ANYTHING, max_size=3))
def test_hostile_callbacks_are_heard_or_refused(value: list[Any]) -> None:
    heard_or_refused(json.dumps(value).encode())


@given(
    st.sampled_from(["status", "incoming", "state", "other"]),
    st.dictionaries(
        st.sampled_from(["stage", "failure", "content", "tag", "name", "pricing", "word"]), WORDS | ANYTHING
    ),
)
def test_a_whole_report_with_one_hostile_member_is_heard_or_refused(kind: str, members: dict[str, Any]) -> None:
    whole = {"type": kind, "external_id": "a", "at": 1, "state": "on", "peer": {"kind": "phone", "value": "97250"}}
    heard_or_refused(json.dumps([{**whole, **members}]).encode())


@given(st.binary())
def test_any_bytes_are_heard_or_refused(body: bytes) -> None:
    heard_or_refused(body)

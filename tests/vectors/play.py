"""Plays a vector: the provider has to say exactly what the recording says."""

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from parlance.contract.provider import Ask, Carrier, Commit, Dialect, Endpoint, Policy, RetryPlan, Steps
from parlance.model.command import Command, Credential
from parlance.model.fault import Refusal
from parlance.model.outcome import Outcome
from parlance.model.wire import WireRequest, WireResponse
from vectors.files import Vector, body_of, drop, response_of
from vectors.values import (
    COMMANDS,
    OUTCOMES,
    REPORTS,
    event_of,
    message_of,
    refusal_of,
    reply_of,
    route_of,
    show,
    subscription_of,
    tame,
    tame_named,
)

_PART = re.compile(r"\\\{(\w+)\\\}")


@cache
def _pattern(path: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_PART.sub(r"(?P<\1>[^/]+)", re.escape(path)), re.IGNORECASE if ignore_case else 0)


def find(dialect: Dialect, request: WireRequest) -> tuple[Endpoint, WireRequest] | None:
    """The endpoint a request is for, and the request with its path's parts."""
    for endpoint in dialect.endpoints:
        if endpoint.method == request.method and (
            found := _pattern(endpoint.path, endpoint.ignore_case).fullmatch(request.path)
        ):
            parts = found.groupdict()
            shape = (request.method, request.url, request.headers, request.body, parts)
            return endpoint, WireRequest(*shape, received_at=request.received_at, request_id=request.request_id)
    return None


# ---- comparing


def _parsed(body: bytes, loose: tuple[str, ...]) -> str | bytes:
    try:
        value = json.loads(body)
    except ValueError:
        return body
    for pointer in loose:
        drop(value, pointer)
    # As text: 1, "1", 1.0 and true differ, and so does the order of fields.
    return json.dumps(value, ensure_ascii=False, indent=1)


def _same_body(expected: Mapping[str, Any], body: bytes, loose: tuple[str, ...]) -> None:
    if "json" in expected:
        assert _parsed(body, loose) == _parsed(body_of(expected), loose)
    else:
        assert body == body_of(expected)


def _same_headers(expected: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    wanted = expected.get("headers", {})
    assert {name: headers.get(name) for name in wanted} == wanted


def same_request(expected: Mapping[str, Any], made: WireRequest, loose: tuple[str, ...] = ()) -> None:
    """Compare a request with its recording; headers that the recording does not name are free."""
    assert (made.method, made.url) == (expected["method"], expected["url"])
    _same_headers(expected, made.headers)
    _same_body(expected, made.body, loose)


def same_reply(expected: Mapping[str, Any], made: WireResponse, loose: tuple[str, ...] = ()) -> None:
    """Compare a reply with its recording."""
    assert made.status == expected["status"]
    _same_headers(expected, made.headers)
    _same_body(expected, made.body, loose)


def _same_refusal(expected: str | Mapping[str, Any], raised: Refusal) -> None:
    parts = {"fault": expected} if isinstance(expected, str) else expected
    assert {name: getattr(raised, name, None) for name in parts} == dict(parts)


# ---- client→us


def play_request(vector: Vector, dialect: Dialect) -> None:
    """A program calls us."""
    canonical, request = vector.canonical, vector.request()
    assert dialect.territory.match(request.path), "outside the dialect's territory"
    found = find(dialect, request)
    credential: Credential | None = None
    command: Command | None = None
    raised: Refusal | None = None
    if found is not None:
        endpoint, request = found
        try:
            credential = dialect.credential(request)
            command = endpoint.read(request)
        except Refusal as refusal:
            raised = refusal
    if "credential" in canonical:
        assert credential == tame(Credential, canonical["credential"])
    if "refusal" in canonical:
        assert raised is not None, "nothing was refused"
        _same_refusal(canonical["refusal"], raised)
        same_reply(vector.document["reply"], dialect.refuse(raised, request), vector.loose)
        return
    # The engine refuses some requests before they are read: then only their credential was asked for.
    if raised is not None and ("command" in canonical or "refusals" not in canonical):
        raise raised
    if "command" in canonical:
        assert command == tame_named(COMMANDS, canonical["command"])
    for given in canonical.get("refusals", ()):
        same_reply(vector.document["reply"], dialect.refuse(refusal_of(given), request), vector.loose)
    if "refusals" not in canonical:
        assert found is not None, "no endpoint takes this"
        assert command is not None
        same_reply(vector.document["reply"], found[0].write(reply_of(vector, command)), vector.loose)


# ---- us→client


def play_announcement(vector: Vector, dialect: Dialect) -> None:
    """We call a program."""
    made = dialect.announce(event_of(vector), subscription_of(vector))
    expected = vector.document["request"]
    if expected is None:
        assert made is None
        return
    assert made is not None, "nothing was announced"
    same_request(expected, made, vector.loose)


# ---- settings


def play_settings(vector: Vector, dialect: Dialect) -> None:
    """Settings change, and mean something."""
    canonical = vector.canonical
    document: Mapping[str, Any] = vector.context.get("document", {})
    if "refusal" in canonical:
        try:
            dialect.change(document, canonical["changes"])
        except Refusal as raised:
            _same_refusal(canonical["refusal"], raised)
            return
        raise AssertionError("nothing was refused")
    if "changes" in canonical:
        before = deepcopy(document)
        changed = dialect.change(document, canonical["changes"])
        assert document == before, "the old document was changed in place"
        document = changed
    if "document" in canonical:
        assert document == canonical["document"]
    policy = dialect.policy(document)
    _same_part(canonical.get("policy", {}), show(Policy, policy))
    settings = {"subscription": {"settings": dict(policy.webhook_settings), "events": [], "own": True}}
    to = subscription_of(Vector(vector.provider, vector.file, vector.label, vector.side, {"context": settings}))
    _same_part(canonical.get("plan", {}), show(RetryPlan, dialect.plan(to)))


def _same_part(expected: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    found = {name: shown[name] for name in expected}
    assert _unordered(found) == _unordered(expected)


def _unordered(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(each) if name in {"events", "late", "success"} else each for name, each in value.items()}


# ---- us→provider


def play_sending(vector: Vector, carrier: Carrier) -> None:
    """We call a vendor."""
    message, route = message_of(vector, vector.canonical["message"]), route_of(vector)
    if "look_up" in vector.context:
        steps = carrier.look_up(message, vector.context["look_up"], route)
    else:
        steps = carrier.send(message, route)
    document = vector.document
    expected = document.get("steps")
    if expected is None:
        expected = [{"step": "commit", "request": document["request"], "reply": document["reply"]}]
    outcome = _walk(steps, expected, vector.loose)
    assert outcome == tame_named(OUTCOMES, vector.canonical["outcome"])


def _walk(steps: Steps, expected: list[Mapping[str, Any]], loose: tuple[str, ...]) -> Outcome:
    answer: WireResponse | None = None
    for each in [*expected, None]:
        try:
            step = next(steps) if answer is None else steps.send(answer)
        except StopIteration as end:
            assert each is None, f"ended before {each}"
            outcome: Outcome = end.value
            return outcome
        assert each is not None, f"one more step: {step}"
        assert isinstance(step, Commit if each["step"] == "commit" else Ask)
        same_request(each["request"], step.request, loose)
        answer = response_of(each["reply"])
    raise AssertionError("never ended")


# ---- provider→us


def play_callback(vector: Vector, carrier: Carrier) -> None:
    """A vendor calls us."""
    canonical, request, route = vector.canonical, vector.request(), route_of(vector)
    assert carrier.authentic(request, route) is canonical.get("authentic", True)
    if "refusal" in canonical:
        try:
            carrier.hear(request, route)
        except Refusal as raised:
            _same_refusal(canonical["refusal"], raised)
            return
        raise AssertionError("nothing was refused")
    if "reports" in canonical:
        heard = carrier.hear(request, route)
        assert list(heard.reports) == [tame_named(REPORTS, each) for each in canonical["reports"]]
        if "reply" in vector.document:
            same_reply(vector.document["reply"], heard.answer, vector.loose)


_DIALECT_SIDES: Mapping[str, Callable[[Vector, Dialect], None]] = {
    "client→us": play_request,
    "us→client": play_announcement,
    "settings": play_settings,
}
_CARRIER_SIDES: Mapping[str, Callable[[Vector, Carrier], None]] = {
    "us→provider": play_sending,
    "provider→us": play_callback,
}


def is_playable(vector: Vector) -> bool:
    """Whether the provider has the half that the vector speaks of."""
    half = vector.provider.dialect if vector.side in _DIALECT_SIDES else vector.provider.carrier
    return half is not None


def play(vector: Vector) -> None:
    """Play one vector; fails with what differs."""
    provider = vector.provider
    if vector.side in _DIALECT_SIDES:
        assert provider.dialect is not None, "the provider serves no dialect"
        _DIALECT_SIDES[vector.side](vector, provider.dialect)
    else:
        assert provider.carrier is not None, "the provider has no carrier"
        _CARRIER_SIDES[vector.side](vector, provider.carrier)

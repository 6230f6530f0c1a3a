"""Whatever a stranger sends, every dialect reads it or refuses it in its own words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.contract.provider import Dialect, Endpoint
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers import discover
from vectors.files import vectors
from vectors.play import find

DIALECTS = {name: provider.dialect for name, provider in discover().items() if provider.dialect}


def _requests(name: str, endpoint: Endpoint) -> list[WireRequest]:
    """The recorded requests of one endpoint, with the parts of their paths."""
    asked = [find(DIALECTS[name], vector.request()) for vector in vectors(name) if vector.side == "client→us"]
    return [each[1] for each in asked if each is not None and each[0] == endpoint]


CASES = [
    pytest.param(dialect, _requests(name, endpoint), endpoint, id=f"{name} {endpoint.method} {endpoint.path}")
    for name, dialect in DIALECTS.items()
    for endpoint in dialect.endpoints
]

_AWKWARD = [
    json.loads('"\\ud800"'),
    "\x00",
    "x" * 5_000,
    " ",
    "",
    10**400,
    -1,
    0.5,
    1e308,
    float("inf"),
    True,
    None,
    [],
    {},
    [[]] * 3,
    {"kind": {}},
    "+",
    "1e5",
    "２０２４",
]
_VALUES = st.one_of(
    st.sampled_from(_AWKWARD),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)


@st.composite
def _changed(draw: st.DrawFn, value: Any) -> Any:
    """A JSON value with something in it put in the place of something else, or left out."""
    if isinstance(value, Mapping) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: inner for key, inner in value.items() if key != name}
        return rest if draw(st.booleans()) else {**rest, name: draw(_changed(value[name]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(_changed(value[place])), *value[place + 1 :]]
    return draw(_VALUES)


@st.composite
def hostile(draw: st.DrawFn, recorded: list[WireRequest]) -> WireRequest:
    """A recorded request, spoilt: other bytes, a body cut short, or one changed inside."""
    request = draw(st.sampled_from(recorded))
    how = draw(st.sampled_from(["bytes", "cut", "inside", "nested", "query", "headers"]))
    if how == "bytes":
        return replace(request, body=draw(st.binary(max_size=200)))
    if how == "cut":
        return replace(request, body=request.body[: draw(st.integers(0, max(0, len(request.body) - 1)))])
    if how == "nested":
        return replace(request, body=b"[" * 100_000)
    if how == "query":
        return replace(request, url=f"{request.path}?{draw(st.text(max_size=30))}")
    if how == "headers":
        names = st.sampled_from([*request.headers, "authorization", "content-type"])
        return replace(request, headers={**request.headers, draw(names): draw(st.text(max_size=30))})
    try:
        body = json.loads(request.body)
    except ValueError:
        body = {}
    return replace(request, body=json.dumps(draw(_changed(body))).encode())


def _is_well_formed(answer: WireResponse) -> bool:
    assert 100 <= answer.status < 600
    assert all(name == name.lower() for name in answer.headers)
    text = answer.body.decode()
    if "json" in answer.headers.get("content-type", ""):
        json.loads(text, parse_constant=_no_constant)
    return True


def _no_constant(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def _read(dialect: Dialect, endpoint: Endpoint, request: WireRequest) -> Refusal | None:
    try:
        dialect.credential(request)
    except Refusal as refusal:
        return refusal
    try:
        endpoint.read(request)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize(("dialect", "recorded", "endpoint"), CASES)
def test_a_spoilt_request_is_read_or_refused(dialect: Dialect, recorded: list[WireRequest], endpoint: Endpoint) -> None:
    @settings(max_examples=40, deadline=None)
    @given(hostile(recorded))
    def check(request: WireRequest) -> None:
        refusal = _read(dialect, endpoint, request)
        assert refusal is None or _is_well_formed(dialect.refuse(refusal, request))

    check()


@pytest.mark.parametrize(("dialect", "recorded", "endpoint"), CASES)
def test_every_fault_has_words_for_every_request(
    dialect: Dialect, recorded: list[WireRequest], endpoint: Endpoint
) -> None:
    bodies = (recorded[0].body, b"", b"{", b"[]", b"\xff", b'{"a":1e999,"showRequest":1}')
    for body in bodies:
        request = replace(recorded[0], body=body)
        for fault in Fault:
            assert _is_well_formed(dialect.refuse(Refusal(fault, "to", retry_after=1.5), request))
        assert _is_well_formed(dialect.refuse(Malformed("to", "missing"), request))


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_nowhere_in_the_territory_is_refused_too(name: str) -> None:
    dialect = DIALECTS[name]
    for recorded in (vector.request() for vector in vectors(name) if vector.side == "client→us"):
        for path in (f"{recorded.path}/x", f"{recorded.path}%00", f"{recorded.path}é"):
            if dialect.territory.match(path):
                request = WireRequest("POST", path)
                assert _is_well_formed(dialect.refuse(Refusal(Fault.UNKNOWN_METHOD), request))

"""What is called back: whatever a stranger posts is heard or refused, and what our own dialect tells is understood."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.formats.canonical import dump_content, load_content
from parlance.model.address import Address, AddressKind, phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault, Malformed
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Stage, Text
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import Route, Subscription
from parlance.model.wire import WireRequest
from parlance.providers.kaleyra import PROVIDER
from parlance.providers.kaleyra.carrying import NAMELESS
from strategies import CARDS, DIGITS, WORDS
from vectors.files import vectors

assert PROVIDER.carrier is not None
assert PROVIDER.dialect is not None
CARRIER, DIALECT = PROVIDER.carrier, PROVIDER.dialect
ROUTE = Route(1, 1, "kaleyra", "15550100200", {"sid": "HX1", "api_key": "Ademo"})
NOW = 1_788_000_000_000
RECORDED = [vector.request() for vector in vectors("kaleyra") if vector.side == "provider→us"]
MOST_TIME = 1 << 53


def heard(request: WireRequest, route: Route = ROUTE) -> tuple[Report, ...]:
    """What is reported of a callback; the answer is always the same."""
    answer = CARRIER.hear(request, route)
    assert (answer.answer.status, answer.answer.body) == (200, b"{}")
    return answer.reports


# ---- strangers

_AWKWARD: list[Any] = [
    "\x00",
    "x" * 400,
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
    [[]],
    "２０２４",
]
_VALUES = st.sampled_from(_AWKWARD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: inner for key, inner in value.items() if key != name}
        return rest if not draw(st.integers(0, 3)) else {**rest, name: draw(_changed(value[name]))}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(_changed(value[place])), *value[place + 1 :]]
    return draw(_VALUES)


@st.composite
def hostile(draw: st.DrawFn) -> WireRequest:
    """A recorded callback, spoilt."""
    request = draw(st.sampled_from(RECORDED))
    match draw(st.sampled_from(["bytes", "cut", "inside", "inside", "nested", "query"])):
        case "bytes":
            return replace(request, body=draw(st.binary(max_size=200)))
        case "cut":
            return replace(request, body=request.body[: draw(st.integers(0, max(0, len(request.body) - 1)))])
        case "nested":
            return replace(request, body=b'{"meta_object":' + b"[" * 100_000)
        case "query":
            return replace(request, method="GET", body=b"", url=f"{request.path}?{draw(st.text(max_size=30))}")
    try:
        body = json.loads(request.body)
    except ValueError:
        body = {}
    return replace(request, body=json.dumps(draw(_changed(body))).encode())


def _is_storable(report: Report) -> None:
    assert 0 <= report.at < MOST_TIME
    assert not report.number or (report.number.isascii() and report.number.isdigit())
    match report:
        case Incoming():
            assert len(report.external_id) <= 255
            assert all(each.value for each in (report.peer, *report.aliases))
            assert load_content(dump_content(report.content)).kind == report.content.kind
        case StatusReport():
            assert len(report.external_id) <= 255
            assert (report.stage is None) == bool(report.word)
            assert (report.failure is not None) == (report.stage is Stage.FAILED)
        case StateReport():
            assert report.state


@settings(max_examples=600, deadline=None)
@given(hostile())
def test_whatever_is_posted_is_heard_or_refused(request: WireRequest) -> None:
    try:
        reports = heard(request)
    except Malformed:
        return
    assert reports
    for report in reports:
        _is_storable(report)


@pytest.mark.parametrize("request_", RECORDED, ids=lambda each: f"{each.method} {len(each.body)}")
def test_a_repeated_callback_says_the_same_again(request_: WireRequest) -> None:
    try:
        first = heard(request_)
    except Malformed:
        return
    later = heard(replace(request_, received_at=NOW + 60_000))
    assert [replace(each, at=0) for each in first] == [replace(each, at=0) for each in later]


@given(text=st.text(), place=st.integers(0, 60))
def test_only_the_secret_itself_lets_a_callback_in(text: str, place: int) -> None:
    route = replace(ROUTE, settings={"callback_secret": "s-demo-0123456789"})
    for sent in (text, "s-demo-0123456789"[:place]):
        callback = WireRequest("POST", "/callbacks/kaleyra/token", {"x-callback-secret": sent}, b"{}")
        try:
            authentic = CARRIER.authentic(callback, route)
        except UnicodeEncodeError:
            # No header can hold half a letter.
            continue
        assert authentic is (sent == "s-demo-0123456789")


# ---- what a gateway like ours tells in the vendor's place

SUBSCRIPTION = Subscription(
    1, 1, "kaleyra", "https://a.example.org/callbacks/kaleyra/token", frozenset(EventKind),
    settings={"wabaId": "900000000000001", "phoneNumberId": "100200300400500"},
)  # fmt: skip
TAG = 363_000_000_000_000_123
OURS = {"kaleyra": {"ref": f"{TAG:016x}", "wa_source": "api"}}
USER = Address(AddressKind.USER, "US.10000000000000000042")
SAID: st.SearchStrategy[Content] = st.one_of(
    st.builds(Text, body=WORDS),
    st.builds(Contacts, cards=st.lists(CARDS, min_size=1, max_size=3).map(tuple)),
    st.builds(
        Media,
        type=st.sampled_from(["image", "audio", "voice", "video", "document", "sticker"]),
        url=st.just("https://media.example.org/a"),
        caption=st.just("") | WORDS,
        mime=st.just("") | WORDS,
        filename=st.just("") | WORDS,
    ),
    st.builds(Location, st.just("32.1"), st.just("34.8"), name=st.just("") | WORDS, address=st.just("") | WORDS),
    st.builds(Choice, st.just("button"), WORDS, WORDS),
    st.builds(Choice, st.sampled_from(["button_reply", "list_reply"]), WORDS, WORDS, st.just("") | WORDS),
    st.builds(Reaction, target=st.integers(1, 1 << 62), emoji=st.just("") | WORDS),
)


def told(event: Event, to: Subscription = SUBSCRIPTION) -> tuple[Report, ...]:
    """What we hear of an event that a gateway like ours announces."""
    request = DIALECT.announce(event, to)
    assert request is not None
    path = request.url.removeprefix("https://a.example.org")
    return heard(replace(request, url=path, received_at=NOW))


@given(content=SAID, customer=DIGITS, hidden=st.booleans(), name=st.just("") | WORDS, forwarded=st.booleans())
def test_an_incoming_message_is_heard_as_it_was_told(
    content: Content, customer: str, hidden: bool, name: str, forwarded: bool
) -> None:
    who = Customer(1, USER if hidden else phone(customer), "" if hidden else USER.value, name)
    event = Event(9, EventKind.RECEIVED, NOW - 1_000, 1, "15550100200", 77, who, content=content, forwarded=forwarded)
    if isinstance(content, Reaction):
        content = Reaction(0, content.emoji, DIALECT.write_id(content.target, incoming=False))
    assert told(event) == (
        Incoming(
            DIALECT.write_id(77, incoming=True),
            who.address,
            content,
            NOW - 1_000,
            name=name,
            number="15550100200",
            forwarded=forwarded,
            aliases=() if hidden else (USER,),
        ),
    )


@pytest.mark.parametrize(
    ("refs", "quoted"), [(OURS, f"{TAG:016x}"), ({}, DIALECT.write_id(5, incoming=False))], ids=["ours", "not ours"]
)
def test_an_answer_names_our_own_message_where_its_reference_is_ours(refs: dict[str, Any], quoted: str) -> None:
    who = Customer(1, phone("15550100321"))
    event = Event(
        9, EventKind.RECEIVED, NOW, 1, "15550100200", 77, who, content=Text("yes"), quote=5, quote_refs=refs
    )  # fmt: skip
    (report,) = told(event)
    assert isinstance(report, Incoming)
    assert report.quote_external == quoted


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        (EventKind.SENT, Stage.SENT),
        (EventKind.DELIVERED, Stage.DELIVERED),
        (EventKind.READ, Stage.READ),
        (EventKind.FAILED, Stage.FAILED),
    ],
)
@pytest.mark.parametrize("profile", ["none", "POST", "GET"])
def test_a_status_is_heard_as_it_was_told(kind: EventKind, stage: Stage, profile: str) -> None:
    failure = Failure(Fault.WINDOW_CLOSED) if kind is EventKind.FAILED else None
    who = Customer(1, phone("15550100321"))
    event = Event(9, kind, NOW - 1_000, 1, "15550100200", 77, who, "kaleyra", Text("hi"), refs=OURS, failure=failure)
    (report,) = told(event, _profiled(profile))
    assert isinstance(report, StatusReport)
    assert (report.stage, report.tag, report.part, report.at) == (stage, TAG, 0, NOW - 1_000)
    assert (report.external_id, report.number) == (DIALECT.write_id(77, incoming=False), "15550100200")
    assert report.wa_id == "15550100321"
    assert (report.failure and report.failure.fault) == (failure and failure.fault)


@pytest.mark.parametrize("profile", ["none", "POST", "GET"])
@given(
    content=st.builds(Text, body=WORDS) | st.builds(Contacts, cards=st.lists(CARDS, min_size=1, max_size=2).map(tuple))
)
def test_an_incoming_message_is_heard_from_every_kind_of_profile(profile: str, content: Content) -> None:
    who = Customer(1, phone("15550100321"), name="Tess")
    event = Event(9, EventKind.RECEIVED, NOW - 1_000, 1, "15550100200", 77, who, content=content)
    (report,) = told(event, _profiled(profile))
    assert isinstance(report, Incoming)
    assert (report.peer, report.content, report.name) == (who.address, content, "Tess")
    assert (report.number, report.at) == ("15550100200", NOW - 1_000)
    assert report.external_id.startswith("wamid." if profile == "none" else NAMELESS)


def _profiled(method: str) -> Subscription:
    """A subscription by a profile with all variables; `none`: by one without a form of its own."""
    if method == "none":
        return SUBSCRIPTION
    names = (
        *("id", "timestamp", "mobile", "status", "phone_number", "error", "error_code", "ref"),
        *("body", "from", "name", "type", "created_at", "wanumber", "contacts", "location"),
    )
    profile = {"id": "1", "title": "all", "http_method": method, "url": SUBSCRIPTION.url, "headers": {}}
    if method == "POST":
        # One for both kinds of events: what the one at hand has no variable for stays as it stands.
        profile["body"] = {name: f"<{name}>" for name in names}
    document = {"profiles": [profile], "count": 1}
    policy = DIALECT.policy(document)
    assert policy.url is not None
    return replace(SUBSCRIPTION, url=policy.url, secret=policy.secret, settings=policy.webhook_settings, own=True)

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.formats.canonical import dump_content
from parlance.model.address import Address, AddressKind, phone
from parlance.model.contact import ContactCard, Organisation, Phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault, Malformed
from parlance.model.message import Choice, Contacts, Content, Location, Media, Reaction, Stage, Text, Unknown
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.greenapi.ids import write_id
from providers.greenapi.vendor import CARRIER, DIALECT, HOOK, NUMBER, route
from vectors.files import vectors

AT = 1_788_000_000_000
TO = Subscription(1, 1, "greenapi", HOOK, frozenset(EventKind), settings={"idInstance": 1101000001})
CUSTOMER = Customer(5, phone("15550100001"), name="Ada")
RECORDED = [vector.request().body for vector in vectors("greenapi") if vector.side == "provider→us"]
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(str.strip).filter(bool)


def hear(body: bytes) -> tuple[Report, ...]:
    return CARRIER.hear(WireRequest("POST", "/callbacks/greenapi/token", {}, body, received_at=AT), route()).reports


def told(event: Event) -> tuple[Report, ...]:
    """What is heard of an event that the same vendor's dialect tells."""
    request = DIALECT.announce(event, TO)
    assert request is not None
    assert CARRIER.authentic(request, route())
    return hear(request.body)


def event(kind: EventKind, content: Content | None = None, customer: Customer = CUSTOMER, **more: Any) -> Event:
    return Event(9, kind, AT, 1, NUMBER, 77, customer, "greenapi", content, **more)


CARDS = st.builds(
    ContactCard,
    formatted=WORDS,
    first=st.none() | WORDS,
    last=st.none() | WORDS,
    phones=st.from_regex(r"[1-9][0-9]{10,11}", fullmatch=True).map(lambda each: (Phone(f"+{each}", "CELL", each),)),
    organisation=st.none() | st.builds(Organisation, company=WORDS),
)
CONTENTS = st.one_of(
    st.builds(Text, body=WORDS.filter(lambda text: "SWE" not in text)),
    st.builds(Contacts, cards=st.lists(CARDS, min_size=1, max_size=3).map(tuple)),
    st.builds(
        Media,
        type=st.sampled_from(["image", "video", "document", "audio", "sticker"]),
        url=WORDS.map(lambda text: f"https://media.example.com/{len(text)}"),
        caption=WORDS,
        mime=st.just("image/jpeg"),
        filename=WORDS,
    ),
    st.builds(Location, latitude=st.just("32.0853"), longitude=st.just("-34.5"), name=WORDS, address=WORDS),
    st.builds(Choice, type=st.sampled_from(["button", "button_reply", "list_reply"]), id=WORDS, title=WORDS),
)


@settings(max_examples=200)
@given(CONTENTS, st.booleans(), st.sampled_from([None, 8]))
def test_what_the_dialect_tells_is_what_the_carrier_hears(content: Content, forwarded: bool, quote: int | None) -> None:
    forwarded = forwarded and not isinstance(content, Choice)
    (report,) = told(event(EventKind.RECEIVED, content, forwarded=forwarded, quote=quote))
    # A text that answers has no place to tell that it was passed on.
    passed_on = forwarded and not (quote and isinstance(content, Text))
    named = write_id(8, incoming=False) if quote else ""
    shape = (write_id(77, incoming=True), phone("15550100001"), content, AT, "Ada", NUMBER)
    assert report == Incoming(*shape, quote_external=named, forwarded=passed_on)


def test_a_reaction_names_what_it_is_put_on() -> None:
    (report,) = told(event(EventKind.RECEIVED, Reaction(8, "👍")))
    assert isinstance(report, Incoming)
    assert report.content == Reaction(0, "👍", write_id(8, incoming=False))
    assert report.quote_external == ""


def test_what_the_dialect_had_no_words_for_stays_unknown() -> None:
    (report,) = told(event(EventKind.RECEIVED, Unknown("order", {"items": []})))
    assert isinstance(report, Incoming)
    assert isinstance(report.content, Unknown)


@pytest.mark.parametrize("kind", [AddressKind.GROUP, AddressKind.LID, AddressKind.USER])
def test_everybody_the_dialect_names_is_known_again(kind: AddressKind) -> None:
    value = "IL.1234567890123456" if kind is AddressKind.USER else "120363000000000001"
    customer = replace(CUSTOMER, address=Address(kind, value))
    (report,) = told(event(EventKind.RECEIVED, Text("Hello"), customer))
    assert isinstance(report, Incoming)
    assert (report.peer, report.aliases, report.name) == (Address(kind, value), (), "Ada")


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        (EventKind.SENT, Stage.SENT),
        (EventKind.DELIVERED, Stage.DELIVERED),
        (EventKind.READ, Stage.READ),
        (EventKind.FAILED, Stage.FAILED),
    ],
)
def test_how_a_message_fares_is_heard_as_it_was_told(kind: EventKind, stage: Stage) -> None:
    (report,) = told(event(kind))
    failure = Failure(Fault.CARRIER_REFUSED, "failed") if stage is Stage.FAILED else None
    named = write_id(77, incoming=False)
    assert report == StatusReport(named, stage, AT, failure=failure, number=NUMBER, wa_id="15550100001")


def test_someone_without_whatsapp_is_heard_as_such() -> None:
    (report,) = told(event(EventKind.FAILED, failure=Failure(Fault.NOT_ON_WHATSAPP, "131026")))
    assert isinstance(report, StatusReport)
    assert report.failure == Failure(Fault.NOT_ON_WHATSAPP, "noAccount")


def test_what_leaves_is_heard_of() -> None:
    (report,) = told(event(EventKind.DEPARTED, Text("Hello")))
    assert isinstance(report, StatusReport)
    assert (report.external_id, report.stage) == (write_id(77, incoming=False), Stage.SENDING)


@pytest.mark.parametrize(("state", "held"), [("authorized", ""), ("starting", ""), ("yellowCard", "yellowCard")])
def test_a_state_is_heard_as_it_was_told(state: str, held: str) -> None:
    (report,) = told(Event(9, EventKind.STATE, AT, 1, NUMBER, state=state))
    assert report == StateReport(state, AT, held, NUMBER)


def test_a_token_that_the_dialect_sends_is_the_vendors() -> None:
    for token in ("sample-hook-1", "Basic sample-hook-1", "Bearer sample-hook-1"):
        request = DIALECT.announce(event(EventKind.SENT), replace(TO, secret=token))
        assert request is not None
        assert CARRIER.authentic(request, route(webhook_token=token))
        assert not CARRIER.authentic(request, route(webhook_token=f"{token}x"))
    odd = WireRequest("POST", "/", {"authorization": "Bearer é\xff"})
    assert not CARRIER.authentic(odd, route(webhook_token="sample-hook-1"))


# ---- from strangers

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["x" * 999, "\x00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """A JSON value with something in it put in the place of something else, or left out."""
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: inner for key, inner in value.items() if key != name}
        return rest if not draw(st.integers(0, 4)) else {**rest, name: draw(changed(value[name]))}
    return draw(JSON)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(RECORDED))
    try:
        return json.dumps(draw(changed(json.loads(body)))).encode()
    except ValueError:
        return body[: draw(st.integers(0, len(body)))]


def check(body: bytes) -> None:
    try:
        reports = hear(body)
    except Malformed:
        return
    assert reports
    for report in reports:
        assert 0 < report.at < 1 << 50
        assert len(getattr(report, "external_id", "")) <= 255
        assert report.number.isdigit() or not report.number
        if isinstance(report, Incoming):
            dump_content(report.content)
            assert report.name.isprintable() or not report.name.isascii()


@settings(max_examples=400, deadline=None)
@given(spoilt())
def test_a_spoilt_notification_is_read_or_refused(body: bytes) -> None:
    check(body)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    check(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"typeWebhook":' * 3_000,
        b'{"typeWebhook":"x","a":"\\ud800","b":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"typeWebhook":"x","timestamp":1e999,"idMessage":' + b"1" * 5_000 + b"}",
        b'{"typeWebhook":"incomingMessageReceived","timestamp":-5,"senderData":{"chatId":"15550100001@c.us"}}',
    ],
)
def test_absurd_notifications_are_read_or_refused(body: bytes) -> None:
    check(body)

"""What our own dialect announces is what the carrier hears; what strangers post never breaks it."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.formats.canonical import dump_content
from parlance.formats.tags import write_tag
from parlance.model.address import Address, AddressKind, phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Choice, Content, Location, Media, Reaction, Stage
from parlance.model.outcome import Incoming, Report, StateReport, StatusReport
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.cloud.ids import write_wamid
from parlance.store.rows import REPORT
from providers.cloud.talk import ADDRESS, ROUTE, SETTINGS, carrier, dialect, message, route
from strategies import CONTENTS, WORDS
from vectors.files import vectors
from vectors.test_hostile import hostile

AT = 1_788_000_000_000
TO = Subscription(
    1, 1, "cloud", ADDRESS, frozenset(), secret=SETTINGS["app_secret"],
    settings={"phone_number_id": SETTINGS["phone_number_id"], "waba_id": SETTINGS["waba_id"]},
)  # fmt: skip
USER = "US.10000000000000000042"
DANA = Customer(5, phone("15550100321"), USER, "Dana", "US")
IN, OUT = 362_999_999_999_000_456, 363_000_000_000_000_123

_DEGREES = st.integers(-90, 90).map(lambda tenths: str(tenths / 10))
ARRIVING = (
    CONTENTS
    | st.builds(
        Media, st.sampled_from(["image", "video", "document", "sticker", "voice", "audio"]), WORDS, WORDS, WORDS, WORDS
    )
    | st.builds(Location, _DEGREES, _DEGREES, WORDS, WORDS)
    | st.builds(Choice, st.just("button"), WORDS, WORDS)
    | st.builds(Choice, st.sampled_from(["button_reply", "list_reply"]), WORDS, WORDS, WORDS)
)
"""Contents that customers write and the vendor has words for."""


def announced(event: Event) -> WireRequest:
    """What the served side posts, as it reaches the callback address."""
    made = dialect().announce(event, TO)
    assert made is not None
    assert carrier().authentic(made, ROUTE)
    return replace(made, received_at=1)


@given(ARRIVING, st.booleans(), st.booleans())
def test_every_content_is_heard_as_it_was_written(content: Content, quoting: bool, forwarded: bool) -> None:
    event = Event(
        1, EventKind.RECEIVED, AT, 1, ROUTE.number, IN, DANA, content=content, quote=OUT if quoting else None,
        forwarded=forwarded,
    )  # fmt: skip
    heard = carrier().hear(announced(event), ROUTE)
    assert heard.reports == (
        Incoming(
            write_wamid(IN), DANA.address, content, AT, "Dana", ROUTE.number, write_wamid(OUT) if quoting else "",
            forwarded, (Address(AddressKind.USER, USER),),
        ),
    )  # fmt: skip


def test_a_reaction_is_heard_as_it_was_given() -> None:
    event = Event(1, EventKind.RECEIVED, AT, 1, ROUTE.number, IN, DANA, content=Reaction(OUT, "👍"))
    (report,) = carrier().hear(announced(event), ROUTE).reports
    assert isinstance(report, Incoming)
    assert report.content == Reaction(0, "👍", write_wamid(OUT))


def test_someone_who_hides_their_number_is_known_by_their_id() -> None:
    hidden = Customer(5, Address(AddressKind.USER, USER), USER, "Dana", "US")
    event = Event(1, EventKind.RECEIVED, AT, 1, ROUTE.number, IN, hidden, content=Choice("button", "a", "A"))
    (report,) = carrier().hear(announced(event), ROUTE).reports
    assert isinstance(report, Incoming)
    assert (report.peer, report.aliases) == (hidden.address, ())


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        (EventKind.SENT, Stage.SENT),
        (EventKind.DELIVERED, Stage.DELIVERED),
        (EventKind.READ, Stage.READ),
        (EventKind.FAILED, Stage.FAILED),
    ],
)
def test_statuses_are_heard_with_our_own_id(kind: EventKind, stage: Stage) -> None:
    tag = write_tag(message(Reaction(1, ""), part=2, parts=3))
    failure = Failure(Fault.WINDOW_CLOSED, "131047", "Shut.") if stage is Stage.FAILED else None
    price = {"billable": False, "pricing_model": "PMP", "category": "service"}
    event = Event(
        1, kind, AT, 1, ROUTE.number, OUT, DANA, refs={"cloud.biz_opaque_callback_data": tag}, failure=failure,
        pricing=price, conversation={"id": "c"},
    )  # fmt: skip
    heard = carrier().hear(announced(event), ROUTE)
    assert heard.reports == (
        StatusReport(
            write_wamid(OUT), stage, AT, tag=OUT, part=2, failure=failure, pricing=price, conversation={"id": "c"},
            number=ROUTE.number, wa_id="15550100321",
        ),
    )  # fmt: skip
    assert (heard.answer.status, heard.answer.body) == (200, b"")


@pytest.mark.parametrize("token", ["example-verify-token", "a&b=c d/é#?"])
def test_the_handshake_that_our_own_dialect_makes_is_passed(token: str) -> None:
    ours = route(verify_token=token)
    shown = {"hub.mode": "subscribe", "hub.challenge": "0123456789", "hub.verify_token": token}
    request = WireRequest("GET", f"/callbacks/cloud/x?{urlencode(shown)}")
    assert carrier().authentic(request, ours)
    assert carrier().hear(request, ours).answer.body == b"0123456789"
    assert not carrier().authentic(request, route(verify_token="other"))


@given(st.binary(max_size=60), st.text(max_size=80))
def test_only_the_signature_of_these_bytes_counts(body: bytes, signature: str) -> None:
    request = WireRequest("POST", "/callbacks/cloud/x", {"x-hub-signature-256": signature}, body)
    assert not carrier().authentic(request, ROUTE)
    assert carrier().authentic(request, route(app_secret=""))


RECORDED = [vector.request() for vector in vectors("cloud") if vector.side == "provider→us"]


@settings(max_examples=400, deadline=None)
@given(hostile(RECORDED))
def test_what_strangers_post_is_heard_or_refused(request: WireRequest) -> None:
    carrier().authentic(request, ROUTE)
    reports: tuple[Report, ...] = ()
    refused: Fault | None = None
    try:
        reports = carrier().hear(request, ROUTE).reports
    except Refusal as refusal:
        refused = refusal.fault
    assert refused in {None, Fault.MALFORMED}
    for report in reports:
        assert 0 <= report.at < 1 << 53
        assert report.number == "" or report.number.isdecimal()
        match report:
            case Incoming():
                assert dump_content(report.content)
            case StatusReport():
                assert REPORT.validate_json(REPORT.dump_json(report)).external_id == report.external_id
            case StateReport():
                assert report.state in {"blocked", "authorized", "notAuthorized"}


def test_a_thousand_changes_in_a_post_are_all_heard() -> None:
    event = Event(1, EventKind.DELIVERED, AT, 1, ROUTE.number, OUT, DANA)
    change = announced(event).body.split(b'"changes":[')[1].removesuffix(b"]}]}")
    body = (
        b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[' + b",".join([change] * 1000) + b"]}]}"
    )
    reports = carrier().hear(WireRequest("POST", "/callbacks/cloud/x", {}, body), ROUTE).reports
    assert [type(report) for report in reports] == [StatusReport] * 1000

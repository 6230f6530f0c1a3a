"""What the carrier hears, from the same provider's dialect and from whoever else calls."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from parlance.formats.tags import write_tag
from parlance.model.address import phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault, Malformed
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Location,
    Media,
    Reaction,
    Stage,
    Text,
    Unknown,
)
from parlance.model.outcome import Incoming, StatusReport
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.lipachat.sending import MESSAGE_ID
from providers.lipachat.talk import CARRIER, CUSTOMER, DIALECT, NOW, NUMBER, OURS, ROUTE, THEIRS, outgoing
from vectors.files import vectors
from vectors.test_hostile import hostile

# ---- what the dialect announces is what is heard

TOLD: list[Content] = [
    Text("שלום \U0001f600\n"),
    Contacts((ContactCard("Dana", phones=(Phone("+254 700 000456", "CELL", "254700000456"), Phone("020 1", "Home"))),)),
    Contacts((ContactCard("Dana"), ContactCard("Noa"))),
    *(Media(kind, "https://files.example.org/1", "Look") for kind in ("image", "video", "audio", "sticker")),
    Media("document", "https://files.example.org/1", "Bill", filename="bill.pdf"),
    Location("-1.2921", "36.5", "Office", "1 Sample Road"),
    Location("1° S", "36.5"),
    Choice("button_reply", "yes", "Yes"),
    Choice("list_reply", "r1", "One", "The first"),
    Reaction(0, ""),
]


def _event(kind: EventKind, content: Content, **more: Any) -> Event:
    customer = Customer(5, phone(CUSTOMER), name="Amina")
    return Event(9, kind, NOW + 7, 1, NUMBER, OURS, customer, content=content, **more)


def _called(event: Event) -> WireRequest:
    told = DIALECT.announce(event, Subscription(1, 1, "lipachat", "https://a.example.org/callbacks", frozenset()))
    assert told is not None
    return replace(told, received_at=NOW + 9)


@pytest.mark.parametrize("content", TOLD, ids=lambda each: f"{each.kind} {getattr(each, 'type', '')}".strip())
def test_what_a_customer_says_comes_through(content: Content) -> None:
    target = DIALECT.write_id(THEIRS, incoming=False)
    reacted = replace(content, target=THEIRS) if isinstance(content, Reaction) else content
    expected = replace(content, target_external=target) if isinstance(content, Reaction) else content
    heard = CARRIER.hear(_called(_event(EventKind.RECEIVED, reacted)), ROUTE)
    external_id = DIALECT.write_id(OURS, incoming=True)
    assert heard.reports == (Incoming(external_id, phone(CUSTOMER), expected, NOW + 9, "Amina", NUMBER),)
    assert heard.answer.status == 200


def test_what_nobody_knows_is_kept_whole() -> None:
    callback = _called(_event(EventKind.RECEIVED, Unknown("order", {"items": [1]})))
    (report,) = CARRIER.hear(callback, ROUTE).reports
    assert isinstance(report, Incoming)
    assert isinstance(report.content, Unknown)
    assert report.content.type == "ORDER"
    assert report.content.raw["raw"] == {"items": [1]}


def test_a_status_names_our_message_and_part() -> None:
    failure = Failure(Fault.NOT_ON_WHATSAPP, "131026", "recipient not reachable")
    refs = {MESSAGE_ID: write_tag(outgoing(Text("hi"), part=3, parts=4))}
    reports = [
        CARRIER.hear(_called(_event(kind, Text("hi"), refs=refs, failure=why)), ROUTE).reports
        for kind, why in ((EventKind.DELIVERED, None), (EventKind.READ, None), (EventKind.FAILED, failure))
    ]
    plain = StatusReport(
        DIALECT.write_id(OURS, incoming=False),
        Stage.DELIVERED,
        NOW + 7,
        tag=OURS,
        part=3,
        number=NUMBER,
        wa_id=CUSTOMER,
    )
    assert reports == [
        (plain,),
        (replace(plain, stage=Stage.READ),),
        (replace(plain, stage=Stage.FAILED, failure=failure, wa_id=""),),
    ]


# ---- strangers

RECORDED = [vector.request() for vector in vectors("lipachat") if vector.side == "provider→us"]


@settings(max_examples=300, deadline=None)
@given(hostile(RECORDED))
def test_whatever_calls_is_heard_or_refused(request: WireRequest) -> None:
    try:
        heard = CARRIER.hear(request, ROUTE)
    except Malformed:
        return
    assert all(0 <= report.at < 1 << 63 for report in heard.reports)


def test_any_header_is_looked_at_without_harm() -> None:
    route = replace(ROUTE, settings={**ROUTE.settings, "webhook_secret": "demo"})
    assert not CARRIER.authentic(WireRequest("POST", "/", {"x-hub-signature-256": "\udcff"}), route)

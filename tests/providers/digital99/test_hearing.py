"""What the carrier hears, from the same provider's dialect and from whoever else calls."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

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
from parlance.model.outcome import Incoming, StateReport, StatusReport
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest
from parlance.providers.digital99 import words
from providers.digital99.talk import (
    ADDRESS,
    CARRIER,
    CUSTOMER,
    DIALECT,
    NOW,
    NUMBER,
    OURS,
    ROUTE,
    THEIRS,
    USER,
)
from vectors.files import vectors
from vectors.test_hostile import hostile

# ---- what the dialect announces is what is heard

TOLD: list[Content] = [
    Text("שלום \U0001f600\n"),
    *(Media(kind, "https://files.example.org/1", "Look") for kind in words.MEDIA_TYPES),
    Location("32.1", "34.8", "Office"),
    Contacts(
        (ContactCard("972550000333", phones=(Phone("972550000333"),)), ContactCard("050", phones=(Phone("050"),)))
    ),
    Choice("button", "", "Yes"),
    Choice("list_reply", "", "One"),
    Reaction(0, "\U0001f44d"),
]


def _event(kind: EventKind, content: Content | None, **more: Any) -> Event:
    customer = Customer(5, phone(CUSTOMER), USER.value, "Noa", "IL")
    return Event(9, kind, NOW + 7_000, 1, NUMBER, OURS, customer, content=content, **more)


def _called(event: Event) -> WireRequest:
    told = DIALECT.announce(event, Subscription(1, 1, "digital99", ADDRESS, frozenset()))
    assert told is not None
    return replace(told, received_at=NOW + 9_000)


@pytest.mark.parametrize("content", TOLD, ids=lambda each: f"{each.kind} {getattr(each, 'type', '')}".strip())
def test_what_a_customer_says_comes_through(content: Content) -> None:
    target = DIALECT.write_id(THEIRS, incoming=False)
    reacting = isinstance(content, Reaction)
    said = replace(content, target=THEIRS) if isinstance(content, Reaction) else content
    expected = replace(content, target_external=target) if isinstance(content, Reaction) else content
    event = _event(EventKind.RECEIVED, said, quote=None if reacting else THEIRS, forwarded=True)
    heard = CARRIER.hear(_called(event), ROUTE)
    assert heard.reports == (
        Incoming(
            DIALECT.write_id(OURS, incoming=True),
            phone(CUSTOMER),
            expected,
            NOW + 7_000,
            "Noa",
            NUMBER,
            quote_external="" if reacting else target,
            forwarded=True,
            aliases=(USER,),
        ),
    )
    assert heard.answer.status == 200


def test_what_nobody_knows_is_kept_whole() -> None:
    callback = _called(_event(EventKind.RECEIVED, Unknown("order", {"items": [1]})))
    (report,) = CARRIER.hear(callback, ROUTE).reports
    assert isinstance(report, Incoming)
    assert report.content == Unknown("order", json.loads(callback.body))


def test_every_status_is_heard() -> None:
    failure = Failure(Fault.NOT_ON_WHATSAPP, "131026", "recipient not reachable")
    kinds = ((EventKind.SENT, None), (EventKind.DELIVERED, None), (EventKind.READ, None), (EventKind.FAILED, failure))
    reports = [CARRIER.hear(_called(_event(kind, Text("hi"), failure=why)), ROUTE).reports for kind, why in kinds]
    plain = StatusReport(DIALECT.write_id(OURS, incoming=False), Stage.SENT, NOW + 7_000, number=NUMBER)
    assert reports == [
        (plain,),
        (replace(plain, stage=Stage.DELIVERED, wa_id=CUSTOMER),),
        (replace(plain, stage=Stage.READ, wa_id=CUSTOMER),),
        (replace(plain, stage=Stage.FAILED, failure=failure),),
    ]


def test_a_notice_holds_the_route() -> None:
    event = replace(_event(EventKind.STATE, None, state="disconnected"), message_id=None, customer=None)
    (report,) = CARRIER.hear(_called(event), ROUTE).reports
    assert report == StateReport("disconnected", NOW + 7_000, words.HELD["disconnected"], NUMBER)


# ---- strangers

RECORDED = [vector.request() for vector in vectors("digital99") if vector.side == "provider→us"]


@settings(max_examples=300, deadline=None)
@given(hostile(RECORDED))
def test_whatever_calls_is_heard_or_refused(request: WireRequest) -> None:
    assert CARRIER.authentic(request, ROUTE)
    try:
        heard = CARRIER.hear(request, ROUTE)
    except Malformed:
        return
    assert all(0 <= report.at < 1 << 63 for report in heard.reports)

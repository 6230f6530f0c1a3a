"""Every event can be put to every dialect: it is told, or it is known to have no words."""

import json
from dataclasses import replace

import pytest

from parlance.contract.provider import Dialect
from parlance.model.address import Address, AddressKind, phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.event import Customer, Event, EventKind
from parlance.model.fault import Failure, Fault
from parlance.model.message import (
    Choice,
    Contacts,
    Content,
    Location,
    Media,
    Reaction,
    Receipt,
    Template,
    Text,
    Unknown,
)
from parlance.model.sender import Subscription
from parlance.providers import discover

DIALECTS = [pytest.param(each.dialect, id=name) for name, each in discover().items() if each.dialect]
CONTENTS: list[Content] = [
    Text("שלום \U0001f600\n\u2028"),
    Contacts((ContactCard("Dana"),)),
    Contacts((ContactCard("Dana", phones=(Phone("050-1"), Phone("+972550000333", wa_id="972550000333"))),) * 2),
    Contacts(()),
    Template("hello"),
    Reaction(5, "\U0001f44d"),
    Reaction(5, ""),
    Receipt(5),
    *(Media(kind) for kind in ("image", "audio", "video", "document", "sticker", "voice", "hologram")),
    Location("32.1", "34.8", "Office", "1 Sample Road"),
    *(Choice(kind, "1", "Yes") for kind in ("button", "button_reply", "list_reply", "slider")),
    Unknown("order", {"order": {"product_items": [{"quantity": 1}]}}),
    Unknown(""),
]
PEERS = [
    phone("972550000222"),
    Address(AddressKind.USER, "IL.1234567890123456"),
    Address(AddressKind.LID, "1234567890"),
    Address(AddressKind.GROUP, "120363000000000000"),
]
KINDS = [kind for kind in EventKind if kind is not EventKind.STATE]


def _event(kind: EventKind, peer: Address, content: Content, name: str) -> Event:
    failure = Failure(Fault.NOT_ON_WHATSAPP, "131026", "recipient not reachable") if kind is EventKind.FAILED else None
    customer = Customer(1, peer, "IL.1234567890123456", "Noa", "IL")
    return Event(9, kind, 1_788_000_000_000, 1, "972770000111", 77, customer, name, content, failure=failure)


def _to(name: str) -> Subscription:
    return Subscription(1, 1, name, "https://hooks.example.org/in", frozenset(EventKind))


def _name(dialect: Dialect) -> str:
    return next(name for name, provider in discover().items() if provider.dialect is dialect)


@pytest.mark.parametrize("content", CONTENTS, ids=lambda each: f"{each.kind} {getattr(each, 'type', '')}".strip())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_incoming_message_is_dropped(dialect: Dialect, content: Content) -> None:
    name = _name(dialect)
    for peer in PEERS:
        plain = _event(EventKind.RECEIVED, peer, content, "")
        for event in (plain, replace(plain, quote=8, forwarded=True)):
            told = dialect.announce(event, _to(name))
            assert told is not None
            assert told.url.startswith("https://hooks.example.org/in")
            assert told == dialect.announce(event, _to(name))
            assert told.body.decode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_status_is_told_or_known_to_have_no_words(dialect: Dialect, kind: EventKind) -> None:
    name = _name(dialect)
    for peer in PEERS:
        event = _event(kind, peer, Text("hi"), name)
        sparse = replace(event, content=Text(""), failure=None, customer=Customer(1, peer))
        for each in (event, sparse):
            told = dialect.announce(each, _to(name))
            if told is not None and "json" in told.headers.get("content-type", ""):
                json.loads(told.body)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_change_of_state_is_told_or_known_to_have_no_words(dialect: Dialect) -> None:
    name = _name(dialect)
    event = Event(9, EventKind.STATE, 1_788_000_000_000, 1, "972770000111", state="disconnected")
    told = dialect.announce(event, _to(name))
    assert told is None or told.method == "POST"

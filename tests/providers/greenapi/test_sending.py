import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.contract.provider import Commit, Limits
from parlance.contract.vendor import Checks, Fetches, ListsTemplates, SetsCallback
from parlance.model.address import Address, AddressKind, phone
from parlance.model.command import SendMessage
from parlance.model.contact import ContactCard, Organisation, Phone
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Contacts, Text
from parlance.model.outcome import Absent, Busy, Refused, Sent, Unsure
from parlance.providers.greenapi import PROVIDER
from parlance.providers.greenapi.cards import names_of
from providers.greenapi.vendor import (
    CARRIER,
    DIALECT,
    HOME,
    TOKEN,
    answer,
    message,
    outcome_of,
    play,
    request_of,
    route,
)
from providers.greenapi.vendor import served as reaching
from strategies import CARDS, TEXTS, WORDS
from vectors.play import find

PEERS = st.one_of(
    st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True).map(phone),
    st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True).map(lambda value: Address(AddressKind.LID, value)),
    st.from_regex(r"[1-9][0-9]{9,14}(-[1-9][0-9]{8,9})?", fullmatch=True).map(
        lambda value: Address(AddressKind.GROUP, value)
    ),
)
QUOTES = st.just("") | st.from_regex(r"[0-9A-F]{20,32}", fullmatch=True)
NAMES = st.none() | st.from_regex(r"[A-Za-zא-ת]{1,9}", fullmatch=True)
NUMBERS = st.from_regex(r"[1-9][0-9]{10,11}", fullmatch=True)


def read_back(content: Any, peer: Address, quote: str = "") -> SendMessage:
    """What the same vendor's dialect makes of what the carrier sends."""
    found = find(DIALECT, reaching(request_of(CARRIER.send(message(content, peer, quote), route()))))
    assert found is not None
    endpoint, request = found
    assert DIALECT.credential(request).secret == TOKEN
    command = endpoint.read(request)
    assert isinstance(command, SendMessage)
    return command


def test_the_provider_goes_both_ways() -> None:
    offered = (SetsCallback, Fetches, Checks, ListsTemplates)
    assert [isinstance(PROVIDER.carrier, each) for each in offered] == [True, True, True, False]
    assert [each.name for each in CARRIER.settings if each.secret] == ["api_token_instance", "webhook_token"]
    assert [each.name for each in CARRIER.settings if each.required] == ["id_instance", "api_token_instance"]


@pytest.mark.parametrize(
    ("given_", "gap"),
    [("", 500), ("500", 500), ("3000", 3000), ("0", 0), ("700000", 600_000), ("-1", 500), ("soon", 500), ("٣", 500)],
)
def test_the_pace_is_the_vendors_delay(given_: str, gap: int) -> None:
    assert CARRIER.limits(route(delay=given_)) == Limits(per_second=50, gap=gap)
    assert CARRIER.limits(replace(route(), settings={})) == Limits(per_second=50, gap=500)


@given(TEXTS, st.sampled_from([None, True, False]), PEERS, QUOTES)
def test_a_text_is_read_as_it_was_meant(text: Text, preview: bool | None, peer: Address, quote: str) -> None:
    command = read_back(replace(text, preview=preview), peer, quote)
    assert command.to == peer
    # A preview is shown unless it is declined.
    assert command.content == replace(text, preview=preview is not False)
    assert (command.quote.text if command.quote else "") == quote


@given(NAMES, NAMES, NAMES, NAMES, NUMBERS, PEERS)
def test_a_contact_is_read_as_it_was_meant(
    first: str | None, middle: str | None, last: str | None, company: str | None, digits: str, peer: Address
) -> None:
    formatted = " ".join(name for name in (first, middle, last) if name) or company or "Dana"
    card = ContactCard(
        formatted,
        first or (None if middle or last or company else "Dana"),
        middle,
        last,
        phones=(Phone(f"+{digits}", "CELL", digits),),
        organisation=Organisation(company) if company else None,
    )
    command = read_back(Contacts((card,)), peer)
    assert command.to == peer
    assert command.content == Contacts((card,))


@settings(max_examples=300)
@given(CARDS.map(lambda card: replace(card, phones=(Phone("+972550000333"),))), WORDS)
def test_no_word_of_a_name_is_lost(card: ContactCard, formatted: str) -> None:
    for each in (card, replace(card, formatted=f"{card.first} {formatted} {card.last}")):
        content = read_back(Contacts((each,)), phone("15550100001")).content
        assert isinstance(content, Contacts)
        (read,) = content.cards
        known = " ".join(filter(None, (read.formatted, each.prefix, each.suffix))).split()
        for word in f"{each.formatted} {each.middle or ''}".split():
            bare = word.strip(",;")
            assert any(bare.rstrip(".") in other for other in known) or not bare.rstrip(".")
        assert [one.phone for one in read.phones] == ["+972550000333"]
        company = each.organisation.company if each.organisation else None
        assert (read.organisation.company if read.organisation else None) == company


def test_the_caller_is_told_nothing_of_what_the_vendor_cannot_say() -> None:
    for peer in (Address(AddressKind.USER, "IL.1234567890123456"),):
        played = play(CARRIER.send(message(Text("x"), peer), route()))
        assert (played.asked, played.end.failure.fault) == ([], Fault.NOT_SAYABLE)


def test_sending_is_the_one_step_that_is_not_repeated() -> None:
    step = next(CARRIER.send(message(Text("x")), route()))
    assert isinstance(step, Commit)
    assert (step.request.method, step.request.url) == ("POST", f"{HOME}/sendMessage/{TOKEN}")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.UNKNOWN_SENDER, Fault.CARRIER_CREDENTIAL),
        (Fault.BAD_CREDENTIAL, Fault.CARRIER_CREDENTIAL),
        (Fault.UNKNOWN_METHOD, Fault.CARRIER_CREDENTIAL),
        (Fault.NOT_AUTHORIZED, Fault.CARRIER_CREDENTIAL),
        (Fault.LOW_BALANCE, Fault.CARRIER_CREDENTIAL),
        (Fault.TOO_LARGE, Fault.TOO_LARGE),
        (Fault.BAD_RECIPIENT, Fault.BAD_RECIPIENT),
        (Fault.DUPLICATE, Fault.CARRIER_REFUSED),
        (Fault.NOT_SAYABLE, Fault.CARRIER_REFUSED),
    ],
)
def test_another_gateways_refusals_are_understood(fault: Fault, expected: Fault) -> None:
    steps = CARRIER.send(message(Text("x")), route())
    refusal = DIALECT.refuse(Refusal(fault), reaching(request_of(CARRIER.send(message(Text("x")), route()))))
    outcome = outcome_of(steps, refusal)
    assert isinstance(outcome, Refused)
    assert outcome.failure.fault is expected


def test_another_gateway_that_is_busy_or_broken_is_understood() -> None:
    request = reaching(request_of(CARRIER.send(message(Text("x")), route())))
    for fault, expected in (
        (Fault.RATE_LIMITED, Busy(2000, "HTTP 429")),
        (Fault.QUEUE_FULL, Busy(2000, "HTTP 429")),
        (Fault.UNAVAILABLE, Unsure("HTTP 502")),
    ):
        refusal = DIALECT.refuse(Refusal(fault, retry_after=1.5), request)
        assert outcome_of(CARRIER.send(message(Text("x")), route()), refusal) == expected


@settings(max_examples=300)
@given(st.integers(200, 599), st.binary(max_size=60) | st.recursive(
    st.none() | st.integers() | st.text(max_size=9), lambda inner: st.dictionaries(
        st.sampled_from(["idMessage", "message", "invokeStatus", "status", "correspondentsStatus"]), inner, max_size=3)
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_answer_is_judged_and_none_gives_the_key_away(status: int, body: bytes) -> None:
    reply = answer({"message": f"x {TOKEN} x"}, status)
    for each in (reply, replace(reply, body=body)):
        outcome = outcome_of(CARRIER.send(message(Text("x")), route()), each)
        assert isinstance(outcome, Sent | Refused | Busy | Unsure)
        assert TOKEN not in repr(outcome)
        assert not isinstance(outcome, Busy) or status in {400, 429}
        assert not isinstance(outcome, Refused) or status < 500 or "too large" in outcome.failure.detail


@pytest.mark.parametrize(
    ("peer", "asked"),
    [
        (phone("15550100001"), "15550100001@c.us"),
        (Address(AddressKind.LID, "120650000000963"), "120650000000963@lid"),
    ],
)
def test_finding_someone(peer: Address, asked: str) -> None:
    request = request_of(CARRIER.find(peer, route()))
    assert (request.url, json.loads(request.body)) == (f"{HOME}/checkWhatsapp/{TOKEN}", {"chatId": asked})
    there = {"existsWhatsapp": True, "chatId": "120650000000963@lid", "username": "", "phoneNumber": "15550100001@c.us"}
    assert outcome_of(CARRIER.find(peer, route()), answer(there)) == Sent("120650000000963@lid", "15550100001")
    # As the first generation of the method answers.
    assert outcome_of(CARRIER.find(peer, route()), answer({"existsWhatsapp": True})) == Sent(asked)
    nobody = {"existsWhatsapp": False, "chatId": ""}
    assert outcome_of(CARRIER.find(peer, route()), answer(nobody)) == Absent()


def test_finding_nobody_out() -> None:
    for kind in (AddressKind.GROUP, AddressKind.USER):
        refused = play(CARRIER.find(Address(kind, "US.120363000000000001"), route())).end
        assert refused.failure.fault is Fault.NOT_SAYABLE
    find_again = CARRIER.find(phone("15550100001"), route())
    sentence = {"message": "bad phone number, valid from 11 to 16 digits"}
    assert outcome_of(find_again, answer(sentence, 400)).failure.fault is Fault.CARRIER_REFUSED  # type: ignore[union-attr]
    assert outcome_of(CARRIER.find(phone("1"), route()), answer({})) == Unsure("an answer without an id")
    assert outcome_of(CARRIER.find(phone("1"), route()), answer({}, 502)) == Unsure("HTTP 502")


def test_names_need_not_be_there() -> None:
    assert names_of(ContactCard("")) == {}

"""What goes out is what our own dialect reads, and every answer ends in an outcome."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.contract.provider import Ask, Commit, PairLimit
from parlance.formats.tags import read_tag
from parlance.model.address import USER_ID, Address, AddressKind, phone
from parlance.model.command import Accepted, Command, MarkRead, React, SendMessage
from parlance.model.contact import ContactCard
from parlance.model.fault import Fault
from parlance.model.message import (
    Component,
    Contacts,
    Content,
    Message,
    Parameter,
    Reaction,
    Receipt,
    Template,
)
from parlance.model.outcome import Absent, Busy, Refused, Sent, Unsure
from parlance.model.sender import Route, Sender
from parlance.model.wire import WireResponse
from parlance.providers.cloud import words
from parlance.providers.cloud.ids import read_wamid, write_wamid
from providers.cloud.talk import (
    MESSAGE_ID,
    ROUTE,
    SETTINGS,
    carrier,
    complaint,
    dialect,
    message,
    received,
    route,
    said,
    talk,
)
from strategies import CONTENTS, DIGITS, WORDS
from vectors.play import find

QUOTED = 362_999_999_999_000_456

_PARAMETERS = st.builds(Parameter, st.sampled_from(["text", "payload"]), WORDS, st.none() | WORDS) | st.builds(
    Parameter, st.just("image"), WORDS
)
_COMPONENTS = st.builds(
    Component,
    st.sampled_from(["header", "body", "button"]),
    st.lists(_PARAMETERS, max_size=3).map(tuple),
    st.sampled_from([None, "url", "quick_reply"]),
    st.none() | st.integers(0, 9),
)
TEMPLATES = st.builds(
    Template, st.just("hello"), st.sampled_from(["en", "en_US"]), st.lists(_COMPONENTS, max_size=3).map(tuple)
)
PEERS = DIGITS.map(phone) | st.from_regex(USER_ID, fullmatch=True).map(lambda text: Address(AddressKind.USER, text))


def read(request_of: Message) -> tuple[Command, dict[str, object]]:
    """Send a message and read it on the served side."""
    steps = carrier().send(request_of, ROUTE)
    request = received(next(steps).request)
    found = find(dialect(), request)
    assert found is not None
    endpoint, asked = found
    credential = dialect().credential(asked)
    assert (credential.secret, credential.public) == (SETTINGS["access_token"], SETTINGS["phone_number_id"])
    return endpoint.read(asked), json.loads(request.body)


def as_it_arrives(content: Content) -> Content:
    """A card without any part of its name arrives with a first name (spec/cloud-api.md §16 M1)."""
    if not isinstance(content, Contacts):
        return content

    def named(card: ContactCard) -> ContactCard:
        parts = (card.first, card.middle, card.last, card.prefix, card.suffix)
        return card if any(part is not None for part in parts) else replace(card, first=card.formatted)

    return Contacts(tuple(map(named, content.cards)))


@given(CONTENTS | TEMPLATES, PEERS, st.booleans(), st.integers(0, 3))
def test_every_content_is_read_as_it_was_sent(content: Content, peer: Address, quoting: bool, part: int) -> None:
    external = write_wamid(QUOTED) if quoting else ""
    command, body = read(message(content, peer, quote_external=external, part=part, parts=part + 1))
    assert isinstance(command, SendMessage)
    assert (command.to, command.content) == (peer, as_it_arrives(content))
    assert (command.quote.id if command.quote else None) == (QUOTED if quoting else None)
    assert read_tag(str(body["biz_opaque_callback_data"])) == (MESSAGE_ID, part)


@given(st.sampled_from(["", "👍", "❤️"]))
def test_a_reaction_is_read_as_it_was_sent(emoji: str) -> None:
    command, _ = read(message(Reaction(QUOTED, emoji, write_wamid(QUOTED))))
    assert isinstance(command, React)
    assert (command.to, command.message.id, command.emoji) == (phone("15550100321"), QUOTED, emoji)


@pytest.mark.parametrize("typing", [True, False])
def test_a_receipt_is_read_as_it_was_sent(typing: bool) -> None:
    command, _ = read(message(Receipt(QUOTED, typing, write_wamid(QUOTED))))
    assert isinstance(command, MarkRead)
    assert command.message is not None
    assert (command.message.id, command.typing) == (QUOTED, typing)


def test_the_answer_of_the_served_side_is_understood() -> None:
    sent = message(Template("hello", "en"))
    steps = carrier().send(sent, ROUTE)
    found = find(dialect(), received(next(steps).request))
    assert found is not None
    endpoint, asked = found
    command = endpoint.read(asked)
    assert isinstance(command, SendMessage)
    sender = Sender(1, 1, "demo", ROUTE.number, "Demo", 1, 0, (ROUTE,))
    answer = endpoint.write(Accepted(command, sender, sent))
    with pytest.raises(StopIteration) as end:
        steps.send(answer)
    assert end.value.value == Sent(write_wamid(MESSAGE_ID), "15550100321")
    assert read_wamid(end.value.value.external_id) == MESSAGE_ID


def test_only_a_message_may_not_be_repeated() -> None:
    asked = [
        next(carrier().send(message(content), ROUTE))
        for content in (Template("hello", "en"), Reaction(1, "👍", "wamid.x"), Receipt(1, False, "wamid.x"))
    ]
    assert [type(step) for step in asked] == [Commit, Commit, Ask]


def test_no_id_in_a_setting_leads_elsewhere() -> None:
    step = next(carrier().send(message(Template("hello", "en")), route(phone_number_id="../me?x=1#y")))
    assert step.request.url == "https://graph.facebook.com/v25.0/..%2Fme%3Fx%3D1%23y/messages"


# ---- answers

_BODIES = st.one_of(
    st.binary(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["error", "code", "message", "error_data", "details", "messages", "id", "contacts", "wa_id"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
_HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "x-business-use-case-usage"]),
    st.sampled_from(
        ["5", "-1", "soon", "９", '{"1":[{"estimated_time_to_regain_access":"x"}]}', '{"1":{}}', "[]", "é"]
    ),
)


@settings(max_examples=300)
@given(st.integers(100, 599), _BODIES, _HEADERS)
def test_every_answer_ends_in_an_outcome(status: int, body: bytes, headers: dict[str, str]) -> None:
    outcome, _ = talk(carrier().send(message(Template("hello", "en")), ROUTE), WireResponse(status, body, headers))
    assert isinstance(outcome, Sent | Refused | Busy | Unsure)
    if isinstance(outcome, Sent):
        assert 200 <= status < 300
        assert outcome.external_id


@given(st.integers(500, 599), st.integers(0, 200_000))
def test_a_fault_of_the_vendor_is_unsure_but_for_codes_that_say_otherwise(status: int, code: int) -> None:
    outcome, _ = talk(carrier().send(message(Template("hello", "en")), ROUTE), complaint(code, status))
    if code in words.BUSY:
        assert isinstance(outcome, Busy)
    elif code in words.CAUSES or 200 <= code < 300:
        assert isinstance(outcome, Refused)
    else:
        assert isinstance(outcome, Unsure)


def test_no_code_is_judged_in_two_ways() -> None:
    tables = [set(words.BUSY), set(words.UNSURE), set(words.CAUSES), set(words.PERMISSIONS)]
    assert sum(map(len, tables)) == len(set().union(*tables))


@pytest.mark.parametrize("token", [SETTINGS["access_token"], "no-usual-form-demo"])
@given(around=st.text(max_size=400))
def test_the_token_is_never_in_what_is_kept(token: str, around: str) -> None:
    answer = complaint(190, 401, f"{around}{token}{around}", error_data={"details": f"{token}{around}"})
    outcome, _ = talk(carrier().send(message(Template("hello", "en")), route(access_token=token)), answer)
    assert isinstance(outcome, Refused)
    assert outcome.failure.fault is Fault.CARRIER_CREDENTIAL
    assert token not in outcome.failure.detail


def test_the_vendor_cannot_be_asked_afterwards() -> None:
    able = carrier().capabilities
    assert {able.look_up, able.find, able.idempotent_send} == {False}
    for steps in (carrier().look_up(message(Template("x", "en")), "", ROUTE), carrier().find(phone("1555"), ROUTE)):
        outcome, asked = talk(steps)
        assert isinstance(outcome, Unsure)
        assert not isinstance(outcome, Absent)
        assert asked == []


# ---- pace and settings


@pytest.mark.parametrize(
    ("given", "pace"),
    [("", 80), ("1000", 1000), ("20", 20), ("0.5", 0.5), ("fast", 80), ("-1", 80), ("nan", 80), ("inf", 80)],
)
def test_the_pace_is_the_numbers_own(given: str, pace: float) -> None:
    limits = carrier().limits(route(throughput=given))
    assert (limits.per_second, limits.gap, limits.pair) == (pace, 0, PairLimit(interval=6_000, burst=45))


def test_a_route_without_anything_has_the_documented_pace() -> None:
    assert carrier().limits(Route(1, 1, "cloud", "1")).per_second == 80


def test_what_must_be_set_and_what_is_secret() -> None:
    known = carrier().settings
    assert {each.name for each in known if each.required} == {"access_token", "phone_number_id"}
    assert {each.name for each in known if each.secret} == {"access_token", "app_secret", "verify_token"}
    assert {each.name: each.default for each in known if each.default} == {
        "throughput": "80",
        "version": "v25.0",
        "base_url": "https://graph.facebook.com",
    }


def test_an_unsettled_answer_keeps_the_vendors_words() -> None:
    outcome, _ = talk(carrier().send(message(Template("hello", "en")), ROUTE), said({"error": {"code": "x"}}, 500))
    assert outcome == Unsure("HTTP 500 without an error code")

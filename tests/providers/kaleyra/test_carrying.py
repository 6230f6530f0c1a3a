"""What the carrier sends is what its own dialect reads, and whatever is answered is judged."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.contract.provider import Ask, Commit, PairLimit
from parlance.model.address import Address, AddressKind, phone
from parlance.model.command import MarkRead, React, SendMessage
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Fault
from parlance.model.message import (
    Component,
    Contacts,
    Content,
    Direction,
    Message,
    Parameter,
    Reaction,
    Receipt,
    Template,
    Text,
)
from parlance.model.outcome import Absent, Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import PROVIDER
from strategies import CARDS, DIGITS, TEXTS, WORDS
from vectors.play import find

assert PROVIDER.carrier is not None
assert PROVIDER.dialect is not None
CARRIER, DIALECT = PROVIDER.carrier, PROVIDER.dialect
SETTINGS = {"sid": "HXAP1661551797IN", "api_key": "Ademo0000000000000000000000000001"}
ROUTE = Route(1, 1, "kaleyra", "15550100200", SETTINGS)
MESSAGE = Message(77, Direction.OUT, 1, 1, "15550100200", phone("15550100321"), Text("hi"), "kaleyra", 0)
KNOWN = "wamid.HBgLMTU1NTAxMDAzMjEVAgASGBQ="

PHONES = st.lists(
    st.builds(Phone, phone=WORDS, type=st.none() | WORDS, wa_id=st.none() | DIGITS), min_size=1, max_size=3
)
CALLABLE = st.builds(lambda card, phones: replace(card, phones=tuple(phones)), CARDS, PHONES)
VALUES = st.builds(
    Parameter, type=st.just("text"), value=st.text(st.characters(exclude_categories=["Cs"])), name=st.none() | WORDS
)
COMPONENTS = st.builds(
    Component, type=st.sampled_from(["header", "body"]), parameters=st.lists(VALUES, max_size=3).map(tuple)
) | st.builds(
    Component,
    type=st.just("button"),
    parameters=st.lists(VALUES, min_size=1, max_size=1).map(tuple),
    sub_type=st.sampled_from(["url", "quick_reply", "flow"]),
    index=st.integers(0, 9),
)
TEMPLATES = st.builds(Template, name=WORDS, language=WORDS, components=st.lists(COMPONENTS, max_size=3).map(tuple))
CONTENTS = (
    st.builds(Text, body=WORDS, preview=st.none() | st.booleans())
    | TEXTS
    | TEMPLATES
    | st.builds(Contacts, cards=st.lists(CALLABLE, min_size=1, max_size=3).map(tuple))
)


def sent(message: Message, route: Route = ROUTE) -> Ask | Commit:
    """The one step that a message takes."""
    return next(CARRIER.send(message, route))


def ended(message: Message, answer: WireResponse, route: Route = ROUTE) -> Outcome:
    """How a message ends when it is answered so."""
    steps = CARRIER.send(message, route)
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(answer)
    outcome: Outcome = end.value.value
    return outcome


def refused(message: Message) -> Fault:
    """Why a message does not even leave."""
    with pytest.raises(StopIteration) as end:
        sent(message)
    assert isinstance(end.value.value, Refused)
    return end.value.value.failure.fault


def read(request: WireRequest) -> Any:
    """What the dialect makes of a request."""
    parts = urlsplit(request.url)
    assert f"{parts.scheme}://{parts.netloc}" == "https://api.in.kaleyra.io"
    found = find(DIALECT, replace(request, url=parts.path))
    assert found is not None
    endpoint, asked = found
    credential = DIALECT.credential(asked)
    assert (credential.secret, credential.public, credential.number) == (
        SETTINGS["api_key"],
        SETTINGS["sid"],
        "15550100200",
    )
    return endpoint.read(asked)


def named(content: Content) -> Content:
    """With the first name that WhatsApp wants where a card has no part of its name."""
    if not isinstance(content, Contacts):
        return content
    parts = ("first", "middle", "last", "prefix", "suffix")
    cards = (
        card if any(getattr(card, part) for part in parts) else replace(card, first=card.formatted)
        for card in content.cards
    )
    return Contacts(tuple(cards))


@given(content=CONTENTS, to=DIGITS, message_id=st.integers(0, (1 << 63) - 1))
def test_what_is_sent_is_read_as_the_same(content: Content, to: str, message_id: int) -> None:
    step = sent(replace(MESSAGE, id=message_id, content=content, peer=phone(to), refs={"kaleyra": {"ref": "crm-77"}}))
    assert isinstance(step, Commit)
    refs = {"kaleyra": {"ref": f"{message_id:016x}", "wa_source": "api"}}
    assert read(step.request) == SendMessage(phone(to), named(content), refs=refs)


@given(content=CONTENTS, quoted=st.integers(0, (1 << 63) - 1), incoming=st.booleans())
def test_a_quote_names_the_message_by_the_vendors_id(content: Content, quoted: int, incoming: bool) -> None:
    external_id = DIALECT.write_id(quoted, incoming=incoming)
    command = read(sent(replace(MESSAGE, content=content, quote=5, quote_external=external_id)).request)
    assert isinstance(command, SendMessage)
    assert command.quote is not None
    assert (command.quote.text, command.quote.id) == (external_id, quoted)


def test_a_reaction_and_a_receipt_are_read_as_the_same() -> None:
    reaction = sent(replace(MESSAGE, content=Reaction(5, "\U0001f44d", KNOWN)))
    receipt = sent(replace(MESSAGE, content=Receipt(5, typing=True, target_external=KNOWN)))
    assert isinstance(reaction, Commit)
    assert isinstance(receipt, Ask)
    reacted, marked = read(reaction.request), read(receipt.request)
    assert isinstance(reacted, React)
    assert (reacted.to, reacted.message.text, reacted.emoji) == (MESSAGE.peer, KNOWN, "\U0001f44d")
    assert isinstance(marked, MarkRead)
    assert marked.message is not None
    assert (marked.message.text, marked.typing) == (KNOWN, True)


def test_as_many_cards_go_at_once_as_are_promised() -> None:
    card = ContactCard("Mara", phones=(Phone("+15550100444"),))
    content = Contacts((card,) * CARRIER.capabilities.cards)
    assert read(sent(replace(MESSAGE, content=content)).request).content == named(content)
    assert CARRIER.capabilities.cards == 257


def test_a_text_is_as_long_as_is_promised() -> None:
    content = Text("\U0001f600" * CARRIER.capabilities.text_limit)
    assert read(sent(replace(MESSAGE, content=content)).request).content == content
    assert CARRIER.capabilities.text_limit == 4_096


@given(kind=st.sampled_from([AddressKind.GROUP, AddressKind.LID, AddressKind.USER]), content=CONTENTS)
def test_only_numbers_are_written_to(kind: AddressKind, content: Content) -> None:
    assert refused(replace(MESSAGE, peer=Address(kind, "120363"), content=content)) is Fault.NOT_SAYABLE


@given(cards=st.lists(CARDS, min_size=1, max_size=3))
def test_a_card_without_a_number_never_leaves(cards: list[ContactCard]) -> None:
    last = replace(cards[-1], phones=())
    assert refused(replace(MESSAGE, content=Contacts((*cards[:-1], last)))) is Fault.EMPTY_PHONE


# ---- answers

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "message", "data", "error", "message_id", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode())


@given(status=st.integers(100, 599), body=BODIES, after=st.text(max_size=5))
def test_every_answer_is_judged_and_none_that_may_have_sent_counts_as_not_sent(
    status: int, body: bytes, after: str
) -> None:
    outcome = ended(MESSAGE, WireResponse(status, body, {"retry-after": after}))
    if 200 <= status < 300:
        assert isinstance(outcome, Sent | Unsure)
        assert not isinstance(outcome, Sent) or (0 < len(outcome.external_id) <= 255)
    elif status >= 500 or status == 408:
        assert isinstance(outcome, Unsure)
    elif status == 429:
        assert isinstance(outcome, Busy)
    elif status >= 400:
        assert isinstance(outcome, Refused)
        assert len(outcome.failure.detail) <= 300


@given(status=st.integers(100, 599), body=BODIES)
def test_a_receipt_is_never_left_unsure(status: int, body: bytes) -> None:
    receipt = replace(MESSAGE, content=Receipt(5, target_external=KNOWN))
    assert isinstance(ended(receipt, WireResponse(status, body)), Sent | Busy | Refused)


@given(status=st.sampled_from([400, 401, 429, 500]))
def test_the_key_is_in_no_outcome(status: int) -> None:
    said = {"code": SETTINGS["api_key"], "message": f"no: {SETTINGS['api_key']}", "error": {"key": SETTINGS["api_key"]}}
    assert SETTINGS["api_key"] not in repr(ended(MESSAGE, WireResponse(status, json.dumps(said).encode())))


# ---- what is declared


@pytest.mark.parametrize(
    ("given_rate", "rate"),
    [("", 20.0), ("20", 20.0), ("80", 80.0), ("0.5", 0.5), ("0", 20.0), ("-1", 20.0), ("nan", 20.0), ("inf", 20.0),
     ("fast", 20.0)],
)  # fmt: skip
def test_the_pace_is_the_vendors_and_below_it_whatsapps(given_rate: str, rate: float) -> None:
    limits = CARRIER.limits(replace(ROUTE, settings={**SETTINGS, "per_second": given_rate}))
    assert (limits.per_second, limits.gap, limits.pair) == (rate, 0, PairLimit(6_000, 45))


def test_secrets_are_declared_as_such() -> None:
    assert {each.name for each in CARRIER.settings if each.secret} == {"api_key", "callback_secret"}
    assert {each.name for each in CARRIER.settings if each.required} == {"sid", "api_key"}
    choices = {each.name: each.choices for each in CARRIER.settings if each.kind == "choice"}
    assert choices == {"pod": ("in", "sg", "eu", "na")}


def test_nobody_is_asked_who_is_on_whatsapp_or_what_became_of_a_message() -> None:
    for steps in (CARRIER.find(MESSAGE.peer, ROUTE), CARRIER.look_up(MESSAGE, "", ROUTE)):
        with pytest.raises(StopIteration) as end:
            next(steps)
        assert end.value.value == Unsure()
    assert not CARRIER.capabilities.find
    assert not CARRIER.capabilities.look_up
    assert not isinstance(end.value.value, Absent)

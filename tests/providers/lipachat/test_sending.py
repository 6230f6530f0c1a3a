"""What the carrier sends, against the same provider's dialect and whatever a stranger answers."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.formats.tags import write_tag
from parlance.model.address import phone
from parlance.model.command import Accepted, SendMessage
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Fault, Refusal
from parlance.model.message import (
    Component,
    Contacts,
    Content,
    Parameter,
    Template,
    Text,
)
from parlance.model.outcome import Busy, Outcome, Refused, Sent, Unsure
from parlance.model.wire import WireResponse
from providers.lipachat.talk import (
    CARRIER,
    CUSTOMER,
    DIALECT,
    NUMBER,
    ROUTE,
    SENDER,
    THEIRS,
    arrived,
    asked,
    ended,
    outgoing,
)
from strategies import DIGITS, MAYBE, WORDS
from vectors.play import find

SAYABLE = WORDS.filter(lambda text: not text.isspace())
PHONES = st.builds(Phone, phone=SAYABLE, type=SAYABLE, wa_id=st.none() | DIGITS)
CARDS = st.builds(
    ContactCard, formatted=SAYABLE, last=MAYBE, phones=st.lists(PHONES, min_size=1, max_size=3).map(tuple)
)
VALUES = st.lists(st.builds(Parameter, st.just("text"), WORDS), min_size=1, max_size=3).map(tuple)
LINK = st.just("https://files.example.org/a")
MEDIA = st.builds(Parameter, st.sampled_from(["image", "video"]), LINK) | st.builds(
    Parameter, st.just("document"), LINK, raw=st.none() | st.builds(dict, filename=SAYABLE)
)


@st.composite
def _templates(draw: st.DrawFn) -> Template:
    parts = []
    if draw(st.booleans()):
        parts.append(Component("header", draw(VALUES | MEDIA.map(lambda value: (value,)))))
    if draw(st.booleans()):
        parts.append(Component("body", draw(VALUES)))
    parts += [Component("button", draw(VALUES), "url", place) for place in range(draw(st.integers(0, 2)))]
    return Template(draw(SAYABLE), draw(st.sampled_from(["en", "en_US", "sw"])), tuple(parts))


CONTENTS = (
    st.builds(Text, SAYABLE | st.text("x", min_size=4096, max_size=4096))
    | CARDS.map(lambda card: Contacts((card,)))
    | _templates()
)


def _as_read(content: Content) -> Content:
    """Content as the dialect reads it: the card's name is its first name too, and stands for its last."""
    if not isinstance(content, Contacts):
        return content
    return Contacts(tuple(replace(card, first=card.formatted, last=None) for card in content.cards))


@given(CONTENTS, st.integers(0, 12))
def test_what_leaves_is_taken_and_means_the_same(content: Content, part: int) -> None:
    message = outgoing(content, part=part, parts=13)
    steps = CARRIER.send(message, ROUTE)
    found = find(DIALECT, arrived(asked(steps)))
    assert found is not None
    endpoint, request = found
    credential = DIALECT.credential(request)
    assert (credential.secret, credential.number) == ("lk-demo-51f0", NUMBER)
    command = endpoint.read(request)
    assert isinstance(command, SendMessage)
    assert (command.to, command.content, command.key) == (phone(CUSTOMER), _as_read(content), write_tag(message))
    stored = replace(message, id=THEIRS)
    with pytest.raises(StopIteration) as end:
        steps.send(endpoint.write(Accepted(command, SENDER, stored)))
    assert end.value.value == Sent(DIALECT.write_id(THEIRS, incoming=False))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.WINDOW_CLOSED, Fault.WINDOW_CLOSED),
        (Fault.WINDOW_NEVER_OPENED, Fault.WINDOW_CLOSED),
        (Fault.BAD_CREDENTIAL, Fault.CARRIER_CREDENTIAL),
        (Fault.UNKNOWN_SENDER, Fault.CARRIER_CREDENTIAL),
        (Fault.BAD_RECIPIENT, Fault.CARRIER_REFUSED),
        (Fault.UNKNOWN_TEMPLATE, Fault.CARRIER_REFUSED),
        (Fault.RATE_LIMITED, Busy),
        (Fault.QUEUE_FULL, Busy),
        (Fault.UNAVAILABLE, Unsure),
        (Fault.DUPLICATE, Unsure),
    ],
)
def test_what_the_dialect_refuses_is_understood(fault: Fault, outcome: Fault | type[Outcome]) -> None:
    steps = CARRIER.send(outgoing(Text("hi")), ROUTE)
    answer = DIALECT.refuse(Refusal(fault), arrived(asked(steps)))
    with pytest.raises(StopIteration) as end:
        steps.send(answer)
    came = end.value.value
    if isinstance(outcome, Fault):
        assert isinstance(came, Refused)
        assert came.failure.fault is outcome
    else:
        assert isinstance(came, outcome)


# ---- strangers

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=2),
    max_leaves=3,
)
DATA = st.dictionaries(st.sampled_from(["messageId", "waId", "status", "statusDesc"]), ODD, max_size=4)
SAID = st.fixed_dictionaries(
    {}, optional={"status": st.just("success") | ODD, "message": ODD, "errors": ODD, "data": DATA | ODD}
)


@settings(max_examples=300, deadline=None)
@given(st.integers(100, 599), st.binary(max_size=40) | SAID.map(lambda said: json.dumps(said).encode()))
def test_every_answer_has_an_outcome(status: int, body: bytes) -> None:
    outcome = ended(CARRIER.send(outgoing(Text("hi")), ROUTE), WireResponse(status, body, {"retry-after": "x"}))
    assert isinstance(outcome, Sent | Refused | Busy | Unsure)
    assert not isinstance(outcome, Sent) or (outcome.external_id and 200 <= status < 300)


def test_the_key_is_in_its_header_alone() -> None:
    request = asked(CARRIER.send(outgoing(Text("hi")), ROUTE))
    assert request.headers["apikey"] == "lk-demo-51f0"
    assert "lk-demo-51f0" not in request.url
    assert b"lk-demo-51f0" not in request.body

"""What the carrier sends, against the same provider's dialect and whatever a stranger answers."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.contract.provider import Ask
from parlance.model.address import Address, phone
from parlance.model.command import (
    Accepted,
    MarkRead,
    React,
    SendMessage,
)
from parlance.model.contact import ContactCard, Email, Phone, PostalAddress, Url
from parlance.model.fault import Fault, Refusal
from parlance.model.message import (
    Component,
    Contacts,
    Content,
    Parameter,
    Reaction,
    Receipt,
    Template,
    Text,
)
from parlance.model.outcome import Busy, Outcome, Refused, Sent, Unsure
from parlance.model.wire import WireResponse
from providers.digital99.talk import (
    CARRIER,
    CUSTOMER,
    DIALECT,
    OURS,
    QUOTED,
    ROUTE,
    SENDER,
    THEIRS,
    USER,
    asked,
    end,
    ended,
    outgoing,
    read,
)
from strategies import DIGITS, MAYBE, WORDS

SAYABLE = WORDS.filter(lambda text: not text.isspace())
PHONES = st.builds(Phone, phone=SAYABLE | DIGITS)
CARDS = st.builds(
    ContactCard,
    formatted=SAYABLE,
    last=MAYBE,
    phones=st.tuples(PHONES),
    emails=st.lists(st.builds(Email, WORDS), max_size=1).map(tuple),
    addresses=st.lists(st.builds(PostalAddress, street=WORDS, city=MAYBE, country=MAYBE), max_size=1).map(tuple),
    urls=st.lists(st.builds(Url, WORDS), max_size=1).map(tuple),
    birthday=st.none() | st.dates().map(str),
)
TEXT = st.builds(Parameter, st.just("text"), WORDS)
MEDIUM = st.builds(Parameter, st.sampled_from(["image", "video", "document"]), st.just("https://files.example.org/a"))


@st.composite
def _templates(draw: st.DrawFn) -> Template:
    parts = []
    if draw(st.booleans()):
        parts.append(Component("header", (draw(MEDIUM),)))
    if draw(st.booleans()):
        parts.append(Component("body", draw(st.lists(TEXT, min_size=1, max_size=10).map(tuple))))
    links = draw(st.integers(0, 2))
    parts += [Component("button", (draw(TEXT),), "url", place) for place in range(links)]
    if draw(st.booleans()):
        parts.append(Component("button", (Parameter("coupon_code", draw(WORDS)),), "copy_code", links))
    return Template(draw(SAYABLE), draw(st.none() | st.sampled_from(["he", "en", "fr"])), tuple(parts))


CONTENTS = (
    st.builds(Text, SAYABLE | st.text("x", min_size=4096, max_size=4096))
    | CARDS.map(lambda card: Contacts((card,)))
    | _templates()
)


def _as_read(content: Content) -> Content:
    """Content as the dialect reads it.

    A card's name is its first name too, an international number a WhatsApp id; a language is any country's.
    """
    match content:
        case Contacts(cards=(card,)):
            number = card.phones[0].phone
            digits = "".join(letter for letter in number if letter not in "()-+" and not letter.isspace())
            plain = digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15 and digits[0] != "0"
            known = Phone(number, wa_id=digits if plain and number.count("+") == number.startswith("+") else None)
            return Contacts((replace(card, first=card.formatted, last=None, phones=(known,)),))
        case Template(language=str(language)):
            return replace(content, language=f"{language}*")
        case _:
            return content


@given(CONTENTS, st.booleans(), st.sampled_from([phone(CUSTOMER), USER]))
def test_what_leaves_is_taken_and_means_the_same(content: Content, quoting: bool, peer: Address) -> None:
    quotes = quoting and not isinstance(content, Template)
    message = outgoing(content, peer, quote=THEIRS if quotes else None, quote_external=QUOTED if quotes else "")
    steps = CARRIER.send(message, ROUTE)
    endpoint, command = read(asked(steps))
    assert isinstance(command, SendMessage)
    assert (command.to, command.content) == (peer, _as_read(content))
    assert (command.quote and command.quote.id) == (THEIRS if quotes else None)
    answer = endpoint.write(Accepted(command, SENDER, replace(message, content=command.content)))
    assert end(steps, answer) == Sent(DIALECT.write_id(OURS, incoming=False))


@pytest.mark.parametrize("emoji", ["\U0001f44d", "❤️", ""])
def test_a_reaction_is_taken(emoji: str) -> None:
    message = outgoing(Reaction(THEIRS, emoji, QUOTED))
    steps = CARRIER.send(message, ROUTE)
    endpoint, command = read(asked(steps))
    assert isinstance(command, React)
    assert (command.to, command.message.id, command.emoji) == (phone(CUSTOMER), THEIRS, emoji)
    answer = endpoint.write(Accepted(command, SENDER, message))
    assert end(steps, answer) == Sent(DIALECT.write_id(OURS, incoming=False))


def test_a_read_receipt_is_taken_and_may_be_repeated() -> None:
    message = outgoing(Receipt(THEIRS, target_external=QUOTED))
    steps = CARRIER.send(message, ROUTE)
    step = next(steps)
    assert isinstance(step, Ask)
    endpoint, command = read(step.request)
    assert command == MarkRead(peer=phone(CUSTOMER))
    assert end(steps, endpoint.write(Accepted(command, SENDER, message))) == Sent("")


TEMPLATE, CARD = Template("hello"), Contacts((ContactCard("Dana", phones=(Phone("1"),)),))


@pytest.mark.parametrize("content", [Text("hi"), CARD, TEMPLATE, Reaction(5, "\U0001f44d", QUOTED), Receipt(5)])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.BAD_CREDENTIAL, Fault.CARRIER_CREDENTIAL),
        (Fault.UNKNOWN_SENDER, Fault.CARRIER_CREDENTIAL),
        (Fault.RATE_LIMITED, Busy),
        (Fault.UNAVAILABLE, Busy),
        (Fault.UNKNOWN_METHOD, Fault.CARRIER_REFUSED),
        (Fault.TOO_LARGE, Fault.TOO_LARGE),
    ],
)
def test_what_every_method_refuses_is_understood(
    content: Content, fault: Fault, outcome: Fault | type[Outcome]
) -> None:
    _is_understood(content, fault, outcome)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        *((content, Fault.BAD_RECIPIENT) for content in (Text("hi"), CARD, TEMPLATE, Receipt(5))),
        *(
            (content, fault)
            for content in (Text("hi"), CARD)
            for fault in (Fault.WINDOW_CLOSED, Fault.WINDOW_NEVER_OPENED)
        ),
        (Text("hi"), Fault.EMPTY_TEXT),
        (CARD, Fault.EMPTY_NAME),
        (CARD, Fault.EMPTY_PHONE),
        (TEMPLATE, Fault.UNKNOWN_TEMPLATE),
        (TEMPLATE, Fault.TEMPLATE_HEADER),
        (TEMPLATE, Fault.TEMPLATE_VARIABLES),
        (Reaction(5, "x", QUOTED), Fault.UNKNOWN_MESSAGE),
        (Reaction(5, "x", QUOTED), Fault.BAD_EMOJI),
        (Reaction(5, "x", QUOTED), Fault.WINDOW_CLOSED),
    ],
)
def test_what_a_method_refuses_is_understood(content: Content, fault: Fault) -> None:
    _is_understood(content, fault, fault)


def _is_understood(content: Content, fault: Fault, outcome: Fault | type[Outcome]) -> None:
    steps = CARRIER.send(outgoing(content), ROUTE)
    request = asked(steps)
    answer = DIALECT.refuse(Refusal(fault), replace(request, url=request.url.removeprefix("http://b.example.org")))
    came = end(steps, answer)
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
SAID = st.fixed_dictionaries(
    {}, optional={"status": st.sampled_from(["OK", "FAIL"]) | ODD, "reason": st.integers(-2, 20) | ODD, "unique": ODD}
)


@settings(max_examples=300, deadline=None)
@given(st.integers(100, 599), st.binary(max_size=40) | SAID.map(lambda said: json.dumps(said).encode()))
def test_every_answer_has_an_outcome(status: int, body: bytes) -> None:
    outcome = ended(CARRIER.send(outgoing(Text("hi")), ROUTE), WireResponse(status, body, {"retry-after": "x"}))
    assert isinstance(outcome, Sent | Refused | Busy | Unsure)
    assert not isinstance(outcome, Sent) or (outcome.external_id and status < 500)


def test_the_key_is_in_the_body_alone() -> None:
    request = asked(CARRIER.send(outgoing(Text("hi")), ROUTE))
    assert json.loads(request.body)["apiKey"] == "k-7f3a-demo"
    assert "k-7f3a-demo" not in f"{request.url}{request.headers}"

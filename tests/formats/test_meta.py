"""The message object: read strictly, written back as it was read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.formats import meta
from parlance.formats.meta import Spoken, read_card, read_object, write_card, write_content
from parlance.model.address import Address, AddressKind, phone
from parlance.model.contact import ContactCard, Phone
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.message import Component, Contacts, Content, Location, Parameter, Template, Text
from strategies import CARDS, CONTENTS, WORDS

TO = {"messaging_product": "whatsapp", "to": "+15550100321"}
TEXT = {**TO, "type": "text", "text": {"body": "hi"}}

_INNER = st.sampled_from(["image", "video", "document", "currency", "date_time"])
_PARAMETERS = (
    st.builds(Parameter, st.sampled_from(["text", "payload", "coupon_code"]), st.text(max_size=9), st.none() | WORDS)
    | st.builds(Parameter, _INNER, WORDS, raw=st.none() | st.just({"filename": "a.pdf"}))
    | st.builds(Parameter, st.just("image"), st.just(""), raw=st.just({"id": "12345"}))
    | st.builds(Parameter, st.just("action"), raw=st.just({"flow_token": "x"}))
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


def _refusal(**said: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_object({**TO, **said})
    return caught.value


@given(CONTENTS | TEMPLATES)
def test_what_is_written_reads_as_the_same(content: Content) -> None:
    written = json.loads(json.dumps(write_content(content)))
    assert read_object({**TO, **written}).content == content


@given(CONTENTS | TEMPLATES)
def test_inner_parts_may_stand_as_text(content: Content) -> None:
    written = write_content(content)
    type_ = written["type"]
    if type_ != "text":
        written[type_] = json.dumps(written[type_])
    assert read_object({**TO, **written}).content == content


@given(CARDS)
def test_a_card_reads_as_it_was_written(card: ContactCard) -> None:
    assert read_card(write_card(card)) == card


@given(CARDS)
def test_a_first_name_is_filled_only_where_no_part_of_the_name_stands(card: ContactCard) -> None:
    name = write_card(card, first_name=True)["name"]
    parts = {
        "first": "first_name",
        "middle": "middle_name",
        "last": "last_name",
        "prefix": "prefix",
        "suffix": "suffix",
    }
    given_parts = {theirs: getattr(card, ours) for ours, theirs in parts.items() if getattr(card, ours) is not None}
    assert name == {"formatted_name": card.formatted, **(given_parts or {"first_name": card.formatted})}


def test_a_card_without_content_is_its_name() -> None:
    assert write_card(ContactCard("Dana")) == {"name": {"formatted_name": "Dana"}}
    assert write_content(Contacts((ContactCard("Dana"),)), first_name=True) == {
        "type": "contacts",
        "contacts": [{"name": {"formatted_name": "Dana", "first_name": "Dana"}}],
    }


def test_a_path_stands_before_what_is_wrong_with_a_card() -> None:
    with pytest.raises(Malformed) as caught:
        read_card({"name": {"formatted_name": 5}}, "contacts[3]")
    assert (caught.value.field, caught.value.kind) == ("contacts[3].name.formatted_name", meta.WRONG_TYPE)
    with pytest.raises(Malformed) as caught:
        read_card([])
    assert (caught.value.field, caught.value.kind) == ("", meta.WRONG_TYPE)


def test_a_template_without_language_is_written_without() -> None:
    assert write_content(Template("hello")) == {"type": "template", "template": {"name": "hello"}}


def test_what_the_object_has_no_form_for_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        write_content(Location("1", "2"))
    assert (caught.value.fault, caught.value.field) == (Fault.NOT_SAYABLE, "location")


def test_everything_beside_the_content() -> None:
    raw = {**TEXT, "recipient": "US.1", "context": {"message_id": "q"}, "biz_opaque_callback_data": "mine"}
    assert read_object(raw) == Spoken(Text("hi"), "q", "+15550100321", "US.1", opaque="mine", type="text")
    assert read_object({**TO, "type": "reaction", "reaction": {"message_id": "m", "emoji": ""}}) == Spoken(
        to="+15550100321", type="reaction", reaction_to="m"
    )
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": "m"}
    assert read_object(receipt) == Spoken(status_read="m", type="status")
    assert read_object({**receipt, "typing_indicator": {"type": "text"}}).typing is True
    assert read_object({**TEXT, "status": "read", "message_id": "m"}).content == Text("hi")


def test_phones_where_they_are_required() -> None:
    bare: dict[str, Any] = {"name": {"formatted_name": "N"}}
    nothing: tuple[Any, ...] = (None, [])
    for phones in nothing:
        raw = {**TO, "type": "contacts", "contacts": [{**bare, "phones": [{"phone": "1"}]}, {**bare, "phones": phones}]}
        assert read_object(raw).content == Contacts((ContactCard("N", phones=(Phone("1"),)), ContactCard("N")))
        with pytest.raises(Refusal) as caught:
            read_object(raw, phones_required=True)
        assert (caught.value.fault, caught.value.field) == (Fault.EMPTY_PHONE, "contacts[1].phones")


@pytest.mark.parametrize(
    ("said", "field", "kind"),
    [
        ({"messaging_product": None}, "messaging_product", meta.MISSING),
        ({"messaging_product": "x"}, "messaging_product", meta.WRONG_VALUE),
        ({"type": "text"}, "text", meta.MISSING),
        ({"type": "text", "text": {"body": None}}, "text.body", meta.MISSING),
        ({"type": "text", "text": {"body": "x", "preview_url": "yes"}}, "text.preview_url", meta.WRONG_TYPE),
        ({"type": "poem"}, "type", meta.UNKNOWN_TYPE),
        ({"type": "contacts", "contacts": "no"}, "contacts", meta.NOT_JSON),
        ({"type": "contacts", "contacts": [{}]}, "contacts[0].name.formatted_name", meta.MISSING),
        (
            {"type": "template", "template": {"name": "a", "language": {"code": "en"}, "components": [{"index": 1}]}},
            "template.components[0].type",
            meta.MISSING,
        ),
        ({"to": None, "text": {"body": "x"}}, "to", meta.MISSING),
        ({"status": "seen"}, "status", meta.WRONG_VALUE),
        ({"status": "read"}, "message_id", meta.MISSING),
    ],
)
def test_what_is_wrong_is_named_by_its_path(said: dict[str, Any], field: str, kind: str) -> None:
    caught = _refusal(**said)
    assert isinstance(caught, Malformed)
    assert (caught.field, caught.kind) == (field, kind)


@pytest.mark.parametrize("index", [-1, True, 1.5, "-1", "1.0", "１", "", 1000])
def test_an_index_is_a_place(index: object) -> None:
    part = {"type": "button", "index": index}
    caught = _refusal(type="template", template={"name": "a", "language": {"code": "en"}, "components": [part]})
    assert caught.field == "template.components[0].index"


@pytest.mark.parametrize(
    ("said", "fault", "field"),
    [
        ({"text": {"body": ""}}, Fault.EMPTY_TEXT, "text.body"),
        ({"text": {"body": "x" * 4097}}, Fault.TEXT_TOO_LONG, "text.body"),
        ({"type": "contacts", "contacts": []}, Fault.BAD_VALUE, "contacts"),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "N"}}] * 258}, Fault.BAD_VALUE, "contacts"),
        ({"type": "sticker"}, Fault.UNSUPPORTED, "type"),
        ({"type": "text", "recipient_type": "group"}, Fault.UNSUPPORTED, "recipient_type"),
    ],
)
def test_values_out_of_range(said: dict[str, Any], fault: Fault, field: str) -> None:
    caught = _refusal(**said)
    assert (caught.fault, caught.field) == (fault, field)


@pytest.mark.parametrize("day", ["1999-02-30", "19990101", "1999-1-1", "today", "1999-01-01T00:00", "0000-01-01"])
def test_a_birthday_is_a_real_day(day: str) -> None:
    caught = _refusal(type="contacts", contacts=[{"name": {"formatted_name": "N"}, "birthday": day}])
    assert (caught.fault, caught.field) == (Fault.BAD_VALUE, "contacts[0].birthday")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+1 (555) 010-0321", "15550100321"),
        ("15550100321", "15550100321"),
        ("1234567", "1234567"),
        ("123456789012345", "123456789012345"),
        ("123456", None),
        ("1234567890123456", None),
        ("0501234567", None),
        ("++15550100321", None),
        ("1555010032１", None),
        ("", None),
    ],
)
def test_numbers(text: str, digits: str | None) -> None:
    assert meta.digits(text) == digits


def test_whom_it_is_for() -> None:
    assert meta.address_of(Spoken(to="+15550100321", recipient="US.1")) == phone("15550100321")
    assert meta.address_of(Spoken(recipient="US.1")) == Address(AddressKind.USER, "US.1")
    for spoken, field in ((Spoken(to="Dana"), "to"), (Spoken(recipient="Dana"), "recipient"), (Spoken(), "recipient")):
        with pytest.raises(Refusal) as caught:
            meta.address_of(spoken)
        assert (caught.value.fault, caught.value.field) == (Fault.BAD_RECIPIENT, field)

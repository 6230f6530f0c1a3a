"""Content against carriers, and values against templates."""

import pytest

from parlance.contract.provider import Capabilities
from parlance.model.contact import ContactCard, Email, Organisation, Phone
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Component, Contacts, Location, Parameter, Reaction, Receipt, Template, Text
from parlance.model.sender import TemplateRecord
from parlance.rules.content import check, fill, resolve_template, variables

PLAIN = Capabilities(text_limit=10, cards=2, card_phones=1)
CARD = ContactCard("Ada", phones=(Phone("1"),), emails=(Email("a@example.org"),), birthday="1990-01-31")


def _refused(content: object, capabilities: Capabilities = PLAIN, **more: bool) -> tuple[Fault, str]:
    with pytest.raises(Refusal) as caught:
        check(content, quoting=more.get("quoting", False), capabilities=capabilities, carrier="toy",  # type: ignore[arg-type]
              strict=more.get("strict", False))  # fmt: skip
    return caught.value.fault, caught.value.field


def test_decorative_loss_is_reported() -> None:
    dropped = check(Contacts((CARD,)), quoting=False, capabilities=PLAIN, carrier="toy", strict=False)
    assert dropped == ("emails", "birthday")


def test_nothing_is_lost_where_everything_is_sayable() -> None:
    able = Capabilities(cards=2, card_fields=frozenset({"emails", "birthday"}))
    assert check(Contacts((CARD,)), quoting=False, capabilities=able, carrier="toy", strict=True) == ()


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (Contacts((ContactCard("Ada", phones=(Phone("1"), Phone("2"))),)), "contacts[0].phones"),
        (Template("hello"), "template"),
        (Reaction(1, "x"), "reaction"),
        (Receipt(1), "receipt"),
        (Location("1", "2"), "location"),
    ],
)
def test_essential_loss_is_refused_by_name(content: object, field: str) -> None:
    assert _refused(content) == (Fault.NOT_SAYABLE, field)


def test_a_carrier_without_text_or_cards() -> None:
    nothing = Capabilities()
    assert _refused(Text("hi"), nothing) == (Fault.NOT_SAYABLE, "text")
    assert _refused(Contacts((CARD,)), nothing) == (Fault.NOT_SAYABLE, "contacts")
    assert _refused(Text("x" * 11)) == (Fault.TEXT_TOO_LONG, "text")
    assert _refused(Text("hi"), quoting=True) == (Fault.NOT_SAYABLE, "quote")


def test_a_strict_route_loses_nothing() -> None:
    assert _refused(Contacts((CARD,)), strict=True) == (Fault.NOT_SAYABLE, "emails")


def _record(language: str = "en_US", status: str = "approved", **more: object) -> TemplateRecord:
    values = {"body": "Hi {{1}}, {{2}}", **more}
    return TemplateRecord(1, 1, "hello", language, "UTILITY", status, **values)  # type: ignore[arg-type]


def _body(*values: str) -> tuple[Component, ...]:
    return (Component("body", tuple(Parameter("text", value) for value in values)),)


def test_a_template_finds_its_language() -> None:
    records = [_record("en_US"), _record("he")]
    named = resolve_template(Template("hello", "he", _body("a", "b")), records, must_exist=True)
    stem = resolve_template(Template("hello", "en*", _body("a", "b")), records, must_exist=True)
    only = resolve_template(Template("hello", None, _body("a", "b")), records[1:], must_exist=True)
    assert (named.language, stem.language, only.language) == ("he", "en_US", "he")


@pytest.mark.parametrize(
    ("template", "records"),
    [
        (Template("other"), [_record()]),
        (Template("hello", "fr"), [_record()]),
        (Template("hello", "fr*"), [_record()]),
        (Template("hello"), [_record("en_US"), _record("he")]),
        (Template("hello", "en_US"), [_record(status="paused")]),
        (Template("hello"), []),
    ],
)
def test_an_unknown_template(template: Template, records: list[TemplateRecord]) -> None:
    with pytest.raises(Refusal) as caught:
        resolve_template(template, records, must_exist=True)
    assert caught.value.fault is Fault.UNKNOWN_TEMPLATE
    passed = resolve_template(template, records, must_exist=False)
    assert (passed.name, passed.language) == (template.name, (template.language or "").removesuffix("*") or None)


@pytest.mark.parametrize(
    ("components", "record", "fault"),
    [
        (_body("a"), _record(), Fault.TEMPLATE_VARIABLES),
        (_body("a", "b", "c"), _record(), Fault.TEMPLATE_VARIABLES),
        (_body("a" * 600, "b" * 600), _record(), Fault.TEMPLATE_VARIABLES),
        (_body("a", "b"), _record(header="image"), Fault.TEMPLATE_HEADER),
        (_body("a", "b"), _record(header="text", header_text="Dear {{1}}"), Fault.TEMPLATE_HEADER),
        ((*_body("a", "b"), Component("header", (Parameter("image", "x"),))), _record(), Fault.TEMPLATE_HEADER),
        (_body("a", "b"), _record(buttons=({"type": "URL", "url": "https://x/{{1}}"},)), Fault.TEMPLATE_VARIABLES),
    ],
)
def test_values_that_do_not_match(components: tuple[Component, ...], record: TemplateRecord, fault: Fault) -> None:
    with pytest.raises(Refusal) as caught:
        resolve_template(Template("hello", None, components), [record], must_exist=True)
    assert caught.value.fault is fault


def test_values_that_match() -> None:
    record = _record(header="image", buttons=({"type": "URL", "url": "https://x/{{1}}"}, {"type": "QUICK_REPLY"}))
    components = (
        *_body("a", "b"),
        Component("header", (Parameter("image", "https://x/i.jpg"),)),
        Component("button", (Parameter("text", "4471"),), "url", 0),
    )
    assert resolve_template(Template("hello", None, components), [record], must_exist=True).components == components


def test_filling() -> None:
    assert variables("{{2}} {{ name }} {{2}}") == ("2", "name")
    assert fill("{{1}} and {{2}}", [Parameter("text", "A"), Parameter("text", "B")]) == "A and B"
    assert fill("{{name}}!", [Parameter("text", "A", name="name")]) == "A!"
    assert fill("{{1}} {{2}}", [Parameter("text", "A")]) == "A {{2}}"


def test_part_of_a_field_may_arrive() -> None:
    able = Capabilities(cards=2, card_fields=frozenset({"organisation.company"}))

    def dropped(organisation: Organisation) -> tuple[str, ...]:
        card = ContactCard("Ada", phones=(Phone("1"),), organisation=organisation)
        return check(Contacts((card,)), quoting=False, capabilities=able, carrier="toy", strict=False)

    assert dropped(Organisation("Co", "Dep", "Boss")) == ("organisation.department", "organisation.title")
    assert dropped(Organisation("Co")) == ()

"""What is sent, with places for each recipient's values."""

import io
from typing import Any

import pytest
import typer

from parlance.cli.content import Content, TemplateOptions, template, text
from parlance.cli.place import Failed
from parlance.cli.slots import Blank

NUMBERED = {"body": "Hello {{1}}, order {{2}}"}
NAMED = {"body": "Hello {{first_name}}"}


def components(made: Content, values: dict[str, str] | None = None) -> Any:
    return made.filled(values or {})["template"]["components"]


def body(*values: str, **named: str) -> list[dict[str, Any]]:
    parameters: list[dict[str, str]] = [{"type": "text", "value": value} for value in values]
    parameters += [{"type": "text", "value": value, "name": name} for name, value in named.items()]
    return [{"type": "body", "parameters": parameters}]


def test_a_text_is_taken_as_it_is() -> None:
    assert text("Hi {name} {{", None).filled({}) == {"type": "text", "text": "Hi {name} {{"}


def test_a_text_to_many_has_slots() -> None:
    made = text("Hi {name}", ["Name"])
    assert made.filled({"name": "Dana"}) == {"type": "text", "text": "Hi Dana"}
    with pytest.raises(Blank, match="name"):
        made.filled({"name": " "})


def test_a_text_from_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def given(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    given("שלום\n\nעולם\r\n".encode())
    assert text("-", None).filled({})["text"] == "שלום\n\nעולם"
    given(b"\xff")
    with pytest.raises(Failed, match="no UTF-8 text"):
        text("-", None)
    given(b"\n")
    with pytest.raises(Failed, match="The text is empty"):
        text("-", None)


def test_a_slot_without_column_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match=r"\{nme\} stands for a column .* The columns are: Name, Order\."):
        text("Hi {nme}", ["Name", "Order"])
    with pytest.raises(typer.BadParameter, match="The columns are: none"):
        text("Hi {nme}", [])


def test_a_template_alone() -> None:
    made = template(TemplateOptions("hello", "en_US"), None, None)
    assert made.filled({}) == {
        "type": "template",
        "template": {"name": "hello", "language": "en_US", "components": []},
    }
    assert "language" not in template(TemplateOptions("hello"), None, None).filled({})["template"]


def test_variables_in_order_or_by_name() -> None:
    assert components(template(TemplateOptions("x", body=["a=b", "c"]), NUMBERED, None)) == body("a=b", "c")
    assert components(template(TemplateOptions("x", body=["a=b"]), None, None)) == body("a=b")
    made = template(TemplateOptions("x", body=["first_name=a=b"]), NAMED, None)
    assert components(made) == body(first_name="a=b")
    for wrong in ("Dana", "name=Dana"):
        with pytest.raises(typer.BadParameter, match=r"NAME=VALUE with one of: first_name"):
            template(TemplateOptions("x", body=[wrong]), NAMED, None)


def test_variables_out_of_columns() -> None:
    values = {"1": "Dana", "2": "7", "first_name": "Moshe", "note": "x"}
    columns = ["2", "1", "First_Name", "note"]
    assert components(template(TemplateOptions("x"), NUMBERED, columns), values) == body("Dana", "7")
    assert components(template(TemplateOptions("x"), NAMED, columns), values) == body(first_name="Moshe")
    # Of one that is not registered here nothing is known but that numbers count.
    assert components(template(TemplateOptions("x"), None, columns), values) == body("Dana", "7")
    assert components(template(TemplateOptions("x"), None, ["note", "2"]), values) == []
    with pytest.raises(typer.BadParameter, match=r"the variable 2: .*The columns are: 1, note"):
        template(TemplateOptions("x"), NUMBERED, ["1", "note"])


def test_options_may_hold_slots() -> None:
    given = TemplateOptions("x", body=["{first} {last|-}", "1"], header_text="{first}", buttons=["1={order}"])
    made = template(given, NUMBERED, ["first", "last", "order"])
    assert components(made, {"first": "Dana", "last": "", "order": "7"}) == [
        {"type": "header", "parameters": [{"type": "text", "value": "Dana"}]},
        *body("Dana -", "1"),
        {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "value": "7"}]},
    ]


def test_a_header_may_be_a_medium() -> None:
    made = template(TemplateOptions("x", header_media={"image": "https://example.org/a.png"}), None, None)
    assert components(made) == [
        {"type": "header", "parameters": [{"type": "image", "value": "https://example.org/a.png"}]}
    ]


@pytest.mark.parametrize("button", ["x", "=x", "10=x", "-1=x", "٣=x"])
def test_a_button_needs_its_place(button: str) -> None:
    with pytest.raises(typer.BadParameter, match="INDEX=VALUE"):
        template(TemplateOptions("x", buttons=[button]), None, None)

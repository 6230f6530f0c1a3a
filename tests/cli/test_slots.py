"""Texts with places for a recipient's values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.cli.slots import Blank, Pattern, Slot, UnknownColumn, fill, pattern, plain

COLUMNS = ("Name", "Order No", "1")
VALUES = {"name": "Dana", "order no": " 7 ", "1": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {Name}!", "Hello Dana!"),
        ("{NAME}{ order no }", "Dana7"),
        ("{1|friend}", "friend"),
        ("{1|}", ""),
        ("{Name|friend}", "Dana"),
        ("{{Name}} {Name}", "{Name} Dana"),
        ("{{{Name}}}", "{Dana}"),
        ("{", "{"),
        ("", ""),
    ],
)
def test_filling(text: str, filled: str) -> None:
    assert pattern(text, COLUMNS).fill(VALUES) == filled


def test_unknown_columns_are_named() -> None:
    with pytest.raises(UnknownColumn, match=r"^nmae$"):
        pattern("Hello { nmae }", COLUMNS)


def test_an_empty_value_is_no_value() -> None:
    with pytest.raises(Blank, match=r"^1$"):
        pattern("{1}", COLUMNS).fill(VALUES)


def test_values_hold_no_slots() -> None:
    assert pattern("{name}", COLUMNS).fill({"name": "{order no} {{"}) == "{order no} {{"


def test_patterns_are_filled_wherever_they_stand() -> None:
    value = {"a": [pattern("{name}", COLUMNS), 1], "b": ({"c": None},)}
    assert fill(value, VALUES) == {"a": ["Dana", 1], "b": [{"c": None}]}


def test_equal_patterns_look_equal() -> None:
    shown = plain({"a": [pattern("Hi {NAME|x}", COLUMNS)], "b": (2,)})
    assert shown == {"a": [{"parts": ["Hi ", ["name", "x"]]}], "b": [2]}
    assert pattern("Hi {name}", COLUMNS) == Pattern(("Hi ", Slot("name")))


@given(st.text(st.sampled_from("{}|na \n1"), max_size=12))
def test_no_text_breaks_it(text: str) -> None:
    try:
        filled = pattern(text, ["na", "1"]).fill({"na": "x", "1": "y"})
    except UnknownColumn:
        return
    assert "{{" not in filled or "{{{" in text

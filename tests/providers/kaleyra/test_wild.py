"""What is taken out of strangers' values."""

import pytest

from parlance.providers.kaleyra.wild import digits, first, member, members, moment, text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "a"),
        (0, "0"),
        (-7, "-7"),
        (1.5, "1.5"),
        (True, ""),
        (None, ""),
        ([], ""),
        ({}, ""),
        (1 << 64, ""),
        ((1 << 64) - 1, "18446744073709551615"),
        (float("inf"), ""),
        (float("nan"), ""),
    ],
)
def test_texts_and_numbers_are_shown(value: object, shown: str) -> None:
    assert text(value) == shown


def test_the_first_member_with_a_text_counts() -> None:
    assert first({"a": "", "b": 0, "c": "x"}, "a", "b", "c") == "0"
    assert first({"a": None}, "a", "b") == ""


def test_objects_are_found_or_empty() -> None:
    raw = {"a": {"x": 1}, "b": [{"x": 1}, 2, {}], "c": "x"}
    assert [member(raw, name) for name in "abcd"] == [{"x": 1}, {}, {}, {}]
    assert [members(raw, name) for name in "abcd"] == [[{"x": 1}], [{"x": 1}, {}], [], []]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("+1 (555) 010-0200", "15550100200"),
        (15550100200, "15550100200"),
        ("1234", ""),
        ("12345", "12345"),
        ("1" * 20, "1" * 20),
        ("1" * 21, ""),
        ("１２３４５", ""),
        (None, ""),
    ],
)
def test_numbers_are_read_as_digits(value: object, found: str) -> None:
    assert digits(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("1767225600", 1_767_225_600_000),
        (1_767_225_600, 1_767_225_600_000),
        ("1767225600.25", 1_767_225_600_250),
        ("1767225600123", 1_767_225_600_123),
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2026-01-01T02:00:00+02:00", 1_767_225_600_000),
        (" 2026-01-01 00:00:00 ", 1_767_225_600_000),
        ("1969-12-31", 7),
        ("0001-01-01", 7),
        ("9999-12-31T23:59:59-14:00", 253_402_351_199_000),
        ("soon", 7),
        ("", 7),
        ("5", 7),
        (None, 7),
    ],
)
def test_times_are_read_in_every_form(value: object, found: int) -> None:
    assert moment(value, 7) == found

"""Values are what frozen dataclasses are, but for the one thing that is checked before the program runs."""

from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


@dataclass
class Plain:
    x: int


def test_equal_values_are_one_in_sets() -> None:
    assert {Point(1), Point(1, 0), Point(2)} == {Point(1), Point(2)}
    assert Point(1) != Point(1, 1)


def test_a_value_has_no_room_for_more() -> None:
    assert not hasattr(Point(1), "__dict__")


def test_what_is_not_frozen_is_a_dataclass_like_any_other() -> None:
    plain = Plain(1)
    plain.x = 2
    assert plain == Plain(2)
    assert Plain.__hash__ is None

"""Ids in every dialect's shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.contract.provider import Dialect
from parlance.model.ids import to_text
from parlance.providers import discover

DIALECTS = [pytest.param(each.dialect, id=name) for name, each in discover().items() if each.dialect]
IDS = st.integers(0, (1 << 63) - 1)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=IDS, incoming=st.booleans())
def test_an_id_is_read_back_from_its_shape(dialect: Dialect, value: int, incoming: bool) -> None:
    assert dialect.read_id(dialect.write_id(value, incoming=incoming)) == value


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=IDS)
def test_both_directions_keep_ids_apart(dialect: Dialect, value: int) -> None:
    other = value ^ 1
    for incoming in (False, True):
        assert dialect.write_id(value, incoming=incoming) != dialect.write_id(other, incoming=incoming)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=IDS, incoming=st.booleans(), place=st.integers(0, 1 << 16), letter=st.characters(), text=st.text())
def test_only_what_could_have_been_written_is_read(
    dialect: Dialect, value: int, incoming: bool, place: int, letter: str, text: str
) -> None:
    shown = dialect.write_id(value, incoming=incoming)
    place %= len(shown)
    for strange in (text, shown[:place] + letter + shown[place + 1 :], shown[:place], shown + letter, shown.swapcase()):
        found = dialect.read_id(strange)
        if found is not None:
            shapes = {dialect.write_id(found, incoming=each) for each in (False, True)} | {to_text(found)}
            assert strange.lower() in {shape.lower() for shape in shapes}

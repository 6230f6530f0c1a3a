"""One number, several forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.model.address import fold, forms


@pytest.mark.parametrize(
    ("written", "all_forms"),
    [
        ("972501234567", ("972501234567",)),
        ("551187654321", ("551187654321", "5511987654321")),
        ("5511987654321", ("551187654321", "5511987654321")),
        ("5215512345678", ("5215512345678", "525512345678")),
        ("525512345678", ("5215512345678", "525512345678")),
        ("5491123456789", ("541123456789", "5491123456789")),
        ("551134567890", ("551134567890",)),
    ],
)
def test_the_forms_of_a_number(written: str, all_forms: tuple[str, ...]) -> None:
    assert forms(written) == all_forms


@given(st.from_regex(r"(55|52|521|54|549|972)?\d{7,11}", fullmatch=True))
def test_all_forms_of_a_number_are_one_number(digits: str) -> None:
    found = forms(digits)
    assert digits in found
    assert {fold(form) for form in found} == {fold(digits)}
    assert all(forms(form) == found for form in found)

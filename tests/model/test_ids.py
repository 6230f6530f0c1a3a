"""Ids, their encodings, and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.model import ids
from parlance.model.address import fold, phone

ANY_ID = st.integers(0, (1 << 63) - 1)


@given(ANY_ID)
def test_text_round_trip(value: int) -> None:
    assert ids.from_text(ids.to_text(value)) == value


@pytest.mark.parametrize(
    "text", ["", "1", "0x00000000000001", "00000000_0000001", "ffffffffffffffff", "١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦", "g" * 16]
)
def test_what_is_no_id(text: str) -> None:
    assert ids.from_text(text) is None


@given(ANY_ID, st.integers(16, 64))
def test_seals_open_again(value: int, bits: int) -> None:
    sealed = ids.seal(value, b"a", bits)
    assert sealed < 1 << (64 + bits)
    assert ids.unseal(sealed, b"a", bits) == value


@given(st.integers(0, (1 << 112) - 1))
def test_what_was_never_sealed_does_not_open(number: int) -> None:
    assert ids.unseal(number, b"a", 48) is None


def test_salts_keep_shapes_apart() -> None:
    assert ids.unseal(ids.seal(5, b"a", 48), b"b", 48) is None
    assert ids.unseal(-1, b"a", 48) is None
    assert ids.unseal(1 << 200, b"a", 48) is None


@given(st.integers(0, 36**22 - 1))
def test_base36_round_trip(number: int) -> None:
    text = ids.to_base36(number, 22)
    assert len(text) == 22
    assert ids.from_base36(text) == number


def test_base36_takes_only_its_own_digits() -> None:
    assert ids.from_base36("") is None
    assert ids.from_base36("ABC") is None


@given(st.integers(ids.EPOCH, ids.EPOCH + (1 << 41) - 1), st.integers(0, 1023), st.integers(0, 4095))
def test_ids_tell_their_time(millis: int, node: int, counter: int) -> None:
    assert ids.minted_at(ids.compose(millis, node, counter)) == millis


@pytest.mark.parametrize(
    ("one", "other"),
    [("556599998888", "5565999998888"), ("5215512345678", "525512345678"), ("5491112345678", "541112345678")],
)
def test_two_forms_of_one_number_meet(one: str, other: str) -> None:
    assert phone(one).alias == phone(other).alias


def test_other_numbers_stay() -> None:
    for digits in ("972550000222", "551133334444", "52551234567", "541112345678"):
        assert fold(digits) == digits

"""Phone numbers as people and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlance.cli.numbers import Number, is_country, read_number

LOCAL = "it begins with 0, as local numbers do: its country code is missing"
SHORTENED = "a spreadsheet has shortened it: give the column the format Text"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("972550000222", "972550000222"),
        ("+972 55-000-0222", "972550000222"),
        (" +1 (888) 555-1212 ", "18885551212"),
        ("00972 55 000 0222", "972550000222"),
        ("972.55.000.0222", "972550000222"),
        ("972/55/0000222", "972550000222"),
        ('="972550000222"', "972550000222"),
        ("'972550000222", "972550000222"),
        ("972550000222.0", "972550000222"),
        ("972550000222,00", "972550000222"),
        ("\u202a+972\u00a055\u2011000\u20110222\u202c", "972550000222"),
        ("٩٧٢٥٥٠٠٠٠٢٢٢", "972550000222"),
        ("１５５５０００１１１１", "15550001111"),
        ("15550001", "15550001"),
        ("+39 06 1234567", "39061234567"),
        ("5215512345678", "5215512345678"),
        ("5491112345678", "5491112345678"),
        ("US.13491208655302741918", "US.13491208655302741918"),
    ],
)
@pytest.mark.parametrize("country", ["", "IL"])
def test_numbers_that_are_sent_to_without_a_word(written: str, digits: str, country: str) -> None:
    assert read_number(written, country) == Number(written, digits)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "there is no number"),
        (" \u200f", "there is no number"),
        ("0550000222", LOCAL),
        ("(055) 000-0222", LOCAL),
        ("call me", "it holds letters"),
        ("97255000O222", "it holds letters"),
        ("972-55;000", "it holds other marks than those of a number"),
        ("972550000222/972550000333", "it is too long"),
        ("+", "it holds other marks than those of a number"),
        ("12345", "it is too short"),
        ("1234567890123456", "it is too long"),
        ("9.7255E+11", SHORTENED),
        ("9,7255e11", SHORTENED),
    ],
)
def test_numbers_that_cannot_be_sent_to(written: str, fault: str) -> None:
    assert read_number(written) == Number(written, fault=fault)


@pytest.mark.parametrize(
    ("written", "doubt", "meant"),
    [
        ("550000222", "it is short for a number of +55: the country code may be missing", "972550000222"),
        ("+1 888 555", "it is short for a number of +1", ""),
        ("+972 (0)55-000-0222", "behind the country code 972 stands the 0 of the local form", "972550000222"),
        ("210000000", "no country code begins like this", "972210000000"),
        ("155500011112", "numbers of +1 have another length", ""),
    ],
)
def test_numbers_that_look_odd_are_sent_to_all_the_same(written: str, doubt: str, meant: str) -> None:
    found = read_number(written, "IL")
    assert found.digits
    assert (found.fault, found.doubt, found.meant) == ("", doubt, meant)
    assert found.remark == (f"{doubt}; is {meant} meant?" if meant else doubt)


@pytest.mark.parametrize(
    ("written", "country", "meant"),
    [
        ("0550000222", "IL", "972550000222"),
        ("0550000222", "", ""),
        ("01 23 45 67 89", "FR", "33123456789"),
        ("030 901820", "DE", "4930901820"),
        ("12", "IL", ""),
    ],
)
def test_a_country_tells_what_a_local_form_means(written: str, country: str, meant: str) -> None:
    assert read_number(written, country).meant == meant


def test_countries() -> None:
    assert [is_country(code) for code in ("IL", "US", "ZZ", "il", "")] == [True, True, False, False, False]


@given(st.text() | st.from_regex(r"[+0-9 ()./\-]*", fullmatch=True), st.sampled_from(["", "IL", "US", "BR"]))
def test_every_text_is_a_number_or_has_a_fault(text: str, country: str) -> None:
    found = read_number(text, country)
    assert bool(found.digits) is not bool(found.fault)
    assert found.meant == "" or found.meant.isdecimal()

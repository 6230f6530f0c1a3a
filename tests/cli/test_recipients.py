"""Files of recipients as spreadsheets and people write them."""

import hashlib
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlance.cli.place import Failed
from parlance.cli.recipients import Recipients, named, read_recipients

DANA, MOSHE = "972550000222", "972550000333"


def read(folder: Path, data: str | bytes, *, country: str = "", encoding: str = "utf-8") -> Recipients:
    file = folder / "r.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_recipients(file, country, encoding)


def rows(found: Recipients) -> list[tuple[int, str, str]]:
    return [(each.line, each.number.digits, each.values.get("name", "")) for each in found.rows]


SAME = [(2, DANA, "Dana; the first"), (3, MOSHE, "משה")]


@pytest.mark.parametrize(
    "text",
    [
        f"to,name\n{DANA},Dana; the first\n{MOSHE},משה\n",
        f'name;To\r\n"Dana; the first";+972 55-000-0222\r\nמשה;{MOSHE}\r\n',
        f"phone\tname\n{DANA}\tDana; the first\n{MOSHE}\tמשה",
        f'NUMBER|name|\r{DANA}|"Dana; the first"|\r{MOSHE}|משה|\r',
        f'"name","phone" \n"Dana; the first","{DANA}"\n"משה",="{MOSHE}"\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_stands_between_cells_and_lines(tmp_path: Path, text: str, encoding: str) -> None:
    found = read(tmp_path, text.encode(encoding))
    assert rows(found) == SAME
    assert found.columns == ("name",)
    assert [each.fault for each in found.rows] == ["", ""]
    assert found.digest == hashlib.sha256(text.encode(encoding)).hexdigest()


def test_a_spreadsheets_first_line_about_itself(tmp_path: Path) -> None:
    assert rows(read(tmp_path, f"sep=;\r\nto;name\r\n{DANA};Dana\r\n")) == [(3, DANA, "Dana")]


def test_another_encoding_has_to_be_named(tmp_path: Path) -> None:
    data = f"to,name\n{MOSHE},משה\n".encode("windows-1255")
    assert rows(read(tmp_path, data, encoding="windows-1255")) == [(2, MOSHE, "משה")]
    with pytest.raises(Failed, match=r"r\.csv is no text in utf-8: save it as CSV UTF-8, or name .* --encoding"):
        read(tmp_path, data)
    with pytest.raises(typer.BadParameter, match="klingon is no encoding"):
        read(tmp_path, data, encoding="klingon")


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    text = f'to,name\n\n{DANA},"Dana\nof two lines"\n,\n{MOSHE},Moshe\n'
    assert rows(read(tmp_path, text)) == [(3, DANA, "Dana\nof two lines"), (6, MOSHE, "Moshe")]


def test_one_number_a_line_needs_no_name_above(tmp_path: Path) -> None:
    found = read(tmp_path, f"{DANA}\n+972 55-000-0333\n")
    assert rows(found) == [(1, DANA, ""), (2, MOSHE, "")]
    assert found.columns == ()


def test_the_first_known_column_holds_the_number(tmp_path: Path) -> None:
    found = read(tmp_path, f"number,phone,to\n1,2,{DANA}\n")
    assert rows(found) == [(2, DANA, "")]
    assert found.columns == ("number", "phone")
    assert found.rows[0].values == {"number": "1", "phone": "2", "to": DANA}


def test_bad_lines_are_kept_with_the_reason(tmp_path: Path) -> None:
    text = f"to,name\n0550000222,a\n,b\n{DANA}\n{DANA},c,d\n{DANA},e,,\n550000222,f\n"
    found = read(tmp_path, text, country="IL")
    assert [(each.line, each.fault, each.number.meant) for each in found.rows] == [
        (2, "it begins with 0, as local numbers do: its country code is missing", DANA),
        (3, "there is no number", ""),
        (4, "", ""),
        (5, "it has 3 cells for 2 columns", ""),
        (6, "", ""),
        (7, "", DANA),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,mobile\nDana,1\n", "has no column named to, phone or number. The columns are: name, mobile"),
        ("to,name,Name \n1,2,3\n", "has two columns named name"),
    ],
)
def test_columns_that_do_not_do(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no lines"),
        ("\n , \n", "has no lines"),
        ("to,name\n", "names columns, and no recipient"),
        (f'to\n"{"x" * 200_000}"\n', "is no CSV: field larger than field limit"),
    ],
)
def test_files_that_do_not_do(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Failed, match=words):
        read(tmp_path, text)


def test_numbers_named_on_the_command_line() -> None:
    found = named([DANA, "055"], "IL")
    assert [(each.line, each.number.digits, bool(each.fault)) for each in found.rows] == [
        (1, DANA, False),
        (2, "", True),
    ]
    assert (found.columns, found.digest) == ((), "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary() | st.text(st.sampled_from('to,;"\n\r\t9712 |=')).map(str.encode))
def test_no_file_breaks_it(tmp_path: Path, data: bytes) -> None:
    try:
        found = read(tmp_path, data)
    except (Failed, typer.BadParameter):
        return
    assert found.rows

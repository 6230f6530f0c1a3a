"""The file of `window import` is read whole or not at all."""

from pathlib import Path

import pytest

from parlance.cli.place import Failed
from parlance.cli.window import read_rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "windows.csv"


def test_every_form_of_time(file: Path) -> None:
    file.write_text(
        "customer,last_message_at\n"
        "972550000222,2026-01-31T12:00:00Z\n"
        "+972550000223,2026-01-31T14:00:00+02:00\n"
        "\n"
        ' 972550000224 , "1769860800" \n'
    )
    assert read_rows(file) == [
        {"customer": "972550000222", "last_message_at": "2026-01-31T12:00:00+00:00"},
        {"customer": "972550000223", "last_message_at": "2026-01-31T12:00:00+00:00"},
        {"customer": "972550000224", "last_message_at": "2026-01-31T12:00:00+00:00"},
    ]


def test_header_is_not_needed_and_a_mark_of_order_is_borne(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf972550000222,1769860800\r\n")
    assert len(read_rows(file)) == 1


def test_every_bad_line_is_named(file: Path) -> None:
    file.write_text(
        "972550000222,1769860800\n12,1769860800\n972550000222,yesterday\n972550000222,2026-01-31\n1,2,3\n972550000222,2999-01-31T12:00:00Z\n972550000222,0001-01-01T00:00:00+14:00\n"
    )
    with pytest.raises(Failed) as caught:
        read_rows(file)
    assert str(caught.value).splitlines() == [
        f"Nothing was imported from {file}:",
        "  line 2: '12' is no number with its country code",
        "  line 3: 'yesterday' is neither ISO 8601 nor Unix seconds",
        "  line 4: '2026-01-31' has no offset; write 2026-01-31T12:00:00Z or 2026-01-31T14:00:00+02:00",
        "  line 5: 3 columns instead of customer,last_message_at",
        "  line 6: '2999-01-31T12:00:00Z' is yet to come",
        "  line 7: '0001-01-01T00:00:00+14:00' is out of range",
    ]


def test_many_faults_are_cut_short(file: Path) -> None:
    file.write_text("x,1769860800\n" * 30)
    with pytest.raises(Failed) as caught:
        read_rows(file)
    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 10 more"


@pytest.mark.parametrize(("content", "words"), [(b"", "has no lines"), (b"\xff\xfe", "is no UTF-8 text")])
def test_file_that_is_none(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(Failed, match=words):
        read_rows(file)

"""What a sending remembers, also of commands that were killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from parlance.cli.journal import KEY_LIFE, Entry, Head, Journal, opened
from parlance.cli.place import Failed

HEAD = Head("a sending")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "r.csv.journal"


def write(path: Path, *digests: str) -> None:
    with opened(path, HEAD, set(digests), again=False) as journal:
        for digest in digests:
            journal.tried(digest, f"key of {digest}")


def test_what_was_accepted_stays_accepted(path: Path) -> None:
    write(path, "a", "b", "c")
    with opened(path, HEAD, {"a", "b", "c"}, again=False) as journal:
        journal.accepted("a", "1")
        journal.refused("b")
    with opened(path, HEAD, {"a", "b", "c"}, again=False) as journal:
        found = [journal.entry(each) for each in "abcd"]
    assert [each and (each.key, each.message_id, each.refused, each.is_answered) for each in found] == [
        ("key of a", "1", False, True),
        ("key of b", "", True, True),
        ("key of c", "", False, False),
        None,
    ]


def test_no_number_and_no_text_stands_in_it(path: Path) -> None:
    write(path, "a")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0] == {"journal": 1, "sending": "a sending", "run": ""}
    assert list(lines[1]) == ["tried", "key", "at"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_broke_off_is_passed_over(path: Path) -> None:
    write(path, "a", "b")
    with path.open("a") as file:
        file.write('{"accepted": "b", "i')
    with opened(path, HEAD, {"a", "b"}, again=False) as journal:
        journal.accepted("a", "1")
    with opened(path, HEAD, {"a", "b"}, again=False) as journal:
        assert (journal.entry("a") or Entry("", 0)).message_id == "1"
        assert (journal.entry("b") or Entry("", 0)).message_id == ""


def test_another_sending_is_refused(path: Path) -> None:
    write(path, "a")
    with (
        pytest.raises(Failed, match="belongs to another message or sender"),
        opened(path, Head("another"), set(), again=False),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "words"), [("hello\n", "is no journal"), ('{"journal": 2, "sending": "a sending", "run": ""}\n', "newer")]
)
def test_other_files_are_refused_and_left_alone(path: Path, text: str, words: str) -> None:
    path.write_text(text)
    with pytest.raises(Failed, match=words), opened(path, HEAD, set(), again=False):
        pass
    assert path.read_text() == text


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(Failed, match=r"cannot be written: .*--result"),
        opened(tmp_path / "nowhere" / "x.journal", HEAD, set(), again=False),
    ):
        pass


def test_a_full_disk_is_said() -> None:
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123
        journal = Journal(HEAD, file=full.fileno())
        with pytest.raises(Failed, match="No space left on device"):
            journal.tried("a", "key")


def test_only_one_command_at_a_time(path: Path) -> None:
    holder = (
        "import sys; from parlance.cli.journal import Head, opened; from pathlib import Path\n"
        "with opened(Path(sys.argv[1]), Head('a sending'), set(), again=False):\n"
        "    print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(Failed, match="Another command is sending this now"):
            write(path, "a")
        other.communicate("")
    write(path, "a")


# ---- again


def test_once_more_is_a_run_of_its_own(path: Path) -> None:
    with opened(path, HEAD, {"a", "b"}, again=False) as journal:
        for digest in "ab":
            journal.tried(digest, digest)
        journal.accepted("a", "1")
        journal.refused("b")
    with opened(path, HEAD, {"a", "b"}, again=True) as journal:
        assert (journal.head.sending, journal.entry("a")) == ("a sending", None)
        run = journal.head.run
        journal.tried("a", "other key")
    assert run
    with opened(path, HEAD, {"a", "b"}, again=False) as journal:
        assert journal.head.run == run
        assert (journal.entry("a") or Entry("", 0)).key == "other key"


def test_once_more_is_refused_while_something_is_open(path: Path) -> None:
    with opened(path, HEAD, {"a", "b"}, again=False) as journal:
        journal.tried("a", "k")
        journal.accepted("a", "1")
    before = path.read_text()
    with (
        pytest.raises(Failed, match=r"^This went to 1 of 2 so far\. .* without --again"),
        opened(path, HEAD, {"a", "b"}, again=True),
    ):
        pass
    assert path.read_text() == before


def test_once_more_without_a_journal_has_keys_of_its_own(path: Path) -> None:
    with opened(path, HEAD, {"a"}, again=True) as journal:
        assert journal.head.run


# ---- age


def test_a_try_without_answer_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_788_000_000.0
    monkeypatch.setattr("parlance.cli.journal.time.time", lambda: now)
    journal = Journal(HEAD)
    journal.tried("a", "k")
    entry = journal.entry("a")
    assert entry is not None
    assert [entry.is_stale(now + KEY_LIFE), entry.is_stale(now + KEY_LIFE + 1)] == [False, True]


def test_another_try_does_not_make_the_first_one_younger(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1_000.0, 2_000.0, 3_000.0]
    monkeypatch.setattr("parlance.cli.journal.time.time", lambda: moment.pop(0))
    journal = Journal(HEAD)
    for _ in range(2):
        journal.tried("a", "k")
    assert (journal.entry("a") or Entry("", 0)).tried == 1_000
    journal.refused("a")
    journal.tried("a", "k")
    assert (journal.entry("a") or Entry("", 0)).tried == 3_000
    journal.accepted("a", "1")
    assert not (journal.entry("a") or Entry("", 0)).is_stale(1e12)

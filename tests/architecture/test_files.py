import re
import tomllib

from architecture.project import PROVIDERS, ROOT, files
from parlance import __version__
from parlance.model.fault import Fault
from parlance.providers import discover

# A letter in brackets here and there keeps these expressions from finding themselves.
_MARKS = re.compile(r"\b(T[O]DO|F[I]XME|X{3}|H[A]CK)\b|NotImplemented[E]rror")
_PLACES = re.compile(
    r"(?<![\w.:/-])/(wor[k]|home|root|Users|opt)/|pyp[i]\.org/simple|files\.pythonhoste[d]|registry\.npmj[s]"
    r"|file:[/]/|find-link[s]\b|index-ur[l]\b"
)


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file.name}:{number}: {line.strip()}"
        for file in files()
        for number, line in enumerate(file.lines, 1)
        if pattern.search(line)
    ]


def test_nothing_is_marked_unfinished() -> None:
    assert _lines_with(_MARKS) == []


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    assert _lines_with(_PLACES) == []


def test_every_locked_package_has_a_hash_and_comes_from_no_fixed_place() -> None:
    for name in ("run", "test"):
        lock = (ROOT / "requirements" / f"{name}.txt").read_text()
        entries = re.split(r"\n(?=[a-z])", re.sub(r"(?m)^ *#.*\n", "", lock).strip())
        assert entries
        odd = [entry for entry in entries if not re.match(r"[a-z0-9-]+==[\w.]+ .*\\\n( +--hash=sha256:)", entry)]
        assert odd == []


def test_the_two_locks_agree() -> None:
    run, test = (
        set(re.findall(r"(?m)^[a-z0-9-]+==[\w.]+", (ROOT / "requirements" / f"{name}.txt").read_text()))
        for name in ("run", "test")
    )
    assert run <= test


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    for wanted, name in (
        (project["project"]["dependencies"] + groups["build"], "run"),
        (groups["test"] + groups["check"], "test"),
    ):
        locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "requirements" / f"{name}.txt").read_text()))
        names = {re.split(r"[^A-Za-z0-9_-]", each)[0].lower().replace("_", "-") for each in wanted}
        assert names - locked == set()


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"(?m)^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert versions[0] == project["version"] == __version__


def test_every_provider_has_its_page() -> None:
    titles = {
        name: (PROVIDERS / name / "PROVIDER.md").read_text().splitlines()[0].removeprefix("# ") for name in discover()
    }
    assert titles == {name: provider.title for name, provider in discover().items()}


def test_every_fault_says_what_it_means() -> None:
    sentences = [fault.message for fault in Fault]
    assert [each for each in sentences if not re.fullmatch(r"[A-Z].+\.", each)] == []
    assert len(set(sentences)) == len(sentences)

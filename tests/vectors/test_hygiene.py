"""What every folder of vectors has to be: well-formed, sourced, complete, and free of live secrets."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from parlance.providers import discover
from vectors.files import documents, paths, vectors
from vectors.play import find, is_playable, play
from vectors.schema import faults
from vectors.words import entries, module_of, tables, watch

SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))
PROVIDERS = discover()
OURS = "sandbox"
"""The built-in network has no vendor whose words could be recorded."""
SPEAKING = [name for name, provider in PROVIDERS.items() if provider.dialect]

_SECRET_NAME = re.compile(r"(?i)key|token|secret|password|authorization|signature")
_FAKE = re.compile(r"(?i)demo|example|sample|test|fake|dummy")


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_file_keeps_to_the_schema(name: str) -> None:
    wrong = [f"{path.name}{line}" for path, document in documents(name) for line in faults(document, SCHEMA, SCHEMA)]
    assert wrong == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_folder_holds_nothing_but_vectors(name: str) -> None:
    assert [path.name for path in paths(name) if not re.fullmatch(r"[a-z0-9-]+\.json", path.name)] == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_page_or_code_of_others_is_named_by_its_address(name: str) -> None:
    unnamed = [
        path.name
        for path, document in documents(name)
        if document["source"]["kind"] in {"vendor page", "sdk source"} and "://" not in document["source"]["where"]
    ]
    assert unnamed == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_vector_is_played_by_a_half_the_provider_has(name: str) -> None:
    assert [str(vector) for vector in vectors(name) if not is_playable(vector)] == []


@pytest.mark.parametrize("name", SPEAKING)
def test_every_endpoint_is_reached(name: str) -> None:
    dialect = PROVIDERS[name].dialect
    assert dialect is not None
    asked = [vector.request() for vector in vectors(name) if vector.side == "client→us"]
    found = [find(dialect, request) for request in asked]
    reached = {(each[0].method, each[0].path) for each in found if each is not None}
    assert {(each.method, each.path) for each in dialect.endpoints} - reached == set()


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_word_is_reached(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of(name)
    found = tables(module) if module else {}
    seen: set[tuple[Any, ...]] = set()
    wanted = {entry for title, table in found.items() for entry in entries(table, (title,))}
    for title, table in found.items():
        monkeypatch.setattr(module, title, watch(table, (title,), seen))
    for vector in vectors(name):
        play(vector)
    assert sorted(wanted - seen, key=str) == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_sending_ends_well_and_ill(name: str) -> None:
    wanted = {"Sent", "Refused"} if PROVIDERS[name].carrier and name != OURS else set()
    ends = {vector.canonical["outcome"]["is"] for vector in vectors(name) if vector.side == "us→provider"}
    assert wanted - ends == set()


# ---- secrets


def _secrets(value: Any, name: str = "") -> Iterator[str]:
    """Texts that stand where secrets stand: under a name that says so, or in a credential."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, name)
    elif isinstance(value, str) and _SECRET_NAME.search(name.rpartition("/")[2]):
        yield value


def _is_fake(text: str, printed: list[str]) -> bool:
    bare = re.sub(r"^(?i:bearer|basic) ", "", text)
    return len(set(bare)) < 8 or bool(_FAKE.search(bare)) or bare in printed


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_secret_looks_alive(provider: str) -> None:
    alive = [
        (str(vector), text)
        for vector in vectors(provider)
        for text in _secrets(vector.document)
        if not _is_fake(text, vector.document["source"].get("printed", []))
    ]
    assert alive == []


@pytest.mark.parametrize(
    ("text", "fake"),
    [("k-7f3a-demo", True), ("0000000000", True), ("q8Zr1LmX0pTn", False), ("Bearer q8Zr1LmX0pTn", False), ("", True)],
)
def test_a_live_secret_would_be_noticed(text: str, fake: bool) -> None:
    assert _is_fake(text, []) is fake
    assert list(_secrets({"headers": {"authorization": text}})) == [text]

import pytest

from parlance.web.paths import Params, Paths


@pytest.fixture
def paths() -> Paths[str]:
    tree: Paths[str] = Paths()
    tree.add("POST", "/a/b", "static")
    tree.add("GET", "/a/{x}", "part")
    tree.add("POST", "/in{stance}/send/{token}", "both")
    tree.add("POST", "/v{n}.{m}/{id}/messages", "version")
    tree.add("POST", "/Loose/{id}/Send", "loose", ignore_case=True)
    return tree


def found(tree: Paths[str], path: str) -> list[tuple[dict[str, str], Params]]:
    return list(tree.find(path))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b", [({"POST": "static"}, {}), ({"GET": "part"}, {"x": "b"})]),
        ("/a/c", [({"GET": "part"}, {"x": "c"})]),
        ("/a/c\n", [({"GET": "part"}, {"x": "c\n"})]),
        ("/in77/send/tok", [({"POST": "both"}, {"stance": "77", "token": "tok"})]),
        ("/v21.0/123/messages", [({"POST": "version"}, {"n": "21", "m": "0", "id": "123"})]),
        ("/LOOSE/Ab/send/", [({"POST": "loose"}, {"id": "Ab"})]),
        ("/loose/Ab/SEND", [({"POST": "loose"}, {"id": "Ab"})]),
        ("/A/b", []),
        ("/a/b/", []),
        ("/a/", []),
        ("/a", []),
        ("", []),
        ("/in/send/tok", []),
        ("/in77/send/", []),
        ("/in77/send/a/b", []),
        ("/loose/Ab/send//", []),
    ],
)
def test_a_path_finds_what_serves_it(paths: Paths[str], path: str, expected: object) -> None:
    assert found(paths, path) == expected


def test_one_verb_of_a_path_has_one_server(paths: Paths[str]) -> None:
    with pytest.raises(ValueError, match="POST /a/b is served twice"):
        paths.add("POST", "/a/b", "again")
    paths.add("GET", "/a/b", "other")
    assert found(paths, "/a/b")[0] == ({"POST": "static", "GET": "other"}, {})

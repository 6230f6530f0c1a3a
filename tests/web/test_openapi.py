import ast
import asyncio
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import schemathesis
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from parlance import __version__
from parlance.contract.provider import Endpoint
from parlance.providers import discover
from parlance.web import admin, openapi_vectors, sandbox
from parlance.web.health import Health
from parlance.web.metrics import Metrics
from parlance.web.openapi import document
from parlance.web.openapi_calls import Call, call_of, documented
from parlance.web.openapi_credentials import sample
from parlance.web.openapi_dialects import MOST_EXAMPLES
from parlance.web.paths import Paths
from parlance.web.site import site
from toys import ToyDialect
from web.fakes import TOKEN, House, client

NETWORK = cast("Any", None)
DIALECTS = {name: each.dialect for name, each in discover().items() if each.dialect is not None}
PAGE = Path(admin.__file__).parent / "docs_page"


def our_routes() -> list[Route]:
    engine = House().engine
    health = Health(engine, Metrics(CollectorRegistry()))
    return [*admin.routes(engine, "", asyncio.Event()), *sandbox.routes(engine, NETWORK), *health.routes()]


ROUTES = our_routes()


@pytest.fixture(scope="module")
def whole_document() -> Any:
    """As a reader gets it: through JSON."""
    return json.loads(json.dumps(document(DIALECTS, ROUTES)))


def operations(found: Any) -> Iterator[tuple[str, str, Any]]:
    return (
        (path, verb.upper(), operation) for path, verbs in found["paths"].items() for verb, operation in verbs.items()
    )


def values(node: Any, name: str) -> Iterator[Any]:
    """Every value that stands under this name, at any depth."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == name)
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inside:
        yield from values(each, name)


# ---- the whole


def test_it_is_openapi(whole_document: Any) -> None:
    assert whole_document["openapi"] == "3.1.0"
    assert whole_document["info"]["version"] == __version__
    schemathesis.openapi.from_dict(whole_document).validate()


def test_every_reference_leads_somewhere(whole_document: Any) -> None:
    references = {each for each in values(whole_document, "$ref") if isinstance(each, str)}
    assert references
    for reference in references:
        found = whole_document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_operation_is_named_once_and_says_what_it_does(whole_document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(whole_document)]
    assert len(names) == len(set(names))
    titles = {tag["name"] for tag in whole_document["tags"]}
    for path, verb, operation in operations(whole_document):
        assert operation["summary"], (verb, path)
        assert set(operation["tags"]) <= titles
        assert {part["name"] for part in operation["parameters"] if part.get("in") == "path"} == set(
            re.findall(r"\{(\w+)\}", path)
        )


def test_no_component_needed_a_longer_name(whole_document: Any) -> None:
    """Two shapes of one name would be told apart by their modules, which are nobody's business."""
    assert [name for name in whole_document["components"]["schemas"] if "__" in name] == []


def test_no_two_paths_are_the_same_but_for_their_parts_names(whole_document: Any) -> None:
    bare = [re.sub(r"\{\w+\}", "{}", path) for path in whole_document["paths"]]
    assert len(bare) == len(set(bare))


# ---- document and code


def test_every_route_and_endpoint_is_in_it_and_nothing_else(whole_document: Any) -> None:
    ours = {(route.path_format, verb) for route in ROUTES for verb in route.methods or () if verb != "HEAD"}
    theirs = {(each.path, each.method) for dialect in DIALECTS.values() for each in dialect.endpoints}
    assert {(path, verb) for path, verb, _ in operations(whole_document)} == ours | theirs
    assert ours
    assert theirs


async def test_everything_operators_can_call_is_in_it(whole: ASGIApp) -> None:
    """The site hands its own routes to the document, all of them."""
    served = {route.path for route in cast("Any", whole)._operators.routes}
    assert served == {route.path for route in ROUTES if route.path.startswith(("/admin/", "/sandbox/"))}


def reads(handler: Any) -> tuple[set[str], set[str]]:
    """The names of the forms and of the query's fields that a handler reads, as its source has them."""
    forms: set[str] = set()
    fields: set[str] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(handler)))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = [each.value if isinstance(each, ast.Constant) else ast.unparse(each) for each in node.args[1:]]
            if node.func.id in {"read_form", "read_body"}:
                forms |= set(map(str, given))
            elif node.func.id == "read_query":
                fields |= set(map(str, given))
    return forms, fields


@pytest.mark.parametrize("route", ROUTES, ids=lambda each: f"{min(each.methods)} {each.path}")
def test_a_handler_reads_what_it_says(route: Route) -> None:
    call = call_of(route.endpoint)
    assert call is not None
    query = set(call.query) if isinstance(call.query, tuple) else {call.query.__name__}
    assert reads(route.endpoint) == ({call.body.__name__} if call.body else set(), query)


def test_a_route_that_says_nothing_is_refused() -> None:
    async def silent(_request: Request) -> Response:
        return Response()

    with pytest.raises(LookupError, match="/admin/v1/silent does not say"):
        document({}, [Route("/admin/v1/silent", silent)])


def test_two_operations_cannot_have_one_address() -> None:
    @documented(Call(gives={200: str}))
    async def same(_request: Request) -> Response:
        return Response()

    with pytest.raises(ValueError, match="post /toy/send is in the document twice"):
        document({"toy": ToyDialect()}, [Route("/toy/send", same, methods=["POST"])])


# ---- our own calls


class Wish(BaseModel):
    """What one may wish for."""

    what: str
    often: int | None = None


class Which(BaseModel):
    """Which of them."""

    timeout: float = 5


@documented(Call(body=Wish, query=Which, gives={201: Wish, 204: None}, refuses=(404,)))
async def wish(_request: Request) -> Response:
    """Wish for something.

    It may come
    true.
    """
    return Response()


def test_a_call_is_told_as_its_handler_says() -> None:
    told = document({}, [Route("/admin/v1/wishes/{id:path}", wish, methods=["PUT"])])
    operation = told["paths"]["/admin/v1/wishes/{id}"]["put"]
    assert (operation["summary"], operation["description"]) == ("Wish for something.", "It may come true.")
    assert operation["operationId"] == "put-admin-v1-wishes-id"
    assert operation["security"] == [{"adminToken": []}]
    assert [(each["in"], each["name"]) for each in operation["parameters"]] == [("path", "id"), ("query", "timeout")]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Wish"}
    assert list(operation["responses"]) == ["201", "204", "400", "401", "403", "404", "413", "422", "429", "503"]
    assert "content" not in operation["responses"]["204"]
    assert operation["responses"]["404"] == {"$ref": "#/components/responses/NotFound"}
    assert told["components"]["schemas"]["Wish"] == {
        "type": "object",
        "title": "Wish",
        "description": "What one may wish for.",
        "properties": {"what": {"type": "string"}, "often": {"type": ["integer", "null"], "default": None}},
        "required": ["what"],
    }
    problem = told["components"]["responses"]["NotFound"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}


def test_what_is_open_to_all_needs_no_token(whole_document: Any) -> None:
    unguarded = {path for path, _, operation in operations(whole_document) if operation["tags"] == ["Health"]}
    assert unguarded == {"/healthz", "/readyz", "/metrics"}
    for path, _, operation in operations(whole_document):
        if path.startswith(("/admin/", "/sandbox/")):
            assert operation["security"] == [{"adminToken": []}], path
            assert "401" in operation["responses"], path
    assert whole_document["paths"]["/healthz"]["get"]["security"] == []


def test_a_stream_is_told_beside_the_page(whole_document: Any) -> None:
    events = whole_document["paths"]["/admin/v1/events"]["get"]
    assert set(events["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert "Last-Event-ID" in [each["name"] for each in events["parameters"]]


# ---- dialects


def toy_document(endpoint: Endpoint | None = None) -> Any:
    toy = ToyDialect()
    toy.endpoints = (endpoint,) if endpoint else toy.endpoints
    return document({"toy": toy}, [])


def test_a_dialect_shows_where_its_credentials_go() -> None:
    told = toy_document()
    assert told["components"]["securitySchemes"]["toy-key"] == {
        "type": "apiKey",
        "in": "header",
        "name": "key",
        "description": "toy: as `sender add` prints it.",
    }
    assert told["paths"]["/toy/send"]["post"]["security"] == [{"toy-key": []}]
    assert told["tags"][0] == {
        "name": "toy",
        "description": "Credentials, as `sender add` prints them, stand in the header `key`.",
    }


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_credentials_are_found_in_every_dialects_requests(name: str) -> None:
    found = sample(DIALECTS[name])
    assert found.headers or found.params or found.members


def test_an_endpoint_tells_what_it_takes() -> None:
    toy = ToyDialect()
    shape = {"type": "object", "properties": {"to": {"type": "string"}}}
    endpoint = Endpoint(
        "POST", "/toy/{place}/send", toy.read_send, toy.write_accepted, rate=0.5, about="Send.", body=shape
    )
    operation = toy_document(endpoint)["paths"]["/toy/{place}/send"]["post"]
    assert (operation["summary"], operation["description"]) == (
        "Send.",
        "At most 0.5 requests a second for one sender.",
    )
    assert operation["requestBody"] == {"content": {"application/json": {"schema": shape}}, "required": True}
    assert operation["parameters"] == [
        {"name": "place", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"}},
        {"$ref": "#/components/parameters/IdempotencyKey"},
    ]
    assert list(operation["responses"]) == ["default"]


def test_an_endpoint_that_says_nothing_is_called_by_its_path() -> None:
    toy = ToyDialect()
    operation = toy_document(Endpoint("GET", "/toy/list/{token}", toy.read_send, toy.write_accepted))["paths"]
    assert operation["/toy/list/{token}"]["get"]["summary"] == "list"
    assert "requestBody" not in operation["/toy/list/{token}"]["get"]


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_recorded_answer_of_an_endpoint_is_told(whole_document: Any, name: str) -> None:
    paths: Paths[str] = Paths()
    for each in DIALECTS[name].endpoints:
        paths.add(each.method, each.path, each.path, ignore_case=each.ignore_case)
    for one in openapi_vectors.recorded(DIALECTS[name]):
        found = [verbs for verbs, _ in paths.find(one.sent["url"].partition("?")[0]) if one.sent["method"] in verbs]
        if found:
            path = found[0][one.sent["method"]]
            told = whole_document["paths"][path][one.sent["method"].lower()]["responses"][str(one.answered["status"])]
            assert one.media in {"", *told.get("content", {})}, one.about


def test_examples_are_few(whole_document: Any) -> None:
    shown = [each for each in values(whole_document["paths"], "examples") if isinstance(each, dict)]
    assert max(map(len, shown)) == MOST_EXAMPLES


# ---- what is recorded


def write(folder: Path, name: str, **changes: Any) -> None:
    vector = {
        "about": f"About {name}.",
        "source": {"kind": "our choice"},
        "side": "client→us",
        "request": {"method": "POST", "url": "/toy/send?a=1", "json": {"name": name}},
        "reply": {"status": 200, "headers": {"content-type": "application/json; charset=utf-8"}, "json": {"ok": name}},
        **changes,
    }
    (folder / f"{name}.json").write_text(json.dumps(vector))


def test_vectors_are_read_vendors_first_and_refusals_last(tmp_path: Path) -> None:
    write(tmp_path, "a-refused", canonical={"refusal": "malformed"})
    write(tmp_path, "b-ours")
    write(tmp_path, "c-theirs", source={"kind": "vendor page"})
    write(tmp_path, "d-mirrored", side=["client→us", "us→provider"])
    write(tmp_path, "e-webhook", side="us→client")
    write(tmp_path, "f-settings", side="settings", request=None)
    (tmp_path / "notes.txt").write_text("none of them")
    found = openapi_vectors._read(tmp_path)
    assert [one.about for one in found] == [
        "About c-theirs.",
        "About b-ours.",
        "About d-mirrored.",
        "About a-refused.",
    ]
    assert [one.refused for one in found] == [False, False, False, True]
    assert {one.media for one in found} == {"application/json"}
    assert openapi_vectors._read(tmp_path / "nowhere") == ()


def test_a_variant_counts_for_its_answer_alone(tmp_path: Path) -> None:
    changes = {"/reply/status": 413, "/reply/headers": {"content-type": "text/html"}, "/request/method": "PUT"}
    write(tmp_path, "one", variants=[{"about": "too large", "set": changes}, {"about": "same", "set": {}}])
    _, large, same = openapi_vectors._read(tmp_path)
    assert (large.sent["method"], large.answered["status"], large.media, large.shown) == (
        "PUT",
        413,
        "text/html",
        False,
    )
    assert (same.sent["method"], same.answered["status"], same.media, same.shown) == (
        "POST",
        200,
        "application/json",
        False,
    )


# ---- the page


@pytest.fixture
def open_site(house: House) -> ASGIApp:
    house.dialects = cast("Any", {"toy": ToyDialect()})
    return site(house.engine, NETWORK, admin_token=TOKEN, public_url="https://gw.example/")


async def test_the_document_is_open_to_everyone(open_site: ASGIApp) -> None:
    async with client(open_site) as web:
        first, again = await web.get("/openapi.json"), await web.get("/openapi.json")
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert "/toy/send" in first.json()["paths"]
    assert "/admin/v1/senders" in first.json()["paths"]
    assert again.content == first.content


@pytest.mark.parametrize(
    ("path", "media", "first"),
    [
        ("/docs", "text/html; charset=utf-8", "<!doctype html>"),
        ("/docs/page.js", "text/javascript; charset=utf-8", '"use strict";'),
        ("/docs/page.css", "text/css; charset=utf-8", ":root {"),
    ],
)
async def test_the_page_comes_in_parts(anyone: httpx.AsyncClient, path: str, media: str, first: str) -> None:
    answered = await anyone.get(path)
    assert answered.status_code == 200
    assert answered.headers["content-type"] == media
    assert answered.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert answered.text.startswith(first)


@pytest.mark.parametrize("path", ["/docs/", "/docs/index.html", "/docs/page.py", "/docs/..%2fsite.py", "/docs/a/b"])
async def test_nothing_else_comes_from_the_pages_folder(anyone: httpx.AsyncClient, path: str) -> None:
    assert (await anyone.get(path)).status_code == 404


async def test_the_page_asks_for_nothing_from_elsewhere(anyone: httpx.AsyncClient) -> None:
    for file in PAGE.iterdir():
        assert not re.search(r"https?:|//\w+\.|@import|url\(", file.read_text()), file.name
    page = (PAGE / "index.html").read_text()
    for address in re.findall(r'(?:href|src)="(/docs/[^"]+)"', page):
        assert (await anyone.get(address)).status_code == 200, address

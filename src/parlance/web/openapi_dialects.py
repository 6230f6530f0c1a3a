"""What each dialect serves, as part of the document: its endpoints, with what is recorded of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from parlance.contract.provider import Dialect, Endpoint
from parlance.web.openapi_credentials import Credentials, sample
from parlance.web.openapi_vectors import Recorded, media_of, page_of, recorded, value_of
from parlance.web.paths import Paths

Json: TypeAlias = dict[str, Any]

MOST_EXAMPLES = 4
"""How many recorded bodies stand by one request, and by one answer."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_PART = re.compile(r"\{(\w+)\}")
_KEYED = "IdempotencyKey"
_BEARER = re.compile(r"bearer +", re.IGNORECASE)

PARAMETERS: Mapping[str, Json] = {
    _KEYED: {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Where the call sends a message: repeated with the same key it is answered again, sent once.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    }
}
"""Components that the operations refer to."""


class Served:
    """One dialect in the document."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self._name = name
        self._dialect = dialect
        self._page = page_of(dialect)
        self._credentials = sample(dialect)
        self._recorded: dict[tuple[str, str], list[Recorded]] = {}
        paths: Paths[Endpoint] = Paths()
        for endpoint in dialect.endpoints:
            paths.add(endpoint.method, endpoint.path, endpoint, ignore_case=endpoint.ignore_case)
        for one in recorded(dialect):
            path = unquote(one.sent["url"].partition("?")[0])
            found = next(
                (verbs[one.sent["method"]] for verbs, _ in paths.find(path) if one.sent["method"] in verbs), None
            )
            if found is not None:
                self._recorded.setdefault((found.method, found.path), []).append(one)

    @property
    def title(self) -> str:
        """The provider's name as its page has it."""
        return self._page.partition("\n")[0].removeprefix("# ").strip() or self._name

    @property
    def tag(self) -> Json:
        """The dialect as a whole: what its page says first, and where its credentials go."""
        paragraphs = self._page.split("\n\n")
        about = " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""
        return {"name": self.title, "description": f"{about}\n\n{_where(self._credentials)}".strip()}

    @property
    def schemes(self) -> Json:
        """Its security schemes. Credentials in paths and bodies have none: OpenAPI knows of no such thing."""
        found: Json = {}
        for header, value in self._credentials.headers.items():
            bearer = header == "authorization" and _BEARER.match(value)
            plain = (
                {"type": "http", "scheme": "bearer"} if bearer else {"type": "apiKey", "in": "header", "name": header}
            )
            found[f"{self._name}-{header}"] = {**plain, "description": f"{self.title}: as `sender add` prints it."}
        return found

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Path, verb in lower case and operation of every endpoint."""
        for endpoint in self._dialect.endpoints:
            yield endpoint.path, endpoint.method.lower(), self._operation(endpoint)

    def _operation(self, endpoint: Endpoint) -> Json:
        exchanges = self._recorded.get((endpoint.method, endpoint.path), [])
        operation: Json = {
            "operationId": "-".join([self._name, endpoint.method.lower(), *re.findall(r"\w+", endpoint.path)]),
            "tags": [self.title],
            "summary": endpoint.about or _last_word(endpoint.path),
            "description": _notes(endpoint),
            "parameters": [*self._path_parts(endpoint), *self._query(exchanges)],
            "security": [{scheme: []} for scheme in self.schemes],
            "responses": _responses(exchanges),
        }
        if endpoint.method in _WITH_BODY:
            operation["parameters"].append({"$ref": f"#/components/parameters/{_KEYED}"})
            operation["requestBody"] = _request_body(endpoint, exchanges)
        return operation

    def _path_parts(self, endpoint: Endpoint) -> Iterator[Json]:
        for name in _PART.findall(endpoint.path):
            part = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"}}
            if name in self._credentials.params:
                part |= {"description": "A credential.", "example": self._credentials.params[name]}
            yield part

    def _query(self, exchanges: Iterable[Recorded]) -> Iterator[Json]:
        fields: dict[str, str] = {}
        for one in exchanges:
            for name, value in parse_qsl(one.sent["url"].partition("?")[2]):
                fields.setdefault(name, value)
        for name, value in fields.items():
            yield {"name": name, "in": "query", "schema": {"type": "string"}, "example": value}


def _where(credentials: Credentials) -> str:
    places = [f"the header `{name}`" for name in credentials.headers]
    places += [f"`{{{name}}}` of the path" for name in credentials.params]
    places += [f"`{name}` of the body" for name in credentials.members]
    return f"Credentials, as `sender add` prints them, stand in {', '.join(places)}." if places else ""


def _last_word(path: str) -> str:
    words = [segment for segment in path.split("/") if segment and "{" not in segment]
    return words[-1] if words else path


def _notes(endpoint: Endpoint) -> str:
    notes = ["The path is matched without regard to case."] if endpoint.ignore_case else []
    if endpoint.rate is not None:
        notes.append(f"At most {endpoint.rate:g} requests a second for one sender.")
    return " ".join(notes)


def _request_body(endpoint: Endpoint, exchanges: Iterable[Recorded]) -> Json:
    examples: dict[str, Json] = {}
    for one in exchanges:
        value = value_of(one.sent)
        if one.shown and not one.refused and value is not None:
            examples.setdefault(media_of(one.sent) or "application/json", {})[one.about] = {"value": value}
    media = examples or {"application/json": {}}
    content = {
        form: {"schema": dict(endpoint.body or {}), **({"examples": _first(found)} if found else {})}
        for form, found in media.items()
    }
    return {"content": content, "required": endpoint.body is not None}


def _responses(exchanges: Iterable[Recorded]) -> Json:
    found: dict[int, dict[str, Json]] = {}
    for one in exchanges:
        media = found.setdefault(one.answered["status"], {})
        value = value_of(one.answered)
        if one.media:
            examples = media.setdefault(one.media, {})
            if one.shown and value is not None:
                examples[one.about] = {"value": value}
    responses: Json = {str(status): _response(status, found[status]) for status in sorted(found)}
    return {**responses, "default": {"description": "Any other refusal, in the same form.", "headers": _HEADERS}}


_HEADERS: Json = {
    name: {"$ref": f"#/components/headers/{name}"}
    for name in ("Parlance-Request-Id", "Parlance-Message-Id", "Parlance-Dropped")
}


def _response(status: int, media: Mapping[str, Json]) -> Json:
    content = {form: {"schema": {}, **({"examples": _first(found)} if found else {})} for form, found in media.items()}
    described = {"description": HTTPStatus(status).phrase, "headers": _HEADERS}
    return {**described, "content": content} if content else described


def _first(examples: Mapping[str, Json]) -> Json:
    return dict(list(examples.items())[:MOST_EXAMPLES])

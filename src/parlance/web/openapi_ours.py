"""What our own APIs serve, as part of the document: their routes, with what their handlers say of themselves."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from starlette.routing import Route

from parlance.contract.moments import DeliveryState
from parlance.model.message import Direction, Stage
from parlance.web.forms import MOST
from parlance.web.openapi_calls import Call, Shape, call_of

Json: TypeAlias = dict[str, Any]

SCHEME = "adminToken"
_REF = "#/components/schemas/{model}"
_PART = re.compile(r"\{(\w+)\}")
_BODY = 0
"""Where a body's schema is kept among those of the answers, which are kept by status."""

TAGS = {
    "Admin": "What operators set up, look at and do. Needs the admin token.",
    "Sandbox": "The simulated phones and their clock. Needs the admin token.",
    "Health": "Whether the gateway lives and works, and how much it does.",
}

TEXT: Json = {"type": "string"}
_QUERY: Mapping[str, Json] = {
    "account": {"schema": TEXT, "description": "Those of the account with this name."},
    "after": {"schema": TEXT, "description": "Go on behind this: the `next` of the part before."},
    "carrier": {"schema": TEXT, "description": "Those that this carrier took, refused or brought."},
    "customer": {"schema": TEXT, "description": "Those with this customer: a number or another address."},
    "dialect": {"schema": TEXT, "description": "Those that came by this dialect."},
    "direction": {"schema": {"enum": [each.value for each in Direction]}, "description": "Those of one direction."},
    "limit": {
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100},
        "description": "The most in one answer.",
    },
    "month": {
        "schema": {"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])$"},
        "description": "The month, such as 2026-11 (UTC); else the present one.",
    },
    "name": {"schema": TEXT, "description": "Those of this name."},
    "newest": {"schema": {"type": "boolean", "default": False}, "description": "The newest first."},
    "number": {"schema": TEXT, "description": "Those of this WhatsApp number."},
    "sender": {"schema": TEXT, "description": "Those of one sender, by id, or by number where it is the only one."},
    "since": {"schema": TEXT, "description": "Those from this time on: ISO 8601, or Unix seconds."},
    "stage": {"schema": {"enum": [each.value for each in Stage]}, "description": "Those that have come so far."},
    "state": {"schema": {"enum": [each.value for each in DeliveryState]}, "description": "Those in this state."},
    "subscription": {"schema": TEXT, "description": "Those for one subscription, by id."},
    "text": {"schema": {"type": "string", "maxLength": 200}, "description": "Those that say this, in whatever case."},
    "until": {"schema": TEXT, "description": "Those before this time: ISO 8601, or Unix seconds."},
}
"""The fields that queries of the admin API share."""

_PATH: Mapping[str, Json] = {
    "id": {"description": "The id; a sender's number or a message's id in any dialect's shape will do too."},
    "route_id": {"description": "The route's id."},
    "key_id": {"description": "The key's id."},
    "dialect": {"description": "The dialect's name."},
    "number": {
        "schema": {"type": "string", "pattern": "^[0-9]{5,20}$"},
        "description": "The phone's number, in digits.",
    },
}

_LAST_EVENT_ID: Json = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "Where a stream goes on; it goes before `after`.",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
}

PROBLEM: Json = {
    "type": "object",
    "description": "A problem object (RFC 9457). `fault` is our name for it; `errors` says what is wrong where.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "fault": TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "kind"],
                "properties": {"path": TEXT, "kind": TEXT},
            },
        },
    },
}


class _Untitled(GenerateJsonSchema):
    """Schemas without a title on every field that repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  as pydantic calls it
        return False


class Ours:
    """Our own calls in the document."""

    def __init__(self, routes: Iterable[Route], dialects: Iterable[str]) -> None:
        """Raises `LookupError` for a route whose handler does not say what it takes and gives."""
        self._calls = [
            (route, verb, _call(route)) for route in routes for verb in sorted(route.methods or ()) if verb != "HEAD"
        ]
        self._dialects = list(dialects)
        schemas, rest = TypeAdapter.json_schemas(
            [each for route, verb, call in self._calls for each in _shapes(route, verb, call)],
            ref_template=_REF,
            union_format="primitive_type_array",
            schema_generator=_Untitled,
        )
        self._schemas = {key: schema for (key, _), schema in schemas.items()}
        self.schemas: Json = {"Problem": PROBLEM, **rest.get("$defs", {})}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Path, verb in lower case and operation of every call."""
        for route, verb, call in self._calls:
            yield route.path_format, verb.lower(), self._operation(route, verb, call)

    def _operation(self, route: Route, verb: str, call: Call) -> Json:
        summary, _, more = (inspect.getdoc(route.endpoint) or "").partition("\n")
        operation: Json = {
            "operationId": "-".join([verb.lower(), *re.findall(r"\w+", route.path_format)]),
            "tags": [_tag(route)],
            "summary": summary,
            "description": " ".join(more.split()),
            "parameters": [*self._path_parts(route), *_query(call)],
            "security": [{SCHEME: []}] if call.guarded else [],
            "responses": self._responses(route, verb, call),
        }
        if call.body is not None:
            content = {"application/json": {"schema": self._schemas[route.path, verb, _BODY]}}
            operation["requestBody"] = {"required": True, "content": content}
        return operation

    def _path_parts(self, route: Route) -> Iterator[Json]:
        for name in _PART.findall(route.path_format):
            part = {"name": name, "in": "path", "required": True, "schema": TEXT, **_PATH[name]}
            if name == "dialect" and self._dialects:
                part["schema"] = {"enum": self._dialects}
            yield part

    def _responses(self, route: Route, verb: str, call: Call) -> Json:
        responses: Json = {}
        for status, shape in call.gives.items():
            response: Json = {"description": HTTPStatus(status).phrase, "headers": _NOTED}
            if shape is not None:
                response["content"] = {call.media: {"schema": self._schemas[route.path, verb, status]}}
            if call.streams:
                response["content"]["text/event-stream"] = {"schema": TEXT}
            responses[str(status)] = response
        for status in call.refusals:
            responses[str(status)] = {"$ref": f"#/components/responses/{refusal_name(status)}"}
        return dict(sorted(responses.items()))


_NOTED: Json = {"Parlance-Request-Id": {"$ref": "#/components/headers/Parlance-Request-Id"}}


def refusals(routes: Iterable[Route]) -> Json:
    """The answers by which these routes say no, as components."""
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {
        refusal_name(status): {"description": HTTPStatus(status).phrase, "headers": _NOTED, "content": content}
        for status in sorted({status for route in routes for status in _call(route).refusals})
    }


def refusal_name(status: int) -> str:
    """What the component of a status of refusal is called."""
    return re.sub(r"\W", "", HTTPStatus(status).phrase)


def _call(route: Route) -> Call:
    call = call_of(route.endpoint)
    if call is None:
        raise LookupError(f"{route.path} does not say what it takes and gives")
    return call


def _shapes(route: Route, verb: str, call: Call) -> Iterator[tuple[tuple[str, str, int], Any, TypeAdapter[Any]]]:
    def adapter(shape: Shape) -> TypeAdapter[Any]:
        return TypeAdapter(shape)

    if call.body is not None:
        yield (route.path, verb, _BODY), "validation", adapter(call.body)
    for status, shape in call.gives.items():
        if shape is not None:
            yield (route.path, verb, status), "serialization", adapter(shape)


def _query(call: Call) -> Iterator[Json]:
    if isinstance(call.query, tuple):
        for name in call.query:
            yield {"name": name, "in": "query", **_QUERY[name]}
    else:
        properties = call.query.model_json_schema(schema_generator=_Untitled)["properties"]
        for name, schema in properties.items():
            yield {"name": name, "in": "query", "schema": schema}
    if call.streams:
        yield _LAST_EVENT_ID


def _tag(route: Route) -> str:
    if route.path.startswith("/admin/"):
        return "Admin"
    return "Sandbox" if route.path.startswith("/sandbox/") else "Health"

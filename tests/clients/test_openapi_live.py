"""The document of all APIs against a live gateway: whether or not a request fits it, none breaks a call."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clients.conftest import Live
from parlance.contract.provider import Dialect, Endpoint
from parlance.model.command import TakeDelivery
from parlance.model.fault import Refusal
from parlance.model.wire import WireRequest
from parlance.providers import discover
from parlance.web.admin_sending import EXAMPLES as SENT
from parlance.web.bubbles import EXAMPLES
from parlance.web.openapi_credentials import Credentials, shown

Case: TypeAlias = Any
Operation: TypeAlias = Any
Ids: TypeAlias = Mapping[str, Mapping[str, list[str]]]

GENERATED, SPOILT = 8, 10
"""Requests for each call: those made of its description, and recorded ones of which one value was changed."""

NUMBER = re.compile(r"^\+?[0-9]{9,15}(?=@|$)")
NOBODY = "http://127.0.0.1:9/hook"
"""Where every web address of a request leads: no test calls a stranger."""

SPARE = "972770000999"
DIALECTS = {name: each.dialect for name, each in discover().items() if each.dialect is not None}
CONFORMS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

ODD = st.sampled_from(
    ["", " ", "\n", "0", "-1", "\x00", "\ud800", "é" * 5000, 10**30, 1 << 63, -1, 1e300, [], {}, [[]]]
)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
)
VALUES = ODD | PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text(max_size=3), PLAIN, max_size=2)


@pytest.fixture(scope="module")
def schema(live: Live) -> Any:
    document = live.http.get("/openapi.json").json()
    for _, operation in every(document):
        # The tests bring credentials that work; made-up ones would only be refused.
        del operation["security"]
    return schemathesis.openapi.from_dict(document, config=schemathesis.Config(seed=1))


def every(document: Any) -> Iterator[tuple[str, Any]]:
    return ((path, operation) for path, verbs in document["paths"].items() for operation in verbs.values())


def operations(schema: Any, tag: str) -> list[Operation]:
    """Our own calls of a tag; those that take something away come last."""
    found = [each.ok() for each in schema.get_all_operations()]
    tagged = [each for each in found if tag in each.tags]
    assert tagged
    return sorted(tagged, key=lambda each: bool(each.method.upper() == "DELETE"))


def served(schema: Any, dialect: Dialect) -> Iterator[tuple[Endpoint, Operation]]:
    """A dialect's endpoints with their operations, once for those that are read and answered by the same functions.

    Most of these are refused, whatever they are asked.
    """
    seen: set[Any] = set()
    for endpoint in dialect.endpoints:
        kind = (endpoint.method, endpoint.read, endpoint.write)
        if kind not in seen:
            seen.add(kind)
            yield endpoint, schema[endpoint.path][endpoint.method.lower()]


def names(operation: Operation, place: str) -> list[str]:
    """The names of the parameters that a call takes in its path or query."""
    return [each["name"] for each in operation.definition.raw["parameters"] if each.get("in") == place]


def run(strategy: st.SearchStrategy[Any], examples: int, check: Callable[[Any], None]) -> None:
    """Try so many values, the same ones in every run."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(value: Any) -> None:
        check(value)

    each()


def generated(operation: Operation) -> st.SearchStrategy[Case]:
    """Requests that fit the description of a call, and some that do not."""
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode])


def at_home(value: Any, customer: str = "") -> Any:
    """The same value with every web address in it leading nowhere, and every number that of a `customer`, if named."""
    if isinstance(value, str):
        value = NOBODY if value.lower().startswith("http") else value
        return NUMBER.sub(customer, value) if customer else value
    if isinstance(value, list):
        return [at_home(each, customer) for each in value]
    return {name: at_home(each, customer) for name, each in value.items()} if isinstance(value, dict) else value


def in_path(operation: Operation, found: Mapping[str, str], otherwise: str) -> str:
    """A call's address with its parts filled in."""
    return str(operation.path.format_map({**dict.fromkeys(names(operation, "path"), otherwise), **found}))


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a JSON value has something in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield (*path, step)
        yield from spots(each, (*path, step))


def spoilt(example: Any, place: int, value: Any, leave: bool) -> Any:
    """An example with something else in one place; with nothing there to `leave` out."""
    changed = deepcopy(example)
    places = list(spots(changed))
    if not places:
        return changed
    *path, last = places[place % len(places)]
    inner = changed
    for step in path:
        inner = inner[step]
    if leave:
        del inner[last]
    else:
        inner[last] = value
    return changed


def spoiling(examples: list[Any]) -> st.SearchStrategy[Any]:
    """Bodies that were good once, most of them with one value changed."""
    changed = st.builds(spoilt, st.sampled_from(examples), st.integers(0, 99), VALUES, st.booleans())
    return st.sampled_from(examples) | changed | changed


# ---- the dialects


def waits(endpoint: Endpoint, operation: Operation) -> bool:
    """Whether a call waits until something happens, which is no matter for many requests."""
    request = WireRequest(endpoint.method, endpoint.path, params=dict.fromkeys(names(operation, "path"), "1"))
    try:
        return isinstance(endpoint.read(request), TakeDelivery)
    except Refusal:
        return False


def recorded(operation: Operation) -> list[Any]:
    """The bodies that stand in the document as examples of a call's."""
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    examples = [each["value"] for media in content.values() for each in media.get("examples", {}).values()]
    return [each for each in examples if isinstance(each, dict)]


def pattern(operation: Operation) -> re.Pattern[str]:
    """The addresses of a call."""
    pieces = re.split(r"\{\w+\}", operation.path)
    return re.compile("[^/]+".join(map(re.escape, pieces)))


def signed(body: Any, found: Credentials) -> Any:
    return {**body, **found.members} if isinstance(body, dict) else body


def unavailable(live: Live, name: str) -> float:
    """How often a dialect had to say that something broke behind it, which it says in its own words."""
    families = text_string_to_metric_families(live.http.get("/metrics").text)
    refused = [each for family in families if family.name == "parlance_requests_refused" for each in family.samples]
    mine = [each for each in refused if each.labels.get("dialect") == name]
    assert mine
    return sum(each.value for each in mine if each.labels["fault"] == "unavailable")


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_no_call_of_a_dialect_breaks(live: Live, schema: Any, name: str) -> None:
    dialect = DIALECTS[name]
    issued = live.facts["credentials"][name]
    found = shown(dialect, issued)
    ready = [(each.path, json.loads(each.body)) for each in dialect.example(issued, live.customer) if each.body]

    def answered(operation: Operation, asked: object, status: int, body: bytes) -> None:
        told = f"{operation.label} with {asked!r} answered {status}: {body[:300]!r}"
        assert status < 500 or str(status) in operation.definition.raw["responses"], told

    def described(case: Case) -> None:
        case.path_parameters.update({part: each for part, each in found.params.items() if part in case.path_parameters})
        case.body = signed(at_home(case.body, live.customer), found)
        response = case.call(base_url=live.url, headers=found.headers)
        answered(case.operation, case.body, response.status_code, response.content)

    def sent(operation: Operation, body: Any) -> None:
        path = in_path(operation, found.params, live.sender)
        content = json.dumps(signed(at_home(body, live.customer), found)).encode()
        headers = {"content-type": "application/json", "authorization": "", **found.headers}
        response = live.http.request(operation.method.upper(), path, content=content, headers=headers)
        answered(operation, content, response.status_code, response.content)

    for endpoint, operation in served(schema, dialect):
        if waits(endpoint, operation):
            continue
        run(generated(operation), GENERATED, described)
        mine = pattern(operation)
        if examples := [*(body for path, body in ready if mine.fullmatch(path)), *recorded(operation)]:
            run(spoiling(examples), SPOILT, partial(sent, operation))
    assert unavailable(live, name) == 0


# ---- our own APIs


@pytest.fixture(scope="module")
def ids(live: Live) -> Ids:
    """Ids that lead somewhere, by the word of the path behind which they stand, and the part of the path."""
    spare = live.call("POST", "/admin/v1/senders", json={"number": SPARE, "name": "Spare", "account": "spare"})["id"]
    first = next(iter(DIALECTS))
    hook = {"sender": spare, "url": NOBODY, "dialect": first}
    subscription = live.call("POST", "/admin/v1/subscriptions", json=hook)["id"]
    message = live.says(type="text", text="for the journal")["id"]

    def all_of(path: str) -> list[str]:
        return [each["id"] for each in live.call("GET", path)["items"]]

    return {
        "accounts": {"id": all_of("/admin/v1/accounts")},
        "templates": {"id": all_of("/admin/v1/templates")},
        "subscriptions": {"id": [subscription]},
        "messages": {"id": [message, *all_of("/admin/v1/messages")]},
        "senders": {
            "id": [spare, SPARE],
            "route_id": all_of(f"/admin/v1/senders/{spare}/routes"),
            "key_id": all_of(f"/admin/v1/senders/{spare}/keys"),
        },
        "phones": {"number": [live.customer, "15550000131"]},
    }


def ids_of(operation: Operation, ids: Ids) -> Mapping[str, list[str]]:
    """Ids that lead somewhere, for the parts of a call's path."""
    word = operation.path.removeprefix("/admin/v1/").removeprefix("/sandbox/v1/").partition("/")[0]
    found = ids.get(word, {})
    return {name: found[name] for name in names(operation, "path") if name in found}


def good_bodies(ids: Ids, live: Live) -> Mapping[str, list[Any]]:
    """Bodies for each call that takes one, which it carries out as they stand."""
    senders = "/admin/v1/senders"
    spare = ids["senders"]["id"][0]
    one = {
        "POST /admin/v1/accounts": {"name": "one more"},
        "PATCH /admin/v1/accounts/{id}": {"credit": None},
        "POST /admin/v1/customers/forget": {"account": "no such account", "customer": "972550009999"},
        "POST /admin/v1/templates": {
            "name": "parcel",
            "language": "en_US",
            "body": "Hello {{1}}",
            "header": "text",
            "header_text": "Parcel",
            "footer": "Thank you",
            "buttons": [{"type": "url", "text": "Track", "url": "https://x.example/{{1}}"}],
        },
        f"POST {senders}": {"number": "+972 77 000 0888", "name": "New", "settings": {}, "if_missing": True},
        f"PATCH {senders}/{{id}}": {"name": "Renamed", "held": ""},
        f"POST {senders}/{{id}}/routes": {"carrier": "sandbox", "settings": {}, "strict": True, "number": SPARE},
        f"PATCH {senders}/{{id}}/routes/{{route_id}}": {"held": "by hand", "strict": False},
        f"POST {senders}/{{id}}/keys": {"dialects": sorted(DIALECTS), "grace_seconds": 60, "credentials": {}},
        f"POST {senders}/{{id}}/windows": {
            "rows": [{"customer": live.customer, "last_message_at": "2026-01-01T00:00:00Z"}]
        },
        "POST /admin/v1/subscriptions": {
            "sender": spare,
            "url": NOBODY,
            "dialect": min(DIALECTS),
            "events": ["message.received"],
            "statuses": "all",
            "settings": {},
        },
        "PATCH /admin/v1/subscriptions/{id}": {"url": NOBODY, "events": ["message.read"], "statuses": "own"},
        "POST /admin/v1/deliveries/replay": {"state": "dead", "sender": spare, "since": 0, "until": "2026-01-01"},
        "POST /admin/v1/messages/{id}/resolve": {"as": "sent"},
        "POST /admin/v1/keys": {"name": "ci", "scope": "read", "replaces": None, "grace_seconds": 0},
        "POST /sandbox/v1/phones/{number}/read": {"message": ids["messages"]["id"][0]},
        "PUT /sandbox/v1/phones/{number}": {"delivers": "auto", "reads": "manual", "delay_ms": 0},
        "POST /sandbox/v1/clock": {"advance_seconds": 60, "sender": spare},
        f"PATCH {senders}/{{id}}/settings/{{dialect}}": {},
    }
    written: list[Any] = [{"to": live.sender, "text": "Hi", "quote": ids["messages"]["id"][0], "name": "Dana"}]
    written += [{**each, "to": live.sender} for each in EXAMPLES if isinstance(each, dict)]
    sent = [{**each, "sender": live.sender, "to": live.customer} for each in SENT if isinstance(each, dict)]
    many = {"POST /sandbox/v1/phones/{number}/messages": written, "POST /admin/v1/messages": sent}
    return {**many, **{label: [body] for label, body in one.items()}}


@pytest.mark.parametrize("tag", ["Health", "Admin", "Sandbox"])
def test_our_own_calls_answer_as_documented(live: Live, schema: Any, ids: Ids, tag: str) -> None:
    bearer = {"authorization": f"Bearer {live.facts['admin_token']}"}
    good = good_bodies(ids, live)

    def described(drawn: tuple[Case, int]) -> None:
        case, choice = drawn
        for name, known in ids_of(case.operation, ids).items():
            case.path_parameters[name] = known[choice % len(known)] if choice else case.path_parameters[name]
        case.body = at_home(case.body)
        if "timeout" in names(case.operation, "query"):
            case.query["timeout"] = "0.01"
        case.validate_response(case.call(base_url=live.url, headers=bearer), checks=CONFORMS)

    def sent(operation: Operation, drawn: tuple[Any, int]) -> None:
        body, choice = drawn
        known = {name: known[choice % len(known)] for name, known in ids_of(operation, ids).items()}
        content = json.dumps(at_home(body)).encode()
        response = live.http.request(operation.method.upper(), in_path(operation, known, "1"), content=content)
        told = f"{operation.label} with {content!r} answered {response.status_code}: {response.text}"
        assert response.status_code < 500, told
        assert str(response.status_code) in operation.definition.raw["responses"], told
        operation.validate_response(response)

    for operation in operations(schema, tag):
        run(st.tuples(generated(operation), st.integers(0, 3)), GENERATED, described)
        if operation.definition.raw.get("requestBody"):
            spoilt_bodies = st.tuples(spoiling(good[operation.label]), st.integers(0, 3))
            run(spoilt_bodies, SPOILT, partial(sent, operation))

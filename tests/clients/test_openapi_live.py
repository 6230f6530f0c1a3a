"""The document of all APIs against a live gateway: no request that fits it, nearly fits it or is far from it breaks us."""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
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
from parlance.contract.provider import Dialect
from parlance.model.command import TakeDelivery
from parlance.model.fault import Refusal
from parlance.model.wire import WireRequest
from parlance.providers import discover
from parlance.web.openapi_credentials import Credentials, shown

Case: TypeAlias = Any
Operation: TypeAlias = Any
Ids: TypeAlias = Mapping[str, Mapping[str, list[str]]]

GENERATED, SPOILT = 15, 20
"""Requests for each call: those made of its description, and recorded ones of which one value was changed."""

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

ODD = st.sampled_from(["", " ", "\n", "0", "-1", "\x00", "\ud800", "é" * 5000, 10**30, 1 << 63, -1, 1e300, [], {}, [[]]])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
VALUES = ODD | PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text(max_size=3), PLAIN, max_size=2)


@pytest.fixture(scope="module")
def schema(live: Live) -> Any:
    return schemathesis.openapi.from_url(f"{live.url}/openapi.json", config=schemathesis.Config(seed=1))


def operations(schema: Any, tag: str) -> list[Operation]:
    """The operations of a tag; those that take something away come last."""
    found = [each.ok() for each in schema.get_all_operations()]
    tagged = [each for each in found if tag in each.tags]
    assert tagged
    return sorted(tagged, key=lambda each: bool(each.method.upper() == "DELETE"))


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
    return st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)


def at_home(value: Any) -> Any:
    """The same value with every web address in it leading nowhere."""
    if isinstance(value, str):
        return NOBODY if value.lower().startswith("http") else value
    if isinstance(value, list):
        return [at_home(each) for each in value]
    return {name: at_home(each) for name, each in value.items()} if isinstance(value, dict) else value


# ---- our own APIs


@pytest.fixture(scope="module")
def ids(live: Live) -> Ids:
    """Ids that lead somewhere, by the word of the path behind which they stand, and the part of the path."""
    spare = live.call("POST", "/admin/v1/senders", json={"number": SPARE, "name": "Spare", "account": "spare"})["id"]
    first = next(iter(DIALECTS))
    hook = {"sender": spare, "url": NOBODY, "dialect": first}
    subscription = live.call("POST", "/admin/v1/subscriptions", json=hook)["id"]
    message = live.write(type="text", text="for the journal")["id"]

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


@pytest.mark.parametrize("tag", ["Health", "Admin", "Sandbox"])
def test_our_own_calls_answer_as_documented(live: Live, schema: Any, ids: Ids, tag: str) -> None:
    bearer = {"authorization": f"Bearer {live.facts['admin_token']}"}

    def check(given_: tuple[Case, int]) -> None:
        case, choice = given_
        for name in case.path_parameters:
            word = case.operation.path.split("/")[3]
            if found := ids.get(word, {}).get(name):
                case.path_parameters[name] = found[choice % len(found)] if choice else case.path_parameters[name]
        case.body = at_home(case.body)
        if case.operation.query.contains("timeout"):
            case.query["timeout"] = "0.01"
        response = case.call(headers=bearer)
        case.validate_response(response, checks=CONFORMS)

    for operation in operations(schema, tag):
        run(st.tuples(generated(operation), st.integers(0, 3)), GENERATED, check)


# ---- the dialects


def waits(dialect: Dialect, operation: Operation) -> bool:
    """Whether a call waits for something to happen: a test cannot."""
    endpoint = next(e for e in dialect.endpoints if (e.method, e.path) == (operation.method.upper(), operation.path))
    params = dict.fromkeys(operation.path_parameters.definition and _parts(operation), "1")
    try:
        return isinstance(endpoint.read(WireRequest(endpoint.method, endpoint.path, params=params)), TakeDelivery)
    except Refusal:
        return False


def _parts(operation: Operation) -> list[str]:
    return [each["name"] for each in operation.definition.raw["parameters"] if each.get("in") == "path"]



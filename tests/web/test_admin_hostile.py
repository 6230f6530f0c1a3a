import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from web.fakes import BEARER, client

CALLS = (
    ("POST", "/admin/v1/accounts", ("name",)),
    (
        "POST",
        "/admin/v1/senders",
        ("number", "name", "account", "carrier", "settings", "strict", "credentials", "if_missing"),
    ),
    ("PATCH", "/admin/v1/senders/972770000222", ("name", "held")),
    (
        "POST",
        "/admin/v1/senders/972770000222/routes",
        ("carrier", "settings", "strict", "number", "backup", "set_callback"),
    ),
    ("PATCH", "/admin/v1/senders/972770000222/routes/0000000000000102", ("held", "strict")),
    ("POST", "/admin/v1/senders/972770000222/keys", ("dialects", "grace_seconds", "credentials")),
    ("POST", "/admin/v1/senders/972770000222/windows", ("rows",)),
    ("PATCH", "/admin/v1/senders/972770000222/settings/toy", ("url",)),
    ("POST", "/admin/v1/templates", ("name", "language", "body", "category", "header", "buttons", "status")),
    ("POST", "/admin/v1/messages/0000000000000abc/resolve", ("as",)),
    ("POST", "/admin/v1/subscriptions", ("sender", "url", "dialect", "secret", "events", "statuses", "settings")),
    ("POST", "/admin/v1/deliveries/replay", ("state", "subscription", "sender", "since", "until")),
)
LISTS = ("accounts", "senders", "templates", "messages", "subscriptions", "deliveries", "events")
FIELDS = ("after", "limit", "sender", "customer", "stage", "newest", "name", "account", "state", "subscription", "x")

texts = st.text() | st.sampled_from(["", "972770000222", "toy", "\x00", "sent", "en_US", "https://x.example", "1e999"])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, bytes]:
    method, path, fields = draw(st.sampled_from(CALLS))
    value: Any = draw(st.dictionaries(st.sampled_from(fields) | texts, values) | values)
    return method, path, draw(st.just(json.dumps(value).encode()) | st.binary())


def is_told(answer: httpx.Response) -> bool:
    """Whether a refusal says what it is."""
    if answer.status_code < 400:
        return True
    return bool(answer.headers["content-type"] == "application/problem+json" and answer.json()["title"])


hostile = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@hostile
@given(asked=bodies())
async def test_no_body_breaks_the_admin_api(whole: ASGIApp, asked: tuple[str, str, bytes]) -> None:
    method, path, body = asked
    async with client(whole, **BEARER) as web:
        answer = await web.request(method, path, content=body)
    assert answer.status_code < 500
    assert is_told(answer)


@hostile
@given(kind=st.sampled_from(LISTS), query=st.dictionaries(st.sampled_from(FIELDS), texts))
async def test_no_query_breaks_the_admin_api(whole: ASGIApp, kind: str, query: dict[str, str]) -> None:
    async with client(whole, **BEARER) as web:
        answer = await web.get(
            f"/admin/v1/{kind}",
            params={name: value.encode("utf-8", "replace").decode() for name, value in query.items()},
        )
    assert answer.status_code < 500
    assert is_told(answer)


@pytest.mark.parametrize("depth", [100, 100_000])
async def test_no_depth_breaks_the_admin_api(admin: httpx.AsyncClient, depth: int) -> None:
    answer = await admin.patch(
        "/admin/v1/senders/972770000222/settings/toy", content=b'{"a":' * depth + b"1" + b"}" * depth
    )
    assert answer.status_code in {200, 400}

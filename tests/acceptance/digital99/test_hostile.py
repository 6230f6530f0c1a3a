"""Whatever is posted is answered in the vendor's shape, and what got an OK is stored whole, and nothing else is."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlance import demo
from parlance.app import Gateway, opened
from parlance.contract.views import MessageFilter
from parlance.model.ids import Id, from_text
from parlance.model.message import Direction
from parlance.providers.digital99.words import REASONS
from parlance.settings import DevSettings

TOGETHER = 5
EXAMPLES = 420
"""So many times so many bodies: 2,100."""

METHODS = (*sorted(set(REASONS) - {"*"}), "sendFile", "getContacts", "noSuchMethod", "")
LARGEST = 1_048_576

Target: TypeAlias = tuple[str, bytes]


class Inside:
    """A whole gateway in this process, without its sockets."""

    def __init__(self, runner: asyncio.Runner, gateway: Gateway, shown: demo.Demo) -> None:
        self.runner = runner
        self.gateway = gateway
        self.keys = dict(shown.credentials["digital99"])
        transport = httpx.ASGITransport(gateway.site, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://gateway")
        self.answers: Counter[tuple[int, int]] = Counter()
        self.taken: set[Id] = set()

    async def post(self, target: Target) -> httpx.Response:
        method, body = target
        return await self.http.post(f"/whatsapp/v2/{method}", content=body)

    async def throw(self, targets: list[Target]) -> None:
        """Post all at once, check every answer, remember what was accepted."""
        for target, answer in zip(targets, await asyncio.gather(*map(self.post, targets)), strict=True):
            self.answers[_check(target, answer)] += 1
            if (sent := answer.headers.get("parlance-message-id")) is not None:
                message_id = from_text(sent)
                assert message_id is not None
                assert message_id not in self.taken
                self.taken.add(message_id)

    async def stored(self) -> set[Id]:
        found: set[Id] = set()
        store, after = self.gateway.engine.store, 0
        while page := await store.messages(MessageFilter(direction=Direction.OUT, after=after, limit=500)):
            found |= {each.id for each in page}
            after = page[-1].id
        return found

    async def settled(self) -> None:
        """Wait until nothing is left to be sent."""
        async with asyncio.timeout(20):
            while True:
                depths = await self.gateway.engine.store.depths()
                if not any(depth.ready or depth.unsure for depth in depths):
                    return
                await asyncio.sleep(0.01)


def _check(target: Target, answer: httpx.Response) -> tuple[int, int]:
    """Give the HTTP status and the reason of an answer that has the vendor's shape."""
    assert answer.status_code in {200, 404, 413}, (target, answer.text)
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    if said["status"] == "OK":
        assert (answer.status_code, said["reason"]) == (200, 1), target
        return 200, 1
    assert said["status"] == "FAIL", target
    assert said.keys() - {"originalRequest"} == {"status", "reason"}, target
    assert said["reason"] in range(2, 11), target
    assert "apiKey" not in said.get("originalRequest", {}), target
    assert "parlance-message-id" not in answer.headers, target
    return answer.status_code, int(said["reason"])


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    data: Path = tmp_path_factory.mktemp("hostile")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        gateway = runner.run(stack.enter_async_context(opened(DevSettings(data=data), "http://gateway")))
        try:
            yield Inside(runner, gateway, runner.run(demo.set_up(gateway)))
        finally:
            runner.run(stack.aclose())


# ---- what is thrown

TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "\n", "\x00", "0", "1", "+972550000222", "972550000222-1@g.us", "IL.1234567890123456", "👍", "🏴‍☠️"]
    ),
    st.sampled_from(["http://127.0.0.1:9/", "gopher://x/", "http://[", "1990-02-30", "9" * 400, "x" * 5_000]),
    st.text(max_size=40),
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([2**63, -1, 10**400]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
FIELDS = (
    "apiKey",
    "from",
    "to",
    "body",
    "replyTo",
    "showRequest",
    "contact_name",
    "contact_phone",
    "contact_email",
    "contact_birthday",
    "website",
    "name",
    "headerType",
    "headerLink",
    "bodyVariable1",
    "bodyVariable10",
    "websiteVariable",
    "couponCode",
    "language",
    "unique",
    "reaction",
    "url",
    "system",
    "systemPhoneAlert",
    "readStatus",
    "retry",
)
VALID: dict[str, dict[str, Any]] = {
    "sendMessage": {"body": "Hello", "showRequest": 1},
    "sendContact": {"contact_name": "Dana", "contact_phone": "0501234567", "contact_birthday": "1990-02-28"},
    "sendTemplate": {"name": "hello_world", "headerType": 1},
    "sendReaction": {"unique": "", "reaction": "👍"},
    "setWebhook": {"retry": 0, "readStatus": 0},
}


def _whole(keys: dict[str, Any], method: str) -> dict[str, Any]:
    return {**keys, "to": demo.CUSTOMER, **VALID.get(method, {})}


@st.composite
def mutants(draw: st.DrawFn, keys: dict[str, Any], method: str) -> bytes:
    """A good body with up to three fields changed, left out or put in, and at times its bytes spoilt."""
    body = _whole(keys, method)
    names = st.one_of(st.sampled_from(sorted(body)), st.sampled_from(FIELDS))
    for name in draw(st.lists(names, max_size=3)):
        if draw(st.booleans()):
            body[name] = draw(VALUES)
        else:
            body.pop(name, None)
    raw = json.dumps(body).encode()
    spoil: Callable[[bytes], bytes] = draw(st.sampled_from(SPOILT))
    return spoil(raw)


def _twice(raw: bytes) -> bytes:
    return raw[:-1] + b', "to": "972550000222", "to": []}'


def _huge(raw: bytes) -> bytes:
    return raw[:-1] + b', "padding": "' + b"x" * LARGEST + b'"}'


def _deep(raw: bytes) -> bytes:
    return raw[:-1] + b', "showRequest": 1, "deep": ' + b"[" * 500 + b"]" * 500 + b"}"


def _same(raw: bytes) -> bytes:
    return raw


SPOILT: tuple[Callable[[bytes], bytes], ...] = (
    *[_same] * 12,
    _twice,
    _huge,
    _deep,
    lambda raw: raw[:-1],
    lambda raw: raw + raw,
    lambda raw: b"\xef\xbb\xbf" + raw,
    lambda raw: raw.decode().encode("utf-16"),
    lambda raw: raw.replace(b"l", b"\xff", 1),
    lambda raw: raw.replace(b'"', b"'"),
    lambda raw: b"[" + raw + b"]",
)


@st.composite
def thrown(draw: st.DrawFn, keys: dict[str, Any]) -> Target:
    method = draw(st.sampled_from(METHODS))
    body = draw(
        st.one_of(
            mutants(keys, method),
            mutants(keys, method),
            st.binary(max_size=60),
            VALUES.map(lambda value: json.dumps(value).encode()),
        )
    )
    return method, body


def test_more_than_two_thousand_bodies(inside: Inside) -> None:
    good = ("sendMessage", json.dumps(_whole(inside.keys, "sendMessage")).encode())

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(targets=st.lists(thrown(inside.keys), min_size=TOGETHER, max_size=TOGETHER))
    def throw(targets: list[Target]) -> None:
        # A good neighbour comes through, whatever it is committed with.
        inside.runner.run(inside.throw([*targets, good]))

    throw()
    assert inside.answers.total() >= (TOGETHER + 1) * EXAMPLES
    assert {status for status, _ in inside.answers} == {200, 404, 413}
    assert len(inside.taken) >= EXAMPLES
    assert inside.runner.run(inside.stored()) == inside.taken
    inside.runner.run(inside.settled())
    assert inside.runner.run(inside.stored()) == inside.taken

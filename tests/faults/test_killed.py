"""The gateway is killed under load, again and again: what got a yes arrives, and arrives once."""

import asyncio
import json
import random
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cli.processes import Dev, dev
from parlance.model.wire import WireRequest
from parlance.providers import discover

KILLS = 2
CLIENTS = 16


def _example(facts: dict[str, Any]) -> tuple[WireRequest, str]:
    """A text to the demo customer in the first dialect there is, and the words in it."""
    name, provider = next((name, each) for name, each in discover().items() if each.dialect is not None)
    assert provider.dialect is not None
    request = provider.dialect.example(facts["credentials"][name], facts["customer"])[0]
    words = "Hello from Parlance"
    assert words.encode() in request.body
    return request, words


class _Load:
    """Clients that send numbered texts until the gateway is gone."""

    def __init__(self, numbers: "count[int]") -> None:
        self._numbers = numbers
        self.yes: set[str] = set()
        self.asked: set[str] = set()

    async def run(self, gateway: Dev, millis: int) -> None:
        """Send from all clients, and kill the gateway after so many milliseconds of it."""
        request, words = _example(gateway.facts)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CLIENTS)) as session:
            clients = [asyncio.create_task(self._client(session, gateway, request, words)) for _ in range(CLIENTS)]
            await asyncio.wait(clients, timeout=millis / 1000)
            gateway.process.kill()
            await asyncio.gather(*clients)
        gateway.process.wait()

    async def _client(self, session: aiohttp.ClientSession, gateway: Dev, request: WireRequest, words: str) -> None:
        while True:
            text = f"text {next(self._numbers)}"
            self.asked.add(text)
            body = request.body.replace(words.encode(), text.encode())
            try:
                async with session.post(
                    gateway.facts["url"] + request.url, data=body, headers=request.headers
                ) as answer:
                    told = await answer.read()
                    assert answer.status == 200, told
                    assert "parlance-message-id" in answer.headers, told
                    self.yes.add(text)
            except (aiohttp.ClientError, ConnectionError):
                return


async def _screen(gateway: Dev) -> list[dict[str, Any]]:
    """All that the customer's phone shows."""
    url = f"{gateway.facts['url']}/sandbox/v1/phones/{gateway.facts['customer']}/messages"
    headers = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
    shown: list[dict[str, Any]] = []
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            after = {"after": shown[-1]["id"]} if shown else {}
            async with session.get(url, params={"limit": "500", **after}) as answer:
                page = json.loads(await answer.read())
            if not page:
                return shown
            shown += page


@pytest.mark.parametrize("seed", [1])
async def test_killed_at_random_points(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    load = _Load(count())
    for _ in range(KILLS):
        with dev(tmp_path / "data") as gateway:
            await load.run(gateway, chance.randint(30, 500))
    assert len(load.yes) > 20 * KILLS
    with dev(tmp_path / "data") as gateway:
        async with asyncio.timeout(60):
            while True:
                shown = await _screen(gateway)
                texts = Counter(each["text"] for each in shown if each["direction"] == "out")
                if load.yes <= texts.keys() and all(each["stage"] == "delivered" for each in shown):
                    break
                await asyncio.sleep(0.05)
        assert gateway.stop() == 0
    assert load.yes <= texts.keys() <= load.asked
    assert set(texts.values()) == {1}

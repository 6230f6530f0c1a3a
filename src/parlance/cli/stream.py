"""The event log of a running gateway: what it holds, and what is added while one looks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp

from parlance.cli.place import Failed, Place
from parlance.cli.reach import Reached, look_again, reach
from parlance.model.ids import from_text

NOW = "now"
"""The position behind all events there are."""

_SILENCE = 45.0
"""A gateway says something every 15 seconds; one that is silent for so long (seconds) is gone."""

_PAGE = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


class _Away(Exception):
    """The gateway answered, but has no events to give just now."""


async def held(place: Place, query: Mapping[str, str], after: str) -> AsyncIterator[Mapping[str, Any]]:
    """The events there are behind `after` (empty: all), in order; raises `Failed`."""
    reached = reach(place)
    position: str | None = after
    async with reached.session(1) as session:
        while position is not None:
            wanted = {**query, "limit": str(_PAGE), **({"after": position} if position else {})}
            try:
                async with session.get(reached.address("/events"), params=wanted, headers=reached.headers) as answer:
                    await _check(answer)
                    page = await answer.json()
            except (aiohttp.ClientError, TimeoutError, OSError, _Away):
                raise Failed(f"The gateway at {reached.url} does not answer.") from None
            for event in page["items"]:
                yield event
            position = page["next"]


async def followed(
    place: Place, query: Mapping[str, str], after: str, told: Callable[[str], None]
) -> AsyncIterator[Mapping[str, Any]]:
    """The events behind `after` (empty: all; `NOW`: only new ones), and then each as it happens, without an end.

    Goes on where it was when the gateway was away meanwhile, which `told` hears of. Raises `Failed`.
    """
    reached = reach(place)
    position, pause, away, ever = after, _FIRST_PAUSE, False, False
    async with reached.session(1, _SILENCE) as session:
        while True:
            try:
                async with _opened(session, reached, query, position) as answer:
                    await _check(answer)
                    ever, pause = True, _FIRST_PAUSE
                    if away:
                        told("The gateway is back.")
                        away = False
                    if position == NOW:
                        # The answer's own id is older than whatever happens from now on.
                        position = _id(answer.headers.get("parlance-request-id", "")) or NOW
                    async for event_id, event in _events(answer.content):
                        position = event_id or position
                        yield event
            except (aiohttp.ClientError, TimeoutError, OSError, _Away):
                if not ever:
                    raise Failed(f"The gateway at {reached.url} does not answer.") from None
            if not away and pause > _FIRST_PAUSE:
                told("The gateway is away; going on once it is back.")
                away = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            reached = await asyncio.to_thread(look_again, place, reached)


def _opened(
    session: aiohttp.ClientSession, reached: Reached, query: Mapping[str, str], position: str
) -> Any:  # aiohttp's own context manager
    headers = {**reached.headers, "accept": "text/event-stream"}
    wanted = {**query, **({"after": position} if position else {})}
    return session.get(reached.address("/events"), params=wanted, headers=headers)


async def _check(answer: aiohttp.ClientResponse) -> None:
    """Raises `_Away` for trouble that passes, and `Failed` for what does not."""
    if answer.status == 200:
        return
    if answer.status >= 500 or answer.status == 429:
        raise _Away
    try:
        problem = await answer.json(content_type=None)
    except ValueError:
        problem = None
    detail = problem.get("detail") if isinstance(problem, dict) else None
    raise Failed(str(detail or f"What answers at {answer.url.origin()} is no gateway (HTTP {answer.status})."))


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    """Server-sent events as they come in, each with its id (empty: it has none)."""
    fields: dict[str, str] = {}
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.rstrip(b"\r").decode("utf-8", "replace").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif not line.strip():
                if (event := _object(fields.get("data", ""))) is not None:
                    yield _id(fields.get("id", "")), event
                fields = {}


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _id(text: str) -> str:
    return text if from_text(text) is not None else ""

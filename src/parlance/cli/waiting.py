"""Waiting until messages have ended: delivered, read, or failed."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from parlance.cli.job import Job, Stop
from parlance.cli.outcomes import Result
from parlance.cli.place import Failed
from parlance.cli.progress import WAITING, Screen
from parlance.cli.reach import Reached, look_again
from parlance.model.ids import from_text, to_text

_PAGE = 500
_FEW = 50
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0


async def follow(job: Job, results: dict[int, Result], screen: Screen, stop: Stop, limit: float) -> bool:
    """Look after the accepted messages until all have ended, `limit` seconds have passed, or `stop`.

    Puts the stages into `results`. Returns whether all have ended. A gateway that does not answer is asked again.
    """
    accepted = [each for each in results.values() if each.message_id]
    waiting = {each.message_id: each for each in accepted}
    screen.begin(WAITING, len(waiting))
    until = asyncio.get_running_loop().time() + limit
    pause, reached = _FIRST_PAUSE, job.reached
    async with reached.session(job.in_flight) as session:
        while waiting:
            try:
                found = await _look(reached, session, str(job.sender["id"]), waiting)
            except (aiohttp.ClientError, TimeoutError, OSError):
                found, reached = {}, await asyncio.to_thread(look_again, job.place, reached)
            for message_id, shown in found.items():
                result = waiting[message_id].reached(str(shown["stage"]), shown["failure"])
                results[result.line] = result
                if result.has_ended:
                    del waiting[message_id]
                    screen.step(good=result.is_good)
            if waiting and (await _stopped(stop, pause) or asyncio.get_running_loop().time() > until):
                break
            pause = min(pause * 1.5, _LONGEST_PAUSE)
    return not waiting


async def _look(
    reached: Reached, session: aiohttp.ClientSession, sender: str, waiting: Mapping[str, Result]
) -> dict[str, Mapping[str, Any]]:
    """The messages that are waited for, as they are now: a few one by one, many by pages of the sender's."""
    if len(waiting) <= _FEW:
        asked = [_get(reached, session, f"/messages/{message_id}", {}) for message_id in waiting]
        return {str(shown["id"]): shown for shown in await asyncio.gather(*asked)}
    found: dict[str, Mapping[str, Any]] = {}
    last = max(waiting)
    after: str | None = to_text((from_text(min(waiting)) or 1) - 1)
    while after is not None and after < last:
        query = {"sender": sender, "direction": "out", "after": after, "limit": str(_PAGE)}
        page = await _get(reached, session, "/messages", query)
        found |= {str(shown["id"]): shown for shown in page["items"] if shown["id"] in waiting}
        after = page["next"]
    return found


async def _get(reached: Reached, session: aiohttp.ClientSession, path: str, query: Mapping[str, str]) -> Any:
    async with session.get(reached.address(path), params=query, headers=reached.headers) as answer:
        if answer.status >= 500:
            raise aiohttp.ClientError
        if answer.status != 200:
            raise Failed(f"The gateway does not show the messages it took (HTTP {answer.status}).")
        return await answer.json()


async def _stopped(stop: Stop, seconds: float) -> bool:
    """Wait so long; returns at once, with True, when the waiting is stopped."""
    try:
        async with asyncio.timeout(seconds):
            await stop.asked.wait()
    except TimeoutError:
        return False
    return True

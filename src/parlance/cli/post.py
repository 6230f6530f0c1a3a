"""Handing messages to the gateway, as often as it takes until each is answered.

A repeat is harmless: every message has an idempotency key.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeAlias

import aiohttp

from parlance.cli.place import Place
from parlance.cli.reach import Reached, look_again
from parlance.model.fault import Fault
from parlance.model.value import dataclass

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
_MOST_ASKED = 3_600.0
_SHORT = 1.0
"""Trouble that passes in so many seconds is not worth a word."""

_OK = frozenset({200, 201})
_BUSY = frozenset({429, 503})
_FOR_ALL = frozenset({"unknown_sender", "low_balance", "not_authorized"})
"""Refusals that hold for every message of the sender, not only for the one at hand."""


_FAULTS = {fault.value: fault for fault in Fault}


@dataclass(frozen=True, slots=True)
class Taken:
    """The gateway took the message, or would. `shown` is its answer; `repeated`: it had it before, under this key."""

    shown: Mapping[str, Any]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway refused the message; `why` is for people, `fault` its name."""

    why: str
    fault: str = ""


Answer: TypeAlias = Taken | Refused


class Halted(Exception):
    """Nothing more can be sent now. The text says why, in a sentence; what was under way has no answer."""


class Post:
    """The way to one gateway, over connections that are kept open."""

    def __init__(
        self,
        place: Place,
        reached: Reached,
        *,
        connections: int,
        patience: float,
        stop: asyncio.Event,
        told: Callable[[str], None],
    ) -> None:
        """`patience`: how many seconds the gateway may be away. `told` hears of trouble, `stop` ends every wait."""
        self._place = place
        self._reached = reached
        self._session = reached.session(connections)
        self._patience = patience
        self._stop = stop
        self._told = told
        self._trouble = ""
        self._trouble_told = False
        self._last_good = self._now()
        self._not_before = 0.0
        self._looking = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        await self._session.close()

    async def send(self, body: Mapping[str, Any], key: str, *, dry: bool = False) -> Answer:
        """Hand over one message; raises `Halted` when the gateway takes none, or `stop` is set while it is away."""
        data = json.dumps(body).encode()
        pause, first = _FIRST_PAUSE, True
        while True:
            await self._sleep(self._not_before - self._now())
            status, headers, answer = await self._try(data, key, dry=dry)
            if (found := self._read(status, headers, answer)) is not None:
                self._good()
                # A repeat of our own, whose first answer was lost, is none.
                return found if first or isinstance(found, Refused) else replace(found, repeated=False)
            await self._rest(pause, away=not status)
            pause, first = min(pause * 2, _LONGEST_PAUSE), False

    async def _try(self, data: bytes, key: str, *, dry: bool) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        """One request: status (0: no answer), headers and what the answer's JSON object holds."""
        headers = {"content-type": "application/json", **self._reached.headers}
        if not dry:
            headers["idempotency-key"] = key
        url = self._reached.address("/messages?dry_run=true" if dry else "/messages")
        try:
            async with self._session.post(url, data=data, headers=headers, allow_redirects=False) as answer:
                raw = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, {}, {}
        try:
            shown = json.loads(raw)
        except ValueError:
            shown = None
        return answer.status, answer.headers, shown if isinstance(shown, dict) else {}

    def _read(self, status: int, headers: Mapping[str, str], shown: Mapping[str, Any]) -> Answer | None:
        """What came of a request; None: it is to be tried again. Raises `Halted`."""
        if status in _OK and shown:
            return Taken(shown, "parlance-repeated" in headers)
        why = " ".join(str(shown.get("detail") or shown.get("title") or f"HTTP {status}").split())
        if status in _BUSY:
            self._asked_to_wait(status, headers.get("retry-after", ""), why)
            return None
        if status == 0 or status >= 500:
            self._trouble = "The gateway does not answer" if status == 0 else f"The gateway answers HTTP {status}"
            return None
        if status == 401:
            raise Halted("The gateway does not take the admin token. Put the right one into PARLANCE_ADMIN_TOKEN.")
        if status == 403 and shown:
            raise Halted(why)
        fault = str(shown.get("fault", ""))
        if fault in _FOR_ALL:
            raise Halted(why)
        if not fault:
            raise Halted(f"What answers at {self._reached.url} takes no messages (HTTP {status}): an older gateway?")
        return Refused(_sentence(why, fault, shown), fault)

    def _asked_to_wait(self, status: int, after: str, why: str) -> None:
        seconds = min(float(after), _MOST_ASKED) if after.isascii() and after.isdigit() else 0.0
        self._not_before = max(self._not_before, self._now() + seconds)
        if status == 429:
            # Who says when to come back is not away.
            self._last_good = max(self._last_good, self._not_before)
        else:
            self._trouble = f"The gateway takes nothing now ({why.rstrip('.')})"

    # ---- trouble

    def _good(self) -> None:
        if self._trouble_told:
            self._told("The gateway is back.")
        self._trouble, self._trouble_told = "", False
        self._last_good = self._now()

    async def _rest(self, seconds: float, *, away: bool) -> None:
        """Wait before the next try; raises `Halted` when the gateway has been in trouble for too long."""
        since = self._now() - self._last_good
        if self._trouble and since > self._patience:
            raise Halted(f"{self._trouble}.")
        if self._trouble and since > _SHORT and not self._trouble_told:
            self._told(f"{self._trouble}; trying again for {self._patience:.0f} s.")
            self._trouble_told = True
        await self._sleep(seconds)
        if away and not self._looking:
            self._looking = True
            self._reached = await asyncio.to_thread(look_again, self._place, self._reached)
            self._looking = False

    async def _sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
        raise Halted("Stopped.")

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _sentence(why: str, fault: str, shown: Mapping[str, Any]) -> str:
    """The gateway's words, with what they leave unsaid of the fault and of its place."""
    if not why.endswith(".") and (named := _FAULTS.get(fault)) is not None:
        why = f"{named.message.removesuffix('.')}: {why}."
    errors = shown.get("errors")
    paths = [str(each.get("path")) for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    unsaid = [path for path in dict.fromkeys(paths) if path and "." in path and path not in why]
    return f"{why.removesuffix('.')} ({', '.join(unsaid)})." if unsaid else why

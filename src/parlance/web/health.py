"""`/healthz`, `/readyz`, `/metrics`: whether the gateway lives, works, and how much it does."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ConfigDict, with_config
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # as in shapes

from parlance.model.fault import Refusal
from parlance.model.ids import to_text
from parlance.model.sender import Sender
from parlance.web.forms import MOST, answer
from parlance.web.metrics import Metrics
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

STORE_PATIENCE = 2.0
"""How long the store may take to answer before it counts as unavailable (seconds)."""

_PAGES = 40
"""How far one look at `/metrics` follows the event log, in pages; the next look goes on from there."""


@with_config(ConfigDict(extra="forbid"))
class Alive(TypedDict):
    """That the process answers."""

    status: str


@with_config(ConfigDict(extra="forbid"))
class Ready(TypedDict):
    """Whether messages go through: `ok`, `degraded` or `unavailable`, and the same of each part."""

    status: str
    parts: dict[str, dict[str, Any]]


class Health:
    """The three calls."""

    def __init__(self, engine: "Engine", metrics: Metrics) -> None:
        """What happens from now on is counted in `metrics`."""
        self._engine = engine
        self._metrics = metrics
        self._counted = engine.ids.mint()
        self._counting = asyncio.Lock()

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route("/healthz", self.live, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/metrics", self.measure, methods=["GET"]),
        ]

    @documented(Call(gives={200: Alive}, guarded=False))
    async def live(self, _request: Request) -> Response:
        """200 as long as the process answers."""
        return answer({"status": "ok"})

    @documented(Call(gives={200: Ready, 503: Ready}, guarded=False))
    async def ready(self, _request: Request) -> Response:
        """200 when messages go through, though some senders may be held (`degraded`); 503 when a part is down."""
        parts: dict[str, dict[str, Any]] = {
            "store": await self._store(),
            "dispatch": _running(self._engine.dispatch.running),
            "announce": _running(self._engine.announce.running),
        }
        if parts["store"]["status"] == "ok":
            parts["routes"] = await self._routes()
        found = {part["status"] for part in parts.values()}
        overall = next((status for status in ("unavailable", "degraded") if status in found), "ok")
        return answer({"status": overall, "parts": parts}, 503 if overall == "unavailable" else 200)

    async def _store(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(STORE_PATIENCE):
                await self._engine.store.clock_offsets()
        except (Refusal, TimeoutError) as fault:
            why = "it does not answer in time" if isinstance(fault, TimeoutError) else str(fault)
            return {"status": "unavailable", "reason": why}
        return {"status": "ok"}

    async def _routes(self) -> dict[str, Any]:
        held = [
            {
                "sender_id": to_text(sender.id),
                "carrier": sender.route.carrier,
                "reason": sender.held or sender.route.held,
            }
            async for sender in self._senders()
            if sender.held or sender.route.held
        ]
        return {"status": "degraded", "held": held} if held else {"status": "ok"}

    async def _senders(self) -> AsyncIterator[Sender]:
        after, more = 0, True
        while more:
            page = await self._engine.store.senders(after, MOST)
            for sender in page:
                yield sender
            more = len(page) == MOST
            after = page[-1].id if page else after

    @documented(Call(gives={200: str}, refuses=(503,), media="text/plain", guarded=False))
    async def measure(self, _request: Request) -> Response:
        """All figures for Prometheus."""
        async with self._counting:
            await self._count_events()
        store = self._engine.store
        self._metrics.waiting(await store.depths(), self._engine.clock.now(), await store.dead_letters())
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})

    async def _count_events(self) -> None:
        """Follow the event log: it tells which stages messages reached, whoever took them there."""
        for _ in range(_PAGES):
            page = await self._engine.store.events(self._counted, MOST)
            for event in page:
                self._metrics.happened(event)
            if page:
                self._counted = page[-1].id
            if len(page) < MOST:
                break


def _running(alive: bool) -> dict[str, Any]:  # noqa: FBT001  the fact itself
    return {"status": "ok"} if alive else {"status": "unavailable", "reason": "it does not run"}

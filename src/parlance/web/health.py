"""`/healthz`, `/readyz`, `/metrics`: whether the gateway lives, works, and how much it does."""

import asyncio
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ConfigDict, with_config
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # as in shapes

from parlance.contract.views import Depth
from parlance.engine.watch import Watch, Why
from parlance.model.fault import Refusal
from parlance.model.ids import Id, to_text
from parlance.web.forms import MOST, answer
from parlance.web.metrics import Metrics, Standing, Waiting
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

STORE_PATIENCE = 2.0
"""How long the store may take to answer before it counts as unavailable (seconds)."""

PROBED = 5_000
"""For how long a probe's outcome holds: nobody can make the disk work by asking (milliseconds)."""

MOVEMENTS = ("dispatch", "announce")
HEALTH = ("/healthz", "/readyz", "/metrics")
"""Where the three calls are answered."""

_CODE = re.compile(r"[\w-]{1,20}", re.ASCII)
_WORDS = {
    Why.TOO_OLD: "its oldest message has been waiting for too long",
    Why.NO_RECEIPTS: "messages leave, and no receipt comes back",
}


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

    def __init__(
        self,
        engine: "Engine",
        metrics: Metrics,
        watch: Watch | None = None,
        movements: Collection[str] = MOVEMENTS,
    ) -> None:
        """What happens from now on is counted in `metrics`; without a `watch` nobody is ever stalled.

        `movements` are those that this process is there for.
        """
        self._engine = engine
        self._metrics = metrics
        self._watch = watch or Watch(engine.store, engine.clock, engine.carriers, engine.ids.mint())
        self._watch.counts = metrics.tallied
        self._movements = movements
        self._probing = asyncio.Lock()
        self._probed_at: int | None = None
        self._broken = ""

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route(path, call, methods=["GET"])
            for path, call in zip(HEALTH, (self.live, self.ready, self.measure), strict=True)
        ]

    @documented(Call(gives={200: Alive}, guarded=False))
    async def live(self, _request: Request) -> Response:
        """200 as long as the process answers."""
        return answer({"status": "ok"})

    @documented(Call(gives={200: Ready, 503: Ready}, guarded=False))
    async def ready(self, _request: Request) -> Response:
        """200 when messages go through, though some may be held or stalled (`degraded`); 503 when a part is down."""
        running = {"dispatch": self._engine.dispatch.running, "announce": self._engine.announce.running}
        parts: dict[str, dict[str, Any]] = {"store": await self._store()}
        parts |= {name: _running(alive) for name, alive in running.items() if name in self._movements}
        if parts["store"]["status"] == "ok":
            parts["routes"] = await self._routes()
            parts["flow"] = await self._flow()
        found = {part["status"] for part in parts.values()}
        overall = next((status for status in ("unavailable", "degraded") if status in found), "ok")
        return answer({"status": overall, "parts": parts}, 503 if overall == "unavailable" else 200)

    # ---- the store

    async def _store(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(STORE_PATIENCE):
                await self._engine.store.clock_offsets()
        except (Refusal, TimeoutError) as fault:
            return {"status": "unavailable", "reason": _why(fault)}
        if broken := await self._probe():
            return {"status": "unavailable", "reason": f"it cannot be written: {broken}"}
        return {"status": "ok"}

    async def _probe(self) -> str:
        """Why the store cannot be written, as it was found a moment ago; empty when it can."""
        async with self._probing:
            now = self._engine.clock.now()
            if self._probed_at is None or not 0 <= now - self._probed_at < PROBED:
                try:
                    async with asyncio.timeout(STORE_PATIENCE):
                        await self._engine.store.probe()
                    self._broken = ""
                except (Refusal, TimeoutError) as fault:
                    self._broken = _why(fault)
                self._probed_at = now
        return self._broken

    # ---- senders

    async def _routes(self) -> dict[str, Any]:
        count, senders = await self._engine.store.held_senders(MOST)
        held = [
            {
                "sender_id": to_text(sender.id),
                "carrier": sender.route.carrier,
                "reason": sender.held or _bare(sender.route.held),
            }
            for sender in senders
        ]
        more = {"more": count - len(held)} if count > len(held) else {}
        return {"status": "degraded", "held": held, **more} if held else {"status": "ok"}

    async def _flow(self) -> dict[str, Any]:
        stalled = [
            {
                "sender_id": to_text(sender_id),
                "carrier": await self._carrier(sender_id),
                "reason": _WORDS[stall.why],
                "since": stall.since,
            }
            for sender_id, stall in self._watch.stalled.items()
        ]
        return {"status": "degraded", "stalled": stalled} if stalled else {"status": "ok"}

    async def _carrier(self, sender_id: Id) -> str:
        sender = await self._engine.store.sender(sender_id)
        return sender.route.carrier if sender else ""

    # ---- figures

    @documented(Call(gives={200: str}, refuses=(503,), media="text/plain", guarded=False))
    async def measure(self, _request: Request) -> Response:
        """All figures for Prometheus."""
        await self._watch.follow()
        store, now = self._engine.store, self._engine.clock.now()
        due = await store.oldest_due()
        whys = [stall.why.value for stall in self._watch.stalled.values()]
        paced = self._engine.dispatch.paced(now)
        self._metrics.standing = Standing(
            waiting=await self._waiting(await store.depths(), now),
            dead=await store.dead_letters(),
            webhook_lag=0.0 if due is None else max(0, now - due) / 1000,
            commits=store.commits(),
            stalled={why.value: whys.count(why.value) for why in Why},
            held=(await store.held_senders(0))[0],
            paced=len(paced),
            pace=max(paced, default=0) / 1000,
            writable=not await self._probe(),
        )
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})

    async def _waiting(self, depths: Iterable[Depth], now: int) -> list[Waiting]:
        """What waits, by carrier or by sender; a carrier with nothing waiting is told as well."""
        found = {("", carrier): Waiting(carrier) for carrier in self._engine.carriers}
        for depth in depths:
            carrier = await self._carrier(depth.sender_id)
            key = (to_text(depth.sender_id) if self._metrics.by_sender else "", carrier)
            old = found.get(key, Waiting(carrier, key[0]))
            age = 0.0 if depth.oldest is None else max(0, now - depth.oldest) / 1000
            found[key] = Waiting(
                carrier, key[0], old.ready + depth.ready, old.unsure + depth.unsure, max(old.oldest, age)
            )
        return list(found.values())


def _bare(held: str) -> str:
    """Why a route is held, in words for everyone: its vendor's own may repeat whatever the vendor was told."""
    code, colon, _ = held.partition(": ")
    known = colon and _CODE.fullmatch(code)
    return f"its carrier lets nothing leave ({code})" if known else "its carrier lets nothing leave"


def _why(fault: Exception) -> str:
    return "it does not answer in time" if isinstance(fault, TimeoutError) else str(fault)


def _running(alive: bool) -> dict[str, Any]:  # noqa: FBT001  the fact itself
    return {"status": "ok"} if alive else {"status": "unavailable", "reason": "it does not run"}

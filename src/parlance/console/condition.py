"""`/console/api/conditions`: how senders and their routes fare, in words, with since when and why.

Nothing is kept for it: what is read is the tries at a sender's last messages, and what was told of its state.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parlance.console.exchanges import ids_of
from parlance.console.guard import API
from parlance.contract.operators import FLOWING, STALLED
from parlance.contract.views import Attempt
from parlance.model.event import Event
from parlance.model.ids import Id, minted_at, to_text
from parlance.model.sender import Route as SenderRoute
from parlance.model.sender import Sender

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_MOST = 50
_MESSAGES = 100
_LATELY = 20
"""So many messages tell how a route fares."""

_ROW = 3
"""A route by which so many messages in a row got no answer is degraded."""

_FEW = 0.25
"""And one by which more than this part of the last messages got none."""

_STATES = 20
_NO_ANSWER = frozenset({"busy", "never_left", "unsure"})
_HELD = "held"


class Conditions:
    """The one call."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The call."""
        return [Route(f"{API}conditions", self.conditions, methods=["GET"])]

    async def conditions(self, request: Request) -> Response:
        """The condition of each `sender` named, and of each of its routes, by id."""
        now = self._engine.clock.now()
        store = self._engine.store
        named = [await store.sender(each) for each in ids_of(request, "sender", _MOST)]
        senders = [each for each in named if each is not None]
        states = await store.states([each.id for each in senders], _STATES * len(senders)) if senders else ()
        found = {
            to_text(each.id): await self._condition(each, [one for one in states if one.sender_id == each.id])
            for each in senders
        }
        return JSONResponse({"now": now, "senders": found})

    async def _condition(self, sender: Sender, states: Sequence[Event]) -> dict[str, Any]:
        tries = await self._engine.store.attempts(sender.id, _MESSAGES)
        cooling = self._engine.dispatch.cooling(sender)
        routes = {
            to_text(route.id): route_condition(
                route, [each for each in tries if each.route_id == route.id], states, cooling.get(route.id)
            )
            for route in sender.routes
        }
        return {**_own(sender, states, routes[to_text(sender.route.id)]), "routes": routes}


def _own(sender: Sender, states: Sequence[Event], active: Mapping[str, Any]) -> dict[str, Any]:
    """A sender's own condition: held by hand or for a reason of its number's, else stalled, else its active route's."""
    if sender.held:
        return {**active, "state": _HELD, "why": sender.held, "since": None}
    stalled = next((each for each in states if each.state in {STALLED, FLOWING}), None)
    if stalled is not None and stalled.state == STALLED and active["state"] != _HELD:
        return {**active, "state": STALLED, "why": "", "since": minted_at(stalled.id)}
    return dict(active)


def route_condition(
    route: SenderRoute, tries: Sequence[Attempt], states: Sequence[Event], cools_until: int | None
) -> dict[str, Any]:
    """How a route fares by its tries, the latest first, and what was told of its sender's state, likewise."""
    lately = _last_of_each(tries)[:_LATELY]
    unanswered = [each for each in lately if each.outcome in _NO_ANSWER]
    shown: dict[str, Any] = {
        "state": "ok" if lately else "new",
        "why": "",
        "since": None,
        "messages": len(lately),
        "unanswered": len(unanswered),
        "last_at": lately[0].ended_at if lately else None,
        "until": None,
    }
    if unanswered:
        shown |= {"why": _why(unanswered[0]), "since": unanswered[-1].ended_at}
    if route.held:
        return {**shown, "state": _HELD, "why": route.held, "since": _held_since(states)}
    if cools_until is not None:
        return {**shown, "state": "cooling", "until": cools_until}
    if unanswered and (_run(lately) >= min(_ROW, len(lately)) or len(unanswered) > _FEW * len(lately)):
        return {**shown, "state": "degraded"}
    return shown


def _last_of_each(tries: Sequence[Attempt]) -> list[Attempt]:
    """The last try at each message: one that is tried again and again says no more than that."""
    seen: dict[Id, Attempt] = {}
    for each in tries:
        seen.setdefault(each.message_id, each)
    return list(seen.values())


def _run(lately: Sequence[Attempt]) -> int:
    """How many of the last messages in a row got no answer."""
    return next((place for place, each in enumerate(lately) if each.outcome not in _NO_ANSWER), len(lately))


def _held_since(states: Sequence[Event]) -> int | None:
    """When the present hold was told of, None when that was too long ago."""
    own = [each for each in states if each.state not in {STALLED, FLOWING}]
    return minted_at(own[0].id) if own else None


def _why(last: Attempt) -> str:
    words = last.detail or last.outcome.replace("_", " ")
    return f"{words} (HTTP {last.status})" if last.status and str(last.status) not in words else words

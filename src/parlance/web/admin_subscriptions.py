"""`/admin/v1/subscriptions` and `/admin/v1/deliveries`: who is told of events, and how the telling went."""

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.contract.moments import DeliveryFilter, DeliveryState
from parlance.contract.registry import NewSubscription
from parlance.model.event import EventKind
from parlance.model.fault import Malformed
from parlance.model.ids import Id, from_text, to_text
from parlance.model.sender import Statuses, Subscription
from parlance.web import shapes, show
from parlance.web.forms import (
    MOST,
    Form,
    Line,
    Moment,
    answer,
    listed,
    read_cursor,
    read_flag,
    read_form,
    read_hex,
    read_limit,
    read_query,
    read_word,
)
from parlance.web.lookup import find_sender
from parlance.web.openapi_calls import Call, documented
from parlance.web.problems import BadBody

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_CURSOR = re.compile(r"([0-9a-f]{16})-([0-9]{1,15})")
_STATES = [state.value for state in DeliveryState]

WebAddress = Annotated[str, StringConstraints(max_length=2048, pattern=r"^[^\x00-\x20\x7f]*$")]


class Wanted(Form):
    """A subscription to be made. Without `events`: all kinds but `message.unsure` and `message.departed`."""

    sender: Line
    url: WebAddress
    dialect: Line
    secret: Line = ""
    webhook_secret: Line = ""
    events: list[EventKind] = Field(default_factory=list)
    statuses: Statuses = Statuses.OWN
    settings: dict[Line, Any] = Field(default_factory=dict)


class WantedChange(Form):
    """What may be changed of a subscription; what is not named stays."""

    url: WebAddress | None = None
    dialect: Line | None = None
    secret: Line | None = None
    webhook_secret: Line | None = None
    events: list[EventKind] | None = None
    statuses: Statuses | None = None
    settings: dict[Line, Any] | None = None


class Again(Form):
    """Which deliveries to make once more: those given up, unless `state` or `numbers` say otherwise.

    `numbers` are those of single deliveries of one `subscription`.
    """

    state: DeliveryState | None = None
    subscription: Line | None = None
    numbers: Annotated[list[Annotated[int, Field(gt=0, lt=1 << 53)]], Field(default_factory=list, max_length=MOST)]
    sender: Line | None = None
    since: Moment | None = None
    until: Moment | None = None


class Subscriptions:
    """Webhooks, over the engine's doors."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route("/admin/v1/subscriptions", self.page, methods=["GET"]),
            Route("/admin/v1/subscriptions", self.add, methods=["POST"]),
            Route("/admin/v1/subscriptions/{id}", self.show, methods=["GET"]),
            Route("/admin/v1/subscriptions/{id}", self.change, methods=["PATCH"]),
            Route("/admin/v1/subscriptions/{id}", self.remove, methods=["DELETE"]),
            Route("/admin/v1/deliveries", self.list_deliveries, methods=["GET"]),
            Route("/admin/v1/deliveries/replay", self.replay, methods=["POST"]),
        ]

    @documented(
        Call(query=("sender", "after", "limit"), gives={200: shapes.Page[shapes.Subscription]}, refuses=(404, 409))
    )
    async def page(self, request: Request) -> Response:
        """Subscriptions in order of id, of one sender."""
        query = read_query(request, "sender", "after", "limit")
        after, limit = read_cursor(query), read_limit(query)
        sender_id = await self._sender_id(query.get("sender"))
        found = sorted(await self._engine.store.subscriptions(sender_id), key=lambda each: each.id)
        page = [each for each in found if each.id > after][: limit + 1]
        return listed(page, limit, show.subscription, lambda one: to_text(one.id))

    @documented(Call(body=Wanted, gives={201: shapes.MadeSubscription}, refuses=(404, 409)))
    async def add(self, request: Request) -> Response:
        """Subscribe; the Standard Webhooks secret is shown this once where it is the sender's own."""
        form = await read_form(request, Wanted)
        sender = await find_sender(self._engine, form.sender)
        events: frozenset[str] = frozenset(form.events)
        made = await self._engine.setup.subscribe(
            NewSubscription(
                sender.id,
                form.dialect,
                form.url,
                events,
                form.statuses,
                form.secret,
                form.webhook_secret,
                form.settings,
            )
        )
        generated = {} if form.webhook_secret else {"webhook_secret": made.webhook_secret}
        return answer({**show.subscription(made), **generated}, 201)

    @documented(Call(gives={200: shapes.Subscription}, refuses=(404,)))
    async def show(self, request: Request) -> Response:
        """One subscription."""
        return answer(show.subscription(await self._find(request)))

    @documented(Call(body=WantedChange, gives={200: shapes.Subscription}, refuses=(404, 409)))
    async def change(self, request: Request) -> Response:
        """Change a subscription; 409 for one that a dialect's own calls manage."""
        form = await read_form(request, WantedChange)
        old = await self._find_by_hand(request)
        given = form.model_dump(exclude_none=True)
        merged = NewSubscription(
            old.sender_id,
            given.get("dialect", old.dialect),
            given.get("url", old.url),
            frozenset(given.get("events", old.events)),
            given.get("statuses", old.statuses),
            given.get("secret", old.secret),
            given.get("webhook_secret", old.webhook_secret),
            given.get("settings", old.settings),
        )
        changed = await self._engine.store.change_subscription(old.id, await self._engine.setup.checked(merged))
        self._engine.announce.wake([old.id])
        return answer(show.subscription(changed))

    @documented(Call(gives={204: None}, refuses=(404, 409)))
    async def remove(self, request: Request) -> Response:
        """Unsubscribe; what was still to be told is dropped."""
        await self._engine.store.remove_subscription((await self._find_by_hand(request)).id)
        return Response(status_code=204)

    async def _find(self, request: Request) -> Subscription:
        wanted = from_text(request.path_params["id"])
        found = None if wanted is None else await self._engine.store.subscription(wanted)
        if found is None:
            raise HTTPException(404, "There is no such subscription.")
        return found

    async def _find_by_hand(self, request: Request) -> Subscription:
        found = await self._find(request)
        if found.own:
            raise HTTPException(409, f"This subscription is managed by the sender's {found.dialect} settings.")
        return found

    async def _sender_id(self, text: str | None) -> Id | None:
        return None if text is None else (await find_sender(self._engine, text)).id

    # ---- deliveries

    @documented(
        Call(
            query=("state", "subscription", "sender", "after", "limit", "newest"),
            gives={200: shapes.Page[shapes.Delivery]},
            refuses=(404, 409),
        )
    )
    async def list_deliveries(self, request: Request) -> Response:
        """Deliveries in order of subscription and number, or backwards with `newest`."""
        query = read_query(request, "state", "subscription", "sender", "after", "limit", "newest")
        limit = read_limit(query)
        picked = DeliveryFilter(
            state=read_word(query, "state", _STATES),
            subscription_id=_subscription_id(query.get("subscription")),
            sender_id=await self._sender_id(query.get("sender")),
            after=_delivery_after(query.get("after")),
            limit=limit + 1,
            newest=read_flag(query, "newest"),
        )
        return listed(await self._engine.store.deliveries(picked), limit, show.delivery, show.delivery_cursor)

    @documented(Call(body=Again, gives={200: shapes.Replayed}, refuses=(404, 409)))
    async def replay(self, request: Request) -> Response:
        """Make deliveries once more, those given up unless told otherwise; `since` and `until` bound their making."""
        form = await read_form(request, Again)
        if form.numbers and form.subscription is None:
            raise BadBody([{"path": "subscription", "kind": "missing"}])
        state = form.state or (None if form.numbers else DeliveryState.DEAD)
        picked = DeliveryFilter(
            state=state.value if state else "",
            subscription_id=_subscription_id(form.subscription),
            sender_id=await self._sender_id(form.sender),
            since=form.since or 0,
            until=form.until or 0,
            numbers=tuple(form.numbers),
        )
        return answer({"replayed": await self._engine.announce.replay(picked)})


def _subscription_id(text: str | None) -> Id | None:
    return None if text is None else read_hex(text, "subscription")


def _delivery_after(text: str | None) -> tuple[Id, int]:
    if text is None:
        return (0, 0)
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise Malformed("after", "cursor", "after: take it from `next` of the page before.")
    return (read_hex(match[1], "after"), int(match[2]))

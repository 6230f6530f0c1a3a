"""The whole of our HTTP: dialects, callbacks, operators, health."""

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlance import __version__
from parlance.contract.phones import Network
from parlance.engine.limiter import FailedLogins
from parlance.engine.watch import Watch
from parlance.web import admin, sandbox
from parlance.web.asgi import PATIENCE
from parlance.web.callbacks import PREFIX as CALLBACKS
from parlance.web.callbacks import Callbacks
from parlance.web.docs import Docs
from parlance.web.forms import answer
from parlance.web.gate import Gate, Knocks, Net
from parlance.web.health import HEALTH, MOVEMENTS, Health
from parlance.web.inlet import Inlet
from parlance.web.metrics import Metrics
from parlance.web.problems import HANDLERS

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_REFUSED = 400
_REASONS: Mapping[int, str] = {
    400: "unreadable",
    401: "not_authentic",
    404: "no_such_address",
    405: "wrong_verb",
    413: "too_large",
    503: "unavailable",
}
"""Why a vendor's call is refused, by the status it is answered with."""

OPERATORS = ("/admin/", "/sandbox/")
"""What only the admin token opens."""


def site(
    engine: "Engine",
    network: Network,
    *,
    admin_token: str,
    public_url: str,
    metrics: Metrics | None = None,
    watch: Watch | None = None,
    movements: Collection[str] = MOVEMENTS,
    stopping: asyncio.Event | None = None,
    more: Sequence[BaseRoute] = (),
    failed_logins: int = 0,
    body_seconds: float = PATIENCE,
    log_requests: bool = False,
    entropy: Callable[[int], bytes] = os.urandom,
) -> ASGIApp:
    """Put the gateway's HTTP together.

    `public_url` is where vendors reach it. `metrics` counts requests, `watch` knows who is stalled, `movements` are
    those that this process is there for. Event streams end when `stopping` is set: set it before the HTTP server waits
    for its connections. `more` are further routes, such as the console. `failed_logins` is how many may fail in a
    minute (see `FailedLogins`), `body_seconds` how long a body may take to arrive. `entropy` gives random bytes. Raises
    `ValueError` for addresses that two dialects claim and for an empty token.
    """
    if not admin_token:
        raise ValueError("the admin token is empty")
    metrics = metrics or Metrics(CollectorRegistry())
    logins = FailedLogins(engine.clock, failed_logins)
    net = Middleware(Net, ids=engine.ids, logs=log_requests)
    ours = [
        *admin.routes(engine, public_url.rstrip("/"), stopping or asyncio.Event(), entropy),
        *sandbox.routes(engine, network),
    ]
    health = Health(engine, metrics, watch, movements).routes()
    gate = Middleware(Gate, token=admin_token, keys=engine.store, logins=logins, metrics=metrics, patience=body_seconds)
    operators = Starlette(routes=ours, middleware=[net, gate], exception_handlers=HANDLERS)
    inlet = Inlet(engine, metrics, logins=logins, patience=body_seconds, logs=log_requests)
    common = Starlette(
        routes=[
            Route("/", _front, methods=["GET"]),
            *health,
            *more,
            *Docs(engine.dialects, [*ours, *health]).routes(),
        ],
        middleware=[net, Middleware(Knocks, logins=logins, metrics=metrics)],
        exception_handlers=HANDLERS,
    )
    for app in (operators, common):
        app.router.redirect_slashes = False
    callbacks = Counted(Callbacks(engine, patience=body_seconds), metrics, engine.carriers)
    return Site(inlet, callbacks, operators, common, _reserved(common))


def _reserved(app: Starlette) -> tuple[str, ...]:
    """Addresses that no dialect may claim: the vendors' own are found by shape, and some shapes are wide."""
    paths = {str(path).partition("{")[0] for route in app.routes if (path := getattr(route, "path", ""))}
    return tuple(sorted(paths - {"", "/"}))


class Counted:
    """Vendors' calls, with those counted that are refused."""

    def __init__(self, callbacks: ASGIApp, metrics: Metrics, carriers: Collection[str]) -> None:
        self._callbacks = callbacks
        self._metrics = metrics
        self._carriers = carriers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        carrier = scope["path"].removeprefix(CALLBACKS).partition("/")[0]

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _REFUSED:
                known = carrier if carrier in self._carriers else ""
                self._metrics.callback_refused(known, _REASONS.get(message["status"], "other"))
            await send(message)

        await self._callbacks(scope, receive, noted)


class Aside:
    """What a node answers that serves no API: how it fares, and its console where it has one; 404 to all else."""

    def __init__(self, whole: ASGIApp, more: Sequence[BaseRoute] = ()) -> None:
        """`whole` serves everything; `more` are the routes, beside those of health, that stay open."""
        self._app = Starlette(
            routes=[*(Route(path, whole) for path in HEALTH), *more],
            exception_handlers=HANDLERS,
        )
        self._app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        await self._app(scope, receive, send)


class Site:
    """Sends each request to whoever serves its path."""

    def __init__(
        self, inlet: Inlet, callbacks: ASGIApp, operators: ASGIApp, common: ASGIApp, reserved: tuple[str, ...]
    ) -> None:
        """`common` serves what begins with one of `reserved`, and what nobody else knows."""
        self._inlet = inlet
        self._callbacks = callbacks
        self._operators = operators
        self._common = common
        self._reserved = reserved

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or path == "/":
            await self._common(scope, receive, send)
        elif path.startswith(OPERATORS):
            await self._operators(scope, receive, send)
        elif path.startswith(CALLBACKS):
            await self._callbacks(scope, receive, send)
        elif path.startswith(self._reserved) or (found := self._inlet.find(scope["method"], path)) is None:
            await self._common(scope, receive, send)
        else:
            await self._inlet.serve(found, scope, receive, send)


async def _front(_request: Request) -> Response:
    return answer(
        {
            "name": "Parlance",
            "version": __version__,
            "about": "A WhatsApp gateway that serves several vendors' APIs at their own paths.",
            "docs": "/docs",
            "openapi": "/openapi.json",
            "ready": "/readyz",
        }
    )

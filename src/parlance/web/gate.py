"""What stands before the admin and sandbox API: the token, the size of bodies, and a net under it all."""

import asyncio
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from parlance.contract.operators import OperatorScope
from parlance.engine.limiter import FailedLogins
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import to_text
from parlance.web.asgi import PATIENCE, ClientLeft, address_of, read_body, replay
from parlance.web.inlet import REQUEST_ID
from parlance.web.metrics import Metrics
from parlance.web.problems import problem, show_refusal

if TYPE_CHECKING:
    from parlance.contract.operators import Operators
    from parlance.contract.world import Ids

MAX_BODY = 1_048_576
MAX_IMPORT = 8_388_608
"""The most for `…/windows`, by which whole customer lists are imported (bytes)."""

LOGIN_PAGES = frozenset({"/console/login", "/console/enter"})
"""Where the console, if there is one, takes the admin token or what stands for it."""

_READING = frozenset({"GET", "HEAD"})
_OURS = "admin"
_log = structlog.get_logger("admin")


class Gate:
    """Lets in who shows the admin token, or an operator's key that opens the call, with a body of reasonable size."""

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        keys: "Operators",
        *,
        logins: FailedLogins,
        metrics: Metrics,
        patience: float = PATIENCE,
    ) -> None:
        """`app` is what is guarded; an empty `token` would open it to everyone."""
        self._app = app
        self._token = token.encode()
        self._keys = keys
        self._logins = logins
        self._metrics = metrics
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body read, or answer it with a problem."""
        if scope["type"] != "http":
            await problem(401, "Unauthorized")(scope, receive, send)
            return
        admitted = False
        try:
            await self._admit(scope)
            admitted = True
            most = MAX_IMPORT if scope["path"].endswith("/windows") else MAX_BODY
            body = await read_body(receive, most, self._patience)
        except ClientLeft:
            return
        except Refusal as refusal:
            self._metrics.refused(_OURS, refusal.fault, 0)
            answer = await show_refusal(Request(scope), refusal)
            if admitted:
                answer.headers["connection"] = "close"
            await answer(scope, receive, send)
            return
        await self._app(scope, replay(body, receive), send)

    async def _admit(self, scope: Scope) -> None:
        """Raises `Refusal` for who shows nothing that opens this call, or has shown too much that opens nothing."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, shown = given.partition(b" ")
        token = shown.strip() if scheme.lower() == b"bearer" else b""
        address = address_of(scope)
        if compare_digest(token, self._token):
            self._logins.passed(address, _OURS, 0)
            return
        key = await self._keys.find_operator_key(token.decode("latin-1")) if token else None
        if key is None:
            self._logins.failed(address, _OURS)
            raise Refusal(Fault.BAD_CREDENTIAL, detail="The admin token is needed.")
        self._logins.passed(address, _OURS, key.id)
        if key.scope is not OperatorScope.ADMIN and scope["method"] not in _READING:
            raise Refusal(Fault.FORBIDDEN, detail="This key only reads.")


class Knocks:
    """Counts at the pages where people log in with the admin token, too, who failed to."""

    def __init__(self, app: ASGIApp, logins: FailedLogins, metrics: Metrics) -> None:
        self._app = app
        self._logins = logins
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless too many from the same address have failed."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in LOGIN_PAGES:
            await self._app(scope, receive, send)
            return
        address = address_of(scope)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(address, message["status"])
            await send(message)

        try:
            self._logins.check(address, _OURS, 0)
        except Refusal as refusal:
            self._metrics.refused(_OURS, refusal.fault, 0)
            await (await show_refusal(Request(scope), refusal))(scope, receive, send)
            return
        await self._app(scope, receive, noted)

    def _note(self, address: str, status: int) -> None:
        with suppress(Refusal):
            if status == HTTPStatus.UNAUTHORIZED:
                self._metrics.refused(_OURS, Fault.BAD_CREDENTIAL, 0)
                self._logins.failed(address, _OURS)
            elif status < HTTPStatus.BAD_REQUEST:
                self._logins.passed(address, _OURS, 0)


class Net:
    """Puts the request's id on every answer, and answers what breaks instead of letting it through."""

    def __init__(self, app: ASGIApp, ids: "Ids", *, logs: bool = False) -> None:
        """With `logs` each request is logged, by the name of what served it."""
        self._app = app
        self._ids = ids
        self._logs = logs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; scopes other than HTTP pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = to_text(self._ids.mint())
        bind_contextvars(request=request_id)
        loop = asyncio.get_running_loop()
        began, started = loop.time(), False

        async def noted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if self._logs:
                    self._log_request(scope, message["status"], loop.time() - began)
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID, request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            # The path may name customers, the body anything: the id is enough to find who asked.
            _log.exception("request broke", request=request_id)
            if started:
                raise
            await problem(500, "Internal Server Error", f"The log has more under {request_id}.")(scope, receive, noted)

    def _log_request(self, scope: Scope, status: int, seconds: float) -> None:
        served = getattr(scope.get("endpoint"), "__qualname__", "")
        _log.info("request", method=scope["method"], call=served, status=status, ms=round(seconds * 1000, 1))

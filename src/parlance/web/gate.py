"""What stands before the admin and sandbox API: the token, the size of bodies, and a net under it all."""

from hmac import compare_digest
from typing import TYPE_CHECKING

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlance.model.fault import Refusal
from parlance.model.ids import to_text
from parlance.web.asgi import ClientLeft, read_body, replay
from parlance.web.inlet import REQUEST_ID
from parlance.web.problems import problem, show_refusal

if TYPE_CHECKING:
    from parlance.contract.world import Ids

MAX_BODY = 1_048_576
MAX_IMPORT = 8_388_608
"""The most for `…/windows`, by which whole customer lists are imported (bytes)."""

_log = structlog.get_logger("admin")


class Gate:
    """Lets in who shows the admin token as a bearer, with a body of reasonable size."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        """`app` is what is guarded; an empty `token` would open it to everyone."""
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body read, or answer it with a problem."""
        if scope["type"] != "http" or not self._admits(scope):
            answer: Response = problem(401, "Unauthorized", "The admin token is needed.")
            answer.headers["www-authenticate"] = "Bearer"
            await answer(scope, receive, send)
            return
        try:
            body = await read_body(receive, MAX_IMPORT if scope["path"].endswith("/windows") else MAX_BODY)
        except ClientLeft:
            return
        except Refusal as refusal:
            answer = await show_refusal(Request(scope), refusal)
            answer.headers["connection"] = "close"
            await answer(scope, receive, send)
            return
        await self._app(scope, replay(body, receive), send)

    def _admits(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        return scheme.lower() == b"bearer" and compare_digest(token.strip(), self._token)


class Net:
    """Puts the request's id on every answer, and answers what breaks instead of letting it through."""

    def __init__(self, app: ASGIApp, ids: "Ids") -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; scopes other than HTTP pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = to_text(self._ids.mint())
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
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

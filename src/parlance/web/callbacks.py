"""The way in for carriers' vendors: `/callbacks/{provider}/{token}`."""

from typing import TYPE_CHECKING

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from parlance.model.fault import Refusal
from parlance.model.ids import to_text
from parlance.model.wire import WireResponse
from parlance.web.asgi import PATIENCE, ClientLeft, read_body, respond, wire_request
from parlance.web.inlet import REQUEST_ID
from parlance.web.problems import problem, show_refusal

if TYPE_CHECKING:
    from parlance.engine.house import Engine

PREFIX = "/callbacks/"
MAX_BODY = 3_145_728
"""The most a vendor posts at once (spec/cloud-api.md §11.3), in bytes."""

_VERBS = frozenset({"GET", "POST"})
_log = structlog.get_logger("callbacks")


class Callbacks:
    """Takes vendors' calls to the engine. A plain ASGI callable: every message brings some of them."""

    def __init__(self, engine: "Engine", *, patience: float = PATIENCE) -> None:
        """`patience` is how long a body may take to arrive, in seconds."""
        self._engine = engine
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call. A vendor that leaves half-way gets nothing, and nothing is stored."""
        request_id = to_text(self._engine.ids.mint())
        bind_contextvars(request=request_id)
        note = (REQUEST_ID, request_id.encode())
        try:
            answer = await self._answer(scope, receive, request_id)
        except ClientLeft:
            return
        if isinstance(answer, WireResponse):
            await respond(send, answer, [note])
        else:
            answer.raw_headers.append(note)
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> WireResponse | Response:
        provider, _, token = scope["path"].removeprefix(PREFIX).partition("/")
        if not (provider and token) or "/" in token:
            return problem(404, "Not Found")
        if scope["method"] not in _VERBS:
            answer: Response = problem(405, "Method Not Allowed")
            answer.headers["allow"] = "GET, POST"
            return answer
        try:
            body = await read_body(receive, MAX_BODY, self._patience)
        except Refusal as refusal:
            answer = await show_refusal(Request(scope), refusal)
            answer.headers["connection"] = "close"
            return answer
        params = {"provider": provider, "token": token}
        request = wire_request(scope, body, params, self._engine.clock.now(), request_id)
        try:
            return await self._engine.settle.callback(provider, token, request)
        except Refusal as refusal:
            return await show_refusal(Request(scope), refusal)
        except Exception:  # noqa: BLE001  a vendor repeats what was not taken
            # The token and the body stay out of the log.
            _log.exception("callback broke", request=request_id, carrier=provider)
            return problem(503, "Service Unavailable")

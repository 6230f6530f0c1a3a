"""The way in for clients: the dialect reads a command, the engine carries it out, the dialect writes the answer.

A plain ASGI callable, because this is the path that every message takes.
"""

import asyncio
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import structlog
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send

from parlance.contract.provider import Endpoint
from parlance.model.command import Accepted, Command, React, SendMessage
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import to_text
from parlance.model.wire import WireRequest, WireResponse
from parlance.web.asgi import ClientLeft, read_body, respond, wire_request
from parlance.web.metrics import Metrics
from parlance.web.paths import Params, Paths
from parlance.web.problems import problem

if TYPE_CHECKING:
    from parlance.engine.house import Engine

Headers: TypeAlias = list[tuple[bytes, bytes]]

REQUEST_ID = b"parlance-request-id"
MESSAGE_ID = b"parlance-message-id"
DROPPED = b"parlance-dropped"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_METHOD_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_CLOSE = (b"connection", b"close")
_log = structlog.get_logger("inlet")


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a request: an endpoint of a dialect, or a fault in its words. `allow`: the verbs it would take."""

    dialect: str
    served: Endpoint | Fault
    params: Params = field(default_factory=dict)
    allow: str = ""


class Inlet:
    """Serves every dialect at its vendor's own paths."""

    def __init__(self, engine: "Engine", metrics: Metrics | None = None) -> None:
        """`metrics` counts what passes; without it, a count of its own that nobody reads."""
        self._engine = engine
        self._metrics = metrics or Metrics(CollectorRegistry())
        self._static: dict[tuple[str, str], Found] = {}
        self._paths: Paths[Found] = Paths()
        for name, dialect in engine.dialects.items():
            for endpoint in dialect.endpoints:
                found = Found(name, endpoint)
                self._paths.add(endpoint.method, endpoint.path, found, ignore_case=endpoint.ignore_case)
                if "{" not in endpoint.path:
                    self._static[endpoint.method, endpoint.path] = found

    def find(self, verb: str, path: str) -> Found | None:
        """Say who answers a (percent-decoded) path: an endpoint, or the dialect whose territory it is; None: nobody."""
        return self._static.get((verb, path)) or self._search(verb, path)

    def _search(self, verb: str, path: str) -> Found | None:
        wrong: Found | None = None
        for known, params in self._paths.find(path):
            # The shapes of some vendors are wide; their territory says which of these paths are meant.
            verbs = {each: found for each, found in known.items() if self._claims(found.dialect, path)}
            if not verbs:
                continue
            if (found := verbs.get(verb)) is not None:
                return replace(found, params=params) if params else found
            if wrong is None:
                owner = next(iter(verbs.values())).dialect
                wrong = Found(owner, Fault.WRONG_VERB, params, ", ".join(sorted(verbs)))
        return wrong or self._owner(verb, path)

    def _claims(self, dialect: str, path: str) -> bool:
        return self._engine.dialects[dialect].territory.match(path) is not None

    def _owner(self, verb: str, path: str) -> Found | None:
        for name, dialect in self._engine.dialects.items():
            if self._claims(name, path):
                if verb in _METHOD_VERBS:
                    return Found(name, Fault.UNKNOWN_METHOD)
                allow = ", ".join(sorted({endpoint.method for endpoint in dialect.endpoints}))
                return Found(name, Fault.WRONG_VERB, allow=allow)
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or say that no dialect has such an address."""
        found = self.find(scope["method"], scope["path"])
        if found is None:
            await problem(404, "Not Found", "No API served here has this address.")(scope, receive, send)
            return
        await self.serve(found, scope, receive, send)

    async def serve(self, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by what `find` found for it; a client that leaves half-way gets nothing."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        request_id = to_text(self._engine.ids.mint())
        headers: Headers = [(REQUEST_ID, request_id.encode())]
        cut_short: Refusal | None = None
        body = b""
        try:
            body = await read_body(receive, self._engine.dialects[found.dialect].max_body)
        except ClientLeft:
            return
        except Refusal as refusal:
            cut_short = refusal
            headers.append(_CLOSE)
        request = wire_request(scope, body, found.params, self._engine.clock.now(), request_id)
        outcome = cut_short or await self._carry_out(found, request, headers)
        if isinstance(outcome, Refusal):
            self._metrics.refused(found.dialect, outcome.fault, loop.time() - began)
            outcome = self._refuse(found, outcome, request)
        else:
            self._metrics.accepted(found.dialect, loop.time() - began)
        await respond(send, outcome, headers)

    async def _carry_out(self, found: Found, request: WireRequest, headers: Headers) -> WireResponse | Refusal:
        """Do what a request asks for; what its answer shall carry besides is put into `headers`."""
        endpoint, intake = found.served, self._engine.intake
        if isinstance(endpoint, Fault):
            return Refusal(endpoint)
        try:
            credential = self._engine.dialects[found.dialect].credential(request)
            sender = await intake.authenticate(found.dialect, credential)
            command = _with_key(endpoint.read(request), request)
            reply = await intake.handle(found.dialect, sender, command, rate=endpoint.rate, method=endpoint.path)
            if isinstance(reply, Accepted):
                headers.extend(_notes(reply))
            return endpoint.write(reply)
        except Refusal as refusal:
            return refusal
        except Exception:  # noqa: BLE001  whatever breaks is told in the dialect's words
            # Neither body nor path nor headers: each of them may hold a secret.
            _log.exception("request broke", request=request.request_id, dialect=found.dialect, endpoint=endpoint.path)
            return Refusal(Fault.UNAVAILABLE)

    def _refuse(self, found: Found, refusal: Refusal, request: WireRequest) -> WireResponse:
        """Say no in the dialect's words; where even that breaks, as plainly as can be."""
        try:
            answer = self._engine.dialects[found.dialect].refuse(refusal, request)
        except Exception:  # noqa: BLE001  as above
            _log.exception("refusal broke", request=request.request_id, dialect=found.dialect, refused=refusal.fault)
            plain = problem(503, "Service Unavailable")
            return WireResponse(plain.status_code, bytes(plain.body), {"content-type": "application/problem+json"})
        more: dict[str, str] = {}
        if refusal.retry_after is not None and "retry-after" not in answer.headers:
            more["retry-after"] = str(max(1, math.ceil(refusal.retry_after)))
        if refusal.fault is Fault.WRONG_VERB and found.allow and "allow" not in answer.headers:
            more["allow"] = found.allow
        return replace(answer, headers={**answer.headers, **more}) if more else answer


def _with_key(command: Command, request: WireRequest) -> Command:
    """Give a message without a key of its own the one in the header; raises `Malformed` for one that cannot be used."""
    if not isinstance(command, SendMessage | React) or command.key:
        return command
    key = request.headers.get("idempotency-key")
    if key is None:
        return command
    if not _KEY.fullmatch(key):
        raise Malformed("Idempotency-Key", "idempotency_key", "The key is 1 to 255 visible ASCII characters.")
    return replace(command, key=key)


def _notes(reply: Accepted) -> Headers:
    notes: Headers = [(MESSAGE_ID, to_text(reply.message.id).encode())]
    if reply.dropped:
        notes.append((DROPPED, ",".join(reply.dropped).encode()))
    return notes

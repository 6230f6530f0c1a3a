"""The way in for clients: the dialect reads a command, the engine carries it out, the dialect writes the answer.

A plain ASGI callable, because this is the path that every message takes.
"""

import asyncio
import math
import re
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import structlog
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from parlance.contract.provider import Endpoint
from parlance.contract.registry import Scope as KeyScope
from parlance.engine.limiter import FailedLogins
from parlance.model.command import Accepted, Command, Credential, React, SendMessage, TakeDelivery
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import to_text
from parlance.model.sender import Sender
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest, WireResponse
from parlance.web.asgi import PATIENCE, ClientLeft, address_of, read_body, respond, unless_left, wire_request
from parlance.web.metrics import Metrics
from parlance.web.paths import Params, Paths
from parlance.web.problems import problem
from parlance.web.scopes import only_reads

if TYPE_CHECKING:
    from parlance.engine.house import Engine

Headers: TypeAlias = list[tuple[bytes, bytes]]

REQUEST_ID = b"parlance-request-id"
MESSAGE_ID = b"parlance-message-id"
DROPPED = b"parlance-dropped"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_METHOD_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_CLOSE = (b"connection", b"close")
_MOST_PATHS = 4_096
_LONGEST = 300
_FAILED = frozenset({Fault.BAD_CREDENTIAL, Fault.UNKNOWN_SENDER})
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

    def __init__(
        self,
        engine: "Engine",
        metrics: Metrics | None = None,
        *,
        logins: FailedLogins | None = None,
        patience: float = PATIENCE,
        logs: bool = False,
    ) -> None:
        """`metrics` counts what passes; without it, a count of its own that nobody reads. So with `logins` that fail.

        `patience` is how long a body may take to arrive, in seconds. With `logs` each request is logged.
        """
        self._engine = engine
        self._metrics = metrics or Metrics(CollectorRegistry())
        self._logins = logins or FailedLogins(engine.clock, 0)
        self._patience = patience
        self._logs = logs
        self._static: dict[tuple[str, str], Found] = {}
        self._paths: Paths[Found] = Paths()
        # Programs call the same few addresses again and again.
        self._seek = lru_cache(_MOST_PATHS)(self._search)
        for name, dialect in engine.dialects.items():
            for endpoint in dialect.endpoints:
                found = Found(name, endpoint)
                self._paths.add(endpoint.method, endpoint.path, found, ignore_case=endpoint.ignore_case)
                if "{" not in endpoint.path:
                    self._static[endpoint.method, endpoint.path] = found

    def find(self, verb: str, path: str) -> Found | None:
        """Say who answers a (percent-decoded) path: an endpoint, or the dialect whose territory it is; None: nobody."""
        found = self._static.get((verb, path))
        if found is None:
            found = self._seek(verb, path) if len(path) <= _LONGEST else self._search(verb, path)
        return found

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
        bind_contextvars(request=request_id)
        headers: Headers = [(REQUEST_ID, request_id.encode())]
        cut_short: Refusal | None = None
        body = b""
        try:
            body = await read_body(receive, self._engine.dialects[found.dialect].max_body, self._patience)
        except ClientLeft:
            return
        except Refusal as refusal:
            cut_short = refusal
            headers.append(_CLOSE)
        request = wire_request(scope, body, found.params, self._engine.clock.now(), request_id)
        try:
            outcome = cut_short or await self._carry_out(found, request, headers, address_of(scope), receive)
        except ClientLeft:
            return
        seconds = loop.time() - began
        if isinstance(outcome, Refusal):
            self._metrics.refused(found.dialect, outcome.fault, seconds)
            answer = self._refuse(found, outcome, request)
        else:
            self._metrics.accepted(found.dialect, seconds, stored=len(headers) > 1)
            answer = outcome
        if self._logs:
            self._log_request(found, outcome, answer.status, seconds)
        await respond(send, answer, headers)

    def _log_request(self, found: Found, outcome: WireResponse | Refusal, status: int, seconds: float) -> None:
        """One line for a request: neither its address nor its headers nor its body, each of which may hold a secret."""
        _log.info(
            "request",
            dialect=found.dialect,
            call="" if isinstance(found.served, Fault) else f"{found.served.method} {found.served.path}",
            status=status,
            fault=outcome.fault.value if isinstance(outcome, Refusal) else "",
            ms=round(seconds * 1000, 1),
        )

    async def _carry_out(
        self, found: Found, request: WireRequest, headers: Headers, address: str, receive: Receive
    ) -> WireResponse | Refusal:
        """Do what a request asks for; what its answer shall carry besides is put into `headers`.

        Raises `ClientLeft` when the client of a call that waits has gone.
        """
        endpoint, intake = found.served, self._engine.intake
        if isinstance(endpoint, Fault):
            return Refusal(endpoint)
        try:
            credential = self._engine.dialects[found.dialect].credential(request)
            sender, scope = await self._let_in(found.dialect, credential, address)
            command = endpoint.read(request)
            _check_scope(scope, command)
            key = _key(command, request)
            handling = intake.handle(found.dialect, sender, command, rate=endpoint.rate, method=endpoint.path, key=key)
            if isinstance(command, TakeDelivery) and command.timeout:
                reply = await unless_left(receive, handling)
            else:
                reply = await handling
            if isinstance(reply, Accepted):
                headers.extend(_notes(reply))
            return endpoint.write(reply)
        except Refusal as refusal:
            return refusal
        except ClientLeft:
            raise
        except Exception:  # noqa: BLE001  whatever breaks is told in the dialect's words
            # Neither body nor path nor headers: each of them may hold a secret.
            _log.exception("request broke", request=request.request_id, dialect=found.dialect, endpoint=endpoint.path)
            return Refusal(Fault.UNAVAILABLE)

    async def _let_in(self, dialect: str, credential: Credential, address: str) -> tuple[Sender, KeyScope]:
        """Find whose credential it is; raises `Refusal`, also where too many logins have failed."""
        what = (dialect, credential.public or credential.number)
        named = what if what[1] else None
        try:
            sender, scope = await self._engine.intake.authenticate(dialect, credential)
        except Refusal as refusal:
            if refusal.fault in _FAILED:
                self._logins.failed(address, named)
            raise
        self._logins.passed(address, named, (dialect, sender.id))
        return sender, scope

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


def _check_scope(scope: KeyScope, command: Command) -> None:
    """Raises `Refusal(FORBIDDEN)` for a command that does something under a key that only reads."""
    if scope is not KeyScope.SEND and not only_reads(command):
        raise Refusal(Fault.FORBIDDEN)


def _key(command: Command, request: WireRequest) -> str:
    """The key in the header, for a message without one of its own; raises `Malformed` for one that cannot be used."""
    if not isinstance(command, SendMessage | React) or command.key:
        return ""
    key = request.headers.get("idempotency-key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise Malformed("Idempotency-Key", "idempotency_key", "The key is 1 to 255 visible ASCII characters.")
    return key


def _notes(reply: Accepted) -> Headers:
    notes: Headers = [(MESSAGE_ID, to_text(reply.message.id).encode())]
    if reply.dropped:
        notes.append((DROPPED, ",".join(reply.dropped).encode()))
    return notes

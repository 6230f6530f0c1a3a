"""Small stand-ins for the world: a clock to move by hand, a scripted network, a carrier and a dialect of no vendor."""

import asyncio
import heapq
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from parlance.contract.provider import (
    Ask,
    Capabilities,
    Commit,
    Endpoint,
    Heard,
    Issued,
    Limits,
    Policy,
    RetryPlan,
    Setting,
    Steps,
)
from parlance.contract.world import Answered, Exchanged
from parlance.formats.tags import read_tag, write_tag
from parlance.model import ids as model_ids
from parlance.model.address import Address, phone
from parlance.model.command import Accepted, Credential, Reply, SendMessage
from parlance.model.event import Event, EventKind
from parlance.model.fault import Failure, Fault, Malformed, Refusal
from parlance.model.ids import Id
from parlance.model.message import Contacts, Content, Message, Stage, Text
from parlance.model.outcome import Absent, Busy, Incoming, Refused, Sent, StateReport, StatusReport, Unsure
from parlance.model.sender import Account, Route, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse

NOON = 1_788_000_000_000
"""The moment at which tests begin: Unix milliseconds."""


class HandClock:
    """A clock that only moves when told to."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._waiting: list[tuple[int, int, asyncio.Event]] = []
        self._order = count()

    def now(self) -> int:
        return self._now

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        if wake.is_set() or (until is not None and until <= self._now):
            await asyncio.sleep(0)
            return
        if until is None:
            await wake.wait()
            return
        rung = asyncio.Event()
        heapq.heappush(self._waiting, (until, next(self._order), rung))
        waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(rung.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def advance(self, millis: int) -> None:
        """Move on and ring whatever falls due."""
        self._now += millis
        while self._waiting and self._waiting[0][0] <= self._now:
            heapq.heappop(self._waiting)[2].set()


class CountedIds:
    """Ids in order, made of the clock as the real ones are."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._last = 0

    def mint(self) -> Id:
        self._last = max(self._last + 1, model_ids.compose(self._clock.now(), 0, 0))
        return self._last


async def until(true: Callable[[], object] | Callable[[], Awaitable[object]], seconds: float = 5.0) -> Any:
    """Wait until something holds, and give it."""
    async with asyncio.timeout(seconds):
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.002)


Answer = Exchanged | Callable[[WireRequest], Exchanged | Awaitable[Exchanged]]


@dataclass
class ScriptedExchange:
    """Answers what it is told to, in turn, and remembers what it was asked. Afterwards it answers `otherwise`."""

    script: list[Answer] = field(default_factory=list)
    otherwise: Answer | None = None
    asked: list[WireRequest] = field(default_factory=list)

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:
        self.asked.append(request)
        answer = self.script.pop(0) if self.script else self.otherwise or taken
        found = answer(request) if callable(answer) else answer
        return await found if isinstance(found, Awaitable) else found


def answered(status: int, body: object = None, **headers: str) -> Answered:
    """An answer with a JSON body."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answered(WireResponse(status, json.dumps(body).encode(), names))


def taken(request: WireRequest) -> Exchanged:
    """The toy vendor takes whatever it is given, under an id made of ours."""
    return answered(200, {"id": f"toy-{json.loads(request.body or b'{}').get('id', '')}"})


_ABLE = Capabilities(
    text_limit=4096, cards=1, templates=True, quotes=True, receipts=frozenset({Stage.DELIVERED, Stage.READ})
)
_FREE = Limits()


@dataclass
class ToyCarrier:
    """A carrier as simple as one can be: one POST, one answer."""

    capabilities: Capabilities = _ABLE
    pace: Limits = _FREE
    settings: tuple[Setting, ...] = (
        Setting("key", "The vendor's key", secret=True),
        Setting("region", "Where", kind="choice", choices=("", "eu", "us")),
    )

    def limits(self, route: Route) -> Limits:
        return self.pace

    def send(self, message: Message, route: Route) -> Steps:
        body = {"id": write_tag(message), "to": message.peer.value, "text": _said(message.content), "by": route.carrier}
        if message.quote_external:
            body["quote"] = message.quote_external
        answer = yield Commit(WireRequest("POST", "https://toy.example/send", body=json.dumps(body).encode()))
        match answer.status:
            case 200:
                return Sent(json.loads(answer.body)["id"])
            case 429:
                after = answer.headers.get("retry-after")
                return Busy(int(after) * 1000 if after else None)
            case 400:
                return Refused(Failure(Fault.NOT_ON_WHATSAPP, "131026", "not there"))
            case 423:
                return Busy(None, "busy again", tries=3)
            case 409:
                return Refused(Failure(Fault.CARRIER_REFUSED, detail="cannot"))
            case 401:
                return Refused(Failure(Fault.CARRIER_CREDENTIAL, "190", "expired"))
        return Unsure(f"answered {answer.status}")

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:
        answer = yield Ask(WireRequest("GET", f"https://toy.example/messages/{model_ids.to_text(message.id)}"))
        return Sent(json.loads(answer.body)["id"]) if answer.status == 200 else Absent()

    def find(self, address: Address, route: Route) -> Steps:
        answer = yield Ask(WireRequest("GET", f"https://toy.example/people/{address.value}"))
        return Sent(address.value) if answer.status == 200 else Absent()

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        return callback.headers.get("x-toy") != "forged"

    def hear(self, callback: WireRequest, route: Route) -> Heard:
        try:
            said = json.loads(callback.body)
        except ValueError as fault:
            raise Refusal(Fault.MALFORMED) from fault
        number = said.get("number", "")
        if "text" in said:
            report: Any = Incoming(said["id"], phone(said["from"]), Text(said["text"]), said["at"], number=number)
        elif "state" in said:
            report = StateReport(said["state"], said["at"], said["held"])
        else:
            tag, part = read_tag(said.get("tag", "")) or (None, 0)
            stage = Stage(said["stage"])
            failure = Failure(Fault(said["fault"])) if "fault" in said else None
            report = StatusReport(said.get("id", ""), stage, said["at"], tag=tag, part=part, failure=failure)
        return Heard((report,), WireResponse(200, b"ok"))


def _said(content: Content) -> str:
    if isinstance(content, Contacts):
        return ", ".join(card.formatted for card in content.cards)
    return content.body if isinstance(content, Text) else ""


class ToyDialect:
    """A dialect as simple as one can be: `POST /toy/send` with the key in a header."""

    territory = re.compile(r"/toy/")
    max_body = 10_000

    def __init__(self, policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self.endpoints: tuple[Endpoint, ...] = (Endpoint("POST", "/toy/send", self.read_send, self.write_accepted),)

    def credential(self, request: WireRequest) -> Credential:
        return Credential(request.headers.get("key", ""), secret_first=True)

    def read_send(self, request: WireRequest) -> SendMessage:
        try:
            body = json.loads(request.body)
            return SendMessage(phone(body["to"]), Text(body["text"]))
        except (ValueError, KeyError, TypeError) as fault:
            raise Malformed("", "unreadable") from fault

    def write_accepted(self, reply: Reply) -> WireResponse:
        assert isinstance(reply, Accepted)
        return WireResponse(200, json.dumps({"id": model_ids.to_text(reply.message.id)}).encode())

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        return WireResponse(400, json.dumps({"fault": refusal.fault}).encode(), {"content-type": "application/json"})

    def announce(self, event: Event, to: Subscription) -> WireRequest | None:
        if event.kind is EventKind.UNSURE:
            return None
        said = {"kind": event.kind, "message": event.message_id, "failure": str(event.failure or "")}
        return WireRequest("POST", to.url, {"content-type": "application/json"}, json.dumps(said).encode())

    def plan(self, to: Subscription) -> RetryPlan:
        delays = (1_000, 10_000) if to.settings.get("retry", True) else ()
        return RetryPlan(delays, 5_000, frozenset({200}), in_order=bool(to.settings.get("in_order")))

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        return f"toy{model_ids.to_text(message_id)}"

    def read_id(self, text: str) -> Id | None:
        return model_ids.from_text(text.removeprefix("toy")) if text.startswith("toy") else None

    def issue(self, account: Account, sender: Sender, entropy: bytes, given: Mapping[str, str]) -> Issued:
        secret = given.get("key") or entropy[:16].hex()
        return Issued(sender.number, secret, {"key": secret})

    def change(self, document: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
        if "bad" in changes:
            raise Malformed("bad", "forbidden")
        return {**document, **changes}

    def policy(self, document: Mapping[str, Any]) -> Policy:
        url = document.get("url")
        if url is None:
            return self._policy
        return replace(self._policy, url=url, events=frozenset(EventKind))

    def example(self, shown: Mapping[str, Any], customer: str) -> tuple[WireRequest, ...]:
        return (WireRequest("POST", "/toy/send", {"key": shown["key"]}, b'{"to":"1","text":"hi"}'),)

"""A toy dialect and doors of an engine that remember what came through them."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
from starlette.types import ASGIApp, Message, Scope

from parlance.contract.moments import DeliveryFilter, Resolution
from parlance.contract.provider import Capabilities, Endpoint, Setting
from parlance.contract.registry import NewSubscription
from parlance.contract.registry import Scope as KeyScope
from parlance.contract.vendor import Finding
from parlance.engine.vendors import Synced
from parlance.model import ids as model_ids
from parlance.model.address import phone
from parlance.model.command import (
    Accepted,
    ChangeSettings,
    Command,
    Credential,
    ListTemplates,
    React,
    ReadSettings,
    Reply,
    SendMessage,
    Settings,
    Templates,
)
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Stage, Text
from parlance.model.sender import Route, Sender, Subscription
from parlance.model.wire import WireRequest, WireResponse
from web.memory import NOW, Store, make_message, make_sender

if TYPE_CHECKING:
    from parlance.engine.house import Engine

TOKEN = "the-admin-token"
BEARER = {"authorization": f"Bearer {TOKEN}"}


class FixedClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> int:
        return self.time

    async def wait(self, wake: asyncio.Event, until: int | None) -> None:
        """Time passes at once, but everybody else gets a turn first."""
        await asyncio.sleep(0)
        if until is not None and not wake.is_set():
            self.time = max(self.time, until)


class CountingIds:
    def __init__(self) -> None:
        self.last = 0x1000

    def mint(self) -> Id:
        self.last += 1
        return self.last


class ToyDialect:
    """Speaks JSON, `{"to", "text"}`, with its secret in the query, the body or the path."""

    territory = re.compile(r"/toy/")
    max_body = 1000

    def __init__(self) -> None:
        self.breaks_refusing = False
        self.endpoints: tuple[Endpoint, ...] = (
            Endpoint("POST", "/toy/send", self.read_send, write_reply, rate=5.0),
            Endpoint("GET", "/toy/templates", lambda _: ListTemplates(), write_reply),
            Endpoint("POST", "/toy/in{instance}/send/{token}", self.read_send, write_reply),
            Endpoint("POST", "/toy/react", lambda _: React(phone("1"), QUOTE, "x"), write_reply),
            Endpoint("POST", "/toy/Loose/Send", self.read_send, write_reply, ignore_case=True),
            Endpoint("POST", "/toy/v{n}.{m}/{id}/Loose", self.read_send, write_reply, ignore_case=True),
        )
        self.seen: list[WireRequest] = []

    def credential(self, request: WireRequest) -> Credential:
        return Credential(request.params.get("token") or request.query.get("key", ""))

    def read_send(self, request: WireRequest) -> SendMessage:
        self.seen.append(request)
        if request.body == b"explode":
            raise ZeroDivisionError("the body said: explode")
        body = json.loads(request.body or b"{}")
        return SendMessage(phone(body.get("to", "1")), Text(body.get("text", "")), key=body.get("key", ""))

    def refuse(self, refusal: Refusal, request: WireRequest) -> WireResponse:
        if self.breaks_refusing:
            raise ZeroDivisionError
        self.seen.append(request)
        words = {"no": refusal.fault.value, "field": refusal.field}
        return WireResponse(418, json.dumps(words).encode(), {"content-type": "application/toy"})

    def read_id(self, text: str) -> Id | None:
        return model_ids.from_text(text.removeprefix("toy/")) if text.startswith("toy/") else None

    def write_id(self, message_id: Id, *, incoming: bool) -> str:
        return f"toy/{model_ids.to_text(message_id)}"


QUOTE = cast("Any", SimpleNamespace(text="q", id=7))


def write_reply(reply: Reply) -> WireResponse:
    return WireResponse(200, type(reply).__name__.encode(), {"content-type": "text/plain"})


class ToyCarrier:
    capabilities = Capabilities()
    settings = (Setting("plain", ""), Setting("secret", "", secret=True), Setting("empty", "", secret=True))


@dataclass
class Intake:
    dialects: Mapping[str, ToyDialect]
    commands: list[tuple[str, Command, float | None]] = field(default_factory=list)
    refuses: Refusal | None = None
    dropped: tuple[str, ...] = ()
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    opens: str = "right"

    async def authenticate(self, dialect: str, credential: Credential) -> tuple[Sender, KeyScope]:
        if credential.secret != self.opens:
            raise Refusal(Fault.BAD_CREDENTIAL)
        return make_sender(1, "972770000111"), KeyScope.READ if self.opens == "reader" else KeyScope.SEND

    async def handle(
        self,
        dialect: str,
        sender: Sender,
        command: Command,
        *,
        rate: float | None = None,
        method: str = "",
        key: str = "",
    ) -> Reply:
        if isinstance(command, SendMessage | React):
            command = replace(command, key=command.key or key)
        self.commands.append((dialect, command, rate))
        if self.refuses is not None:
            raise self.refuses
        if isinstance(command, ListTemplates):
            return Templates(command, sender, ())
        if isinstance(command, ReadSettings | ChangeSettings):
            document = self.documents.setdefault(dialect, {"url": "http://x", "appSecret": "s3cret"})
            document.update(command.changes if isinstance(command, ChangeSettings) else {})
            return Settings(command, sender, document)
        assert isinstance(command, SendMessage | React)
        return Accepted(command, sender, make_message(0xABC), dropped=self.dropped)

    def read_id(self, text: str) -> Id | None:
        return model_ids.from_text(text) or self.dialects["toy"].read_id(text)

    def show_ids(self, message_id: Id, *, incoming: bool) -> dict[str, str]:
        return {name: each.write_id(message_id, incoming=incoming) for name, each in self.dialects.items()}


@dataclass
class Task:
    running: bool = True
    reloaded: list[Id | None] = field(default_factory=list)
    woken: list[Id] = field(default_factory=list)
    replayed: list[DeliveryFilter] = field(default_factory=list)

    def paced(self, now: int) -> list[int]:
        return [1_500, 500]

    async def reload(self, sender_id: Id | None = None) -> None:
        self.reloaded.append(sender_id)

    def wake(self, subscriptions: Sequence[Id] = ()) -> None:
        self.woken.extend(subscriptions)

    async def replay(self, picked: DeliveryFilter) -> int:
        self.replayed.append(picked)
        return 3


@dataclass
class Settle:
    store: "Store"
    calls: list[tuple[str, str, WireRequest]] = field(default_factory=list)
    breaks: bool = False
    refuses: Refusal | None = None

    async def callback(self, carrier: str, token: str, request: WireRequest) -> WireResponse:
        self.calls.append((carrier, token, request))
        if self.breaks:
            raise ZeroDivisionError(token)
        if self.refuses:
            raise self.refuses
        return WireResponse(200, b"EVENT_RECEIVED", {"content-type": "text/plain"})

    async def resolve(self, message_id: Id, resolution: Resolution) -> None:
        message = self.store.by_id[message_id]
        if message.stage is not Stage.UNSURE:
            raise Refusal(Fault.BAD_VALUE)
        self.store.by_id[message_id] = replace(message, stage=Stage(resolution.value))


@dataclass
class Setup:
    store: "Store"
    made: list[dict[str, Any]] = field(default_factory=list)
    refuses: Refusal | None = None
    rotated: list[tuple[Any, ...]] = field(default_factory=list)

    async def add_sender(self, number: str, **given: Any) -> Any:
        self.made.append({"number": number, **given})
        if self.refuses:
            raise self.refuses
        digits = re.sub(r"\D", "", number)
        sender = make_sender(len(self.store.all) + 1, digits, given["account"], name=given["name"])
        self.store.all[sender.id] = sender
        return SimpleNamespace(sender=sender, credentials={"toy": {"token": "right"}}, webhook_secret="whsec_made")

    async def rotate(self, sender: Sender, dialects: Any, grace: int, given: Any = None) -> Any:
        self.rotated.append((sender.id, dialects, grace, given))
        return {"toy": {"token": "new"}}

    async def add_read_keys(self, sender: Sender, dialects: Any, given: Any = None) -> Any:
        self.rotated.append((sender.id, dialects, "read", given))
        return {"toy": {"token": "reader"}}

    async def set_route(
        self, sender: Sender, carrier: str, settings: Any, *, strict: bool, number: str, backup: bool
    ) -> Route:
        if carrier != "toy":
            raise Refusal(Fault.BAD_VALUE, "carrier", "There is no such carrier.")
        sends_as = number or sender.number
        return Route(0x900, sender.id, carrier, sends_as, settings, strict=strict, callback_token="cb", backup=backup)

    async def checked(self, new: NewSubscription) -> NewSubscription:
        if not new.url.startswith("http"):
            raise Refusal(Fault.BAD_URL, "url")
        events = new.events or frozenset({"message.sent"})
        return replace(new, events=events, webhook_secret=new.webhook_secret or "whsec_sender")

    async def subscribe(self, new: NewSubscription) -> Subscription:
        return await self.store.add_subscription(await self.checked(new))


@dataclass
class Vendors:
    store: "Store"
    dispatch: "Task"
    able: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: Refusal | None = None

    def sets_callback(self, route: Route) -> bool:
        return self.able

    async def set_callback(self, route: Route, address: str) -> None:
        self.asked.append(("callback", address))
        if self.refuses:
            raise self.refuses

    async def change_route(self, route: Route, *, held: str | None, strict: bool | None) -> None:
        await self.store.change_route(route.id, held=held, strict=strict)
        await self.dispatch.reload(route.sender_id)

    async def check(self, route: Route, address: str) -> tuple[Finding, ...]:
        self.asked.append(("check", address))
        return (Finding("number"), Finding("credential", "expired", "Make a new one."))

    async def sync_templates(self, sender: Sender) -> Synced:
        if self.refuses:
            raise self.refuses
        return Synced(("a (en)",), (), 2, ("b (he)",))


class House:
    """The fakes together, and as the engine that the web takes them for."""

    def __init__(self) -> None:
        self.toy = ToyDialect()
        self.store = Store()
        self.clock = FixedClock()
        self.ids = CountingIds()
        self.intake = Intake({"toy": self.toy})
        self.dispatch = Task()
        self.announce = Task()
        self.settle = Settle(self.store)
        self.setup = Setup(self.store)
        self.vendors = Vendors(self.store, self.dispatch)
        self.dialects = {"toy": self.toy}
        self.carriers = {"toy": ToyCarrier()}

    @property
    def engine(self) -> "Engine":
        return cast("Engine", self)


def client(app: ASGIApp, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway", headers=headers)


@dataclass
class Raw:
    """Speaks ASGI itself: gives `chunks` and then leaves (`leaves`) or waits; keeps what was sent."""

    chunks: list[bytes]
    leaves: bool = False
    sent: list[Message] = field(default_factory=list)
    taken: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    spoken: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        if self.taken < len(self.chunks):
            self.taken += 1
            more = self.leaves or self.taken < len(self.chunks)
            return {"type": "http.request", "body": self.chunks[self.taken - 1], "more_body": more}
        if not self.leaves:
            await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        self.spoken.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(each["body"] for each in self.sent[1:])


def scope(method: str, path: str, headers: Mapping[bytes, bytes] | None = None) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"key=right",
        "root_path": "",
        "headers": list((headers or {}).items()),
        "server": ("gateway", 80),
        "client": ("127.0.0.1", 1),
    }

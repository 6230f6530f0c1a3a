"""`/sandbox/v1`: the simulated phones and the clock that can be moved. Who calls it has shown the admin token."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.contract.phones import Behaviour, Habit, Network, PhoneMessage
from parlance.engine.house import Engine
from parlance.formats.sandbox import NAME
from parlance.model.address import phone
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import Content, Direction, Reaction, Template
from parlance.model.sender import Route as SenderRoute
from parlance.model.sender import Sender
from parlance.web import phone_shapes
from parlance.web.asgi import ClientLeft, unless_left
from parlance.web.bubbles import Written, WrittenReaction, read_written, show_bubble
from parlance.web.forms import answer
from parlance.web.openapi_calls import Call, documented
from parlance.web.problems import BadBody, problem, read_body, read_query

PHONE = "/sandbox/v1/phones/{number}"
CLOCK = "/sandbox/v1/clock"
FARTHEST = 315_360_000_000
"""How far a clock may be moved either way: ten years, in milliseconds."""

_NUMBER = re.compile(r"[0-9]{5,20}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScreenQuery(BaseModel):
    """Which messages of a phone: of one sender, behind one message. All of them are there from the first one on."""

    sender: str = ""
    after: str = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class WaitQuery(BaseModel):
    """Which message is waited for, and for how many seconds."""

    sender: str = ""
    after: str = ""
    contains: str = ""
    type: str = ""
    timeout: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 5


class ChatOpened(_Strict):
    """The message at which the customer opens the chat."""

    message: str


class Habits(_Strict):
    """What may be changed of a phone; `delay_ms` passes before each status, by the sender's clock."""

    delivers: Habit | None = None
    reads: Habit | None = None
    delay_ms: Annotated[int | None, Field(ge=0, le=86_400_000)] = None


class ClockQuery(BaseModel):
    """Whose clock: one sender's, or everybody's."""

    sender: str = ""


class Advance(_Strict):
    """How far a clock is moved, and whose: one sender's, or everybody's."""

    advance_seconds: Annotated[float, Field(ge=-FARTHEST // 1000, le=FARTHEST // 1000, allow_inf_nan=False)]
    sender: Annotated[str | None, Field(coerce_numbers_to_str=True)] = None


class _Sandbox:
    """The calls, over the engine's doors and the network."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self._engine = engine
        self._network = network

    # ---- phones

    @documented(Call(body=Written, gives={201: phone_shapes.Bubble}, refuses=(404, 409)))
    async def write(self, request: Request) -> Response:
        """The customer writes to a sender."""
        number = _number(request)
        written = await read_body(request, Written)
        content = self._content(read_written(written))
        sender = await self._sender(written.to, "to")
        quote = None if written.quote is None else self._engine.intake.read_id(written.quote)
        if written.quote is not None and quote is None:
            raise Refusal(Fault.UNKNOWN_QUOTE, "quote")
        route = _sandbox_route(sender)
        name = written.name or await self._name(sender, number)
        bubble = await self._network.write(number, sender, route, content, quote, name)
        return answer(await self._show(bubble, number), 201)

    @documented(Call(query=ScreenQuery, gives={200: list[phone_shapes.Bubble]}, refuses=(404, 409)))
    async def screen(self, request: Request) -> Response:
        """What the phone shows."""
        number, query = _number(request), read_query(request, ScreenQuery)
        sender = await self._sender(query.sender, "sender") if query.sender else None
        after = self._after(query.after)
        bubbles = await self._network.screen(number, sender.id if sender else None, after, query.limit)
        return answer([await self._show(each, number) for each in bubbles])

    @documented(Call(query=WaitQuery, gives={200: phone_shapes.Bubble}, refuses=(404, 408, 409)))
    async def wait(self, request: Request) -> Response:
        """The first message that matches, or 408."""
        number, query = _number(request), read_query(request, WaitQuery)
        wanted: dict[str, Any] = {"contains": query.contains, "type": query.type}
        if query.sender:
            wanted["sender_id"] = (await self._sender(query.sender, "sender")).id
        waiting = self._network.wait(number, self._after(query.after), wanted, round(query.timeout * 1000))
        try:
            found = await unless_left(request.receive, waiting)
        except ClientLeft:
            found = None
        if found is None:
            return problem(408, "Request Timeout", "No message that matches came to the phone in time.")
        return answer(await self._show(found, number))

    @documented(Call(body=ChatOpened, gives={200: list[phone_shapes.Bubble]}, refuses=(404,)))
    async def read(self, request: Request) -> Response:
        """The customer opens the chat; answers with the messages read by it."""
        number = _number(request)
        opened = await read_body(request, ChatOpened)
        message_id = self._engine.intake.read_id(opened.message)
        if message_id is None:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        bubbles = await self._network.open_chat(number, message_id)
        return answer([await self._show(each, number) for each in bubbles])

    @documented(Call(body=Habits, gives={200: phone_shapes.Behaviour}))
    async def change(self, request: Request) -> Response:
        """Set how the phone behaves; what is not named stays."""
        number = _number(request)
        habits = await read_body(request, Habits)
        if habits.delivers is Habit.MANUAL:
            raise BadBody([{"path": "delivers", "kind": "enum"}])
        old = await self._network.behaviour(number)
        new = Behaviour(
            number,
            habits.delivers or old.delivers,
            habits.reads or old.reads,
            old.delay_ms if habits.delay_ms is None else habits.delay_ms,
        )
        await self._network.set_behaviour(new)
        return answer(_show_behaviour(new, number))

    @documented(Call(gives={200: phone_shapes.Behaviour}, refuses=(422,)))
    async def behaviour(self, request: Request) -> Response:
        """How the phone behaves."""
        number = _number(request)
        return answer(_show_behaviour(await self._network.behaviour(number), number))

    # ---- the clock

    @documented(Call(body=Advance, gives={200: phone_shapes.Clock}, refuses=(404, 409)))
    async def move_clock(self, request: Request) -> Response:
        """Move time for one sandbox sender, or all."""
        body = await read_body(request, Advance)
        sender = await self._clock_of(body.sender or "")
        advance = round(body.advance_seconds * 1000)
        if abs(await self._offset(sender) + advance) > FARTHEST:
            raise BadBody([{"path": "advance_seconds", "kind": "out_of_range"}])
        await self._engine.settle.move_clock(sender.id if sender else None, advance)
        return await self._tell_time(sender)

    @documented(Call(query=ClockQuery, gives={200: phone_shapes.Clock}, refuses=(404, 409)))
    async def show_clock(self, request: Request) -> Response:
        """What time it is for one sandbox sender, or for those whose own clock was not moved."""
        return await self._tell_time(await self._clock_of(read_query(request, ClockQuery).sender))

    @documented(Call(query=ClockQuery, gives={200: phone_shapes.Clock}, refuses=(404, 409)))
    async def reset_clock(self, request: Request) -> Response:
        """Set the clock of one sandbox sender, or all, back."""
        sender = await self._clock_of(read_query(request, ClockQuery).sender)
        await self._engine.settle.reset_clock(sender.id if sender else None)
        return await self._tell_time(sender)

    async def _clock_of(self, text: str) -> Sender | None:
        if not text:
            return None
        sender = await self._sender(text, "sender")
        _sandbox_route(sender)
        return sender

    async def _offset(self, sender: Sender | None) -> int:
        if sender is None:
            return (await self._engine.store.clock_offsets()).get(0, 0)
        fresh = await self._engine.store.sender(sender.id)
        return (fresh or sender).clock_offset

    async def _tell_time(self, sender: Sender | None) -> Response:
        offset = await self._offset(sender)
        now = self._engine.clock.now() + offset
        shown = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds")
        seconds = offset // 1000 if offset % 1000 == 0 else offset / 1000
        told: phone_shapes.Clock = {
            "now": shown.replace("+00:00", "Z"),
            "timestamp": now // 1000,
            "offset_seconds": seconds,
        }
        return answer(told)

    # ---- what they share

    async def _name(self, sender: Sender, number: str) -> str:
        """The profile name under which the customer wrote before; empty when they never did."""
        known = await self._engine.store.customer(sender.account_id, phone(number))
        return known.name if known else ""

    def _content(self, read: Content | WrittenReaction) -> Content:
        if not isinstance(read, WrittenReaction):
            return read
        target = self._engine.intake.read_id(read.message)
        if target is None:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        return Reaction(target, read.emoji, to_text(target))

    async def _sender(self, text: str, field: str) -> Sender:
        """Find a sender by its id, or by a number that only one account has."""
        sender_id = from_text(text)
        if sender_id is not None and (named := await self._engine.store.sender(sender_id)) is not None:
            return named
        found: Sequence[Sender] = await self._engine.store.senders_of(text.strip().removeprefix("+"))
        if not found:
            raise Refusal(Fault.UNKNOWN_SENDER, field)
        if len(found) > 1:
            raise HTTPException(409, f"{field}: several accounts have this number; name the sender by its id.")
        return found[0]

    def _after(self, text: str) -> Id:
        if not text:
            return 0
        found = self._engine.intake.read_id(text)
        if found is None:
            raise BadBody([{"path": "after", "kind": "id_type"}])
        return found

    async def _show(self, bubble: PhoneMessage, number: str) -> phone_shapes.Bubble:
        ids = self._engine.intake.show_ids(bubble.id, incoming=bubble.direction is Direction.IN)
        if not isinstance(bubble.content, Template):
            return show_bubble(bubble, number, ids, ())
        sender = await self._engine.store.sender(bubble.sender_id)
        account = sender.account_id if sender else None
        templates = await self._engine.store.templates(account, bubble.content.name) if account else ()
        return show_bubble(bubble, number, ids, templates)


def _number(request: Request) -> str:
    number = str(request.path_params["number"]).removeprefix("+")
    if not _NUMBER.fullmatch(number):
        raise BadBody([{"path": "number", "kind": "digits"}])
    return number


def _sandbox_route(sender: Sender) -> SenderRoute:
    """The sender's way into the simulated network."""
    found = sorted((each for each in sender.routes if each.carrier == NAME), key=lambda each: not each.active)
    if not found:
        raise HTTPException(409, f"The sender {sender.number} has no {NAME} route.")
    return found[0]


def _show_behaviour(behaviour: Behaviour, number: str) -> phone_shapes.Behaviour:
    return {
        "number": number,
        "delivers": behaviour.delivers.value,
        "reads": behaviour.reads.value,
        "delay_ms": behaviour.delay_ms,
    }


def routes(engine: Engine, network: Network) -> list[Route]:
    """Every call of the sandbox API. The application around them installs `web.problems.HANDLERS`."""
    sandbox = _Sandbox(engine, network)
    calls: tuple[tuple[str, str, Callable[[Request], Awaitable[Response]]], ...] = (
        ("POST", f"{PHONE}/messages", sandbox.write),
        ("GET", f"{PHONE}/messages", sandbox.screen),
        ("GET", f"{PHONE}/wait", sandbox.wait),
        ("POST", f"{PHONE}/read", sandbox.read),
        ("PUT", PHONE, sandbox.change),
        ("GET", PHONE, sandbox.behaviour),
        ("POST", CLOCK, sandbox.move_clock),
        ("GET", CLOCK, sandbox.show_clock),
        ("DELETE", CLOCK, sandbox.reset_clock),
    )
    return [Route(path, call, methods=[method]) for method, path, call in calls]

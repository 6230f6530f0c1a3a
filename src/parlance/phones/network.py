"""The network: takes messages, keeps what phones show, reports how they fared, and carries what customers write."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from parlance.contract.phones import Behaviour, Habit, PhoneBook, PhoneCallback, PhoneMessage
from parlance.contract.registry import Registry
from parlance.contract.world import Answered, Clock, Exchanged, Ids, NeverLeft, NoAnswer
from parlance.formats.sandbox import (
    JSON_HEADERS,
    MESSAGES,
    PHONES,
    RECEIPTS,
    Posted,
    PostedReceipt,
    read_posted,
    read_receipt,
    write_reports,
)
from parlance.model.address import fold, phone
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.ids import Id, from_text, to_text
from parlance.model.message import Content, Direction, Reaction, Stage, Template
from parlance.model.outcome import Incoming, StatusReport
from parlance.model.sender import Route, Sender, TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.phones.post import POLL, Door, Post
from parlance.phones.temper import (
    NOT_ON_WHATSAPP,
    TURNED_AWAY,
    Temper,
    delivers,
    stage_at_once,
    statuses,
    temper_of,
)
from parlance.phones.waiting import Seat, WaitingRoom, matches

PAGE = 200
_SOON: Mapping[str, str] = {"retry-after": "1"}
_MOST_REMEMBERED = 10_000
"""Messages that a busy number has turned away, at most; the oldest are forgotten."""


class Phones:
    """Every simulated phone: `contract.phones.Network` to the API, `contract.world.Exchange` to the dispatcher.

    A number is one phone in whichever of its forms it is written (`model.address.fold`).
    """

    def __init__(self, book: PhoneBook, registry: Registry, clock: Clock, ids: Ids, door: Door) -> None:
        """`door` takes callbacks as `engine.settle` does; it may be set later through the attribute `door`."""
        self._book = book
        self._registry = registry
        self._clock = clock
        self._ids = ids
        self._post = Post(book, registry, clock, door)
        self._room = WaitingRoom()
        self._turned_away: OrderedDict[Id, int] = OrderedDict()

    @property
    def door(self) -> Door:
        """Where callbacks go."""
        return self._post.door

    @door.setter
    def door(self, door: Door) -> None:
        self._post.door = door

    async def run(self) -> None:
        """Post owed callbacks as they fall due, until cancelled."""
        await self._post.run()

    async def clock_moved(self) -> None:
        """Due times have shifted: look again."""
        self._post.wake()

    # ---- the exchange

    async def perform(self, request: WireRequest, limit: int) -> Exchanged:  # noqa: ARG002  phones answer at once
        """Answer a carrier's request to a `sandbox:` address; what cannot be read is answered, never raised."""
        try:
            match request.method, request.path:
                case "POST", str(path) if path == MESSAGES:
                    return await self._take(read_posted(request.body))
                case "POST", str(path) if path == RECEIPTS:
                    return await self._read_up_to(read_receipt(request.body))
                case "GET", str(path) if path.startswith(f"{MESSAGES}/"):
                    return await self._find(path.removeprefix(f"{MESSAGES}/"))
                case "GET", str(path) if path.startswith(f"{PHONES}/"):
                    return _phone(path.removeprefix(f"{PHONES}/"))
        except Malformed as fault:
            return _refused(400, "malformed", f"{fault.field}: {fault.kind}")
        except Refusal as fault:
            # What could not be written down was not taken, so it may be sent again: busy, and not unsure.
            return _refused(429, "unavailable", str(fault), _SOON)
        return _refused(404, "unknown_address", "The network has no such address.")

    async def _take(self, posted: Posted) -> Exchanged:
        number = fold(posted.to)
        temper = temper_of(number)
        if temper is Temper.REFUSING:
            return NeverLeft("connection refused")
        if temper is Temper.BUSY and await self._turn_away(posted.id):
            return _refused(429, "busy", "The number is busy.", _SOON)
        sender = await self._registry.sender(posted.sender_id)
        if sender is None:
            return _refused(404, "unknown_sender", "The network has no such sender.")
        planned = statuses(posted.content, await self._book.behaviour(number))
        bubble = PhoneMessage(
            id=posted.id,
            number=number,
            sender_id=posted.sender_id,
            sender=posted.sender,
            direction=Direction.OUT,
            content=posted.content,
            at=posted.at,
            stage=stage_at_once(planned),
            quote=posted.quote,
            token=posted.token,
        )
        if await self._book.take(bubble, [self._owe(bubble, sender, stage, after) for stage, after in planned]):
            self._post.wake()
            if self._room.expects(number):
                self._room.arrived(bubble, await self._templates(bubble))
        if temper is Temper.SILENT:
            return NoAnswer("the line dropped")
        return _taken(posted.id)

    async def _turn_away(self, message_id: Id) -> bool:
        """Whether a busy number turns a message away this time; never one it has taken."""
        times = self._turned_away.pop(message_id, 0)
        if times >= TURNED_AWAY or await self._book.bubble(message_id) is not None:
            return False
        self._turned_away[message_id] = times + 1
        if len(self._turned_away) > _MOST_REMEMBERED:
            self._turned_away.popitem(last=False)
        return True

    def _owe(self, bubble: PhoneMessage, sender: Sender, stage: Stage, after: int) -> PhoneCallback:
        due_at = self._clock.now() + after
        # A moved clock shifts due times by as much as the sender's time, so that this `at` stays true.
        report = StatusReport(
            external_id=to_text(bubble.id),
            stage=stage,
            at=due_at + sender.clock_offset,
            tag=bubble.id,
            failure=NOT_ON_WHATSAPP if stage is Stage.FAILED else None,
        )
        return PhoneCallback(self._ids.mint(), bubble.sender_id, bubble.token, due_at, write_reports([report]))

    async def _read_up_to(self, receipt: PostedReceipt) -> Exchanged:
        number = fold(receipt.to)
        target = await self._book.bubble(receipt.message)
        if target is None or (target.number, target.sender_id) != (number, receipt.sender_id):
            return _refused(404, "unknown_message", "The phone has no such message.")
        unread = await self._unread(target, Direction.IN)
        if unread:
            await self._book.reach([each.id for each in unread], Stage.READ, ())
        return _taken(receipt.id)

    async def _find(self, text: str) -> Exchanged:
        message_id = from_text(text)
        bubble = await self._book.bubble(message_id) if message_id is not None else None
        if bubble is None:
            return _refused(404, "unknown_message", "The network never took it.")
        if temper_of(bubble.number) is Temper.SILENT:
            return NoAnswer("the line dropped")
        return _taken(bubble.id)

    # ---- the customer's side

    async def write(
        self, number: str, sender: Sender, route: Route, content: Content, quote: Id | None, name: str
    ) -> PhoneMessage:
        """The customer writes to the sender; returns when the gateway has stored it.

        `name` is the profile's, empty: one made of the number. Raises `Refusal(UNKNOWN_QUOTE)` or
        `Refusal(UNKNOWN_MESSAGE)` when this chat has not the message quoted or reacted to, and `Refusal(UNAVAILABLE)`
        when the gateway did not take it; the phone then shows it as not sent.
        """
        key = fold(number)
        if quote is not None and not await self._has(key, sender, quote):
            raise Refusal(Fault.UNKNOWN_QUOTE, "quote")
        if isinstance(content, Reaction) and not await self._has(key, sender, content.target):
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        bubble = PhoneMessage(
            id=self._ids.mint(),
            number=key,
            sender_id=sender.id,
            sender=sender.number,
            direction=Direction.IN,
            content=content,
            at=self._clock.now() + sender.clock_offset,
            stage=Stage.ACCEPTED,
            quote=quote,
            token=route.callback_token,
            name=name or f"Phone {number}",
        )
        await self._book.take(bubble, ())
        report = Incoming(
            external_id=to_text(bubble.id),
            peer=phone(number),
            content=content,
            at=bubble.at,
            name=bubble.name,
            number=route.number,
            quote_external="" if quote is None else to_text(quote),
            tag=bubble.id,
        )
        if not await self._post.deliver(route.callback_token, write_reports([report])):
            raise Refusal(Fault.UNAVAILABLE, detail="The gateway did not take what the customer wrote.")
        await self._book.reach([bubble.id], Stage.DELIVERED, ())
        return replace(bubble, stage=Stage.DELIVERED)

    async def open_chat(self, number: str, message_id: Id) -> Sequence[PhoneMessage]:
        """The customer opens the chat at this message; gives the messages that they have read by it.

        A phone that never reads tells nobody. Raises `Refusal(UNKNOWN_MESSAGE)` when the phone has no such message.
        """
        key = fold(number)
        target = await self._book.bubble(message_id)
        if target is None or target.number != key:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        behaviour = await self._book.behaviour(key)
        sender = await self._registry.sender(target.sender_id)
        if behaviour.reads is Habit.NEVER or sender is None:
            return ()
        seen = {Stage.SENT, Stage.DELIVERED} if delivers(behaviour) else {Stage.DELIVERED}
        unread = [each for each in await self._unread(target, Direction.OUT) if each.stage in seen]
        if unread:
            owed = [self._owe(each, sender, Stage.READ, behaviour.delay_ms) for each in unread]
            await self._book.reach([each.id for each in unread], Stage.READ, owed)
            self._post.wake()
        return [replace(each, stage=Stage.READ) for each in unread]

    async def set_behaviour(self, behaviour: Behaviour) -> None:
        """Set how a phone behaves."""
        await self._book.set_behaviour(replace(behaviour, number=fold(behaviour.number)))

    async def behaviour(self, number: str) -> Behaviour:
        """How a phone behaves."""
        return await self._book.behaviour(fold(number))

    async def screen(self, number: str, sender_id: Id | None, after: Id, limit: int) -> Sequence[PhoneMessage]:
        """What the phone shows, oldest first."""
        return await self._book.screen(fold(number), sender_id, after, limit)

    async def wait(self, number: str, after: Id, wanted: Mapping[str, Any], timeout: int) -> PhoneMessage | None:
        """The first message to the phone that matches, now or within `timeout` milliseconds; None when none came.

        Only ids above `after` count, and nothing the customer wrote. `wanted` names `contains`, `type`, `sender_id`. A
        message taken in this process is seen at once, one taken in another when the screen is next looked at.
        """
        until = self._clock.now() + timeout
        with self._room.seat(fold(number), after, wanted) as seat:
            while True:
                found = await self._look(seat) or seat.found
                if found is not None or (now := self._clock.now()) >= until:
                    return found
                await self._clock.wait(seat.wake, min(until, now + POLL))

    # ---- what both need

    async def _look(self, seat: Seat) -> PhoneMessage | None:
        """Go on through a screen from where the seat left off, to the first bubble that matches."""
        while page := await self._book.screen(seat.number, seat.wanted.get("sender_id"), seat.cursor, PAGE):
            for bubble in page:
                seat.cursor = bubble.id
                if matches(bubble, seat.wanted, await self._templates(bubble)):
                    return bubble
            if len(page) < PAGE:
                break
        return None

    async def _unread(self, target: PhoneMessage, direction: Direction) -> list[PhoneMessage]:
        """The messages of one direction in the target's chat, up to it, that came through and are not read."""
        found: list[PhoneMessage] = []
        after = 0
        while page := await self._book.screen(target.number, target.sender_id, after, PAGE):
            found += [each for each in page if each.id <= target.id and each.direction is direction]
            after = page[-1].id
            if after >= target.id or len(page) < PAGE:
                break
        return [each for each in found if each.stage in {Stage.SENT, Stage.DELIVERED}]

    async def _has(self, number: str, sender: Sender, message_id: Id) -> bool:
        bubble = await self._book.bubble(message_id)
        return bubble is not None and (bubble.number, bubble.sender_id) == (number, sender.id)

    async def _templates(self, bubble: PhoneMessage) -> Sequence[TemplateRecord]:
        if not isinstance(bubble.content, Template):
            return ()
        sender = await self._registry.sender(bubble.sender_id)
        return await self._registry.templates(sender.account_id, bubble.content.name) if sender else ()


def _taken(message_id: Id) -> Answered:
    body = json.dumps({"id": to_text(message_id)}).encode()
    return Answered(WireResponse(200, body, JSON_HEADERS))


def _phone(number: str) -> Exchanged:
    """Every number is somebody's, but for the one that is not on WhatsApp and those that do not answer."""
    match temper_of(fold(number)):
        case Temper.REFUSING:
            return NeverLeft("connection refused")
        case Temper.SILENT:
            return NoAnswer("the line dropped")
        case Temper.NOT_ON_WHATSAPP:
            return _refused(404, "131026", NOT_ON_WHATSAPP.detail)
    return Answered(WireResponse(200, json.dumps({"id": number}).encode(), JSON_HEADERS))


def _refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answered:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Answered(WireResponse(status, body, {**JSON_HEADERS, **(headers or {})}))

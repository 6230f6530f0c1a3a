"""One sender of ours between its client and its vendor, and what tests do at both ends."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from conformance.manners import Side
from conformance.town import FastClock, Gateway, Onward, Tap, Wires, door_of, network_of, until
from parlance.contract.phones import PhoneMessage
from parlance.contract.provider import Capabilities, Carrier, Commit, Steps
from parlance.contract.views import MessageFilter
from parlance.contract.world import Answered, Exchanged
from parlance.model.address import phone
from parlance.model.fault import Refusal
from parlance.model.ids import Id
from parlance.model.message import Content, Direction, Message, Stage, Text
from parlance.model.outcome import Busy, Incoming, Outcome, Refused, Report, Sent, StatusReport
from parlance.model.sender import Route, Sender
from parlance.model.wire import WireRequest, WireResponse


@dataclass(frozen=True)
class Written:
    """What a customer wrote: on their phone, and as the client was told of it."""

    bubble: PhoneMessage
    told: Incoming

    @property
    def name(self) -> str:
        """The id under which the client knows of it."""
        return self.told.external_id


@dataclass
class Line:
    """One sender of ours: its clients speak `dialect`, its messages leave by `carrier`.

    `far` is the gateway whose phones the customers have, `far_sender` the sender there.
    """

    wires: Wires
    clock: FastClock
    ours: Gateway
    far: Gateway
    dialect: Side
    carrier: Side
    sender: Sender
    far_sender: Sender
    client: Route
    away: int = 0
    """So many of the next announcements the client does not take."""
    answers: list[WireResponse] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @property
    def able(self) -> Capabilities:
        """What the carrier can say."""
        return self.carrier.able

    @property
    def speaks(self) -> Capabilities:
        """What the client's API can say."""
        return self.dialect.able

    @property
    def says(self) -> Carrier:
        """The client: it makes the very requests that its vendor's programs make."""
        return self.dialect.carrier

    @property
    def route(self) -> Route:
        """The way out."""
        return self.sender.route

    # ---- the client

    def told(self, request: WireRequest) -> Exchanged:
        """The client's program is told something."""
        if self.away:
            self.away -= 1
            return Answered(WireResponse(500))
        request = replace(request, received_at=self.clock.now())
        assert self.says.authentic(request, self.client), "what a client is told is signed as its vendor signs"
        heard = self.says.hear(request, self.client)
        self.reports += heard.reports
        return Answered(heard.answer)

    def message(self, content: Content, to: str, *, quote: str = "") -> Message:
        """A message as the client's program has it, under an id of its own."""
        return Message(
            secrets.randbits(62), Direction.OUT, 1, 1, self.sender.number, phone(to), content, "", 0,
            quote=1 if quote else None, quote_external=quote,
        )  # fmt: skip

    async def send(self, content: Content, to: str, *, quote: str = "") -> Outcome:
        """The client sends; gives what its API tells it."""
        return await self.put(self.message(content, to, quote=quote))

    async def put(self, message: Message, *, key: str = "", client: Route | None = None) -> Outcome:
        """Likewise a message that the client has, under an idempotency key or with other credentials."""
        return await self._drive(self.says.send(message, client or self.client), key)

    async def _drive(self, steps: Steps, key: str) -> Outcome:
        try:
            step = next(steps)
            while True:
                request = step.request
                if key and isinstance(step, Commit):
                    request = replace(request, headers={**request.headers, "idempotency-key": key})
                answer = await self.wires.perform(request, 30_000)
                assert isinstance(answer, Answered)
                self.answers.append(answer.response)
                step = steps.send(answer.response)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome

    async def sent(self, content: Content, to: str, *, quote: str = "") -> str:
        """Send what must be taken; gives the id the client is shown."""
        outcome = await self.send(content, to, quote=quote)
        assert isinstance(outcome, Sent), outcome
        return outcome.external_id

    def refusal(self) -> Refusal:
        """What our gateway refused the client last."""
        return next(refusal for sender, refusal in reversed(self.ours.refusals) if sender.id == self.sender.id)

    def statuses(self, external_id: str) -> list[Stage | None]:
        """What the client was told of a message, in order."""
        return [each.stage for each in self.news(external_id)]

    def news(self, external_id: str) -> list[StatusReport]:
        return [each for each in self.reports if isinstance(each, StatusReport) and each.external_id == external_id]

    async def hears(self, external_id: str, stage: Stage) -> StatusReport:
        """Wait until the client is told that a message has come to a stage."""

        def there() -> StatusReport | None:
            return next((each for each in self.news(external_id) if each.stage is stage), None)

        found: StatusReport = await until(there, lambda: f"{external_id} {stage}: {self.reports}")
        return found

    async def incoming(self, peer: str, count: int = 1) -> Incoming:
        """What a customer is said to have written, as the so-many-th."""

        def there() -> Incoming | None:
            said = [each for each in self.reports if isinstance(each, Incoming) and _is_from(each, peer)]
            return said[count - 1] if len(said) >= count else None

        found: Incoming = await until(there, lambda: f"{peer} wrote: {self.reports}")
        return found

    # ---- our gateway

    def id_of(self, external_id: str) -> Id:
        """Our own id of a message that the client was shown."""
        dialect = self.ours.engine.dialects[self.dialect.name]
        found = dialect.read_id(external_id)
        assert found is not None
        return found

    async def kept(self, external_id: str) -> Message:
        found = await self.ours.store.message(self.id_of(external_id))
        assert found is not None
        return found

    async def reaches(self, external_id: str, stage: Stage) -> None:
        """Wait until a message has come to a stage."""

        async def there() -> bool:
            return (await self.kept(external_id)).stage is stage

        await until(there, lambda: f"{external_id} {stage}")

    async def stored(self, direction: Direction | None = None) -> Sequence[Message]:
        """All messages of the sender, or those of one direction."""
        picked = MessageFilter(self.sender.id, direction=direction or "", limit=1_000)
        return await self.ours.store.messages(picked)

    async def outcomes(self, external_id: str) -> list[str]:
        """How the attempts at a message ended."""
        history = await self.ours.store.history(self.id_of(external_id))
        return [str(each.detail["outcome"]) for each in history if each.what == "attempt"]

    async def quiet(self) -> None:
        """Wait until nothing is on its way: no message queued, no callback owed, nothing due to be told."""
        # Things go from end to end: looked at in turn, both are still only when the first one is so again.
        ours, far = (self.ours, self.sender.id), (self.far, self.far_sender.id)

        async def still() -> bool:
            return all([not await _is_moving(*end) for end in (ours, far, ours)])

        await until(still, "all is quiet")

    # ---- the wires

    def vendor(self, tap: Tap) -> AbstractContextManager[None]:
        """Let a tap stand where this line's requests go to the vendor."""
        at = network_of(self.ours.host) if self.far is self.ours else self.far.host
        marks = [mark.encode() for mark in (self.sender.number, *self.route.settings.values()) if len(mark) > 7]
        return self.wires.tapped(at, _only(tap, lambda each: any(m in each.url.encode() + each.body for m in marks)))

    def callbacks(self, tap: Tap) -> AbstractContextManager[None]:
        """Let a tap stand where the vendor's callbacks for this line come in."""
        at = door_of(self.ours.host) if self.far is self.ours else self.ours.host
        return self.wires.tapped(at, _only(tap, lambda each: self.route.callback_token in each.url))

    async def call_back(self, request: WireRequest) -> WireResponse:
        """Call our gateway as the vendor does."""
        token = request.url.rpartition("/")[2].partition("?")[0]
        request = replace(request, received_at=self.clock.now())
        return await self.ours.engine.settle.callback(self.carrier.name, token, request)

    # ---- the customer

    async def write(
        self, number: str, content: Content, *, quote: Id | None = None, name: str = "Dana"
    ) -> PhoneMessage:
        """The customer writes to the number."""
        route = self.far_sender.route
        return await self.far.phones.write(number, self.far_sender, route, content, quote, name)

    async def wrote(self, number: str, content: Content, *, quote: Id | None = None) -> Written:
        """Likewise; returns when the client was told."""
        said = [each for each in self.reports if isinstance(each, Incoming) and _is_from(each, number)]
        bubble = await self.write(number, content, quote=quote)
        return Written(bubble, await self.incoming(number, len(said) + 1))

    async def opened(self, number: str) -> Written:
        """The customer writes first, and so opens the window."""
        return await self.wrote(number, Text("hello"))

    async def came(self, number: str) -> Sequence[PhoneMessage]:
        """What came to the customer's phone so far."""
        shown = await self.far.phones.screen(number, self.far_sender.id, 0, 500)
        return [each for each in shown if each.direction is Direction.OUT]

    async def screen(self, number: str, count: int = 1) -> Sequence[PhoneMessage]:
        """What came to the customer's phone, once so much is there; no more than that."""

        async def there() -> Sequence[PhoneMessage]:
            came = await self.came(number)
            return came if len(came) >= count else []

        found: Sequence[PhoneMessage] = await until(there, f"{count} on {number}")
        assert len(found) == count
        return found

    async def window(self, number: str) -> int | None:
        """When our gateway believes that the customer last wrote."""
        customer = await self.ours.store.customer(self.sender.account_id, phone(number))
        if customer is None:
            return None
        return await self.ours.store.last_written(self.sender.id, self.route.number, customer.id)


def _is_from(report: Incoming, peer: str) -> bool:
    aliases = {each.alias for each in (report.peer, *report.aliases)}
    return phone(peer).alias in aliases


async def _is_moving(at: Gateway, sender_id: Id) -> bool:
    """Whether a gateway has anything of a sender's on its way."""
    if any(depth.ready for depth in await at.store.depths() if depth.sender_id == sender_id):
        return True
    if any(each.sender_id == sender_id for each in (await at.phones._book.owed(1 << 60, 500))[0]):
        return True
    # What is pulled waits for whoever pulls it.
    pushed = [each.id for each in await at.store.subscriptions(sender_id) if each.url]
    return any([await at.store.due_count(each) for each in pushed])


def _only(tap: Tap, mine: Callable[[WireRequest], bool]) -> Tap:
    async def filtered(request: WireRequest, onward: Onward) -> Exchanged:
        return await (tap(request, onward) if mine(request) else onward())

    return filtered


def made_of(outcome: Outcome) -> str:
    """What a client makes of an answer: the fault, or the outcome's name."""
    match outcome:
        case Refused(failure):
            return failure.fault
        case Busy():
            return "busy"
        case _:
            return type(outcome).__name__.lower()


def plain(content: Content) -> Content:
    """Content without what an API adds by default."""
    return replace(content, preview=None) if isinstance(content, Text) else content

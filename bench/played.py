"""A vendor as it is played for a carrier: its answers and its callbacks, as the same provider's dialect writes them.

Each is written once, for a sample message, and then made into those of others by changing what names the sample.
"""

import time
from dataclasses import dataclass

import asking
from parlance.contract.provider import Provider, Steps
from parlance.model.address import phone
from parlance.model.command import Accepted, SendMessage
from parlance.model.event import Customer, Event, EventKind
from parlance.model.ids import EPOCH, NODE_BITS, Id, compose
from parlance.model.message import Content, Direction, Message, Text
from parlance.model.outcome import Sent
from parlance.model.sender import Route, Sender, Statuses, Subscription
from parlance.model.wire import WireResponse
from pool import raw

NUMBER = "972770009999"
_ANSWER_ID = compose(EPOCH + 1, 0, 1)
_SAID_ID = compose(EPOCH + 1, 0, 2)
TOLD = (EventKind.SENT, EventKind.DELIVERED, EventKind.READ, EventKind.RECEIVED)
"""What a vendor tells of a message, one after the other; the last is what the customer answers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes that name the sample message, and by what."""

    wire: bytes
    message_id: str

    def of(self, message_id: str, number: bytes, tag: bytes) -> bytes:
        """The same for another message."""
        named = self.wire.replace(self.message_id.encode(), message_id.encode())
        return _with_length(named.replace(_TAG, tag).replace(_CUSTOMER, number), len(self.wire))


_CUSTOMER = asking.SAMPLE_CUSTOMER.encode()
_TAG = asking.tag(asking.SAMPLE_SERIAL, asking.SAMPLE_CUSTOMER).encode()


class Vendor:
    """One provider's API, seen from its carrier."""

    def __init__(self, provider: Provider) -> None:
        if provider.carrier is None or provider.dialect is None:
            raise LookupError(f"{provider.name} has not both sides")
        self._carrier, self._dialect = provider.carrier, provider.dialect
        self._name = provider.name
        self._minted = 0
        self._answer = Sample(self._write_answer(), self._dialect.write_id(_ANSWER_ID, incoming=False))

    def _write_answer(self) -> bytes:
        settings = asking.settings_for(self._carrier, asking.HOST, {})
        route = Route(1, 1, self._name, NUMBER, settings)
        said = asking.message(asking.SAMPLE_SERIAL, asking.SAMPLE_CUSTOMER, self._name, NUMBER)
        steps = self._carrier.send(said, route)
        endpoint, received = asking.endpoint_of(self._dialect, asking.by_path(next(steps).request))
        command = endpoint.read(received)
        if not isinstance(command, SendMessage):
            raise TypeError(f"{self._name} reads no message from what its own carrier sends")
        now = int(time.time() * 1000)
        sender = Sender(1, 1, "bench", NUMBER, "", 1, now, (route,))
        answer = endpoint.write(Accepted(command, sender, _sample(command.content, now)))
        _see_that_it_is_taken(steps, answer)
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        lines = [f"HTTP/1.1 {answer.status} OK", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + answer.body

    def mint(self) -> Id:
        """An id for a message that was taken."""
        self._minted += 1
        return compose(EPOCH + 2 + (self._minted >> NODE_BITS), self._minted & ((1 << NODE_BITS) - 1), 0)

    def answer(self, message_id: Id, number: bytes, tag: bytes) -> bytes:
        """The whole answer to a message that was taken under this id."""
        return self._answer.of(self._dialect.write_id(message_id, incoming=False), number, tag)

    def callbacks(self, address: str, number: str) -> list[Sample]:
        """What is posted to the callback address of a number for each message: what `TOLD` lists, in that order."""
        return [self._callback(kind, address, number) for kind in TOLD]

    def call(self, sample: Sample, message_id: Id, number: bytes, tag: bytes) -> bytes:
        """One callback as it goes over the wire; an incoming message has an id of its own."""
        incoming = sample.message_id == self._dialect.write_id(_SAID_ID, incoming=True)
        shown = self._dialect.write_id(self.mint() if incoming else message_id, incoming=incoming)
        return sample.of(shown, number, tag)

    def _callback(self, kind: EventKind, address: str, number: str) -> Sample:
        incoming = kind is EventKind.RECEIVED
        message_id = _SAID_ID if incoming else _ANSWER_ID
        event = Event(
            id=_SAID_ID + TOLD.index(kind),
            kind=kind,
            at=int(time.time() * 1000),
            sender_id=1,
            number=number,
            message_id=message_id,
            customer=Customer(1, phone(asking.SAMPLE_CUSTOMER)),
            dialect="" if incoming else self._name,
            content=Text("Thank you!") if incoming else None,
        )
        to = Subscription(1, 1, self._name, address, frozenset({kind}), Statuses.ALL)
        request = self._dialect.announce(event, to)
        if request is None:
            raise LookupError(f"{self._name} has no words for {kind}")
        path = "/" + request.url.split("/", 3)[3]
        wire = raw(request.method, path, dict(request.headers), request.body)
        return Sample(wire, self._dialect.write_id(message_id, incoming=incoming))


def _sample(content: Content, now: int) -> Message:
    until = now + 3_600_000
    return Message(
        _ANSWER_ID, Direction.OUT, 1, 1, NUMBER, phone(asking.SAMPLE_CUSTOMER), content, "", now, window_until=until
    )


def _see_that_it_is_taken(steps: Steps, answer: WireResponse) -> None:
    """The carrier itself says whether the answer is one of its vendor's."""
    try:
        steps.send(answer)
    except StopIteration as end:
        if not isinstance(end.value, Sent):
            raise TypeError(f"the carrier takes the answer for {end.value}") from None


def _with_length(wire: bytes, before: int) -> bytes:
    """The same with its length as it now is, where that is not the sample's: ids of other messages may be longer."""
    if len(wire) == before:
        return wire
    head, _, body = wire.partition(b"\r\n\r\n")
    lines = [
        b"content-length: %d" % len(body) if line.lower().startswith(b"content-length:") else line
        for line in head.split(b"\r\n")
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body

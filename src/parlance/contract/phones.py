"""The simulated network's memory, and what the sandbox API may do with the network.

The phones keep their state through `PhoneBook`, which every store engine offers. All times are Unix milliseconds; `at`
is by the sender's clock, `due_at` is real.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from parlance.model.ids import Id
from parlance.model.message import Content, Direction, Stage
from parlance.model.sender import Route, Sender
from parlance.model.value import dataclass


class Habit(StrEnum):
    """`auto`: by itself. `manual`: when told. `never`: not at all."""

    AUTO = "auto"
    MANUAL = "manual"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one phone behaves. `delay_ms` passes (by the sender's clock) before each status."""

    number: str
    delivers: Habit = Habit.AUTO
    reads: Habit = Habit.MANUAL
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """One bubble on a phone. `direction` is the gateway's: `out` came to the phone, `in` was written on it.

    `token` is the callback token of the route by which it came, for its statuses.
    """

    id: Id
    number: str
    sender_id: Id
    sender: str
    direction: Direction
    content: Content
    at: int
    stage: Stage
    quote: Id | None = None
    token: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PhoneCallback:
    """A callback the network still owes: `body` is posted to the route with this `token` at `due_at`."""

    id: Id
    sender_id: Id
    token: str
    due_at: int
    body: bytes


class PhoneBook(Protocol):
    """Where phones keep what they show and what they owe. Every write is one transaction."""

    async def behaviour(self, number: str) -> Behaviour:
        """A phone's behaviour; the default for one never set."""

    async def set_behaviour(self, behaviour: Behaviour) -> None:
        """Set it."""

    async def take(self, message: PhoneMessage, owed: Sequence[PhoneCallback]) -> bool:
        """Keep a message and what is owed for it; False, and nothing written, when the id was taken before."""

    async def bubble(self, message_id: Id) -> PhoneMessage | None:
        """One message."""

    async def screen(self, number: str, sender_id: Id | None, after: Id, limit: int) -> Sequence[PhoneMessage]:
        """What a phone shows, oldest first."""

    async def reach(self, message_ids: Sequence[Id], stage: Stage, owed: Sequence[PhoneCallback]) -> None:
        """Messages reach a stage (never back), together with what is owed for it."""

    async def phones(self) -> Sequence[str]:
        """Numbers that have ever received or written anything."""

    async def owed(self, now: int, limit: int) -> tuple[Sequence[PhoneCallback], int | None]:
        """Callbacks that are due, in order of `due_at` and id, and when the next falls due after `now`."""

    async def paid(self, callback_ids: Sequence[Id]) -> None:
        """These callbacks were taken."""


class Network(Protocol):
    """What the sandbox API does with the simulated network; see `parlance.phones` for the one there is."""

    async def write(
        self, number: str, sender: Sender, route: Route, content: Content, quote: Id | None, name: str
    ) -> PhoneMessage:
        """The customer writes to the sender; returns when the gateway has stored it."""

    async def open_chat(self, number: str, message_id: Id) -> Sequence[PhoneMessage]:
        """The customer opens the chat at this message: it and all earlier ones of the sender are read.

        Raises `Refusal(UNKNOWN_MESSAGE)` when the phone has no such message.
        """

    async def set_behaviour(self, behaviour: Behaviour) -> None:
        """Set how a phone behaves."""

    async def behaviour(self, number: str) -> Behaviour:
        """How a phone behaves."""

    async def screen(self, number: str, sender_id: Id | None, after: Id, limit: int) -> Sequence[PhoneMessage]:
        """What the phone shows, oldest first."""

    async def wait(self, number: str, after: Id, wanted: Mapping[str, Any], timeout: int) -> PhoneMessage | None:
        """The first message after `after` that matches `wanted`, now or within `timeout`; None when none came.

        `wanted` may hold `contains`, `type` and `sender_id`; `timeout` is in milliseconds of real time.
        """

    async def clock_moved(self) -> None:
        """Due times have shifted: look again."""

"""How a carrier's steps end, and what a carrier's vendor tells us later.

A carrier picks the word; only the engine draws consequences from it.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from parlance.model.address import Address
from parlance.model.fault import Failure
from parlance.model.ids import Id
from parlance.model.message import Content, Stage
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The vendor took the message.

    `external_id` is its id there; `wa_id` the recipient's id when the answer named it.
    """

    external_id: str
    wa_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The vendor certainly did not take it, and will not."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Busy:
    """The vendor says that nothing was sent and to try again; `after` in milliseconds when it said when.

    `tries` is after how many of them it is taken for a refusal: the vendor says so of what may never work (0: never).
    """

    after: int | None = None
    detail: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may have been sent. It is not sent again unasked."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """A look-up found that the vendor does not have the message."""


Outcome: TypeAlias = Sent | Refused | Busy | Unsure | Absent


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The vendor says how a message fares.

    The message is named by the vendor's `external_id`, or by our own id (`tag`, with its `part`) where the vendor gives
    it back. `at` is Unix milliseconds. `word` is the vendor's own word, kept when it is one not known (then `stage`
    is None). `number` is the business number it is about where the callback says so (digits), `wa_id` the recipient's.
    """

    external_id: str
    stage: Stage | None
    at: int
    word: str = ""
    tag: Id | None = None
    part: int = 0
    failure: Failure | None = None
    pricing: Mapping[str, Any] | None = None
    conversation: Mapping[str, Any] | None = None
    number: str = ""
    wa_id: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A customer wrote.

    `at` is Unix milliseconds by the carrier. `aliases` are further addresses of the same person, `number` the business
    number it went to. `tag` is the id to keep it under; only the built-in network names one. `opens` False: it is news
    of a chat that opens no window (the customer took a message back, changed their number).
    """

    external_id: str
    peer: Address
    content: Content
    at: int
    name: str = ""
    number: str = ""
    quote_external: str = ""
    forwarded: bool = False
    aliases: tuple[Address, ...] = ()
    tag: Id | None = None
    opens: bool = True


@dataclass(frozen=True, slots=True)
class StateReport:
    """The vendor says how the number itself fares.

    `held` is why nothing can leave, empty when it can again, None when this says nothing of it.
    """

    state: str
    at: int
    held: str | None = ""
    number: str = ""


Report: TypeAlias = StatusReport | Incoming | StateReport

"""What the sandbox API answers with, field by field: types for the code, and schemas for the document.

Ids are 16 hex digits.
"""

from typing import Any, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # as in shapes

_CLOSED = ConfigDict(extra="forbid")
_Ends = TypedDict("_Ends", {"from": str, "to": str})


class BubbleParts(TypedDict):
    """What a message has beside its text, by its type."""

    contacts: NotRequired[list[dict[str, Any]]]
    reaction: NotRequired[dict[str, Any]]
    template: NotRequired[dict[str, Any]]
    content: NotRequired[dict[str, Any]]


@with_config(_CLOSED)
class Bubble(_Ends, BubbleParts):
    """A message as it stands on a phone; `timestamp` is in seconds."""

    id: str
    ids: dict[str, str]
    sender_id: str
    direction: str
    type: str
    stage: str
    timestamp: int
    text: NotRequired[str]
    quote: NotRequired[str]
    name: NotRequired[str]


@with_config(_CLOSED)
class Behaviour(TypedDict):
    """How a phone behaves."""

    number: str
    delivers: str
    reads: str
    delay_ms: int


@with_config(_CLOSED)
class Clock(TypedDict):
    """What time it is in the sandbox; `timestamp` is in seconds."""

    now: str
    timestamp: int
    offset_seconds: float

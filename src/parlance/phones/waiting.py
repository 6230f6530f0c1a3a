"""Those who wait for a message to reach a phone."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from parlance.contract.phones import PhoneMessage
from parlance.formats.sandbox import type_of, words_of
from parlance.model.ids import Id
from parlance.model.message import Direction
from parlance.model.sender import TemplateRecord


@dataclass(slots=True, eq=False)
class Seat:
    """One who waits. `cursor` is the last bubble looked at, `found` the one that came meanwhile."""

    number: str
    cursor: Id
    wanted: Mapping[str, Any]
    after: Id
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    found: PhoneMessage | None = None


class WaitingRoom:
    """Seats by phone number."""

    def __init__(self) -> None:
        self._seats: dict[str, set[Seat]] = {}

    @contextmanager
    def seat(self, number: str, after: Id, wanted: Mapping[str, Any]) -> Iterator[Seat]:
        """Take a seat for as long as the context lasts."""
        seat = Seat(number, after, wanted, after)
        seats = self._seats.setdefault(number, set())
        seats.add(seat)
        try:
            yield seat
        finally:
            seats.discard(seat)
            if not seats and self._seats.get(number) is seats:
                del self._seats[number]

    def expects(self, number: str) -> bool:
        """Whether anyone waits at this phone."""
        return number in self._seats

    def arrived(self, bubble: PhoneMessage, templates: Sequence[TemplateRecord]) -> None:
        """A bubble was taken: whoever waited for it need wait no longer."""
        for seat in self._seats.get(bubble.number, ()):
            earlier = seat.found is None or bubble.id < seat.found.id
            if earlier and bubble.id > seat.after and matches(bubble, seat.wanted, templates):
                seat.found = bubble
                seat.wake.set()


def matches(bubble: PhoneMessage, wanted: Mapping[str, Any], templates: Sequence[TemplateRecord]) -> bool:
    """Whether a bubble came to the phone and is what is `wanted` (`contains`, `type`, `sender_id`; absent: any)."""
    return (
        bubble.direction is Direction.OUT
        and wanted.get("sender_id") in {None, bubble.sender_id}
        and wanted.get("type") in {None, "", type_of(bubble.content)}
        and (not wanted.get("contains") or wanted["contains"] in words_of(bubble.content, templates))
    )

"""What phones show, from the end: the newest messages of a phone or a chat, and a phone's chats.

Phones keep their messages in order of id, and ids tell when they were minted: the end of a long chat is found by
looking at ever longer times before it, and never by reading all of it.
"""

from collections.abc import Sequence

from parlance.contract.phones import PhoneBook, PhoneMessage
from parlance.model.ids import EPOCH, Id, compose, minted_at
from parlance.model.message import Direction, Stage
from parlance.model.value import dataclass

_SPAN = 60_000
_WIDER = 8
_LAST = (1 << 63) - 1
_RECENT = 500
"""How many of a phone's newest messages tell which chats it has."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A phone's chat with one sender: its last message, and how many came that were not read."""

    last: PhoneMessage
    unread: int


async def newest(
    book: PhoneBook, number: str, sender_id: Id | None, before: Id | None, limit: int
) -> Sequence[PhoneMessage]:
    """The last `limit` messages of a phone, or of its chat with one sender, with ids below `before`; oldest first."""
    top = _LAST if before is None else before
    room = limit * 4

    async def behind(after: Id) -> tuple[list[PhoneMessage], bool]:
        """What follows `after`, and whether that is all up to `top`."""
        page = await book.screen(number, sender_id, after, room)
        found = [each for each in page if each.id < top]
        return found, len(page) < room or len(found) < len(page)

    found, whole = await behind(0)
    if whole:
        return found[-limit:]
    end = minted_at(before) if before is not None else await _end(book, number, sender_id)
    few, many, span = end + 1, EPOCH, _SPAN
    while few - many > 1:
        # `few`: too little lies behind this time; `many`: too much does.
        middle = max(many, few - 1 - span) if span else (few + many) // 2
        found, whole = await behind(_before(middle))
        if whole and len(found) >= limit:
            return found[-limit:]
        if whole:
            few, span = middle, span * _WIDER
        else:
            many, span = middle, 0
    return await _to_the_end(book, number, sender_id, _before(many), top, limit)


async def _end(book: PhoneBook, number: str, sender_id: Id | None) -> int:
    """About when the last message was minted: nothing is found behind that time."""
    low, high = EPOCH, minted_at(_LAST)
    while high - low > _SPAN:
        middle = (low + high) // 2
        if await book.screen(number, sender_id, _before(middle), 1):
            low = middle
        else:
            high = middle
    return high


async def _to_the_end(
    book: PhoneBook, number: str, sender_id: Id | None, after: Id, top: Id, limit: int
) -> Sequence[PhoneMessage]:
    """For very many messages minted in one millisecond: read on from there, and keep the last ones."""
    kept: list[PhoneMessage] = []
    while page := await book.screen(number, sender_id, after, limit * 4):
        kept = [*kept, *(each for each in page if each.id < top)][-limit:]
        after = page[-1].id
        if after >= top:
            break
    return kept


async def chats(book: PhoneBook, number: str) -> Sequence[Chat]:
    """A phone's chats, the one that was last written in first; of the phone's newest messages only."""
    last: dict[Id, PhoneMessage] = {}
    unread: dict[Id, int] = {}
    for each in await newest(book, number, None, None, _RECENT):
        last[each.sender_id] = each
        if each.direction is Direction.OUT and each.stage in {Stage.SENT, Stage.DELIVERED}:
            unread[each.sender_id] = unread.get(each.sender_id, 0) + 1
    found = [Chat(each, unread.get(sender_id, 0)) for sender_id, each in last.items()]
    return sorted(found, key=lambda chat: chat.last.id, reverse=True)


def _before(millis: int) -> Id:
    """The id below all those minted at a time (Unix milliseconds) or later."""
    return max(0, compose(max(millis, EPOCH), 0, 0) - 1)

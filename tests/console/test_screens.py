"""The end of a chat is found without reading all of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from parlance.console.screens import chats, newest
from parlance.contract.phones import PhoneMessage
from parlance.model.ids import Id, compose
from parlance.model.message import Direction, Stage, Text
from phones.fakes import NOW, Book

NUMBER = "972550000222"
GAPS = st.sampled_from([0, 0, 0, 1, 50, 1_000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000])


def bubble(
    message_id: Id, sender_id: Id = 1, stage: Stage = Stage.READ, direction: Direction = Direction.OUT
) -> PhoneMessage:
    return PhoneMessage(message_id, NUMBER, sender_id, "972770000111", direction, Text("x"), NOW, stage)


def book_of(bubbles: list[PhoneMessage]) -> Book:
    book = Book()
    book.bubbles = {each.id: each for each in bubbles}
    return book


@given(gaps=st.lists(GAPS, max_size=120), limit=st.integers(1, 12), place=st.none() | st.integers(0, 130))
@settings(deadline=None, max_examples=300)
async def test_the_newest_are_the_last_however_the_messages_lie_in_time(
    gaps: list[int], limit: int, place: int | None
) -> None:
    at, ids = NOW, list[Id]()
    for count, gap in enumerate(gaps):
        at += gap
        ids.append(compose(at, 1, count))
    before = None if place is None or not ids else ids[min(place, len(ids) - 1)]
    expected = [each for each in ids if before is None or each < before][-limit:]
    found = await newest(book_of([bubble(each) for each in ids]), NUMBER, None, before, limit)
    assert [each.id for each in found] == expected


async def test_a_long_chat_costs_a_few_looks() -> None:
    book = book_of([bubble(compose(NOW + place * 7_000, 1, 0)) for place in range(20_000)])
    found = await newest(book, NUMBER, 1, None, 50)
    assert [each.id for each in found] == sorted(book.bubbles)[-50:]
    assert book.screens < 60


async def test_chats_are_in_order_of_their_last_message_with_what_is_unread() -> None:
    book = book_of(
        [
            bubble(compose(NOW, 1, 0), 1, Stage.DELIVERED),
            bubble(compose(NOW, 1, 1), 2),
            bubble(compose(NOW, 1, 2), 1, Stage.SENT),
            bubble(compose(NOW, 1, 3), 2, Stage.DELIVERED, Direction.IN),
        ]
    )
    found = await chats(book, NUMBER)
    assert [(each.last.sender_id, each.unread) for each in found] == [(2, 0), (1, 2)]

"""The network as the carrier calls it: every message once, and each misbehaving number in its own way."""

import json

import pytest

from parlance.contract.phones import Behaviour, Habit
from parlance.contract.provider import Ask, Commit
from parlance.contract.world import Answered, Exchanged, NeverLeft, NoAnswer
from parlance.formats.sandbox import MESSAGES, RECEIPTS
from parlance.model.address import phone
from parlance.model.fault import Fault
from parlance.model.ids import Id, compose, to_text
from parlance.model.message import Content, Direction, Message, Reaction, Receipt, Stage, Text
from parlance.model.outcome import StatusReport
from parlance.model.wire import WireRequest
from parlance.phones.network import _MOST_REMEMBERED
from parlance.providers.sandbox.carrier import SandboxCarrier
from phones.fakes import NOW, ROUTE, SENDER, SENDER_ID, World, settle_down, until

FIRST = compose(NOW, 0, 1)


def a_message(to: str, message_id: Id = FIRST, content: Content | None = None, quote: Id | None = None) -> Message:
    return Message(
        message_id,
        Direction.OUT,
        SENDER_ID,
        9,
        SENDER.number,
        phone(to),
        content or Text("hi"),
        "any",
        NOW,
        quote=quote,
    )


async def exchange(world: World, message: Message) -> Exchanged:
    step = next(SandboxCarrier().send(message, ROUTE))
    assert isinstance(step, Ask | Commit)
    return await world.phones.perform(step.request, 1000)


async def send(world: World, to: str, message_id: Id = FIRST, content: Content | None = None) -> Exchanged:
    return await exchange(world, a_message(to, message_id, content))


def status_of(exchanged: Exchanged) -> int:
    assert isinstance(exchanged, Answered)
    return exchanged.response.status


async def test_a_message_is_shown_and_its_statuses_follow(running: World) -> None:
    answer = await send(running, "972501234567")
    assert isinstance(answer, Answered)
    assert json.loads(answer.response.body) == {"id": to_text(FIRST)}
    (bubble,) = await running.phones.screen("972501234567", None, 0, 10)
    assert (bubble.sender, bubble.content, bubble.at) == (SENDER.number, Text("hi"), NOW)
    assert bubble.stage is Stage.DELIVERED
    await until(lambda: not running.book.debts)
    assert running.door.stages == [Stage.SENT, Stage.DELIVERED]
    carrier, token, request = running.door.calls[0]
    assert (carrier, token, request.method, request.url) == ("sandbox", "tok", "POST", "/callbacks/sandbox/tok")
    assert [
        (each.tag, each.external_id, each.at) for each in running.door.reports if isinstance(each, StatusReport)
    ] == [
        (FIRST, to_text(FIRST), NOW),
        (FIRST, to_text(FIRST), NOW),
    ]


async def test_the_same_id_is_taken_once(running: World) -> None:
    await send(running, "972501234567")
    await until(lambda: not running.book.debts)
    again = await send(running, "972501234567", content=Text("other"))
    assert isinstance(again, Answered)
    assert json.loads(again.response.body) == {"id": to_text(FIRST)}
    await settle_down()
    assert [each.content for each in await running.phones.screen("972501234567", None, 0, 10)] == [Text("hi")]
    assert len(running.door.reports) == 2


async def test_two_forms_of_a_number_are_one_phone(world: World) -> None:
    await send(world, "5215512345678")
    assert [each.id for each in await world.phones.screen("525512345678", None, 0, 10)] == [FIRST]
    await world.phones.set_behaviour(Behaviour("5215512345678", delay_ms=7))
    assert (await world.phones.behaviour("525512345678")).delay_ms == 7


async def test_a_number_without_whatsapp_fails_afterwards(running: World) -> None:
    assert status_of(await send(running, "15550000131")) == 200
    await until(lambda: not running.book.debts)
    (report,) = running.door.reports
    assert isinstance(report, StatusReport)
    assert report.stage is Stage.FAILED
    assert report.failure is not None
    assert (report.failure.fault, report.failure.code) == (Fault.NOT_ON_WHATSAPP, "131026")
    assert report.failure.detail
    assert running.book.bubbles[FIRST].stage is Stage.FAILED


async def test_a_busy_number_takes_each_message_at_the_third_try(world: World) -> None:
    second = compose(NOW, 0, 2)
    for message_id in (FIRST, second):
        for _ in range(2):
            answer = await send(world, "15550000429", message_id)
            assert isinstance(answer, Answered)
            assert (answer.response.status, answer.response.headers["retry-after"]) == (429, "1")
            assert message_id not in world.book.bubbles
        assert status_of(await send(world, "15550000429", message_id)) == 200
        assert status_of(await send(world, "15550000429", message_id)) == 200
    assert list(world.book.bubbles) == [FIRST, second]


async def test_what_a_busy_number_remembers_is_bounded(world: World) -> None:
    for place in range(_MOST_REMEMBERED + 5):
        await send(world, "15550000429", compose(NOW + place, 0, 0))
    assert len(world.phones._turned_away) == _MOST_REMEMBERED


async def test_a_silent_number_takes_it_and_never_answers(running: World) -> None:
    assert isinstance(await send(running, "15550000504"), NoAnswer)
    assert isinstance(await send(running, "15550000504"), NoAnswer)
    look_up = WireRequest("GET", f"{MESSAGES}/{to_text(FIRST)}")
    assert isinstance(await running.phones.perform(look_up, 1000), NoAnswer)
    assert list(running.book.bubbles) == [FIRST]
    running.clock.advance(1999)
    await settle_down()
    assert running.door.calls == []
    running.clock.advance(1)
    await until(lambda: not running.book.debts)
    assert [(each.stage, each.at) for each in running.door.reports if isinstance(each, StatusReport)] == [
        (Stage.SENT, NOW + 2000),
        (Stage.DELIVERED, NOW + 2000),
    ]


async def test_a_refusing_number_never_sees_it(world: World) -> None:
    assert await send(world, "15550000503") == NeverLeft("connection refused")
    assert world.book.bubbles == {}


async def test_a_number_out_of_reach_gets_no_further_than_sent(running: World) -> None:
    await running.phones.set_behaviour(Behaviour("15550000408", reads=Habit.AUTO))
    assert status_of(await send(running, "15550000408")) == 200
    await until(lambda: not running.book.debts)
    assert running.door.stages == [Stage.SENT]
    assert await running.phones.open_chat("15550000408", FIRST) == []
    assert running.book.bubbles[FIRST].stage is Stage.SENT


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour("972501234567"), [Stage.SENT, Stage.DELIVERED]),
        (Behaviour("972501234567", reads=Habit.AUTO), [Stage.SENT, Stage.DELIVERED, Stage.READ]),
        (Behaviour("972501234567", delivers=Habit.NEVER, reads=Habit.AUTO), [Stage.SENT]),
    ],
)
async def test_statuses_follow_the_phones_habits(running: World, behaviour: Behaviour, expected: list[Stage]) -> None:
    await running.phones.set_behaviour(behaviour)
    await send(running, "972501234567")
    await until(lambda: not running.book.debts)
    assert running.door.stages == expected
    assert running.book.bubbles[FIRST].stage is expected[-1]


async def test_a_reaction_is_a_bubble_of_which_only_its_sending_is_told(running: World) -> None:
    await send(running, "972501234567", content=Reaction(77, "👍"))
    await until(lambda: not running.book.debts)
    assert running.book.bubbles[FIRST].content == Reaction(77, "👍")
    assert running.door.stages == [Stage.SENT]


async def test_our_reading_turns_the_ticks_blue(world: World) -> None:
    written = [await world.phones.write("97250", SENDER, ROUTE, Text(word), None, "") for word in "abc"]
    receipt = a_message("97250", content=Receipt(written[1].id))
    assert status_of(await exchange(world, receipt)) == 200
    stages = [world.book.bubbles[each.id].stage for each in written]
    assert stages == [Stage.READ, Stage.READ, Stage.DELIVERED]
    assert FIRST not in world.book.bubbles


async def test_a_receipt_for_another_phones_message_is_refused(world: World) -> None:
    written = await world.phones.write("97250", SENDER, ROUTE, Text("a"), None, "")
    assert status_of(await exchange(world, a_message("97251", content=Receipt(written.id)))) == 404
    assert world.book.bubbles[written.id].stage is Stage.DELIVERED


async def test_a_quote_reaches_the_phone(world: World) -> None:
    await exchange(world, a_message("97250", quote=4711))
    assert world.book.bubbles[FIRST].quote == 4711


async def test_look_ups_tell_what_was_taken(world: World) -> None:
    await send(world, "97250")
    found = await world.phones.perform(WireRequest("GET", f"{MESSAGES}/{to_text(FIRST)}"), 1000)
    assert isinstance(found, Answered)
    assert json.loads(found.response.body) == {"id": to_text(FIRST)}
    for strange in ("0000000000000001", "nonsense", ""):
        assert status_of(await world.phones.perform(WireRequest("GET", f"{MESSAGES}/{strange}"), 1000)) == 404


@pytest.mark.parametrize(
    ("method", "url", "body", "status"),
    [
        ("POST", MESSAGES, b"", 400),
        ("POST", MESSAGES, b"[]", 400),
        ("POST", MESSAGES, b'{"id":"x"}', 400),
        ("POST", RECEIPTS, b"{}", 400),
        ("POST", "sandbox:/elsewhere", b"{}", 404),
        ("PUT", MESSAGES, b"{}", 404),
    ],
)
async def test_strange_requests_are_answered(world: World, method: str, url: str, body: bytes, status: int) -> None:
    assert status_of(await world.phones.perform(WireRequest(method, url, {}, body), 1000)) == status


async def test_an_unknown_sender_and_a_broken_book_are_answered(world: World) -> None:
    world.book.broken = True
    # What could not be written down was not taken: it may be sent again.
    assert status_of(await send(world, "97250")) == 429
    world.people.senders.clear()
    assert status_of(await send(world, "97250")) == 404

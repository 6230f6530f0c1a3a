"""What customers do on their phones: write, open chats, wait."""

import asyncio
from dataclasses import replace

import pytest

from parlance.contract.phones import Behaviour, Habit
from parlance.model.address import phone
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import compose, to_text
from parlance.model.message import Component, Parameter, Reaction, Stage, Template, Text
from parlance.model.outcome import Incoming, StatusReport
from parlance.model.sender import TemplateRecord
from phones.fakes import NOW, ROUTE, SENDER, SENDER_ID, World, settle_down, until
from phones.test_network import FIRST, send

PHONE = "972501234567"
SECOND = compose(NOW, 0, 2)


async def test_what_a_customer_writes_is_posted_at_once(world: World) -> None:
    moved = replace(SENDER, clock_offset=60_000)
    await send(world, PHONE)
    bubble = await world.phones.write(PHONE, moved, ROUTE, Text("hello"), FIRST, "Dana")
    assert world.door.reports == [
        Incoming(
            to_text(bubble.id),
            phone(PHONE),
            Text("hello"),
            NOW + 60_000,
            name="Dana",
            number=ROUTE.number,
            quote_external=to_text(FIRST),
            tag=bubble.id,
        )
    ]
    assert world.book.bubbles[bubble.id] == bubble
    assert (bubble.stage, bubble.quote, bubble.sender) == (Stage.DELIVERED, FIRST, SENDER.number)


async def test_a_customer_without_a_name_has_a_stable_one(world: World) -> None:
    for _ in range(2):
        await world.phones.write(PHONE, SENDER, ROUTE, Text("hello"), None, "")
    assert [each.name for each in world.door.reports if isinstance(each, Incoming)] == [f"Phone {PHONE}"] * 2


@pytest.mark.parametrize("answer", [503, 404, Refusal(Fault.UNAVAILABLE), RuntimeError("broken")])
async def test_a_gateway_that_does_not_take_it_is_told(world: World, answer: int | Exception) -> None:
    world.door.answers = [answer]
    with pytest.raises(Refusal) as refusal:
        await world.phones.write(PHONE, SENDER, ROUTE, Text("hello"), None, "")
    assert refusal.value.fault is Fault.UNAVAILABLE
    assert [each.stage for each in world.book.bubbles.values()] == [Stage.ACCEPTED]


async def test_only_what_the_chat_has_can_be_quoted_or_reacted_to(world: World) -> None:
    await send(world, "97251")
    with pytest.raises(Refusal) as refusal:
        await world.phones.write(PHONE, SENDER, ROUTE, Text("hello"), FIRST, "")
    assert (refusal.value.fault, refusal.value.field) == (Fault.UNKNOWN_QUOTE, "quote")
    with pytest.raises(Refusal) as refusal:
        await world.phones.write(PHONE, SENDER, ROUTE, Reaction(FIRST, "👍"), None, "")
    assert (refusal.value.fault, refusal.value.field) == (Fault.UNKNOWN_MESSAGE, "message")
    assert world.door.calls == []


async def test_opening_a_chat_reads_up_to_the_message(running: World) -> None:
    third = compose(NOW, 0, 3)
    for message_id in (FIRST, SECOND, third):
        await send(running, PHONE, message_id)
    await until(lambda: not running.book.debts)
    running.door.calls.clear()
    read = await running.phones.open_chat(PHONE, SECOND)
    assert [(each.id, each.stage) for each in read] == [(FIRST, Stage.READ), (SECOND, Stage.READ)]
    await until(lambda: not running.book.debts)
    reports = [each for each in running.door.reports if isinstance(each, StatusReport)]
    assert [(each.tag, each.stage) for each in reports] == [(FIRST, Stage.READ), (SECOND, Stage.READ)]
    assert [each.id for each in await running.phones.open_chat(PHONE, third)] == [third]


async def test_a_failed_message_cannot_be_read(world: World) -> None:
    await send(world, "15550000131")
    assert await world.phones.open_chat("15550000131", FIRST) == []
    assert world.book.bubbles[FIRST].stage is Stage.FAILED


async def test_a_phone_that_never_reads_tells_nobody(running: World) -> None:
    await running.phones.set_behaviour(Behaviour(PHONE, reads=Habit.NEVER))
    await send(running, PHONE)
    await until(lambda: not running.book.debts)
    assert await running.phones.open_chat(PHONE, FIRST) == ()
    await settle_down()
    assert running.door.stages == [Stage.SENT, Stage.DELIVERED]


@pytest.mark.parametrize(("number", "message_id"), [(PHONE, SECOND), ("97299", FIRST)])
async def test_a_chat_opens_only_at_a_message_of_the_phone(world: World, number: str, message_id: int) -> None:
    await send(world, PHONE)
    with pytest.raises(Refusal) as refusal:
        await world.phones.open_chat(number, message_id)
    assert refusal.value.fault is Fault.UNKNOWN_MESSAGE


async def test_a_long_chat_is_read_to_its_end(world: World) -> None:
    for place in range(450):
        await send(world, PHONE, compose(NOW, 0, place + 1))
    last = compose(NOW, 0, 450)
    assert len(await world.phones.open_chat(PHONE, last)) == 450
    assert (await world.phones.wait(PHONE, compose(NOW, 0, 449), {}, 0)) == world.book.bubbles[last]


# ---- waiting


async def test_waiting_finds_what_is_there_already(world: World) -> None:
    await send(world, PHONE)
    await send(world, PHONE, SECOND, Text("order 7 is ready"))
    found = await world.phones.wait(PHONE, 0, {"contains": "order 7"}, 0)
    assert found is not None
    assert found.id == SECOND
    assert (await world.phones.wait(PHONE, 0, {}, 0)) == world.book.bubbles[FIRST]
    assert await world.phones.wait(PHONE, SECOND, {}, 0) is None
    assert await world.phones.wait(PHONE, 0, {"type": "contacts"}, 0) is None
    assert await world.phones.wait(PHONE, 0, {"sender_id": SENDER_ID + 1}, 0) is None


async def test_waiting_ends_the_moment_a_match_is_taken(world: World) -> None:
    waiting = asyncio.create_task(world.phones.wait(PHONE, 0, {"contains": "two", "sender_id": SENDER_ID}, 60_000))
    await settle_down()
    looked = world.book.screens
    await send(world, PHONE, FIRST, Text("one"))
    await send(world, "97251", compose(NOW, 0, 9), Text("two"))
    await settle_down()
    assert not waiting.done()
    await send(world, PHONE, SECOND, Text("two"))
    found = await waiting
    assert found is not None
    assert found.id == SECOND
    assert world.clock.now() == NOW
    assert world.book.screens == looked + 1
    assert world.phones._room._seats == {}


async def test_waiting_sees_a_message_older_than_those_already_looked_at(world: World) -> None:
    await send(world, PHONE, SECOND, Text("one"))
    waiting = asyncio.create_task(world.phones.wait(PHONE, 0, {"contains": "two"}, 60_000))
    await settle_down()
    await send(world, PHONE, FIRST, Text("two"))
    found = await waiting
    assert found is not None
    assert found.id == FIRST


async def test_waiting_sees_what_another_process_wrote(world: World) -> None:
    await send(world, "97251")
    waiting = asyncio.create_task(world.phones.wait(PHONE, 0, {}, 60_000))
    await settle_down()
    world.book.bubbles[FIRST] = replace(world.book.bubbles[FIRST], number=PHONE)
    world.clock.advance(1000)
    found = await waiting
    assert found is not None
    assert found.id == FIRST


async def test_waiting_ends_in_time(world: World) -> None:
    waiting = asyncio.create_task(world.phones.wait(PHONE, 0, {}, 5_000))
    await settle_down()
    world.clock.advance(4_999)
    await settle_down()
    assert not waiting.done()
    world.clock.advance(1)
    assert await waiting is None
    assert world.phones._room._seats == {}


async def test_what_the_customer_wrote_is_not_waited_for(world: World) -> None:
    await world.phones.write(PHONE, SENDER, ROUTE, Text("hello"), None, "")
    assert await world.phones.wait(PHONE, 0, {"contains": "hello"}, 0) is None


async def test_a_template_is_found_by_what_it_says(world: World) -> None:
    record = TemplateRecord(1, SENDER.account_id, "greeting", "en", "UTILITY", "approved", "Hello {{1}}, welcome")
    world.people.records = [record]
    template = Template("greeting", "en", (Component("body", (Parameter("text", "Dana"),)),))
    waiting = asyncio.create_task(world.phones.wait(PHONE, 0, {"contains": "Hello Dana, welcome"}, 5_000))
    await settle_down()
    await send(world, PHONE, FIRST, template)
    found = await waiting
    assert found is not None
    assert found.content == template

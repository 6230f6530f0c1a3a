"""Senders that stall are noticed and told of, once."""

import asyncio
from pathlib import Path

import pytest

from engine.house import House, house
from parlance.contract.operators import Tally
from parlance.contract.provider import Capabilities
from parlance.engine.watch import LEAST, PERIOD, Stall, Watch, Why
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Stage
from toys import ToyCarrier, answered, until

MINUTE = 60_000
MUTE, OLDEST = 30 * MINUTE, 60 * MINUTE


def watch_of(home: House, *, mute: int = MUTE, oldest: int = OLDEST) -> Watch:
    engine = home.engine
    return Watch(engine.store, home.clock, engine.carriers, engine.ids.mint(), mute=mute, oldest=oldest)


async def states(home: House) -> list[str]:
    return [each.state for each in await home.engine.store.events(0, 500) if each.kind is EventKind.STATE]


async def send(home: House, number: int) -> list[str]:
    """Send so many messages, and give the vendor's ids of them."""
    await home.customer_writes()
    sent = [await home.send(f"text {each}") for each in range(number)]
    for each in sent:
        await home.reaches(each, Stage.SENT)
    return [f"toy-{each.message.id:016x}" for each in sent]


async def test_messages_without_a_receipt_are_a_stall(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        watch = watch_of(home)
        await watch.look()
        home.clock.advance(MUTE)
        (first, *_) = await send(home, LEAST)
        began = home.clock.now()
        await watch.look()
        home.clock.advance(MUTE - 1)
        await watch.look()
        assert (watch.stalled, await states(home)) == ({}, [])
        home.clock.advance(1)
        await watch.look()
        await watch.look()
        assert watch.stalled == {home.sender.id: Stall(Why.NO_RECEIPTS, began)}
        assert await states(home) == ["stalled"]
        await home.callback(id=first, stage="delivered")
        await watch.look()
        assert watch.stalled == {}
        assert await states(home) == ["stalled", "flowing"]


async def test_a_few_messages_may_have_gone_to_phones_that_are_off(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        watch = watch_of(home)
        await send(home, LEAST - 1)
        home.clock.advance(2 * MUTE)
        await watch.look()
        assert watch.stalled == {}


async def test_a_receipt_begins_the_count_anew(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        watch = watch_of(home)
        ids = await send(home, LEAST)
        await home.callback(id=ids[0], stage="delivered")
        await watch.look()
        await send(home, LEAST - 1)
        home.clock.advance(2 * MUTE)
        await watch.look()
        assert watch.stalled == {}


async def test_a_carrier_that_promises_no_receipts_is_never_mute(tmp_path: Path) -> None:
    silent = ToyCarrier(capabilities=Capabilities(text_limit=4096))
    async with house(tmp_path, carrier=silent) as home:
        watch = watch_of(home)
        await send(home, LEAST)
        home.clock.advance(2 * MUTE)
        await watch.look()
        assert watch.stalled == {}


async def test_a_message_that_waits_too_long_is_a_stall(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.vendor.otherwise = answered(429, {}, retry_after="86400")
        await home.customer_writes()
        watch = watch_of(home, mute=0)
        await home.send()
        began = home.clock.now()
        home.clock.advance(OLDEST - 1)
        await watch.look()
        assert watch.stalled == {}
        home.clock.advance(1)
        await watch.look()
        assert watch.stalled == {home.sender.id: Stall(Why.TOO_OLD, began)}
        assert await states(home) == ["stalled"]


async def test_a_held_sender_stands_still_on_purpose(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.customer_writes()
        await home.engine.store.change_sender(home.sender.id, held="no credit")
        await home.send()
        watch = watch_of(home)
        home.clock.advance(2 * OLDEST)
        await watch.look()
        assert watch.stalled == {}


async def test_what_a_restart_made_us_forget_is_not_told_as_over(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.engine.store.tell_stalls([home.sender.id], home.clock.now())
        watch = watch_of(home)
        await watch.look()
        assert await states(home) == ["stalled"]
        home.clock.advance(MUTE)
        await watch.look()
        assert await states(home) == ["stalled", "flowing"]


async def test_where_nothing_is_set_nobody_is_stalled(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        watch = watch_of(home, mute=0, oldest=0)
        await send(home, LEAST)
        home.clock.advance(1_000 * MINUTE)
        await watch.look()
        assert watch.stalled == {}


async def test_it_looks_from_time_to_time_and_outlives_a_store_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, running=False) as home:
        looks: list[int] = []
        watch = watch_of(home)

        async def tally(after: int) -> Tally:
            looks.append(home.clock.now())
            raise Refusal(Fault.UNAVAILABLE)

        monkeypatch.setattr(home.engine.store, "tally", tally)
        running = asyncio.create_task(watch.run())
        await until(lambda: looks and home.clock._waiting)
        home.clock.advance(PERIOD)
        await until(lambda: len(looks) == 2)
        assert looks[1] - looks[0] == PERIOD
        running.cancel()

"""Several nodes write at once: what one does, another's caller never notices but by its result."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from parlance.contract.moments import DeliveryFilter, Facts, Settlement, Verdict
from parlance.contract.registry import NewKey, NewRoute
from parlance.model.address import phone
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message, Stage
from parlance.store.group import Work
from parlance.store.postgres import PostgresStore
from store import server
from store.desk import KEY, NOW, CountedIds, Desk, StoppedClock, allow
from store.nodes import at_another, begun_and_held, hold, node, waits


@dataclass
class Pair:
    """One desk as two nodes serve it."""

    here: Desk
    there: Desk
    one: PostgresStore
    two: PostgresStore


@pytest.fixture
async def pair(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Pair]:
    url = server.url_of(tmp_path)
    one, two = node(url, clock, KEY, 1_000_001), node(url, clock, KEY, 9_000_001)
    await one.open()
    await two.open()
    account = await one.account("demo")
    sender = await one.add_sender(account, "972770000111", "Demo", NewRoute("sandbox", "", {}), [], 1)
    here = Desk(one, clock, CountedIds(2_000_001), account, sender)
    yield Pair(here, at_another(here, two), one, two)
    await one.close()
    await two.close()
    server.drop(tmp_path)


async def test_what_one_node_writes_the_other_reads_at_once(pair: Pair) -> None:
    message = await pair.here.accept()
    assert await pair.there.message(message.id) == message
    await pair.there.write("in-1", at=NOW - 5)
    assert await pair.two.last_written(pair.here.sender.id, "972770000111", message.customer_id) == NOW - 5
    seen: list[int | None] = []

    def judge(facts: Facts) -> Verdict:
        seen.append(facts.last_written)
        return Verdict()

    await pair.one.accept(pair.here.draft(), judge)
    assert seen == [NOW - 5]


async def test_a_new_customer_of_two_nodes_is_one(pair: Pair) -> None:
    held, (first,) = await begun_and_held(pair.one, pair.here.accept())
    second = asyncio.create_task(pair.there.accept())
    heard = asyncio.create_task(pair.there.write("in-1"))
    await waits(pair.one)
    await held.let_go()
    assert (await first).customer_id == (await second).customer_id == (await heard).customer_id


async def test_a_window_opened_meanwhile_is_seen_by_the_judge(pair: Pair) -> None:
    held, (heard,) = await begun_and_held(pair.one, pair.here.write("in-1"))
    seen: list[int | None] = []

    def judge(facts: Facts) -> Verdict:
        seen.append(facts.last_written)
        return Verdict()

    # The customer is new: the other node cannot go on before it knows who they are, and judges anew then.
    accepted = asyncio.create_task(pair.two.accept(pair.there.draft(), judge))
    await waits(pair.one)
    await held.let_go()
    await heard
    await accepted
    assert seen[-1] == NOW


async def test_one_key_on_two_nodes_is_one_message(pair: Pair) -> None:
    await pair.here.accept()
    held, (first,) = await begun_and_held(pair.one, pair.one.accept(pair.here.draft(key="k", fingerprint=b"f"), allow))
    same = asyncio.create_task(pair.two.accept(pair.there.draft(key="k", fingerprint=b"f"), allow))
    other = asyncio.create_task(pair.two.accept(pair.there.draft(key="k", fingerprint=b"g"), allow))
    await waits(pair.one)
    await held.let_go()
    stored, again = await first, await same
    assert (stored.repeated, again.repeated) == (False, True)
    assert again.message == stored.message
    with pytest.raises(Refusal) as refused:
        await other
    assert refused.value.fault is Fault.DUPLICATE


async def test_the_last_credit_is_spent_once(pair: Pair) -> None:
    await pair.here.accept()
    await pair.one.set_credit(pair.here.account.id, 1)

    def judge(facts: Facts) -> Verdict:
        if facts.credit == 0:
            raise Refusal(Fault.LOW_BALANCE)
        return Verdict()

    held, (first,) = await begun_and_held(pair.one, pair.one.accept(pair.here.draft(), judge))
    second = asyncio.create_task(pair.two.accept(pair.there.draft(), judge))
    await waits(pair.one)
    await held.let_go()
    await first
    with pytest.raises(Refusal) as refused:
        await second
    assert refused.value.fault is Fault.LOW_BALANCE
    (account,) = await pair.one.accounts()
    assert account.credit == 0


@pytest.mark.parametrize("settles_first", [True, False])
async def test_a_status_heard_while_its_message_is_settled_is_not_lost(pair: Pair, *, settles_first: bool) -> None:
    message = await pair.here.accept()
    await pair.here.claim(message)
    settled = pair.here.settlement(message, external_id="w1", stage=Stage.SENT, departed=True)
    settling = pair.one.settle(settled)
    hearing = pair.there.status("w1", Stage.READ)
    if settles_first:
        held, (first,) = await begun_and_held(pair.one, settling)
        second = asyncio.create_task(hearing)
    else:
        held, (first,) = await begun_and_held(pair.two, hearing)
        second = asyncio.create_task(settling)
    await waits(pair.one)
    await held.let_go()
    await asyncio.gather(first, second)
    assert await pair.here.stage(message) is Stage.READ


async def test_two_reports_of_one_message_do_not_overwrite_each_other(pair: Pair) -> None:
    message = await pair.here.accept()
    await pair.here.send(message, "w1")
    held, (first,) = await begun_and_held(pair.one, pair.here.status("w1", Stage.READ))
    second = asyncio.create_task(pair.there.status("w1", Stage.DELIVERED))
    await waits(pair.one)
    await held.let_go()
    await asyncio.gather(first, second)
    assert await pair.here.stage(message) is Stage.READ
    assert await pair.here.notes(message) == ["absorbed"]


async def test_an_incoming_message_that_two_nodes_are_told_of_is_one(pair: Pair) -> None:
    await pair.here.write("in-0")
    held, (first,) = await begun_and_held(pair.one, pair.here.write("in-1"))
    second = asyncio.create_task(pair.there.write("in-1"))
    await waits(pair.one)
    await held.let_go()
    assert (await first).id == (await second).id
    assert len([each for each in await pair.one.events(0, 10) if each.kind is EventKind.RECEIVED]) == 2


async def test_deliveries_of_two_nodes_are_numbered_without_a_gap(pair: Pair) -> None:
    subscription = await pair.here.subscribe()
    messages = [await pair.here.accept(to=phone(f"9725000000{number:02}")) for number in range(20)]
    claims = [pair.here.claim(message) for message in messages]
    assert await asyncio.gather(*claims) == [[1]] * 20
    await asyncio.gather(
        *(
            (pair.one, pair.two)[place % 2].settle(
                pair.here.settlement(message, external_id=f"w{place}", stage=Stage.SENT)
            )
            for place, message in enumerate(messages)
        )
    )
    assert await pair.here.told(subscription) == [EventKind.SENT] * 20


async def test_nodes_that_lock_each_other_out_both_come_through(pair: Pair) -> None:
    one, two = await pair.here.accept(), await pair.here.accept()
    for message in (one, two):
        await pair.here.send(message, f"w{message.id}")
    await pair.here.write("in-1")
    # Each node holds one message and wants the other's: the server breaks one of them, whose work is done anew.
    here, (first,) = await begun_and_held(pair.one, pair.here.status(f"w{one.id}", Stage.DELIVERED))
    there, (second,) = await begun_and_held(pair.two, pair.there.status(f"w{two.id}", Stage.DELIVERED))

    def crossing(message_id: Id) -> Work[object]:
        sql = "SELECT id FROM messages WHERE id = ? /*+ FOR UPDATE */"
        return lambda con: con.execute(sql, (message_id,)).fetchone()

    here.last, there.last = crossing(two.id), crossing(one.id)
    await asyncio.gather(here.let_go(), there.let_go(), first, second)
    for message in (one, two):
        assert await pair.here.stage(message) is Stage.DELIVERED
        assert await pair.here.notes(message) == []


async def test_a_reader_of_the_log_misses_nothing_of_a_slower_node(pair: Pair) -> None:
    slow, quick, last = await pair.here.accept(), await pair.here.accept(), await pair.here.accept()
    await pair.here.claim(slow, quick, last)

    def sent(desk: Desk, message: Message, name: str) -> Settlement:
        return desk.settlement(message, external_id=name, stage=Stage.SENT)

    held, (first,) = await begun_and_held(pair.one, pair.one.settle(sent(pair.here, slow, "w1")))
    await pair.two.settle(sent(pair.there, quick, "w2"))
    # The quick node's event is written, and its id is the higher one. It is not shown before the slow one's.
    assert await pair.two.events(0, 10) == []
    await held.let_go()
    await first
    shown = await pair.two.events(0, 10)
    assert [event.message_id for event in shown] == [slow.id, quick.id]
    # The first node's clock is behind: what it writes now yet stands behind what readers have seen.
    await pair.one.settle(sent(pair.here, last, "w3"))
    assert [event.message_id for event in await pair.two.events(shown[-1].id, 10)] == [last.id]


async def test_a_subscription_removed_elsewhere_is_told_nothing_more(pair: Pair) -> None:
    subscription = await pair.here.subscribe()
    message = await pair.here.accept()
    await pair.here.send(message, "w1")
    await pair.two.remove_subscription(subscription.id)
    await pair.here.status("w1", Stage.DELIVERED)
    assert await pair.here.stage(message) is Stage.DELIVERED
    assert await pair.one.deliveries(DeliveryFilter(subscription_id=subscription.id)) == []
    assert [moment.what for moment in await pair.one.history(message.id)].count("delivery") == 0


async def test_senders_made_at_once_have_ordinals_and_credentials_of_their_own(pair: Pair) -> None:
    held = await hold(pair.one)
    made = [
        asyncio.create_task(
            store.add_sender(
                pair.here.account,
                number,
                "",
                NewRoute("sandbox", "", {}),
                [NewKey("one", "p", "the same secret")],
                ordinal,
            )
        )
        for store, number, ordinal in ((pair.one, "1111111111", 7), (pair.two, "2222222222", 7))
    ]
    await asyncio.sleep(0)
    await held.let_go()
    results = await asyncio.gather(*made, return_exceptions=True)
    refused = [each for each in results if isinstance(each, Refusal)]
    assert [each.fault for each in refused] == [Fault.DUPLICATE]
    assert await pair.one.next_ordinal() == 8


async def test_accounts_made_at_once_have_ordinals_of_their_own(pair: Pair) -> None:
    made = await asyncio.gather(*((pair.one, pair.two)[place % 2].account(f"account {place}") for place in range(10)))
    assert len({account.ordinal for account in made}) == 10
    assert (await pair.one.account("x"), await pair.two.account("x")) == (await pair.two.account("x"),) * 2

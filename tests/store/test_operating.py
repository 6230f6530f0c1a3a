"""Operators' keys, the probe, and senders that are stalled."""

from pathlib import Path

import pytest

from parlance.contract.moments import DeliveryResult, DeliveryState
from parlance.contract.operators import Commits, OperatorKey, OperatorScope, Tally
from parlance.model.address import phone
from parlance.model.event import EventKind
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Stage
from store.desk import NOW, Desk

READ, ADMIN = OperatorScope.READ, OperatorScope.ADMIN


async def test_a_key_is_found_by_its_secret_alone(desk: Desk) -> None:
    made = await desk.store.add_operator_key("ci", "hush", READ, None, 0)
    assert made == OperatorKey(made.id, "ci", READ, NOW)
    assert await desk.store.find_operator_key("hush") == made
    assert await desk.store.find_operator_key("hush ") is None
    assert await desk.store.find_operator_key("secret-1") is None
    assert await desk.store.find_key("operator", "hush") is None
    assert await desk.store.operator_keys() == [made]


async def test_a_replaced_key_works_for_its_time_of_grace(desk: Desk) -> None:
    old = await desk.store.add_operator_key("ci", "old", ADMIN, None, 0)
    new = await desk.store.add_operator_key("ci", "new", ADMIN, old.id, NOW + 1_000)
    desk.clock.millis = NOW + 999
    found = await desk.store.find_operator_key("old")
    assert found is not None
    assert found.ends_at == NOW + 1_000
    desk.clock.millis = NOW + 1_000
    assert await desk.store.find_operator_key("old") is None
    assert await desk.store.operator_keys() == [new]


async def test_only_a_working_key_can_be_replaced(desk: Desk) -> None:
    old = await desk.store.add_operator_key("ci", "old", ADMIN, None, 0)
    assert await desk.store.end_operator_key(old.id, NOW)
    assert not await desk.store.end_operator_key(old.id, NOW)
    with pytest.raises(Refusal) as refused:
        await desk.store.add_operator_key("ci", "new", ADMIN, old.id, NOW)
    assert (refused.value.fault, refused.value.field) == (Fault.UNKNOWN_SENDER, "replaces")
    assert await desk.store.find_operator_key("new") is None


async def test_a_time_of_grace_is_never_prolonged(desk: Desk) -> None:
    old = await desk.store.add_operator_key("ci", "old", ADMIN, None, 0)
    assert await desk.store.end_operator_key(old.id, NOW + 10)
    assert await desk.store.end_operator_key(old.id, NOW + 20)
    assert [each.ends_at for each in await desk.store.operator_keys()] == [NOW + 10]


async def test_a_senders_key_is_no_operators(desk: Desk) -> None:
    (first, *_) = await desk.store.keys(desk.sender.id)
    assert not await desk.store.end_operator_key(first.id, NOW)
    assert first in await desk.store.keys(desk.sender.id)


async def test_no_secret_is_in_the_database(desk: Desk, tmp_path: Path) -> None:
    await desk.store.add_operator_key("a name", "a-secret-to-look-for", ADMIN, None, 0)
    written = all_in(tmp_path)
    assert b"a-secret-to-look-for" not in written
    assert (b"a name" in written) == bool(written)


def all_in(folder: Path) -> bytes:
    """What is in all files of a folder; nothing where the database is a server's."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_the_probe_commits(desk: Desk) -> None:
    before = desk.store.commits()
    await desk.store.probe()
    await desk.store.probe()
    assert desk.store.commits() == Commits(before.commits + 2, before.operations + 2)


async def test_the_log_is_tallied(desk: Desk) -> None:
    sent, failed = await desk.accept(), await desk.accept(to=phone("972501234568"))
    await desk.send(sent, "e-1")
    await desk.status("e-1", Stage.DELIVERED)
    await desk.send(failed, "e-2")
    await desk.status("e-2", Stage.FAILED, failure=Failure(Fault.NOT_ON_WHATSAPP))
    log = await desk.store.events(0, 100)
    tally = await desk.store.tally(0)
    assert tally.last == log[-1].id
    assert sum(count for count, _, _ in tally.kinds.values()) == len(log)
    ids = [each.id for each in log if each.kind is EventKind.SENT]
    assert tally.kinds[desk.sender.id, EventKind.SENT] == (2, ids[0], ids[1])
    assert tally.failures == {Fault.NOT_ON_WHATSAPP: 1}
    assert await desk.store.tally(tally.last) == Tally(tally.last)


async def test_the_webhook_due_longest_is_known(desk: Desk) -> None:
    assert await desk.store.oldest_due() is None
    await desk.subscribe(url="")
    await desk.store.tell_stalls([desk.sender.id], NOW)
    assert await desk.store.oldest_due() is None
    pushed = await desk.subscribe()
    await desk.store.tell_stalls([], NOW + 5)
    await desk.store.tell_stalls([desk.sender.id], NOW + 9)
    assert await desk.store.oldest_due() == NOW + 5
    await desk.store.delivered([DeliveryResult(pushed.id, 1, DeliveryState.DONE, NOW + 10)])
    assert await desk.store.oldest_due() == NOW + 9


async def test_a_stall_is_told_once_and_so_is_its_end(desk: Desk) -> None:
    await desk.subscribe()
    began = await desk.store.tell_stalls([desk.sender.id], NOW)
    assert len(began.subscriptions) == 1
    assert (await desk.store.tell_stalls([desk.sender.id], NOW + 1)).subscriptions == frozenset()
    assert len((await desk.store.tell_stalls([], NOW + 2)).subscriptions) == 1
    assert (await desk.store.tell_stalls([], NOW + 3)).subscriptions == frozenset()
    told = [(each.kind, each.state, each.at, each.number) for each in await desk.store.events(0, 10)]
    number = desk.sender.number
    assert told == [(EventKind.STATE, "stalled", NOW, number), (EventKind.STATE, "flowing", NOW + 2, number)]


async def test_what_may_still_last_does_not_end(desk: Desk) -> None:
    await desk.store.tell_stalls([desk.sender.id], NOW)
    await desk.store.tell_stalls([], NOW + 1, ended=False)
    await desk.store.tell_stalls([desk.sender.id], NOW + 2)
    assert [each.state for each in await desk.store.events(0, 10)] == ["stalled"]


async def test_a_sender_that_is_gone_is_not_told_of(desk: Desk) -> None:
    await desk.store.tell_stalls([desk.sender.id], NOW)
    await desk.store.remove_sender(desk.sender.id)
    await desk.store.tell_stalls([], NOW + 1)
    assert [each.state for each in await desk.store.events(0, 10)] == ["stalled"]

"""Nodes that share a PostgreSQL database: who does what, who may write what, and what they tell each other."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parlance.contract.cluster import BUCKETS, Duty, Fenced, News, Tenure
from parlance.contract.moments import Waiting, Written
from parlance.contract.registry import NewKey, NewRoute
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message, Stage
from parlance.store import postgres_news, sharing
from parlance.store import postgres_session as session
from parlance.store.connection import Connection
from parlance.store.postgres import PostgresStore
from parlance.store.postgres_news import Notice
from store import server
from store.desk import KEY, CountedIds, Desk, StoppedClock, allow
from store.nodes import at_another, begun_and_held, hold
from toys import until

ALL = frozenset(Duty)
SENDS = frozenset({Duty.DISPATCH})
EVERY = frozenset(range(BUCKETS))


@dataclass
class Ground:
    """A database, and nodes on it."""

    url: str
    clock: StoppedClock
    nodes: list[PostgresStore] = field(default_factory=list)

    async def node(self, lease: int = 10_000) -> PostgresStore:
        first = (len(self.nodes) + 1) * 10_000_001
        made = PostgresStore(self.url, CountedIds(first), self.clock, KEY, lease=lease)
        await made.open()
        self.nodes.append(made)
        return made

    def run(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as raw:
            cursor = raw.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def die(self, store: PostgresStore) -> None:
        """Nothing has been heard of a node for longer than its lease."""
        self.run("UPDATE nodes SET beat_at = beat_at - lease - 1 WHERE node = %s", store.cluster.node)

    def hand_over(self, bucket: int, node: int) -> None:
        sql = "UPDATE buckets SET node = %s, fence = fence + 1 WHERE duty = 'dispatch' AND bucket = %s"
        self.run(sql, node, bucket)


@pytest.fixture
async def ground(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Ground]:
    made = Ground(server.url_of(tmp_path), clock)
    yield made
    for store in made.nodes:
        await store.close()
    server.drop(tmp_path)


async def desk_at(store: PostgresStore, clock: StoppedClock) -> Desk:
    account = await store.account("demo")
    sender = await store.add_sender(account, "972770000111", "Demo", NewRoute("sandbox", "", {}), [], 1)
    return Desk(store, clock, CountedIds(5_000_001), account, sender)


async def dispatching(store: PostgresStore) -> Tenure:
    """Beat, and take up what was taken."""
    tenure = (await store.cluster.beat(SENDS))[Duty.DISPATCH]
    if tenure.taken:
        await store.recover(0, tenure.taken)
    return tenure


# ---- shares


async def test_the_first_node_has_everything_and_others_get_their_share(ground: Ground) -> None:
    one, two, three = [await ground.node() for _ in range(3)]
    held = await one.cluster.beat(ALL)
    assert held == {
        Duty.DISPATCH: Tenure(EVERY, EVERY),
        Duty.ANNOUNCE: Tenure(EVERY, EVERY),
        Duty.KEEPING: Tenure(frozenset({0}), frozenset({0})),
    }
    await one.recover(0, EVERY)
    assert await two.cluster.beat(ALL) == dict.fromkeys(ALL, Tenure(frozenset()))
    held = await one.cluster.beat(ALL)
    surplus = held[Duty.DISPATCH].surplus
    assert (len(surplus), held[Duty.DISPATCH].held, held[Duty.DISPATCH].taken) == (128, EVERY, frozenset())
    assert held[Duty.KEEPING] == Tenure(frozenset({0}))
    await one.cluster.release(Duty.DISPATCH, surplus)
    assert (await two.cluster.beat(ALL))[Duty.DISPATCH] == Tenure(surplus, surplus)
    assert (await one.cluster.beat(ALL))[Duty.DISPATCH] == Tenure(EVERY - surplus)
    await three.cluster.beat(ALL)
    for store in (one, two):
        tenure = (await store.cluster.beat(ALL))[Duty.DISPATCH]
        await store.cluster.release(Duty.DISPATCH, tenure.surplus)
    shares = [(await store.cluster.beat(ALL))[Duty.DISPATCH] for store in (one, two, three)]
    assert sorted(len(each.held) for each in shares) == [85, 85, 86]
    assert frozenset().union(*(each.held for each in shares)) == EVERY
    assert [each.surplus for each in shares] == [frozenset()] * 3


async def test_only_nodes_that_do_a_duty_share_it(ground: Ground) -> None:
    one, two = await ground.node(), await ground.node()
    assert await one.cluster.beat(frozenset()) == {}
    assert (await dispatching(two)).held == EVERY
    assert (await dispatching(two)).surplus == frozenset()
    assert (await one.cluster.beat(frozenset({Duty.ANNOUNCE})))[Duty.ANNOUNCE].held == EVERY
    assert {one.cluster.node, two.cluster.node} == {1, 2}


async def test_a_dead_node_is_taken_over(ground: Ground) -> None:
    one, two = await ground.node(), await ground.node()
    await dispatching(one)
    assert (await dispatching(two)).held == frozenset()
    ground.die(one)
    assert await dispatching(two) == Tenure(EVERY, EVERY)
    assert ground.run("SELECT DISTINCT node, fence FROM buckets WHERE duty = 'dispatch'") == [(two.cluster.node, 2)]
    # It was only slow: what was its own is not any more, and it gets its share in time.
    assert await dispatching(one) == Tenure(frozenset())
    assert len((await dispatching(two)).surplus) == 128


async def test_a_node_that_leaves_is_taken_over_at_once(ground: Ground, clock: StoppedClock) -> None:
    one, two = await ground.node(), await ground.node()
    desk = await desk_at(one, clock)
    await dispatching(one)
    assert one.cluster.holds(Duty.DISPATCH, desk.sender.id)
    await one.cluster.leave()
    assert not one.cluster.holds(Duty.DISPATCH, desk.sender.id)
    assert await dispatching(two) == Tenure(EVERY, EVERY)
    assert two.cluster.holds(Duty.DISPATCH, desk.sender.id)


async def test_a_lease_ends_here_before_it_ends_elsewhere(ground: Ground, clock: StoppedClock) -> None:
    one = await ground.node(lease=300)
    desk = await desk_at(one, clock)
    await dispatching(one)
    assert one.cluster.holds(Duty.DISPATCH, desk.sender.id)
    await until(lambda: not one.cluster.holds(Duty.DISPATCH, desk.sender.id))
    await dispatching(one)
    assert one.cluster.holds(Duty.DISPATCH, desk.sender.id)


async def test_the_next_beat_is_when_another_lease_runs_out(ground: Ground) -> None:
    one, two = await ground.node(lease=9_000), await ground.node(lease=9_000)
    await one.cluster.beat(SENDS)
    await two.cluster.beat(SENDS)
    assert (one.cluster.rest, two.cluster.rest) == (3_000, 3_000)
    ground.run("UPDATE nodes SET beat_at = beat_at - 7500 WHERE node = %s", one.cluster.node)
    await two.cluster.beat(SENDS)
    assert 0 < two.cluster.rest <= 1_501
    ground.die(one)
    await two.cluster.beat(SENDS)
    assert two.cluster.rest == 3_000


async def test_what_was_taken_is_not_worked_in_before_it_was_recovered(ground: Ground, clock: StoppedClock) -> None:
    one = await ground.node()
    desk = await desk_at(one, clock)
    for _ in range(2):
        tenure = (await one.cluster.beat(SENDS))[Duty.DISPATCH]
        assert tenure == Tenure(EVERY, EVERY)
        assert not one.cluster.holds(Duty.DISPATCH, desk.sender.id)
    await one.recover(0, tenure.taken)
    assert one.cluster.holds(Duty.DISPATCH, desk.sender.id)
    assert (await one.cluster.beat(SENDS))[Duty.DISPATCH] == Tenure(EVERY)


async def test_a_number_is_given_again_when_no_other_is_left(ground: Ground) -> None:
    one, two = await ground.node(), await ground.node()
    await one.cluster.beat(frozenset())
    assert one.cluster.node == 1
    ground.run(
        "INSERT INTO nodes (node, incarnation, beat_at, lease, duties) "
        "SELECT made, 7, 1000 + abs(made - 700), 10, '' FROM generate_series(2, 1023) AS made"
    )
    await two.cluster.beat(frozenset())
    assert two.cluster.node == 700
    await two.cluster.beat(frozenset())
    assert two.cluster.node == 700
    ground.run("UPDATE nodes SET lease = 9000000000000 WHERE node NOT IN (1, 700)")
    three = await ground.node()
    with pytest.raises(Refusal) as refused:
        await three.cluster.beat(frozenset())
    assert refused.value.fault is Fault.UNAVAILABLE


def test_a_number_whose_buckets_are_still_to_be_taken_over_is_not_given() -> None:
    assert sharing.number({}, living=[1], holding=[2]) == 3
    everyone = {each: each for each in range(1, sharing.MOST_NODES + 1)}
    assert sharing.number(everyone, living=[1], holding=[2]) == 3
    assert sharing.number(everyone, living=everyone, holding=[]) is None


async def test_a_database_that_is_gone_is_unavailable(ground: Ground) -> None:
    one = await ground.node()
    await one.close()
    with pytest.raises(Refusal) as refused:
        await one.cluster.beat(ALL)
    assert refused.value.fault is Fault.UNAVAILABLE


# ---- fences


async def test_an_old_fence_writes_nothing(ground: Ground, clock: StoppedClock) -> None:
    one, two = await ground.node(), await ground.node()
    desk = await desk_at(one, clock)
    await dispatching(one)
    sent, waiting = await desk.accept(), await desk.accept()
    assert await desk.claim(sent) == [1]
    ground.die(one)
    assert await two.recover(0, (await two.cluster.beat(SENDS))[Duty.DISPATCH].taken) == 1
    outcome = desk.settlement(sent, external_id="w1", stage=Stage.SENT, departed=True)
    with pytest.raises(Fenced):
        await one.settle(outcome)
    with pytest.raises(Fenced):
        await desk.claim(waiting)
    assert await one.recover(0, EVERY) == 0
    assert await desk.waiting() == [(sent.id, Waiting.UNSURE), (waiting.id, Waiting.READY)]
    assert [moment.what for moment in await one.history(sent.id)].count("attempt") == 0
    assert await at_another(desk, two).claim(waiting) == [1]


@pytest.mark.parametrize("spoiled", [False, True])
async def test_neighbours_of_what_is_fenced_commit(ground: Ground, clock: StoppedClock, *, spoiled: bool) -> None:
    one, two = await ground.node(), await ground.node()
    desk = await desk_at(one, clock)
    other = Desk(one, clock, desk.ids, desk.account, await desk.add_sender("15550001111"))
    await dispatching(one)
    await dispatching(two)
    mine = [await desk.accept() for _ in range(2)]
    theirs = [await other.accept() for _ in range(2)]
    await asyncio.gather(desk.claim(mine[0]), other.claim(theirs[0]))
    ground.hand_over(one.cluster.bucket(other.sender.id), two.cluster.node)

    def bad(con: Connection) -> None:
        con.execute("SELECT no_such_column")

    held = await hold(one)
    tasks = [
        asyncio.ensure_future(each)
        for each in (
            desk.claim(mine[1]),
            other.claim(theirs[1]),
            one.settle(desk.settlement(mine[0], external_id="w1", stage=Stage.SENT)),
            one.settle(other.settlement(theirs[0], external_id="w2", stage=Stage.SENT)),
            desk.accept(),
        )
    ]
    if spoiled:
        # Then each is done by itself.
        tasks.append(asyncio.ensure_future(one._write(bad)))
    await asyncio.sleep(0)
    await held.let_go()
    claimed, fenced, settled, late, accepted, *broken = await asyncio.gather(*tasks, return_exceptions=True)
    assert claimed == [1]
    assert isinstance(fenced, Fenced)
    assert isinstance(settled, Written)
    assert settled.released == ((desk.sender.id, mine[0].id),)
    assert isinstance(late, Fenced)
    assert isinstance(accepted, Message)
    assert [type(each) for each in broken] == ([psycopg.errors.UndefinedColumn] if spoiled else [])
    assert await desk.stage(mine[0]) is Stage.SENT
    assert await other.waiting() == [(theirs[0].id, Waiting.MARKED), (theirs[1].id, Waiting.READY)]


async def test_what_was_claimed_before_a_bucket_went_and_came_back_is_refused(
    ground: Ground, clock: StoppedClock
) -> None:
    one, two = await ground.node(), await ground.node()
    desk = await desk_at(one, clock)
    await dispatching(one)
    message, next_one = await desk.accept(), await desk.accept()
    await desk.claim(message)
    ground.die(one)
    await dispatching(two)
    await two.cluster.leave()
    assert (await dispatching(one)).held == EVERY
    with pytest.raises(Fenced):
        await one.settle(desk.settlement(message, external_id="w1", stage=Stage.SENT))
    await desk.send(next_one, "w2")
    # It was told what is known elsewhere: what it does about it now counts again.
    assert await desk.stage(message) is Stage.UNSURE
    await one.settle(desk.settlement(message, attempt=0, outcome="unknown", stage=Stage.FAILED))
    assert await desk.stage(message) is Stage.FAILED


async def test_a_bucket_that_is_being_written_in_is_left_for_the_next_beat(ground: Ground, clock: StoppedClock) -> None:
    one, two = await ground.node(), await ground.node()
    desk = await desk_at(one, clock)
    await dispatching(one)
    message = await desk.accept()
    held, (claiming,) = await begun_and_held(one, desk.claim(message))
    ground.die(one)
    bucket = one.cluster.bucket(desk.sender.id)
    assert (await dispatching(two)).held == EVERY - {bucket}
    await held.let_go()
    assert await claiming == [1]
    tenure = (await two.cluster.beat(SENDS))[Duty.DISPATCH]
    assert tenure == Tenure(EVERY, frozenset({bucket}))
    # The mark that was made at the last moment is found.
    assert await two.recover(0, tenure.taken) == 1


@pytest.mark.parametrize("stopped", ["between statements", "in a statement"])
async def test_a_node_that_was_stopped_in_a_transaction_keeps_nothing_locked(ground: Ground, stopped: str) -> None:
    one = await ground.node(lease=200)
    await one.cluster.beat(SENDS)
    ground.hand_over(7, 0)
    with closing(session.connect(ground.url)) as still:
        still.execute("BEGIN")
        still.execute("UPDATE meta SET value = value")
        still.execute("SELECT FROM buckets WHERE duty = 'dispatch' AND bucket = 7 FOR SHARE")
        if stopped == "in a statement":
            still.pgconn.exec_(b"COPY meta FROM STDIN")

        async def taken() -> bool:
            return (await one.cluster.beat(SENDS))[Duty.DISPATCH].held == EVERY

        await until(taken)
        assert ground.run("SELECT FROM pg_stat_activity WHERE pid = %s", still.info.backend_pid) == []


async def test_who_never_beats_is_not_fenced(ground: Ground, clock: StoppedClock) -> None:
    one, two = await ground.node(), await ground.node()
    desk = await desk_at(one, clock)
    await dispatching(two)
    message = await desk.accept()
    await desk.send(message, "w1")
    assert await desk.stage(message) is Stage.SENT


# ---- what nodes tell each other


async def both(ground: Ground) -> tuple[PostgresStore, PostgresStore]:
    """Two nodes that know of each other and hear each other; the first one sends."""
    one, two = await ground.node(), await ground.node()
    await dispatching(one)
    await two.cluster.beat(frozenset())
    await dispatching(one)
    for store in (one, two):
        assert (await store.cluster.news()).everything
    return one, two


async def heard(store: PostgresStore) -> News:
    return await asyncio.wait_for(store.cluster.news(), 10)


async def test_a_node_hears_of_messages_for_its_senders(ground: Ground, clock: StoppedClock) -> None:
    one, two = await both(ground)
    desk = await desk_at(one, clock)
    assert await heard(two) == News(moved=frozenset({desk.sender.id}))
    there = at_another(desk, two)
    await there.accept()
    assert await heard(one) == News(senders=frozenset({desk.sender.id}))
    # What it takes in itself is nobody else's business; what is to be told is everyone's.
    message = await desk.accept()
    subscription = await desk.subscribe()
    assert await heard(two) == News(moved=frozenset({desk.sender.id}))
    await desk.send(message, "w1")
    assert await heard(two) == News(subscriptions=frozenset({subscription.id}))
    assert one._nodes._news == News()


async def test_a_message_that_is_to_go_again_is_told(ground: Ground, clock: StoppedClock) -> None:
    one, two = await both(ground)
    desk = await desk_at(one, clock)
    assert (await heard(two)).moved == {desk.sender.id}
    message = await desk.accept()
    await desk.send(message, "w1")
    await at_another(desk, two).status("w1", Stage.DELIVERED)
    # The first callback of a route changes the route.
    assert (await heard(one)).moved == {desk.sender.id}
    repeated = at_another(desk, two).draft(key="k", fingerprint=b"f")
    await two.accept(repeated, allow)
    assert (await heard(one)).senders == {desk.sender.id}


async def test_what_is_set_up_on_one_node_is_known_on_the_others(ground: Ground, clock: StoppedClock) -> None:
    one, two = await both(ground)
    desk = await desk_at(one, clock)
    there = at_another(desk, two)
    await heard(two)
    assert (await there.refresh()).name == "Demo"
    await one.change_sender(desk.sender.id, name="Other")
    await one.add_keys(desk.sender.id, [NewKey("one", "p", "the secret")], None)

    async def follows() -> bool:
        return (await there.refresh()).name == "Other" and len(await two.keys(desk.sender.id)) == 1

    await until(follows)
    message = await there.accept()
    await at_another(desk, one).claim(message)
    await two.hear([])
    # The writer remembers who wants to hear, and forgets it as well.
    await there.write("in-1")
    subscription = await desk.subscribe()

    async def subscribed() -> bool:
        return len(await two.subscriptions(desk.sender.id)) == 1

    await until(subscribed)
    await there.write("in-2")
    assert await desk.told(subscription) == [EventKind.RECEIVED]


async def test_a_change_whose_notice_was_lost_is_found_within_two_seconds(ground: Ground, clock: StoppedClock) -> None:
    one, two = await both(ground)
    desk = await desk_at(one, clock)
    await heard(two)
    there = at_another(desk, two)
    await there.refresh()
    ground.run("UPDATE senders SET name = 'Other'")
    ground.run("UPDATE meta SET value = (value::bigint + 1)::text WHERE name = 'changes'")
    began = time.monotonic()

    async def follows() -> bool:
        return (await there.refresh()).name == "Other"

    await until(follows)
    assert time.monotonic() - began < 2.5
    assert (await heard(two)).everything


async def test_whoever_lost_its_connection_looks_at_everything(ground: Ground) -> None:
    one, _ = await both(ground)
    ground.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert (await heard(one)).everything


def test_a_notice_is_read_as_it_was_written() -> None:
    some, nobody = frozenset({1, 2}), frozenset[Id]()
    assert postgres_news.read(postgres_news.news(5, some, (), ())) == Notice(5, 0, nobody, some, nobody, nobody)
    many: set[Id] = set(range(1 << 62, (1 << 62) + 101))
    most = frozenset(list(many)[:100])
    assert len(postgres_news.news(5, most, most, most)) < 7_900
    text = postgres_news.news(5, many, most, some)
    assert postgres_news.read(text) == Notice(5, 0, nobody, None, most, some)
    for strange in ("", "hello", "1 2 3 4", "1 2 x - - -", "1 2 - - -", "1 2 - - - - -"):
        assert postgres_news.read(strange) is None

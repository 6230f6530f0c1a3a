"""This node among the others that share one PostgreSQL database.

A heartbeat is one row for each node, however many senders there are. Beats go one after the other, so that each finds
the buckets as the one before left them. Whoever takes a bucket over waits for nobody: one in which its old owner is
writing just now is left for the next beat, and a transaction whose node has fallen silent is ended.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from parlance.contract.cluster import Duty, News, Tenure
from parlance.contract.moments import Stored, Written
from parlance.model.fault import Refusal
from parlance.model.ids import Id
from parlance.store import postgres_news, sharing
from parlance.store.buckets import bucket
from parlance.store.connection import Trouble
from parlance.store.faults import unavailable
from parlance.store.fencing import Fences
from parlance.store.groupwise.arrays import numbers
from parlance.store.postgres_link import PostgresLink
from parlance.store.postgres_taking import take
from parlance.store.sharing import Row

T = TypeVar("T")
LEASE = 10_000
_TRIES = 2

_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_NODES = "SELECT node, incarnation, beat_at, lease, duties FROM nodes"
_BUCKETS = "SELECT duty, bucket, node, fence FROM buckets ORDER BY duty, bucket"
_BEAT = (
    "INSERT INTO nodes (node, incarnation, beat_at, lease, duties) VALUES (?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE "
    "SET incarnation = excluded.incarnation, beat_at = excluded.beat_at, lease = excluded.lease, "
    "duties = excluded.duties"
)
_MAKE = (
    "INSERT INTO buckets (duty, bucket, node, fence) SELECT ?, made, 0, 0 FROM generate_series(0, ?) AS made "
    "ON CONFLICT DO NOTHING"
)
_INTERRUPT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = current_user AND application_name = current_setting('application_name') "
    "AND backend_xid IS NOT NULL AND wait_event = 'ClientRead' "
    "AND state_change < clock_timestamp() - ? * interval '1 ms'"
)
"""A node that was stopped in the middle of a transaction would keep what it has locked from all others. The time limits
of the server do not see one that was stopped in the middle of a statement."""

_RELEASE = "UPDATE buckets SET node = 0, fence = fence + 1 WHERE duty = ? AND node = ? AND bucket = ANY (?::bigint[])"
_LEAVE = "UPDATE nodes SET lease = 0 WHERE node = ? AND incarnation = ?"
_LEAVE_ALL = "UPDATE buckets SET node = 0, fence = fence + 1 WHERE node = ?"


class _Told(NamedTuple):
    """What the others are to be told; see `News`."""

    senders: set[Id]
    subscriptions: set[Id]
    moved: set[Id]


class PostgresCluster:
    """A `Cluster` of all who share a database."""

    def __init__(
        self, url: str, fences: Fences, forget: Callable[[Iterable[Id] | None], None], lease: int = LEASE
    ) -> None:
        """`fences` learn what is held; `forget` is told whose set-up another node has changed (None: anyone's).

        Nothing is touched before the first beat.
        """
        self.node = 0
        self.lease = lease
        self.incarnation = 1 + secrets.randbelow((1 << 62) - 1)
        """Tells this process from every other, also from one that had the same number before."""
        self._url = url
        self._fences = fences
        self._forget = forget
        half = f"{max(lease // 2, 1)}ms"
        self._link = PostgresLink(
            url, f"SET lock_timeout = '{half}';SET idle_in_transaction_session_timeout = '{half}'"
        )
        self._thread = ThreadPoolExecutor(1, "store-cluster")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: postgres_news.Listening | None = None
        # What is held, by duty, with the fencing numbers, and what of it may be worked in.
        self._held: Mapping[Duty, Mapping[int, int]] = {}
        self._ready: Mapping[Duty, frozenset[int]] = {}
        self._until = 0.0
        self._rest = lease // 3
        self._alone = True
        self._lock = threading.Lock()
        self._to_tell: _Told | None = None
        self._count = self._seen = 0
        self._news = News()
        self._told = asyncio.Event()

    # ---- what is held

    async def beat(self, duties: frozenset[Duty]) -> Mapping[Duty, Tenure]:
        """Say that this node is alive and does these duties; gives what it holds of each.

        Buckets of `dispatch` count as taken until `recover` has looked after them, and are not worked in before.
        """
        self._loop = asyncio.get_running_loop()
        if self._listening is None:
            self._listening = postgres_news.Listening(self._url, self._hear_soon, self._count_soon)
        began = time.monotonic()
        return await self._run(lambda: self._beaten(duties, began))

    @property
    def rest(self) -> int:
        """How long to wait before the next beat, in milliseconds."""
        return self._rest

    async def release(self, duty: Duty, buckets: frozenset[int]) -> None:
        """Give up buckets in which nothing is under way."""
        self._hold({**self._held, duty: {each: self._held[duty][each] for each in self._held[duty].keys() - buckets}})
        values = (duty.value, self.node, numbers(buckets))
        await self._run(lambda: self._transaction(lambda link: link.execute(_RELEASE, values).rowcount))

    async def leave(self) -> None:
        """Give up everything, at once: this node stops."""
        self._hold({})
        self._until = 0.0

        def work(link: PostgresLink) -> None:
            link.gather((_LEAVE, (self.node, self.incarnation)), (_LEAVE_ALL, (self.node,)))

        if self.node:
            await self._run(lambda: self._transaction(work))

    def bucket(self, sender_id: Id) -> int:
        """Which bucket a sender is in."""
        return bucket(sender_id)

    def holds(self, duty: Duty, sender_id: Id) -> bool:
        """Whether this node may work for the sender: it holds the bucket, and its lease has not run out."""
        place = 0 if duty is Duty.KEEPING else bucket(sender_id)
        return place in self._ready.get(duty, ()) and time.monotonic() < self._until

    def recovered(self, buckets: Iterable[int]) -> None:
        """What another node left behind in these buckets has been looked after."""
        ready = self._ready.get(Duty.DISPATCH, frozenset()) | frozenset(buckets)
        self._ready = {**self._ready, Duty.DISPATCH: frozenset(ready & self._held.get(Duty.DISPATCH, {}).keys())}

    async def close(self) -> None:
        """End what runs beside; gives nothing up."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        self._thread.shutdown()
        self._link.close()

    def _hold(self, held: Mapping[Duty, Mapping[int, int]]) -> None:
        before, ready = self._held, {}
        for duty, fences in held.items():
            new = fences.items() - before.get(duty, {}).items() if duty is Duty.DISPATCH else set()
            old = self._ready.get(duty, frozenset()) if duty is Duty.DISPATCH else fences.keys()
            ready[duty] = frozenset(old & fences.keys()) - {each for each, _ in new}
        self._held, self._ready = held, ready
        self._fences.hold(self.node, held.get(Duty.DISPATCH, {}))

    # ---- the beat, in its thread

    def _beaten(self, duties: frozenset[Duty], began: float) -> Mapping[Duty, Tenure]:
        before, self._rest = self._held, self.lease // 3
        node, others, found = self._transaction(lambda link: self._beat(link, duties))
        self.node, self._alone = node, not others
        self._hold({duty: {row.bucket: row.fence for row in rows} for duty, (rows, _) in found.items()})
        self._until = began + self.lease / 1000
        tenures = {}
        for duty, (rows, fair) in found.items():
            held = frozenset(row.bucket for row in rows)
            if duty is Duty.DISPATCH:
                taken = held - self._ready[duty]
            else:
                taken = frozenset(row.bucket for row in rows if before.get(duty, {}).get(row.bucket) != row.fence)
            tenures[duty] = Tenure(held, taken, frozenset(sorted(held)[fair:]))
        return tenures

    def _beat(
        self, link: PostgresLink, duties: frozenset[Duty]
    ) -> tuple[int, int, Mapping[Duty, tuple[Sequence[Row], int]]]:
        """Beat within a transaction; gives the node's number, how many others live, and rows and share of each duty."""
        link.alone("nodes")
        link.gather(*((_MAKE, (duty.value, sharing.size(duty) - 1)) for duty in duties if duty not in self._held))
        looked = (_INTERRUPT, (self.lease // 2,)), (_NOW, ()), (_NODES, ()), (_BUCKETS, ())
        _, ((now,),), nodes, buckets = link.gather(*looked)
        living = {node: set(does.split()) for node, _, at, lease, does in nodes if at + lease > now}
        ends = (at + lease for _, incarnation, at, lease, _ in nodes if incarnation != self.incarnation)
        self._rest = min([self._rest, *(end - now + 1 for end in ends if end > now)])
        node = next((node for node, incarnation, *_ in nodes if incarnation == self.incarnation), None)
        if node is None:
            last = {node: at for node, _, at, *_ in nodes}
            node = sharing.number(last, living, {holder for _, _, holder, _ in buckets})
            if node is None:
                raise unavailable()
        living[node] = {duty.value for duty in duties}
        link.execute(_BEAT, (node, self.incarnation, now, self.lease, " ".join(sorted(living[node]))))
        found = {}
        for duty in duties:
            rows = [Row(*rest) for name, *rest in buckets if name == duty]
            found[duty] = take(link, duty, rows, [each for each, does in living.items() if duty in does], node)
        return node, len(living) - 1, found

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RuntimeError:
            raise unavailable() from None

    def _transaction(self, work: Callable[[PostgresLink], T]) -> T:
        """Run a transaction, once more where another was in the way; raises `Refusal(UNAVAILABLE)`."""
        link = self._link
        for left in reversed(range(_TRIES)):
            try:
                link.begin()
                result = work(link)
                link.commit(lambda: False)
            except Exception as fault:
                trouble = link.trouble(fault)
                with suppress(Exception):
                    link.rollback()
                if trouble is Trouble.OWN:
                    raise
                if trouble is Trouble.STORAGE or not left:
                    raise unavailable() from None
            else:
                return result
        raise unavailable()

    # ---- telling others

    def tell(self, results: Sequence[Any]) -> None:
        """Tell other nodes what a transaction's results set in motion; called after its commit, in any thread."""
        if not self.node:
            return
        senders, subscriptions, moved = told = _Told(set(), set(), set())
        for result in results:
            match result[0] if isinstance(result, tuple) and result else result:
                case Stored(message=message, repeated=False):
                    senders.add(message.sender_id)
                case Written() as written:
                    subscriptions |= written.subscriptions
                    moved |= {sender_id for sender_id, _ in written.released}
                    moved |= {row.sender_id for row in written.requeued}
        for some in (senders, moved):
            some -= {sender_id for sender_id in some if self.holds(Duty.DISPATCH, sender_id)}
        if self._alone:
            # Whoever is new looks at everything first, but for a message that this node does not send itself.
            subscriptions.clear()
        if not any(told):
            return
        with self._lock:
            waiting = self._to_tell is not None
            self._to_tell = told if self._to_tell is None else _Told(*map(set[Id].union, self._to_tell, told))
        if not waiting:
            with suppress(RuntimeError):
                self._thread.submit(self._post)

    def _post(self) -> None:
        with self._lock:
            told, self._to_tell = self._to_tell or _Told(set(), set(), set()), None
        text = postgres_news.news(self.incarnation, *told)

        def work(link: PostgresLink) -> None:
            # It only hurries what looking would find: no disk has to keep it.
            link.gather(("SET LOCAL synchronous_commit = off", ()), (postgres_news.NEWS, (text,)))

        with suppress(Refusal):
            self._transaction(work)

    # ---- hearing others

    async def news(self) -> News:
        """Wait for what other nodes commit, and give it."""
        await self._told.wait()
        self._told.clear()
        found, self._news = self._news, News()
        return found

    def _hear_soon(self, text: str) -> None:
        self._soon(lambda: self._hear(text))

    def _count_soon(self, count: int, anew: bool) -> None:  # noqa: FBT001  see `Listening`
        self._soon(lambda: self._counted(count, anew=anew))

    def _soon(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(work)

    def _hear(self, text: str) -> None:
        notice = postgres_news.read(text)
        if notice is None:
            return
        own = notice.origin == self.incarnation
        if notice.change > self._count:
            missed = notice.change > self._count + 1
            self._count = notice.change
            if missed:
                self._missed()
            elif not own:
                self._forget(notice.changed)
        if own:
            return
        senders, subscriptions, moved = notice.senders, notice.subscriptions, notice.moved
        if senders is None or subscriptions is None or moved is None or notice.changed is None:
            self._ring(News(everything=True))
        else:
            self._ring(News(senders, subscriptions, moved | notice.changed))

    def _counted(self, count: int, *, anew: bool) -> None:
        """So many changes there are. Those of the last count should have been heard of by now."""
        missed = anew or self._seen > self._count or count < self._count
        self._count = count if anew or count < self._count else max(self._count, self._seen)
        self._seen = count
        if missed:
            self._missed()

    def _missed(self) -> None:
        self._forget(None)
        self._ring(News(everything=True))

    def _ring(self, more: News) -> None:
        before = self._news
        self._news = News(
            before.senders | more.senders,
            before.subscriptions | more.subscriptions,
            before.moved | more.moved,
            before.everything or more.everything,
        )
        if self._news != News():
            self._told.set()

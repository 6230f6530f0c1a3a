"""Events go out to those who subscribed, in the dialect they asked for, again and again as that dialect promises.

Each subscription is served on its own: a receiver that is slow or down holds up nobody else. What one customer's chat
brings is told in order; different chats go side by side.
"""

import asyncio
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from standardwebhooks import Webhook

from parlance.contract.moments import Delivery, DeliveryFilter, DeliveryResult, DeliveryState
from parlance.contract.provider import Dialect, RetryPlan
from parlance.contract.store import Store
from parlance.contract.world import Answered, Clock, Exchange, NeverLeft, NoAnswer
from parlance.model import ids as model_ids
from parlance.model.fault import Refusal
from parlance.model.ids import Id
from parlance.model.sender import Subscription
from parlance.model.wire import WireRequest

_log = structlog.get_logger("announce")
BATCH = 64
"""The most deliveries of one subscription under way at a time."""
_STORE_PAUSE = 1_000


class Announce:
    """Delivers what is due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        exchange: Exchange,
        dialects: Mapping[str, Dialect],
        mine: Callable[[Id], bool] = lambda _: True,
    ) -> None:
        """`mine` says whether this node calls the webhooks of a sender."""
        self._mine = mine
        self._store = store
        self._clock = clock
        self._exchange = exchange
        self._dialects = dialects
        self._wake = asyncio.Event()
        self._scan = True
        self._woken: set[Id] = set()
        self._serving: dict[Id, asyncio.Task[None]] = {}
        self._again: set[Id] = set()
        self._listeners: dict[Id, set[asyncio.Event]] = {}
        self._whose: dict[Id, Id] = {}
        self._stopping = False
        self.running = False

    async def run(self) -> None:
        """Deliver until `stop`; begins with what an earlier run left due."""
        self.running = True
        next_at: int | None = None
        try:
            while not self._stopping:
                if self._scan or (next_at is not None and self._clock.now() >= next_at):
                    next_at = await self._find_due()
                woken, self._woken = self._woken, set()
                for subscription_id in woken:
                    self._serve_soon(subscription_id)
                await self._clock.wait(self._wake, next_at)
                self._wake.clear()
        finally:
            self.running = False

    async def stop(self, grace: int) -> None:
        """Begin nothing more; tries under way may end within `grace` milliseconds, else they are made again later."""
        self._stopping = True
        self._wake.set()
        tasks = set(self._serving.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace / 1000)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def wake(self, subscriptions: Iterable[Id] = ()) -> None:
        """These subscriptions have something new; none named: look everywhere."""
        found = set(subscriptions)
        self.ring(found)
        self._woken |= found
        self._scan = self._scan or not found
        self._wake.set()

    def ring(self, subscriptions: Iterable[Id]) -> None:
        """Let those look again who pull these subscriptions (none named: any), on whichever node they do."""
        for each in set(subscriptions) or set(self._listeners):
            for rung in self._listeners.get(each, ()):
                rung.set()

    @contextmanager
    def listening(self, subscription_id: Id) -> Iterator[asyncio.Event]:
        """An event that is set whenever something new is due for a subscription that is pulled."""
        rung = asyncio.Event()
        listeners = self._listeners.setdefault(subscription_id, set())
        listeners.add(rung)
        try:
            yield rung
        finally:
            listeners.discard(rung)
            if not listeners:
                self._listeners.pop(subscription_id, None)

    async def replay(self, picked: DeliveryFilter) -> int:
        """Tell what was told, or given up, once more; gives how many deliveries."""
        count, subscriptions = await self._store.replay(picked, self._clock.now())
        if subscriptions:
            self.wake(subscriptions)
        return count

    # ---- among other nodes

    async def adopt(self, taken: frozenset[int]) -> None:  # noqa: ARG002  what is due shows whose it is
        """Take up the work of these buckets."""
        self.look(None)

    def abandon(self, kept: Callable[[Id], bool]) -> None:
        """Drop the work of senders that are not kept: what is under way ends, nothing more is begun."""

    def look(self, names: Iterable[Id] | None) -> None:
        """These subscriptions have something new (None: any may)."""
        self.wake(names or ())

    def reread(self, names: Iterable[Id] | None) -> None:  # noqa: ARG002  what is due is read each time
        """Of these senders (None: of any) something has changed elsewhere: what was paused may go on."""
        self.look(None)

    def busy(self, concerned: Callable[[Id], bool]) -> bool:
        """Whether a webhook of a sender concerned is being called."""
        return any(concerned(sender_id) for sender_id in self._whose.values())

    async def _find_due(self) -> int | None:
        self._scan = False
        now = self._clock.now()
        try:
            due, next_at = await self._store.due_subscriptions(now)
        except Refusal:
            return now + _STORE_PAUSE
        self._woken |= set(due)
        return next_at

    def _serve_soon(self, subscription_id: Id) -> None:
        if subscription_id in self._serving:
            self._again.add(subscription_id)
            return
        task = asyncio.get_running_loop().create_task(self._serve(subscription_id))
        self._serving[subscription_id] = task
        task.add_done_callback(lambda done: self._served(subscription_id, done))

    def _served(self, subscription_id: Id, task: asyncio.Task[None]) -> None:
        self._serving.pop(subscription_id, None)
        self._whose.pop(subscription_id, None)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("webhook task ended", fault=type(fault).__name__)
        if subscription_id in self._again:
            self._again.discard(subscription_id)
            self.wake([subscription_id])

    async def _serve(self, subscription_id: Id) -> None:
        """Deliver everything due for one subscription, then look when the next falls due."""
        try:
            while not self._stopping:
                subscription = await self._store.subscription(subscription_id)
                if subscription is None or not subscription.url or not self._mine(subscription.sender_id):
                    return
                self._whose[subscription_id] = subscription.sender_id
                due = await self._store.due_deliveries(subscription_id, self._clock.now(), BATCH)
                if not due:
                    break
                plan = self._dialects[subscription.dialect].plan(subscription)
                chats = _chats(due, whole=plan.in_order)
                await asyncio.gather(*(self._tell_in_order(subscription, plan, chat) for chat in chats))
        except Refusal:
            await self._clock.wait(asyncio.Event(), self._clock.now() + _STORE_PAUSE)
        self._scan = True
        self._wake.set()

    async def _tell_in_order(self, subscription: Subscription, plan: RetryPlan, chat: list[Delivery]) -> None:
        """Tell one chat's events one after the other; where order is promised, stop at the first that fails."""
        for delivery in chat:
            if self._stopping:
                return
            result = await self._tell(subscription, plan, delivery)
            await self._store.delivered([result])
            if result.pause:
                return

    async def _tell(self, subscription: Subscription, plan: RetryPlan, delivery: Delivery) -> DeliveryResult:
        request = self._dialects[subscription.dialect].announce(delivery.event, subscription)
        if request is None:
            return self._result(delivery, DeliveryState.SKIPPED)
        answer = await self._exchange.perform(self._signed(request, subscription, delivery), plan.limit)
        match answer:
            case Answered(response) if response.status in plan.success:
                return self._result(delivery, DeliveryState.DONE, response.status)
            case Answered(response):
                return self._again_later(plan, delivery, response.status, f"answered {response.status}")
            case NeverLeft(why) | NoAnswer(why):
                return self._again_later(plan, delivery, None, why)

    def _signed(self, request: WireRequest, subscription: Subscription, delivery: Delivery) -> WireRequest:
        """Put the Standard Webhooks headers beside the dialect's own."""
        if not subscription.webhook_secret:
            return request
        name = f"msg_{model_ids.to_text(delivery.event.id)}"
        moment = datetime.fromtimestamp(self._clock.now() // 1000, UTC)
        signature = Webhook(subscription.webhook_secret).sign(name, moment, request.body.decode())
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        }
        return replace(request, headers={**request.headers, **headers})

    def _result(self, delivery: Delivery, state: DeliveryState, status: int | None = None) -> DeliveryResult:
        return DeliveryResult(delivery.subscription_id, delivery.number, state, self._clock.now(), status)

    def _again_later(self, plan: RetryPlan, delivery: Delivery, status: int | None, why: str) -> DeliveryResult:
        """The next try, counted from the end of this one, or the end of tries."""
        now = self._clock.now()
        known = self._result(delivery, DeliveryState.DEAD, status)
        if delivery.tries >= len(plan.delays):
            return replace(known, error=why)
        due_at = now + plan.delays[delivery.tries]
        return replace(known, state=DeliveryState.DUE, error=why, due_at=due_at, pause=plan.in_order)


def _chats(due: Iterable[Delivery], *, whole: bool) -> list[list[Delivery]]:
    """Group deliveries that must stay in order: by customer, or all of them (`whole`)."""
    groups: dict[Id, list[Delivery]] = {}
    for delivery in due:
        customer = delivery.event.customer
        groups.setdefault(0 if whole or customer is None else customer.id, []).append(delivery)
    return list(groups.values())


def is_webhook_secret(text: str) -> bool:
    """Whether a text is a Standard Webhooks secret: `whsec_` and the base64 of 24 to 64 bytes."""
    if not text.startswith("whsec_"):
        return False
    try:
        return 24 <= len(b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except (Base64Error, ValueError):
        return False

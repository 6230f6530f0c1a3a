"""What clients may look at and fetch: the queue, the journal, events they pull, what is known of a customer."""

from collections.abc import Callable, Mapping, Sequence

from parlance.contract.moments import DeliveryResult, DeliveryState, Written
from parlance.contract.provider import Carrier, Dialect
from parlance.contract.store import Store
from parlance.contract.views import MessageFilter
from parlance.contract.world import Clock, Exchange
from parlance.engine.announce import Announce
from parlance.engine.drive import drive
from parlance.engine.options import EngineOptions
from parlance.model.command import (
    ClearQueue,
    CountDeliveries,
    DropDelivery,
    FindCustomer,
    Found,
    Journal,
    ReadJournal,
    ReadQueue,
    TakeDelivery,
    Taken,
)
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Message
from parlance.model.outcome import Absent
from parlance.model.sender import Sender, Subscription

PULLED_FOR = 86_400_000
"""How long an event waits to be pulled, in milliseconds (spec/greenapi.md §8.1)."""


class Enquiry:
    """Answers questions; changes nothing but the queues it is asked to change."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        exchange: Exchange,
        dialects: Mapping[str, Dialect],
        carriers: Mapping[str, Carrier],
        options: EngineOptions,
        announce: Announce,
        written: Callable[[Written], None],
    ) -> None:
        """`written` is told what a cleared queue set in motion."""
        self._store = store
        self._clock = clock
        self._exchange = exchange
        self._dialects = dialects
        self._carriers = carriers
        self._options = options
        self._announce = announce
        self._written = written

    async def answer(
        self,
        dialect: str,
        sender: Sender,
        command: ReadQueue | ClearQueue | ReadJournal | TakeDelivery | DropDelivery | CountDeliveries,
    ) -> Journal | Taken:
        """Answer a question about queues, journals or pulled events; raises `Refusal`."""
        match command:
            case ReadQueue():
                return await self._read_queue(sender, command)
            case ClearQueue():
                return await self._clear_queue(sender, command)
            case ReadJournal():
                return await self._read_journal(sender, command)
            case TakeDelivery():
                return await self._take(dialect, sender, command)
            case DropDelivery():
                return await self._drop(dialect, sender, command)
            case CountDeliveries():
                return await self._count(dialect, sender, command)

    # ---- queue and journal

    async def _read_queue(self, sender: Sender, command: ReadQueue) -> Journal:
        """The first messages that wait to leave."""
        messages, count = await self._store.queued(sender.id, command.limit)
        return await self._journal(sender, command, messages, count)

    async def _clear_queue(self, sender: Sender, command: ClearQueue) -> Journal:
        """Take everything out of the queue that is not on its way."""
        now = self._clock.now()
        written = await self._store.cancel(sender.id, None, now, now + sender.clock_offset)
        self._written(written)
        return Journal(command, sender, (), {}, {}, len(written.released))

    async def _read_journal(self, sender: Sender, command: ReadJournal) -> Journal:
        """Messages of a chat or a direction, newest first; or one alone."""
        if command.message is not None:
            messages: Sequence[Message] = [await self._one(sender, command)]
        elif command.limit <= 0:
            messages = []
        else:
            now = self._clock.now() + sender.clock_offset
            picked = MessageFilter(
                sender.id,
                customer=command.peer.alias if command.peer else "",
                direction=command.direction,
                since=now - command.age if command.age is not None else 0,
                limit=command.limit,
                newest=True,
            )
            messages = await self._store.messages(picked)
        return await self._journal(sender, command, messages, len(messages))

    async def _one(self, sender: Sender, command: ReadJournal) -> Message:
        wanted = command.message.id if command.message else None
        found = await self._store.message(wanted) if wanted is not None else None
        if found is None or found.sender_id != sender.id:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        if command.peer is not None and found.peer.alias != command.peer.alias:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        return found

    async def _journal(
        self, sender: Sender, command: ReadQueue | ReadJournal, messages: Sequence[Message], count: int
    ) -> Journal:
        customers = await self._store.customers([message.customer_id for message in messages])
        quotes = {message.quote for message in messages if message.quote is not None}
        quoted: dict[Id, Message] = {}
        for each in quotes:
            if (found := await self._store.message(each)) is not None:
                quoted[each] = found
        return Journal(command, sender, tuple(messages), customers, quoted, count)

    # ---- events that are pulled

    async def _take(self, dialect: str, sender: Sender, command: TakeDelivery) -> Taken:
        """The event at the head of the dialect's own queue, now or within the time given.

        Raises `Refusal(BAD_VALUE, "url")` when the subscription is pushed instead.
        """
        subscription = await self._pulled(dialect, sender)
        end = self._clock.now() + command.timeout
        with self._announce.listening(subscription.id) as rung:
            while True:
                rung.clear()
                if (taken := await self._head(dialect, sender, subscription, command)) is not None:
                    return taken
                if self._clock.now() >= end:
                    return Taken(command, sender)
                await self._clock.wait(rung, end)

    async def _head(
        self, dialect: str, sender: Sender, subscription: Subscription, command: TakeDelivery
    ) -> Taken | None:
        """The first event that the dialect has words for and that is not too old; those before it are done with."""
        while True:
            now = self._clock.now()
            due = await self._store.due_deliveries(subscription.id, now, 1)
            if not due:
                return None
            head = due[0]
            if head.created_at + PULLED_FOR <= now:
                await self._end(subscription, [head.number], DeliveryState.DEAD)
            elif self._dialects[dialect].announce(head.event, subscription) is None:
                await self._end(subscription, [head.number], DeliveryState.SKIPPED)
            else:
                return Taken(command, sender, head.number, head.event)

    async def _drop(self, dialect: str, sender: Sender, command: DropDelivery) -> Taken:
        """What was pulled was received; `count` tells whether it was still there.

        All of it may be dropped where it is pushed, too; one by one it cannot.
        """
        subscription = await (self._own(dialect, sender) if command.number is None else self._pulled(dialect, sender))
        if subscription is None:
            return Taken(command, sender)
        waiting = await self._store.due_deliveries(subscription.id, self._clock.now(), 1_000_000)
        numbers = [each.number for each in waiting if command.number in {None, each.number}]
        await self._end(subscription, numbers, DeliveryState.DONE)
        return Taken(command, sender, command.number or 0, None, len(numbers))

    async def _count(self, dialect: str, sender: Sender, command: CountDeliveries) -> Taken:
        """How many events wait, pulled or pushed."""
        subscription = await self._own(dialect, sender)
        count = await self._store.due_count(subscription.id) if subscription else 0
        return Taken(command, sender, count=count)

    async def _end(self, subscription: Subscription, numbers: Sequence[int], state: DeliveryState) -> None:
        now = self._clock.now()
        if numbers:
            await self._store.delivered([DeliveryResult(subscription.id, number, state, now) for number in numbers])

    async def _own(self, dialect: str, sender: Sender) -> Subscription | None:
        subscriptions = await self._store.subscriptions(sender.id)
        return next((each for each in subscriptions if each.own and each.dialect == dialect), None)

    async def _pulled(self, dialect: str, sender: Sender) -> Subscription:
        subscription = await self._own(dialect, sender)
        if subscription is None or subscription.url:
            raise Refusal(Fault.BAD_VALUE, "url", "Events are pushed to an address and cannot be pulled.")
        return subscription

    # ---- customers

    async def find(self, sender: Sender, command: FindCustomer) -> Found:
        """Whether somebody is on WhatsApp, as the route's carrier says.

        Where the carrier cannot be asked, whoever ever wrote to the account is, and of others it is not known: they
        count as there. Raises `Refusal(UNAVAILABLE)` when the carrier does not answer, `Refusal(NOT_AUTHORIZED)` when
        the number cannot ask just now.
        """
        if sender.held or sender.route.held:
            raise Refusal(Fault.NOT_AUTHORIZED)
        customer = await self._store.customer(sender.account_id, command.peer)
        carrier = self._carriers[sender.route.carrier]
        if not carrier.capabilities.find:
            return Found(command, sender, exists=True, customer=customer)
        driven = await drive(carrier.find(command.peer, sender.route), self._exchange, self._options.request_limit)
        if driven.outcome is None:
            raise Refusal(Fault.UNAVAILABLE)
        return Found(command, sender, exists=not isinstance(driven.outcome, Absent), customer=customer)

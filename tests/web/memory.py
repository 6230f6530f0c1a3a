"""What a store keeps, in dictionaries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from parlance.contract.moments import Delivery, DeliveryFilter
from parlance.contract.operators import Commits, OperatorKey, OperatorScope, Tally
from parlance.contract.registry import Key, NewSubscription
from parlance.contract.registry import Scope as KeyScope
from parlance.contract.views import Depth, Found, MessageFilter, Moment, WindowView
from parlance.model.address import Address, phone
from parlance.model.event import Event, EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Direction, Text
from parlance.model.message import Message as Sent
from parlance.model.sender import Account, Route, Sender, Subscription, TemplateRecord

NOW = 1_800_000_000_000


def make_sender(sender_id: Id, number: str, account: str = "default", **changes: Any) -> Sender:
    route = Route(
        sender_id + 0x100,
        sender_id,
        "toy",
        number,
        {"plain": "shown", "secret": "hidden", "empty": ""},
        callback_token=f"token{sender_id}",
    )
    sender = Sender(sender_id, 1, account, number, "Shop", sender_id, NOW, (route,))
    return replace(sender, **changes)


def make_message(message_id: Id, **changes: Any) -> Sent:
    sent = Sent(message_id, Direction.OUT, 1, 9, "972770000111", phone("15550001"), Text("hi"), "toy", NOW)
    return replace(sent, **changes)


class Store:
    def __init__(self) -> None:
        self.all = {each.id: each for each in (make_sender(1, "972770000111"), make_sender(2, "972770000222"))}
        self.owners = [Account(1, "default", 1, NOW)]
        self.records: dict[Id, TemplateRecord] = {}
        self.subs: dict[Id, Subscription] = {}
        self.by_id: dict[Id, Sent] = {0xABC: make_message(0xABC)}
        self.log: list[Event] = []
        self.told: list[Delivery] = []
        self.waiting: list[Depth] = []
        self.away: Refusal | None = None
        self.opened: list[tuple[Address, int]] = []
        self.asked: list[Any] = []
        self.ended: list[tuple[Id, Id, int]] = []
        self.operators: dict[Id, tuple[str, OperatorKey]] = {}
        self.full: Refusal | None = None
        self.probes = 0
        self.stopped_at: Id | None = None

    async def clock_offsets(self) -> dict[Id, int]:
        if self.away:
            raise self.away
        return {}

    async def account(self, name: str) -> Account:
        found = next((each for each in self.owners if each.name == name), None)
        if found is None:
            found = Account(len(self.owners) + 1, name, len(self.owners) + 1, NOW)
            self.owners.append(found)
        return found

    async def accounts(self) -> list[Account]:
        return self.owners

    async def set_credit(self, account_id: Id, credit: int | None) -> Account:
        for place, each in enumerate(self.owners):
            if each.id == account_id:
                self.owners[place] = replace(each, credit=credit)
                return self.owners[place]
        raise Refusal(Fault.UNKNOWN_SENDER, "account")

    async def sender(self, sender_id: Id) -> Sender | None:
        return self.all.get(sender_id)

    async def senders_of(self, number: str) -> list[Sender]:
        return [each for each in self.all.values() if each.number == number]

    async def senders(self, after: Id, limit: int) -> list[Sender]:
        return [each for each in sorted(self.all.values(), key=lambda one: one.id) if each.id > after][:limit]

    async def held_senders(self, limit: int) -> tuple[int, list[Sender]]:
        held = [each for each in await self.senders(0, len(self.all)) if each.held or each.route.held]
        return len(held), held[:limit]

    async def change_sender(self, sender_id: Id, *, name: str | None = None, held: str | None = None) -> Sender:
        old = self.all[sender_id]
        self.all[sender_id] = replace(
            old, name=old.name if name is None else name, held=old.held if held is None else held
        )
        return self.all[sender_id]

    async def remove_sender(self, sender_id: Id) -> None:
        del self.all[sender_id]

    async def change_route(self, route_id: Id, *, held: str | None = None, strict: bool | None = None) -> None:
        sender = next(each for each in self.all.values() if each.route.id == route_id)
        route = sender.route
        route = replace(
            route, held=route.held if held is None else held, strict=route.strict if strict is None else strict
        )
        self.all[sender.id] = replace(sender, routes=(route,))

    async def remove_route(self, route_id: Id) -> bool:
        return False

    async def keys(self, sender_id: Id) -> list[Key]:
        return [Key(sender_id + 0x500, sender_id, "toy", f"public{sender_id}", KeyScope.SEND, NOW)]

    async def end_key(self, sender_id: Id, key_id: Id, at: int) -> None:
        self.ended.append((sender_id, key_id, at))

    async def open_windows(self, sender: Sender, rows: Sequence[tuple[Address, int]]) -> int:
        self.opened.extend(rows)
        return len(rows)

    async def windows(self, sender: Sender, after: str, limit: int) -> list[WindowView]:
        known = [WindowView("15550001", NOW - 1, NOW + 1), WindowView("15550002", NOW - 2, NOW)]
        return [each for each in known if each.customer > after][:limit]

    async def add_template(self, new: TemplateRecord) -> TemplateRecord:
        self.records[new.id] = new
        return new

    async def templates(self, account_id: Id | None = None, name: str = "") -> list[TemplateRecord]:
        return [
            each for each in self.records.values() if account_id in {None, each.account_id} and name in {"", each.name}
        ]

    async def remove_template(self, template_id: Id) -> bool:
        return self.records.pop(template_id, None) is not None

    async def add_subscription(self, new: NewSubscription) -> Subscription:
        made = as_subscription(0x700 + len(self.subs), new)
        self.subs[made.id] = made
        return made

    async def subscriptions(self, sender_id: Id | None = None) -> list[Subscription]:
        return [each for each in self.subs.values() if sender_id in {None, each.sender_id}]

    async def subscription(self, subscription_id: Id) -> Subscription | None:
        return self.subs.get(subscription_id)

    async def change_subscription(self, subscription_id: Id, new: NewSubscription) -> Subscription:
        self.subs[subscription_id] = as_subscription(subscription_id, new)
        return self.subs[subscription_id]

    async def remove_subscription(self, subscription_id: Id) -> None:
        del self.subs[subscription_id]

    async def message(self, message_id: Id) -> Sent | None:
        return self.by_id.get(message_id)

    async def messages(self, picked: MessageFilter) -> list[Sent]:
        self.asked.append(picked)
        return [each for each in self.by_id.values() if each.id > picked.after][: picked.limit]

    async def search(self, picked: MessageFilter) -> Found:
        self.asked.append(picked)
        page = [each for each in self.by_id.values() if each.id > picked.after]
        found = page[: picked.limit]
        return Found(found, found[-1].id if len(page) > len(found) else self.stopped_at)

    async def history(self, message_id: Id) -> list[Moment]:
        return [Moment(NOW, "accepted", {"dialect": "toy"})]

    async def events(self, after: Id, limit: int, sender_id: Id | None = None) -> list[Event]:
        if self.away:
            raise self.away
        return [each for each in self.log if each.id > after and sender_id in {None, each.sender_id}][:limit]

    async def deliveries(self, picked: DeliveryFilter) -> list[Delivery]:
        self.asked.append(picked)
        return [each for each in self.told if (each.subscription_id, each.number) > picked.after][: picked.limit]

    async def find_key(self, dialect: str, secret: str) -> Key | None:
        scope = {"right": KeyScope.SEND, "reader": KeyScope.READ}.get(secret)
        return None if scope is None else Key(0x501, 1, dialect, "", scope, NOW)

    async def probe(self) -> None:
        self.probes += 1
        if self.full:
            raise self.full

    def commits(self) -> Commits:
        return Commits(3, 7)

    async def tally(self, after: Id) -> Tally:
        if self.away:
            raise self.away
        new = [each for each in self.log if each.id > after]
        kinds: dict[tuple[Id, EventKind], tuple[int, Id, Id]] = {}
        for each in new:
            count, first, _ = kinds.get((each.sender_id, each.kind), (0, each.id, 0))
            kinds[each.sender_id, each.kind] = (count + 1, first, each.id)
        failures = Counter(each.failure.fault for each in new if each.failure)
        return Tally(max([after, *(each.id for each in new)]), kinds, failures)

    async def oldest_due(self) -> int | None:
        return NOW - 4_500

    async def operator_keys(self) -> list[OperatorKey]:
        return [key for _, key in self.operators.values()]

    async def find_operator_key(self, secret: str) -> OperatorKey | None:
        return next((key for known, key in self.operators.values() if known == secret), None)

    async def add_operator_key(
        self, name: str, secret: str, scope: OperatorScope, replaced: Id | None, ends_at: int
    ) -> OperatorKey:
        if replaced is not None:
            old, key = self.operators[replaced]
            self.operators[replaced] = (old, replace(key, ends_at=ends_at))
        made = OperatorKey(0x600 + len(self.operators), name, scope, NOW)
        self.operators[made.id] = (secret, made)
        return made

    async def end_operator_key(self, key_id: Id, at: int) -> bool:
        return self.operators.pop(key_id, None) is not None

    async def depths(self) -> list[Depth]:
        return self.waiting

    async def dead_letters(self) -> int:
        return 4


def as_subscription(subscription_id: Id, new: NewSubscription) -> Subscription:
    return Subscription(
        subscription_id,
        new.sender_id,
        new.dialect,
        new.url,
        cast("Any", new.events),
        cast("Any", new.statuses),
        new.secret,
        new.webhook_secret,
        new.settings,
    )

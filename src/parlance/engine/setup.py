"""Setting up senders: credentials in every dialect, routes, subscriptions."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from parlance.contract.provider import Carrier, Dialect, Issued
from parlance.contract.registry import NewKey, NewRoute, NewSubscription, Scope
from parlance.contract.store import Store
from parlance.contract.world import Clock
from parlance.engine.announce import is_webhook_secret
from parlance.engine.arrangements import OURS, own_subscription
from parlance.engine.options import EngineOptions
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Account, Route, Sender, Subscription
from parlance.model.value import dataclass
from parlance.rules import setting, targets

_NUMBER = re.compile(r"[1-9]\d{6,14}")
_ACCOUNT = re.compile(r"[\w][\w .@-]{0,63}")
TOLD_BY_DEFAULT = frozenset(EventKind) - {EventKind.UNSURE, EventKind.DEPARTED}
"""What a subscription gets when it names no events."""


@dataclass(frozen=True, slots=True)
class NewSender:
    """A sender just made. `credentials`: dialect to the fields its clients need; they are shown this once."""

    sender: Sender
    credentials: Mapping[str, Mapping[str, Any]]
    webhook_secret: str


class Setup:
    """What operators set up, checked."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        dialects: Mapping[str, Dialect],
        carriers: Mapping[str, Carrier],
        options: EngineOptions,
        entropy: Callable[[int], bytes],
    ) -> None:
        """`entropy` gives so many random bytes."""
        self._store = store
        self._clock = clock
        self._dialects = dialects
        self._carriers = carriers
        self._options = options
        self._entropy = entropy

    async def add_sender(
        self,
        number: str,
        *,
        name: str = "",
        account: str = "default",
        carrier: str = "sandbox",
        settings: Mapping[str, str] | None = None,
        given: Mapping[str, Mapping[str, str]] | None = None,
        strict: bool = False,
    ) -> NewSender:
        """Make a sender with one route and credentials for every dialect.

        `number` may carry `+`, blanks, dashes and brackets. `given` takes over credentials its programs already use:
        dialect to field to value. Raises `Refusal`: BAD_RECIPIENT `number`, DUPLICATE `number` or a dialect's name,
        BAD_VALUE naming what is wrong (`carrier`, `account`, a setting, a credential's dialect).
        """
        digits = read_number(number)
        if not _ACCOUNT.fullmatch(account):
            raise Refusal(Fault.BAD_VALUE, "account", "An account name has 1 to 64 letters, digits, blanks or . @ - _")
        given = given or {}
        for dialect in given:
            if dialect not in self._dialects:
                raise Refusal(Fault.BAD_VALUE, dialect, f"There is no dialect {dialect}.")
        route = self._route(carrier, digits, settings or {}, strict=strict)
        owner = await self._store.account(account)
        ordinal = await self._store.next_ordinal()
        draft = Sender(0, owner.id, owner.name, digits, name, ordinal, self._clock.now())
        issued = {dialect: self._issue(dialect, owner, draft, given.get(dialect, {})) for dialect in self._dialects}
        keys = [_key(dialect, each) for dialect, each in issued.items()]
        secret = f"whsec_{b64encode(self._entropy(32)).decode()}"
        sender = await self._store.add_sender(owner, digits, name, route, keys, ordinal)
        await self._store.configure(sender.id, OURS, {"webhook_secret": secret}, None)
        await self._own_subscriptions(sender, issued, secret)
        return NewSender(sender, {dialect: dict(each.shown) for dialect, each in issued.items()}, secret)

    def _issue(self, dialect: str, account: Account, sender: Sender, given: Mapping[str, str]) -> Issued:
        return self._dialects[dialect].issue(account, sender, self._entropy(64), given)

    async def _own_subscriptions(self, sender: Sender, dialects: Iterable[str], webhook_secret: str) -> None:
        """Let the subscriptions that dialects manage themselves follow what was issued: addresses, signing secrets."""
        for dialect in dialects:
            document = await self._store.document(sender.id, dialect)
            policy = self._dialects[dialect].policy(document)
            own = own_subscription(sender.id, dialect, policy, webhook_secret)
            if own is not None:
                await self._store.configure(sender.id, dialect, document, own)

    async def rotate(
        self,
        sender: Sender,
        dialects: Sequence[str] | None,
        grace: int,
        given: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Mapping[str, Mapping[str, Any]]:
        """Issue new credentials in these dialects (None: all); the old ones end after `grace` milliseconds.

        Public ids stay. Raises `Refusal(BAD_VALUE)` for an unknown dialect.
        """
        issued = await self._reissue(sender, dialects, given or {})
        keys = [_key(dialect, each) for dialect, each in issued.items()]
        await self._store.add_keys(sender.id, keys, self._clock.now() + grace)
        ours = await self._store.document(sender.id, OURS)
        await self._own_subscriptions(sender, issued, str(ours.get("webhook_secret", "")))
        return {dialect: dict(each.shown) for dialect, each in issued.items()}

    async def add_read_keys(
        self,
        sender: Sender,
        dialects: Sequence[str] | None,
        given: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Mapping[str, Mapping[str, Any]]:
        """Issue, beside the credentials there are, such as only read; raises as `rotate` does.

        What belongs to the sender and not to one key (a signing secret) stays, and is not shown.
        """
        issued = await self._reissue(sender, dialects, given or {})
        keys = [NewKey(dialect, each.public, each.secret, scope=Scope.READ) for dialect, each in issued.items()]
        await self._store.add_keys(sender.id, keys, None)
        shown = {}
        for dialect, each in issued.items():
            known = (await self._store.document(sender.id, dialect)).values()
            fresh = [value for value in each.document.values() if value not in known]
            shown[dialect] = {name: value for name, value in each.shown.items() if value not in fresh}
        return shown

    async def _reissue(
        self, sender: Sender, dialects: Sequence[str] | None, given: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Issued]:
        chosen = list(self._dialects) if dialects is None else list(dialects)
        for dialect in chosen:
            if dialect not in self._dialects:
                raise Refusal(Fault.BAD_VALUE, dialect, f"There is no dialect {dialect}.")
        account = await self._store.account(sender.account)
        publics = {key.dialect: key.public for key in await self._store.keys(sender.id)}
        issued = {}
        for dialect in chosen:
            taken_over = dict(given.get(dialect, {}))
            fresh = self._issue(dialect, account, sender, taken_over)
            document = await self._store.document(sender.id, dialect)
            stays = {name: str(document[name]) for name in fresh.kept if document.get(name)}
            if fresh.kept and dialect in publics:
                stays[fresh.kept[0]] = publics[dialect]
            issued[dialect] = self._issue(dialect, account, sender, {**stays, **taken_over}) if stays else fresh
        return issued

    async def set_route(
        self,
        sender: Sender,
        carrier: str,
        settings: Mapping[str, str],
        *,
        strict: bool = False,
        number: str = "",
        backup: bool = False,
    ) -> Route:
        """Make this carrier the sender's active route, or a backup of it.

        Settings of a route of the same carrier stay where none are given in their place. Raises `Refusal(BAD_VALUE)`
        naming what is wrong.
        """
        known = next((route for route in sender.routes if route.carrier == carrier), None)
        sending_as = read_number(number) if number else known.number if known else sender.number
        whole = {**(known.settings if known else {}), **settings}
        return await self._store.set_route(
            sender.id, self._route(carrier, sending_as, whole, strict=strict, backup=backup)
        )

    def _route(
        self, carrier: str, number: str, settings: Mapping[str, str], *, strict: bool, backup: bool = False
    ) -> NewRoute:
        spoken = self._carriers.get(carrier)
        if spoken is None:
            known = ", ".join(sorted(self._carriers))
            raise Refusal(Fault.BAD_VALUE, "carrier", f"There is no carrier {carrier}. Known: {known}.")
        wanted = {each.name: each for each in spoken.settings}
        for name, value in settings.items():
            if name not in wanted:
                raise Refusal(Fault.BAD_VALUE, name, f"The carrier {carrier} has no setting {name}.")
            fault = setting.fault_of(wanted[name], value)
            if fault:
                raise Refusal(Fault.BAD_VALUE, name, fault)
        for each in spoken.settings:
            if each.required and not settings.get(each.name):
                raise Refusal(Fault.BAD_VALUE, each.name, f"The carrier {carrier} needs {each.name}.")
        whole = {name: settings.get(name) or each.default for name, each in wanted.items()}
        secrets = frozenset(each.name for each in spoken.settings if each.secret)
        return NewRoute(carrier, number, whole, secrets, strict, backup)

    async def subscribe(self, new: NewSubscription) -> Subscription:
        """Add a subscription; raises `Refusal(BAD_URL)` or `Refusal(BAD_VALUE)` naming what is wrong.

        Without a `webhook_secret` the sender's own is used.
        """
        return await self._store.add_subscription(await self.checked(new))

    async def checked(self, new: NewSubscription) -> NewSubscription:
        """A subscription's values, checked and completed; raises as `subscribe` does."""
        if new.dialect not in self._dialects:
            raise Refusal(Fault.BAD_VALUE, "dialect", f"There is no dialect {new.dialect}.")
        if await self._store.sender(new.sender_id) is None:
            raise Refusal(Fault.UNKNOWN_SENDER, "sender")
        fault = targets.fault_of(new.url, allow_private=self._options.allow_private_webhooks)
        if fault:
            raise Refusal(Fault.BAD_URL, "url", f"The address cannot be used: {fault}.")
        unknown = new.events - set(EventKind)
        if unknown:
            raise Refusal(Fault.BAD_VALUE, "events", f"There is no event {min(unknown)}.")
        if new.webhook_secret and not is_webhook_secret(new.webhook_secret):
            raise Refusal(Fault.BAD_VALUE, "webhook_secret", "It is whsec_ and the base64 of 24 to 64 bytes.")
        ours = await self._store.document(new.sender_id, OURS)
        policy = self._dialects[new.dialect].policy(await self._store.document(new.sender_id, new.dialect))
        return replace(
            new,
            settings={**policy.webhook_settings, **new.settings},
            secret=new.secret or policy.secret,
            events=new.events or frozenset(TOLD_BY_DEFAULT),
            webhook_secret=new.webhook_secret or str(ours.get("webhook_secret", "")),
        )


def read_number(text: str) -> str:
    """A business number as digits; raises `Refusal(BAD_RECIPIENT, "number")`."""
    digits = re.sub(r"[\s()\-.]", "", text).removeprefix("+")
    if not digits.isascii() or not _NUMBER.fullmatch(digits):
        detail = "A number has 7 to 15 digits with its country code."
        raise Refusal(Fault.BAD_RECIPIENT, "number", detail)
    return digits


def _key(dialect: str, issued: Issued) -> NewKey:
    return NewKey(dialect, issued.public, issued.secret, issued.document)

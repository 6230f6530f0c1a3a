"""What clients set up over a dialect: its settings and webhook, templates, and what they may know of their numbers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from parlance.contract.moments import Written
from parlance.contract.provider import Dialect, Policy
from parlance.contract.registry import NewSubscription
from parlance.contract.store import Store
from parlance.contract.world import Answered, Clock, Exchange
from parlance.engine.options import EngineOptions
from parlance.model.command import (
    AddTemplate,
    ChangeSettings,
    ListNumbers,
    ListTemplates,
    Numbers,
    Profile,
    ReadProfile,
    ReadSettings,
    RemoveTemplate,
    Settings,
    Templates,
)
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.outcome import Report, StateReport
from parlance.model.sender import Route, Sender, TemplateRecord
from parlance.model.wire import WireRequest
from parlance.rules import targets

OURS = "parlance"
"""The name under which the gateway keeps its own settings of a sender, beside those of the dialects."""

Arrangement = ListTemplates | AddTemplate | RemoveTemplate | ListNumbers | ReadSettings | ChangeSettings | ReadProfile


def own_subscription(sender_id: Id, dialect: str, policy: Policy, webhook_secret: str) -> NewSubscription | None:
    """The subscription that a dialect's settings describe, None when they describe none."""
    if policy.url is None:
        return None
    return NewSubscription(
        sender_id,
        dialect,
        policy.url,
        frozenset(policy.events),
        policy.statuses,
        policy.secret,
        webhook_secret,
        policy.webhook_settings,
    )


class Arrangements:
    """Carries out what sends nothing."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        webhooks: Exchange,
        dialects: Mapping[str, Dialect],
        options: EngineOptions,
        hear: Callable[[Sender, Route, tuple[Report, ...]], Awaitable[Written]],
        reload: Callable[[Id], Awaitable[None]],
    ) -> None:
        """`webhooks` reaches subscribers, `hear` writes a number's new state, `reload` looks at its queue."""
        self._store = store
        self._clock = clock
        self._webhooks = webhooks
        self._dialects = dialects
        self._options = options
        self._hear = hear
        self._reload = reload

    async def carry_out(
        self, dialect: str, sender: Sender, command: Arrangement
    ) -> Templates | Numbers | Settings | Profile:
        """Carry out a command; raises `Refusal`."""
        match command:
            case ListTemplates() | AddTemplate() | RemoveTemplate():
                return Templates(command, sender, await self._templates(sender, command))
            case ListNumbers():
                return Numbers(command, sender, tuple(await self._store.senders_of_account(sender.account_id)))
            case ReadSettings():
                return Settings(command, sender, await self._document(dialect, sender))
            case ChangeSettings():
                return await self._change(dialect, sender, command)
            case ReadProfile():
                return Profile(command, sender, await self._store.conversations(sender.id, self._month(sender)))

    # ---- templates and numbers

    async def _templates(
        self, sender: Sender, command: ListTemplates | AddTemplate | RemoveTemplate
    ) -> tuple[TemplateRecord, ...]:
        match command:
            case ListTemplates():
                return tuple(await self._store.templates(sender.account_id, command.name))
            case AddTemplate():
                new = replace(command.template, account_id=sender.account_id, created_at=self._clock.now())
                return (await self._store.add_template(new),)
            case RemoveTemplate():
                known = await self._store.templates(sender.account_id, command.name)
                gone = [record for record in known if command.id in {None, record.id}]
                if not gone or not (command.name or command.id):
                    raise Refusal(Fault.UNKNOWN_TEMPLATE, "name")
                for record in gone:
                    await self._store.remove_template(record.id)
                return tuple(gone)

    # ---- settings

    async def _document(self, dialect: str, sender: Sender) -> Mapping[str, Any]:
        return self._dialects[dialect].change(await self._store.document(sender.id, dialect), {})

    async def _change(self, dialect: str, sender: Sender, command: ChangeSettings) -> Settings:
        spoken = self._dialects[dialect]
        before = await self._store.document(sender.id, dialect)
        document = spoken.change(before, command.changes)
        policy = spoken.policy(document)
        for url in filter(None, (policy.url, *policy.also)):
            self._check_target(url)
        if policy.url and command.proof is not None:
            await self._prove(command.proof, command.proven)
        ours = await self._store.document(sender.id, OURS)
        own = own_subscription(sender.id, dialect, policy, str(ours.get("webhook_secret", "")))
        await self._store.configure(sender.id, dialect, document, own)
        if policy.state != spoken.policy(before).state:
            now = self._clock.now() + sender.clock_offset
            await self._hear(sender, sender.route, (StateReport(policy.state, now, policy.held),))
            await self._reload(sender.id)
        return Settings(command, sender, document)

    async def _prove(self, proof: WireRequest, proven: bytes) -> None:
        """See that whoever is to get the webhooks wants them."""
        answer = await self._webhooks.perform(proof, self._options.proof_limit)
        if not isinstance(answer, Answered) or answer.response.status != 200 or answer.response.body.strip() != proven:
            raise Refusal(Fault.BAD_URL, "url", "The address did not answer the handshake.")

    def _check_target(self, url: str) -> None:
        fault = targets.fault_of(url, allow_private=self._options.allow_private_webhooks)
        if fault:
            raise Refusal(Fault.BAD_URL, "url", f"The address cannot be used: {fault}.")

    def _month(self, sender: Sender) -> int:
        now = datetime.fromtimestamp((self._clock.now() + sender.clock_offset) / 1000, UTC)
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return int(first.timestamp() * 1000)

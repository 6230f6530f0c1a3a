"""Commands come in: they are checked against the rules, stored in one transaction, and answered after its commit."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from parlance.contract.provider import Carrier, Dialect, Policy
from parlance.contract.store import Draft, Facts, NewSubscription, Pending, Store, Verdict, Waiting
from parlance.contract.world import Answered, Clock, Exchange, Ids
from parlance.engine.limiter import RequestLimiter
from parlance.engine.options import EngineOptions
from parlance.formats.canonical import fingerprint
from parlance.model import ids as model_ids
from parlance.model.command import (
    Accepted,
    AddTemplate,
    ChangeSettings,
    Command,
    Credential,
    ListNumbers,
    ListTemplates,
    MarkRead,
    Numbers,
    Profile,
    QuoteRef,
    React,
    ReadProfile,
    ReadSettings,
    RemoveTemplate,
    Reply,
    SendMessage,
    Settings,
    Templates,
)
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Content, Reaction, Receipt, Template
from parlance.model.sender import Sender, TemplateRecord
from parlance.model.wire import WireRequest
from parlance.rules import content as content_rules
from parlance.rules import targets, window

MOST_KEY = 255


class Intake:
    """The way in for every dialect."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        dialects: Mapping[str, Dialect],
        carriers: Mapping[str, Carrier],
        webhooks: Exchange,
        options: EngineOptions,
        accepted: Callable[[Pending], None],
    ) -> None:
        """`webhooks` reaches subscribers; `accepted` is told of every new message after its commit."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._dialects = dialects
        self._carriers = carriers
        self._webhooks = webhooks
        self._options = options
        self._accepted = accepted
        self._limiter = RequestLimiter(clock)

    async def authenticate(self, dialect: str, credential: Credential) -> Sender:
        """Find the sender that a credential proves.

        Raises `Refusal(UNKNOWN_SENDER)` and `Refusal(BAD_CREDENTIAL)`, in the order the credential asks for.
        """
        if not credential.secret_first and not await self._store.knows_public(dialect, credential.public):
            raise Refusal(Fault.UNKNOWN_SENDER)
        key = await self._store.find_key(dialect, credential.secret) if credential.secret else None
        if key is None or (credential.public and key.public != credential.public):
            raise Refusal(Fault.BAD_CREDENTIAL)
        sender = await self._store.sender(key.sender_id)
        if sender is None or (credential.number and sender.number != credential.number):
            raise Refusal(Fault.UNKNOWN_SENDER)
        return sender

    async def handle(self, dialect: str, sender: Sender, command: Command, *, rate: float | None = None) -> Reply:
        """Carry out a command of an authenticated sender; raises `Refusal`.

        `rate` is the endpoint's documented limit in requests per second. What is answered is on disk.
        """
        if rate:
            self._limiter.take((sender.id, dialect, type(command).__name__), rate)
        match command:
            case SendMessage():
                return await self._send(dialect, sender, command)
            case React():
                return await self._react(dialect, sender, command)
            case MarkRead():
                return await self._mark_read(dialect, sender, command)
            case ListTemplates() | AddTemplate() | RemoveTemplate():
                return Templates(command, sender, await self._templates(sender, command))
            case ListNumbers():
                return Numbers(command, sender, await self._numbers(sender))
            case ReadSettings():
                return Settings(command, sender, await self._document(dialect, sender))
            case ChangeSettings():
                return await self._change(dialect, sender, command)
            case ReadProfile():
                return Profile(command, sender, await self._store.conversations(sender.id, self._month(sender)))

    # ---- messages

    async def _send(self, dialect: str, sender: Sender, command: SendMessage) -> Accepted:
        quote = command.quote.text if command.quote else ""
        draft = self._draft(dialect, sender, command, command.content, command.quote)
        draft = replace(
            draft,
            key=command.key,
            key_scope=sender.account_id if command.account_key else sender.id,
            fingerprint=fingerprint(command.to, command.content, quote, command.refs) if command.key else b"",
        )
        return await self._accept(sender, command, draft, await self._policy(dialect, sender))

    async def _react(self, dialect: str, sender: Sender, command: React) -> Accepted:
        if command.message.id is None:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        content = Reaction(command.message.id, command.emoji)
        draft = self._draft(dialect, sender, command, content, command.message)
        draft = replace(
            draft,
            key=command.key,
            key_scope=sender.id,
            fingerprint=fingerprint(command.to, content, command.message.text, command.refs) if command.key else b"",
        )
        return await self._accept(sender, command, draft, await self._policy(dialect, sender))

    async def _mark_read(self, dialect: str, sender: Sender, command: MarkRead) -> Accepted:
        if command.peer is not None:
            last = await self._store.last_incoming(sender.id, command.peer)
        else:
            wanted = command.message.id if command.message else None
            last = await self._store.message(wanted) if wanted is not None else None
            if last is not None and (last.sender_id != sender.id or last.direction != "in"):
                last = None
        if last is None:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        now = self._clock.now()
        draft = Draft(
            self._ids.mint(),
            sender,
            last.peer,
            Receipt(last.id, command.typing),
            dialect,
            now + sender.clock_offset,
            now,
            now + self._options.ttl,
        )
        return await self._accept(sender, command, draft, Policy())

    def _draft(
        self, dialect: str, sender: Sender, command: SendMessage | React, content: Content, quote: QuoteRef | None
    ) -> Draft:
        now = self._clock.now()
        ttl = getattr(command, "ttl", None) or self._options.ttl
        return Draft(
            self._ids.mint(),
            sender,
            command.to,
            content,
            dialect,
            now + sender.clock_offset,
            now,
            now + ttl,
            quote=quote,
            refs=command.refs,
        )

    async def _accept(
        self, sender: Sender, command: SendMessage | React | MarkRead, draft: Draft, policy: Policy
    ) -> Accepted:
        route = sender.route
        capabilities = self._carriers[route.carrier].capabilities
        dropped = content_rules.check(
            draft.content,
            quoting=draft.quote is not None and not isinstance(draft.content, Reaction),
            capabilities=capabilities,
            carrier=route.carrier,
            strict=route.strict,
        )
        draft = replace(draft, dropped=dropped)
        stored = await self._store.accept(draft, lambda facts: self._judge(draft, policy, facts))
        message = stored.message
        if not stored.repeated:
            self._accepted(
                Pending(message.id, sender.id, message.customer_id, Waiting.READY, draft.now, draft.expires_at)
            )
        return Accepted(command, sender, message, stored.repeated, message.dropped)

    def _judge(self, draft: Draft, policy: Policy, facts: Facts) -> Verdict:
        """Let a message in or keep it out; pure but for the limiter, which counts what got as far as that."""
        if isinstance(draft.content, Receipt):
            return Verdict()
        route = draft.sender.route
        knows = self._carriers[route.carrier].capabilities.knows_windows
        watched = window.watched(draft.now, route.heard_since, knows_windows=knows)
        standing = window.state(facts.last_written, draft.at, watched=watched)
        until = None
        if facts.last_written is not None and standing is window.WindowState.OPEN:
            until = facts.last_written + window.LENGTH
        resolved: Content | None = None
        faults: list[Refusal] = []
        if isinstance(draft.content, Template):
            must_exist = knows or self._options.strict_templates
            resolved = content_rules.resolve_template(draft.content, facts.templates, must_exist=must_exist)
        elif standing is window.WindowState.NEVER_OPENED:
            faults.append(Refusal(Fault.WINDOW_NEVER_OPENED, "to"))
        elif standing is window.WindowState.CLOSED:
            faults.append(Refusal(Fault.WINDOW_CLOSED, "to"))
        if draft.quote is not None and not facts.quote_known:
            reacting = isinstance(draft.content, Reaction)
            faults.append(Refusal(Fault.UNKNOWN_MESSAGE if reacting else Fault.UNKNOWN_QUOTE, "quote"))
        for refusal in faults:
            if refusal.fault not in policy.late:
                raise refusal
        if policy.rate:
            self._limiter.take((draft.sender.id, draft.dialect, "rate"), policy.rate)
        doomed = Failure(faults[0].fault) if faults else None
        return Verdict(until, doomed, resolved)

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

    async def _numbers(self, sender: Sender) -> tuple[Sender, ...]:
        found: list[Sender] = []
        after = 0
        while page := await self._store.senders(after, 500):
            found += [each for each in page if each.account_id == sender.account_id]
            after = page[-1].id
        return tuple(found)

    # ---- settings

    async def _policy(self, dialect: str, sender: Sender) -> Policy:
        return self._dialects[dialect].policy(await self._store.document(sender.id, dialect))

    async def _document(self, dialect: str, sender: Sender) -> Mapping[str, object]:
        return self._dialects[dialect].change(await self._store.document(sender.id, dialect), {})

    async def _change(self, dialect: str, sender: Sender, command: ChangeSettings) -> Settings:
        spoken = self._dialects[dialect]
        document = spoken.change(await self._store.document(sender.id, dialect), command.changes)
        policy = spoken.policy(document)
        own: NewSubscription | None = None
        if policy.url is not None:
            if policy.url:
                self._check_target(policy.url)
            if command.proof is not None:
                await self._prove(command.proof, command.proven)
            own = await self._own_subscription(dialect, sender, policy)
        await self._store.configure(sender.id, dialect, document, own)
        return Settings(command, sender, document)

    async def _own_subscription(self, dialect: str, sender: Sender, policy: Policy) -> NewSubscription:
        ours = await self._store.document(sender.id, OURS)
        return NewSubscription(
            sender.id,
            dialect,
            policy.url or "",
            frozenset(policy.events),
            policy.statuses,
            policy.secret,
            str(ours.get("webhook_secret", "")),
            policy.webhook_settings,
        )

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

    # ---- ids

    def read_id(self, text: str) -> Id | None:
        """Read an id in its canonical form or in any dialect's."""
        found = model_ids.from_text(text)
        if found is not None:
            return found
        readings = (dialect.read_id(text) for dialect in self._dialects.values())
        return next((reading for reading in readings if reading is not None), None)

    def show_ids(self, message_id: Id, *, incoming: bool) -> dict[str, str]:
        """Show an id in every dialect's shape, by dialect name."""
        return {name: dialect.write_id(message_id, incoming=incoming) for name, dialect in self._dialects.items()}


OURS = "parlance"
"""The name under which the gateway keeps its own settings of a sender, beside those of the dialects."""

"""Commands come in: they are checked against the rules, stored in one transaction, and answered after its commit."""

from collections.abc import Callable, Mapping

from parlance.contract.moments import Draft, Facts, Pending, Verdict, Waiting
from parlance.contract.provider import Carrier, Dialect, Policy
from parlance.contract.registry import Scope
from parlance.contract.store import Store
from parlance.contract.world import Clock, Ids
from parlance.engine.arrangements import OURS, Arrangements
from parlance.engine.enquiry import Enquiry
from parlance.engine.limiter import RequestLimiter
from parlance.engine.options import EngineOptions
from parlance.engine.rehearsal import Rehearsal, rehearse
from parlance.formats.canonical import dump_content, fingerprint
from parlance.model import ids as model_ids
from parlance.model.address import phone
from parlance.model.command import (
    Accepted,
    ClearQueue,
    Command,
    CountDeliveries,
    Credential,
    DropDelivery,
    FindCustomer,
    Forward,
    Forwarded,
    MarkRead,
    QuoteRef,
    React,
    ReadJournal,
    ReadQueue,
    Reply,
    SendMessage,
    TakeDelivery,
)
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.ids import Id
from parlance.model.message import Content, Message, Reaction, Receipt, Template
from parlance.model.sender import Sender
from parlance.rules import content as content_rules
from parlance.rules import window


class Intake:
    """The way in for every dialect."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        dialects: Mapping[str, Dialect],
        carriers: Mapping[str, Carrier],
        options: EngineOptions,
        accepted: Callable[[Pending], None],
        enquiry: Enquiry,
        arrangements: Arrangements,
    ) -> None:
        """`accepted` is told of every new message after its commit; the last two carry out what sends nothing."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._dialects = dialects
        self._carriers = carriers
        self._options = options
        self._accepted = accepted
        self._enquiry = enquiry
        self._arrangements = arrangements
        self._limiter = RequestLimiter(clock)

    async def authenticate(self, dialect: str, credential: Credential) -> tuple[Sender, Scope]:
        """Find the sender that a credential proves, and what it may do.

        Raises `Refusal(UNKNOWN_SENDER)` and `Refusal(BAD_CREDENTIAL)`, in the order the credential asks for.
        """
        key = await self._store.find_key(dialect, credential.secret) if credential.secret else None
        fits = key is not None and key.public == credential.public
        if not fits and not credential.secret_first and not await self._store.knows_public(dialect, credential.public):
            raise Refusal(Fault.UNKNOWN_SENDER)
        if key is None:
            raise Refusal(Fault.BAD_CREDENTIAL)
        if credential.public and key.public != credential.public:
            owned = credential.secret_first and credential.owned
            raise Refusal(Fault.UNKNOWN_SENDER if owned else Fault.BAD_CREDENTIAL)
        sender = await self._store.sender(key.sender_id)
        if sender is None or (credential.number and sender.number != credential.number):
            raise Refusal(Fault.UNKNOWN_SENDER)
        return sender, key.scope

    async def handle(
        self,
        dialect: str,
        sender: Sender,
        command: Command,
        *,
        rate: float | None = None,
        method: str = "",
        key: str = "",
    ) -> Reply:
        """Carry out a command of an authenticated sender; raises `Refusal`.

        `rate` is the documented limit of the `method` in requests per second. `key` makes the repeat of a message
        harmless that has none of its own. What is answered is on disk.
        """
        if rate:
            self._limiter.take((sender.id, dialect, method), rate)
        match command:
            case SendMessage():
                return await self._send(dialect, sender, command, command.key or key)
            case React():
                return await self._react(dialect, sender, command, command.key or key)
            case MarkRead():
                return await self._mark_read(dialect, sender, command)
            case Forward():
                return await self._forward(dialect, sender, command)
            case ReadQueue() | ClearQueue() | ReadJournal() | TakeDelivery() | DropDelivery() | CountDeliveries():
                return await self._enquiry.answer(dialect, sender, command)
            case FindCustomer():
                return await self._enquiry.find(sender, command)
            case _:
                return await self._arrangements.carry_out(dialect, sender, command)

    # ---- messages

    async def rehearse(self, sender: Sender, command: SendMessage) -> Rehearsal:
        """Say what `handle` would make of a message of our own, with nothing stored; raises the `Refusal` it would."""
        draft, policy = await self._compose(OURS, sender, command, command.key)
        return await rehearse(self._store, draft, lambda facts: self._judge(draft, policy, facts))

    async def _send(self, dialect: str, sender: Sender, command: SendMessage, key: str) -> Accepted:
        draft, policy = await self._compose(dialect, sender, command, key)
        return await self._accept(sender, command, draft, policy)

    async def _compose(self, dialect: str, sender: Sender, command: SendMessage, key: str) -> tuple[Draft, Policy]:
        policy = await self._policy(dialect, sender)
        if policy.refuses_self and command.to.alias == phone(sender.number).alias:
            raise Refusal(Fault.RECIPIENT_IS_SENDER, "to")
        scope = sender.account_id if command.account_key else sender.id
        return self._draft(dialect, sender, command, command.content, command.quote, key, scope), policy

    async def _react(self, dialect: str, sender: Sender, command: React, key: str) -> Accepted:
        if command.message.id is None:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "message")
        content = Reaction(command.message.id, command.emoji)
        draft = self._draft(dialect, sender, command, content, command.message, key, sender.id)
        return await self._accept(sender, command, draft, await self._policy(dialect, sender))

    async def _forward(self, dialect: str, sender: Sender, command: Forward) -> Forwarded:
        """Send known messages on; nothing is sent when one of them is not of the chat named."""
        originals = [await self._original(sender, command, each) for each in command.messages]
        policy = await self._policy(dialect, sender)
        forwarded = []
        for original in originals:
            single = SendMessage(command.to, original.content, refs=command.refs)
            draft = self._draft(dialect, sender, single, original.content, None)
            forwarded.append((await self._accept(sender, single, draft, policy)).message)
        return Forwarded(command, sender, tuple(forwarded))

    async def _original(self, sender: Sender, command: Forward, reference: QuoteRef) -> Message:
        found = await self._store.message(reference.id) if reference.id is not None else None
        if found is None or found.sender_id != sender.id or found.peer.alias != command.origin.alias:
            raise Refusal(Fault.UNKNOWN_MESSAGE, "messages")
        return found

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
        now, content = self._clock.now(), Receipt(last.id, command.typing)
        draft = Draft(
            self._ids.mint(),
            sender,
            last.peer,
            content,
            dialect,
            now + sender.clock_offset,
            now,
            now + self._options.ttl,
            dropped=self._weigh(sender, content, quoting=False),
            body=dump_content(content),
        )
        return await self._accept(sender, command, draft, await self._policy(dialect, sender))

    def _draft(
        self,
        dialect: str,
        sender: Sender,
        command: SendMessage | React,
        content: Content,
        quote: QuoteRef | None,
        key: str = "",
        scope: Id = 0,
    ) -> Draft:
        now, body = self._clock.now(), dump_content(content)
        ttl = (command.ttl if isinstance(command, SendMessage) else None) or self._options.ttl
        named = quote.text if quote else ""
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
            dropped=self._weigh(sender, content, quoting=quote is not None and not isinstance(content, Reaction)),
            key=key,
            key_scope=scope,
            fingerprint=fingerprint(command.to, body, named, command.refs) if key else b"",
            body=body,
        )

    async def _accept(
        self, sender: Sender, command: SendMessage | React | MarkRead, draft: Draft, policy: Policy
    ) -> Accepted:
        stored = await self._store.accept(draft, lambda facts: self._judge(draft, policy, facts))
        message = stored.message
        if not stored.repeated:
            self._accepted(
                Pending(
                    message.id,
                    sender.id,
                    message.customer_id,
                    Waiting.READY,
                    draft.now,
                    draft.expires_at,
                    dialect=draft.dialect,
                    doomed=stored.doomed,
                )
            )
        return Accepted(command, sender, message, stored.repeated, message.dropped, policy.webhook_settings)

    def _weigh(self, sender: Sender, content: Content, *, quoting: bool) -> tuple[str, ...]:
        """What of a message its route would leave out; raises `Refusal` for what it cannot do without."""
        route = sender.route
        return content_rules.check(
            content,
            quoting=quoting,
            capabilities=self._carriers[route.carrier].capabilities,
            carrier=route.carrier,
            strict=route.strict,
        )

    def _judge(self, draft: Draft, policy: Policy, facts: Facts) -> Verdict:
        """Let a message in or keep it out; pure but for the limiter, which counts what got as far as that."""
        if isinstance(draft.content, Receipt):
            return Verdict()
        route = draft.sender.route
        knows = self._carriers[route.carrier].capabilities.knows_windows
        watched = window.watched(draft.now, route.heard_since, knows_windows=knows)
        standing = window.state(facts.last_written, draft.at, watched=watched)
        resolved: Content | None = None
        failures = []
        if isinstance(draft.content, Template):
            must_exist = knows or self._options.strict_templates
            try:
                resolved = content_rules.resolve_template(draft.content, facts.templates, must_exist=must_exist)
            except Refusal as refusal:
                if refusal.fault not in policy.late:
                    raise
                failures.append(Failure(refusal.fault, detail=refusal.detail))
        for fault in filter(None, _faults(draft, facts, standing)):
            if fault not in policy.late:
                raise Refusal(fault, _FIELDS[fault])
            failures.append(Failure(fault))
        if facts.credit is not None and facts.credit <= 0:
            raise Refusal(Fault.LOW_BALANCE)
        if policy.rate:
            self._limiter.take((draft.sender.id, draft.dialect, "rate"), policy.rate)
        is_open = facts.last_written is not None and standing is window.WindowState.OPEN
        until = (facts.last_written or 0) + window.LENGTH if is_open else None
        return Verdict(until, failures[0] if failures else None, resolved)

    async def _policy(self, dialect: str, sender: Sender) -> Policy:
        if dialect == OURS:
            return _OWN
        return self._dialects[dialect].policy(await self._store.document(sender.id, dialect))

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


_OWN = Policy(refuses_self=True)
"""What holds for messages that operators send themselves: they are told everything at once."""

_SHUT = {
    window.WindowState.NEVER_OPENED: Fault.WINDOW_NEVER_OPENED,
    window.WindowState.CLOSED: Fault.WINDOW_CLOSED,
}
_FIELDS = {
    Fault.WINDOW_NEVER_OPENED: "to",
    Fault.WINDOW_CLOSED: "to",
    Fault.UNKNOWN_QUOTE: "quote",
    Fault.UNKNOWN_MESSAGE: "message",
}


def _faults(draft: Draft, facts: Facts, standing: window.WindowState) -> tuple[Fault | None, Fault | None]:
    """What the window and the quoted message have against a message."""
    shut = None if isinstance(draft.content, Template) else _SHUT.get(standing)
    if draft.quote is None or facts.quote_known:
        return shut, None
    return shut, Fault.UNKNOWN_MESSAGE if isinstance(draft.content, Reaction) else Fault.UNKNOWN_QUOTE

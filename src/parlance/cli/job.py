"""A sending: one content to many recipients, many at a time, each of them once."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import field
from hashlib import blake2b
from typing import Any

from parlance.cli.content import Content
from parlance.cli.journal import Head, Journal
from parlance.cli.outcomes import Outcome, Result
from parlance.cli.place import Failed, Place
from parlance.cli.post import Answer, Halted, Post, Refused
from parlance.cli.progress import CHECKING, SENDING, Screen
from parlance.cli.reach import Reached
from parlance.cli.recipients import Recipient, Recipients
from parlance.cli.slots import Blank, plain
from parlance.model.value import dataclass

GRACE = 5.0
"""How long messages under way may still be answered after Ctrl-C, in seconds."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be sent. `sender` is the admin API's view of the sender; `dry`: it is judged alone."""

    place: Place
    reached: Reached
    sender: Mapping[str, Any]
    content: Content
    recipients: Recipients
    quote: str | None = None
    dry: bool = False
    in_flight: int = 32
    patience: float = 60.0

    def body(self, recipient: Recipient) -> dict[str, Any]:
        """What the admin API is given for one recipient; raises `Blank`."""
        body = {"sender": self.sender["id"], "to": recipient.number.digits, **self.content.filled(recipient.values)}
        return body if self.quote is None else {**body, "quote": self.quote}

    @property
    def head(self) -> Head:
        """What the sending's journal begins with."""
        return Head(_digest(self.sender["id"], plain(self.content.body), self.quote))


@dataclass(frozen=True, slots=True)
class Planned:
    """A recipient to send to; `digest` names recipient and content together."""

    recipient: Recipient
    digest: str


@dataclass
class Run:
    """What has come of a sending: a result for each line, and why it was `halted` (empty: it was not).

    `before` counts those that an earlier command had sent, `repeated` those that the gateway had although no journal
    knew of them.
    """

    results: dict[int, Result] = field(default_factory=dict)
    halted: str = ""
    before: int = 0
    repeated: int = 0


class Stop:
    """What ends a sending early: `asked` once, and at once when `hurried`."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()


def plan(job: Job) -> tuple[list[Planned], list[Result]]:
    """Who is to be sent to, and the results of lines that are not: useless ones, and repeats of others."""
    planned: dict[str, Planned] = {}
    results = []
    for each in job.recipients.rows:
        to = each.number.digits or each.number.given.strip()
        if each.fault:
            remark = each.fault if each.fault != each.number.fault else each.number.remark
            results.append(Result(each.line, to, Outcome.INVALID, error=remark))
            continue
        try:
            digest = _digest(job.body(each))
        except Blank as blank:
            results.append(Result(each.line, to, Outcome.INVALID, error=f"the column {blank} is empty"))
            continue
        first = planned.setdefault(digest, Planned(each, digest))
        if first.recipient is not each:
            words = f"the same message to the same number as line {first.recipient.line}"
            results.append(Result(each.line, to, Outcome.DUPLICATE, error=words))
    return list(planned.values()), results


async def send(job: Job, planned: Sequence[Planned], journal: Journal, screen: Screen, stop: Stop) -> Run:
    """Send to everyone who did not get it yet; returns when all are answered, or the sending is stopped or halted."""
    run = Run()
    todo = list(_open(planned, journal, run))
    screen.begin(CHECKING if job.dry else SENDING, len(planned), len(planned) - len(todo))
    queue = iter(todo)
    post = Post(
        job.place,
        job.reached,
        connections=job.in_flight,
        patience=job.patience,
        stop=stop.asked,
        told=screen.say,
    )
    async with post:
        workers = [
            asyncio.create_task(_work(job, post, queue, journal, run, screen, stop))
            for _ in range(min(job.in_flight, len(todo)))
        ]
        await _finish(workers, stop)
    open_yet = [each for each in planned if each.recipient.line not in run.results]
    run.results |= {each.recipient.line: _unanswered(each, journal) for each in open_yet}
    if open_yet:
        run.halted = run.halted or "Stopped."
    return run


def _open(planned: Sequence[Planned], journal: Journal, run: Run) -> Iterator[Planned]:
    """Those who are to be sent to; the others' results are known."""
    now = time.time()
    for each in planned:
        entry, recipient = journal.entry(each.digest), each.recipient
        if entry is not None and entry.message_id:
            run.before += 1
            run.results[recipient.line] = Result(
                recipient.line, recipient.number.digits, Outcome.ACCEPTED, entry.message_id
            )
        elif entry is not None and entry.is_stale(now):
            run.results[recipient.line] = _unsure(
                recipient, "it was tried more than 6 days ago and no answer came: see whether it was sent"
            )
        else:
            yield each


async def _work(
    job: Job, post: Post, queue: Iterator[Planned], journal: Journal, run: Run, screen: Screen, stop: Stop
) -> None:
    """Send one after the other until there is none left."""
    try:
        for each in queue:
            if stop.asked.is_set():
                return
            known = journal.entry(each.digest)
            key = known.key if known is not None else _key(job, each, journal.head)
            if not job.dry:
                journal.tried(each.digest, key)
            answer = await post.send(job.body(each.recipient), key, dry=job.dry)
            result = _result(each.recipient, answer)
            if not job.dry:
                _note(journal, each.digest, result)
            run.repeated += not isinstance(answer, Refused) and answer.repeated and known is None
            run.results[each.recipient.line] = result
            screen.step(good=result.outcome is Outcome.ACCEPTED)
    except (Halted, Failed) as why:
        run.halted = run.halted or str(why)
        stop.asked.set()


def _note(journal: Journal, digest: str, result: Result) -> None:
    if result.outcome is Outcome.ACCEPTED:
        journal.accepted(digest, result.message_id)
    else:
        journal.refused(digest)


def _result(recipient: Recipient, answer: Answer) -> Result:
    if isinstance(answer, Refused):
        return Result(recipient.line, recipient.number.digits, Outcome.REFUSED, error=answer.why, fault=answer.fault)
    message_id = str(answer.shown.get("id", ""))
    return Result(recipient.line, recipient.number.digits, Outcome.ACCEPTED, message_id, shown=answer.shown)


def _unanswered(planned: Planned, journal: Journal) -> Result:
    entry, recipient = journal.entry(planned.digest), planned.recipient
    if entry is not None and not entry.is_answered:
        return _unsure(recipient, "no answer came: the same command settles it")
    return Result(recipient.line, recipient.number.digits, Outcome.NOT_SENT)


def _unsure(recipient: Recipient, why: str) -> Result:
    return Result(recipient.line, recipient.number.digits, Outcome.UNSURE, error=why)


def _key(job: Job, planned: Planned, head: Head) -> str:
    """The idempotency key of a line, by its file's content, its place there and what is sent: the same whenever."""
    return f"send-{_digest(job.recipients.digest, planned.recipient.line, planned.digest, head.sending, head.run)}"


def _digest(*values: Any) -> str:
    return blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16).hexdigest()


async def _finish(workers: Sequence[asyncio.Task[None]], stop: Stop) -> None:
    """Wait for the workers; once stopped, only as long as what is under way may take."""
    working: asyncio.Future[Any] = asyncio.gather(*workers)
    enough: asyncio.Future[Any] = asyncio.create_task(_enough(stop))
    try:
        await asyncio.wait([working, enough], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        enough.cancel()


async def _enough(stop: Stop) -> None:
    await stop.asked.wait()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            await stop.hurried.wait()


@asynccontextmanager
async def stopping_on_signals(screen: Screen) -> AsyncIterator[Stop]:
    """The first Ctrl-C (or SIGTERM) asks to stop, the second one hurries; a third ends the process as usual."""
    stop, loop = Stop(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def heard() -> None:
        if stop.asked.is_set():
            stop.hurried.set()
            for each in signals:
                loop.remove_signal_handler(each)
        else:
            stop.asked.set()
            screen.say("Stopping once what is under way is answered. Ctrl-C again stops at once.")

    for each in signals:
        loop.add_signal_handler(each, heard)
    try:
        yield stop
    finally:
        for each in signals:
            loop.remove_signal_handler(each)

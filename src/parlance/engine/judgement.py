"""What follows from an outcome. Pure: the dispatcher acts on it, the store writes it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parlance.contract.moments import Claimed, Keep, Pending, Settlement, Waiting
from parlance.contract.provider import Capabilities
from parlance.engine.drive import Driven
from parlance.engine.options import EngineOptions
from parlance.model.fault import Failure, Fault
from parlance.model.message import Message, Reaction, Receipt, Stage
from parlance.model.outcome import Absent, Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route, Sender
from parlance.rules.retry import backoff

CHECK_AFTER = 60_000
"""The pause between two looks at an unsure message, in milliseconds."""


def after_send(
    claimed: Claimed,
    row: Pending,
    sender: Sender,
    route: Route,
    driven: Driven,
    capabilities: Capabilities,
    options: EngineOptions,
    *,
    started: int,
    now: int,
    chance: Callable[[], float],
) -> Settlement:
    """Say what follows from an attempt that ended at `now` (real time)."""
    message = claimed.message

    def settled(outcome: str, **more: Any) -> Settlement:
        return Settlement(
            message.id,
            sender.id,
            route.id,
            claimed.attempt,
            started,
            now,
            now + sender.clock_offset,
            outcome,
            status=driven.status,
            part=message.part,
            **{"detail": driven.detail, **more},
        )

    def again(due: int) -> Keep:
        return Keep(Waiting.READY, due, row.part, row.route_id)

    match driven.outcome:
        case Sent(external_id, wa_id):
            taken = _taken(message, capabilities, route, now)
            return settled("sent", external_id=external_id, wa_id=wa_id, **taken)
        case Refused(failure):
            if failure.fault is Fault.CARRIER_CREDENTIAL:
                return settled("refused", detail=str(failure), failure=failure, retreat=True, keep=again(now))
            return settled("refused", detail=str(failure), failure=failure, stage=Stage.FAILED)
        case Busy(_, detail, tries) if tries and claimed.attempt >= tries:
            failure = Failure(Fault.CARRIER_REFUSED, detail=detail)
            return settled("refused", stage=Stage.FAILED, failure=failure)
        case Busy(after):
            return settled("busy", retreat=True, keep=again(now + backoff(claimed.attempt, chance(), after)))
        case None | Absent():
            return settled("never_left", retreat=True, keep=again(now + backoff(claimed.attempt, chance())))
        case Unsure():
            due = now + min(CHECK_AFTER, options.unsure_for)
            return settled("unsure", stage=Stage.UNSURE, keep=Keep(Waiting.UNSURE, due, message.part, route.id))


def not_begun(claimed: Claimed, row: Pending, sender: Sender, route: Route, now: int) -> Settlement:
    """A message was claimed, and then nothing was done: it goes back to its place."""
    return Settlement(
        row.message_id,
        sender.id,
        route.id,
        claimed.attempt,
        now,
        now,
        now + sender.clock_offset,
        outcome="never_left",
        part=claimed.message.part,
        retreat=True,
        keep=Keep(Waiting.READY, now, row.part, row.route_id),
    )


def _taken(message: Message, capabilities: Capabilities, route: Route, now: int) -> dict[str, Any]:
    """What follows when the carrier took a message, or a part of it after which there may be more."""
    silent = isinstance(message.content, Receipt | Reaction)
    if message.part + 1 < message.parts:
        return {"stage": Stage.SENDING, "departed": True, "keep": Keep(Waiting.READY, now, message.part + 1, route.id)}
    # A carrier that reports `sent` itself has the last word on it, with what it says of billing.
    waits = Stage.SENT in capabilities.receipts and not silent
    return {"stage": Stage.SENDING if waits else Stage.SENT, "departed": not silent}


def moved(refused: Settlement, following: Route) -> Settlement:
    """A message that one route's carrier refused goes on by another."""
    return replace(
        refused,
        detail=f"{refused.detail} (goes on by {following.carrier})",
        failure=None,
        stage=None,
        retreat=True,
        keep=Keep(Waiting.READY, refused.ended_at, 0, following.id),
    )


def after_look(
    row: Pending,
    message: Message,
    sender: Sender,
    route: Route,
    outcome: Outcome,
    capabilities: Capabilities,
    options: EngineOptions,
    now: int,
) -> Settlement:
    """Say what follows from a second look at an unsure message."""
    known = Settlement(
        row.message_id, sender.id, route.id, 0, now, now, now + sender.clock_offset, outcome="", part=row.part
    )
    keep = Keep(Waiting.UNSURE, now, row.part, route.id)
    match outcome:
        case Sent(external_id, wa_id):
            # `retreat`: it is unsure no longer, though the stage it is known to have reached comes before that.
            found = replace(known, attempt=row.attempt, outcome="found", external_id=external_id, wa_id=wa_id)
            return replace(found, retreat=True, **_taken(message, capabilities, route, now))
        case Refused(failure):
            return replace(known, outcome="refused", stage=Stage.FAILED, failure=failure)
        case Absent():
            return replace(known, outcome="absent", retreat=True, keep=replace(keep, state=Waiting.READY))
        case Busy() | Unsure():
            end = row.since + options.unsure_for
            look = capabilities.look_up or capabilities.idempotent_send
            due = min(now + CHECK_AFTER, end) if look else end
            return replace(known, outcome="still_unsure", stage=Stage.UNSURE, keep=replace(keep, due_at=due))

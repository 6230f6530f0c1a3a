"""What follows from an outcome. Pure: the dispatcher acts on it, the store writes it."""

from dataclasses import replace

from parlance.contract.moments import Claimed, Keep, Pending, Settlement, Waiting
from parlance.contract.provider import Capabilities
from parlance.engine.drive import Driven
from parlance.engine.options import EngineOptions
from parlance.model.fault import Fault
from parlance.model.message import Reaction, Receipt, Stage
from parlance.model.outcome import Absent, Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Sender
from parlance.rules.retry import backoff

CHECK_AFTER = 60_000
"""The pause between two looks at an unsure message, in milliseconds."""


def after_send(
    claimed: Claimed,
    sender: Sender,
    driven: Driven,
    capabilities: Capabilities,
    options: EngineOptions,
    *,
    started: int,
    now: int,
    chance: float,
) -> Settlement:
    """Say what follows from an attempt that ended at `now` (real time)."""
    known = Settlement(
        claimed.message.id,
        sender.id,
        sender.route.id,
        claimed.attempt,
        started,
        now,
        now + sender.clock_offset,
        outcome="",
        detail=driven.detail,
        status=driven.status,
    )
    again = Keep(Waiting.READY, now + backoff(claimed.attempt, chance))
    match driven.outcome:
        case Sent(external_id):
            silent = isinstance(claimed.message.content, Receipt | Reaction)
            # A carrier that reports `sent` itself has the last word on it, with what it says of billing.
            waits = Stage.SENT in capabilities.receipts and not silent
            stage = Stage.SENDING if waits else Stage.SENT
            return replace(known, outcome="sent", external_id=external_id, stage=stage, departed=not silent)
        case Refused(failure) if failure.fault is Fault.CARRIER_CREDENTIAL:
            return replace(known, outcome="refused", failure=failure, retreat=True, keep=Keep(Waiting.READY, now))
        case Refused(failure):
            return replace(known, outcome="refused", stage=Stage.FAILED, failure=failure)
        case Busy(after):
            later = Keep(Waiting.READY, now + backoff(claimed.attempt, chance, after))
            return replace(known, outcome="busy", retreat=True, keep=later)
        case None | Absent():
            return replace(known, outcome="never_left", retreat=True, keep=again)
        case Unsure():
            due = now + min(CHECK_AFTER, options.unsure_for)
            return replace(known, outcome="unsure", stage=Stage.UNSURE, keep=Keep(Waiting.UNSURE, due))


def after_look(
    row: Pending, sender: Sender, outcome: Outcome, capabilities: Capabilities, options: EngineOptions, now: int
) -> Settlement:
    """Say what follows from a second look at an unsure message."""
    known = Settlement(row.message_id, sender.id, sender.route.id, 0, now, now, now + sender.clock_offset, outcome="")
    match outcome:
        case Sent(external_id):
            stage = Stage.SENDING if Stage.SENT in capabilities.receipts else Stage.SENT
            # `retreat`: it is unsure no longer, though the stage it is known to have reached comes before that.
            return replace(
                known, attempt=row.attempt, outcome="found", external_id=external_id, stage=stage, retreat=True,
                departed=True,
            )  # fmt: skip
        case Refused(failure):
            return replace(known, outcome="refused", stage=Stage.FAILED, failure=failure)
        case Absent():
            return replace(known, outcome="absent", retreat=True, keep=Keep(Waiting.READY, now))
        case Busy() | Unsure():
            end = row.since + options.unsure_for
            look = capabilities.look_up or capabilities.idempotent_send
            due = min(now + CHECK_AFTER, end) if look else end
            return replace(known, outcome="still_unsure", keep=Keep(Waiting.UNSURE, due))

"""Drives a carrier's steps over the network, and notes what was exchanged without what it said."""

from parlance.contract.provider import Commit, Steps
from parlance.contract.world import Answered, Exchange, NeverLeft, NoAnswer
from parlance.model.outcome import Outcome, Unsure
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Driven:
    """How the steps ended. `outcome` None: nothing can have been sent. `status`: the last HTTP status."""

    outcome: Outcome | None
    detail: str = ""
    status: int | None = None


async def drive(steps: Steps, exchange: Exchange, limit: int) -> Driven:
    """Perform steps until they end; each request has `limit` milliseconds.

    A commit without an answer ends them as unsure, whatever came before. An `Ask` that fails has sent nothing, as
    long as no commit went before it. A carrier that trips over an answer to its commit leaves the message unsure.
    """
    committed = False
    status: int | None = None
    try:
        step = next(steps)
        while True:
            sending = isinstance(step, Commit)
            answer = await exchange.perform(step.request, limit)
            match answer:
                case Answered(response):
                    committed = committed or sending
                    status = response.status
                    step = steps.send(response)
                case NeverLeft(why):
                    return _cut(why, status, committed=committed)
                case NoAnswer(why):
                    return _cut(why, status, committed=committed or sending)
    except StopIteration as end:
        outcome: Outcome = end.value
        return Driven(outcome, getattr(outcome, "detail", ""), status)
    except Exception as fault:  # noqa: BLE001  a carrier's mistake must not decide whether a message was sent
        return _cut(f"the carrier could not read the answer ({type(fault).__name__})", status, committed=committed)
    finally:
        steps.close()


def _cut(why: str, status: int | None, *, committed: bool) -> Driven:
    return Driven(Unsure(why) if committed else None, why, status)

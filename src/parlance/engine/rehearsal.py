"""A message judged as if it were taken in, and kept out all the same: what an operator asks before sending."""

from typing import NoReturn

from parlance.contract.moments import Draft, Facts, Judge, Verdict
from parlance.contract.store import Store
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Content, Message
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of a message: the store would take it in.

    `content` is what would be sent (a template with its language resolved), `window_until` when the customer's window
    ends (None: it is shut or not known), `dropped` what would not arrive. `repeats` is the message that was sent under
    the same key before, in whose place nothing more would be sent.
    """

    content: Content
    window_until: int | None = None
    dropped: tuple[str, ...] = ()
    repeats: Message | None = None


class _LetIn(Refusal):
    """The judge has nothing against the message; raised in the store's transaction, it keeps the message out."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(Fault.UNSUPPORTED)
        self.verdict = verdict


async def rehearse(store: Store, draft: Draft, judge: Judge) -> Rehearsal:
    """Let the store look up and judge what it would for `accept`, without writing; raises what the judge raises.

    The very transaction that takes messages in is asked, so that the two can never disagree.
    """

    def keep_out(facts: Facts) -> NoReturn:
        raise _LetIn(judge(facts))

    try:
        stored = await store.accept(draft, keep_out)
    except _LetIn as passed:
        verdict = passed.verdict
        return Rehearsal(verdict.content or draft.content, verdict.window_until, draft.dropped)
    first = stored.message
    return Rehearsal(first.content, first.window_until, first.dropped, first)

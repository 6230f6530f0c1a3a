"""What tests of several families do alike."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from conformance.line import Line, made_of
from conformance.manners import PROVIDERS
from conformance.scenarios import Expected, How
from conformance.town import Onward, Tap
from parlance.contract.world import Answered, Exchanged, NeverLeft, NoAnswer
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Content, Direction, Stage
from parlance.model.outcome import Outcome, Sent
from parlance.model.wire import WireRequest, WireResponse

DAY = 86_400_000
MINUTE = 60_000


async def says(pair: Line, expected: Expected, content: Content, to: str, *, quote: str = "") -> str | None:
    """Let the client say something; gives its id of it, None where that is not to be.

    What its API has no call for makes no request. What the carrier cannot say is refused with field and carrier named,
    in the API's own words, and leaves nothing behind.
    """
    before = len(await pair.stored(Direction.OUT)), len(pair.answers)
    outcome = await pair.send(content, to, quote=quote)
    if expected.how not in {How.UNSPOKEN, How.REFUSED}:
        assert isinstance(outcome, Sent), outcome
        return outcome.external_id
    if expected.how is How.UNSPOKEN:
        assert (made_of(outcome), len(pair.answers)) == (Fault.NOT_SAYABLE, before[1])
    else:
        refusal = pair.refusal()
        named = (Fault.NOT_SAYABLE, expected.fields[0], pair.carrier.name)
        assert (refusal.fault, refusal.field, refusal.carrier) == named
        assert made_of(outcome) == pair.dialect.made_of(Fault.NOT_SAYABLE)
    assert len(await pair.stored(Direction.OUT)) == before[0]
    return None


async def told_no(pair: Line, outcome: Outcome, fault: Fault) -> None:
    """See that the client is told in its API's way that we refuse a message, at once or afterwards, untried."""
    if fault in pair.dialect.late:
        assert isinstance(outcome, Sent), outcome
        await _told_failure(pair, outcome.external_id, fault)
        assert await pair.outcomes(outcome.external_id) == []
    else:
        assert made_of(outcome) == pair.dialect.made_of(fault)
        assert pair.refusal().fault is fault


async def told_by_vendor(pair: Line, outcome: Outcome, fault: Fault) -> None:
    """See that a message was taken and tried, and that the client is told why the vendor refuses it."""
    assert isinstance(outcome, Sent), outcome
    told = pair.carrier.heard_of if fault in pair.carrier.late else pair.carrier.made_of
    await _told_failure(pair, outcome.external_id, Fault(told(fault)))
    assert await pair.outcomes(outcome.external_id) != []


async def _told_failure(pair: Line, name: str, cause: Fault) -> None:
    report = await pair.hears(name, Stage.FAILED)
    assert report.failure is not None
    assert report.failure.fault == pair.dialect.heard_of(cause)
    kept = await pair.kept(name)
    assert (kept.stage, kept.failure and kept.failure.fault) == (Stage.FAILED, cause)


WAY = (Stage.SENT, Stage.DELIVERED, Stage.READ)


def told_to(pair: Line, name: str, last: Stage) -> None:
    """See that a client was told of every stage up to the last, as far as its API tells it, in order and once.

    Where the carrier's callbacks say nothing of `sent`, one that is quicker than the send's own answer passes it over.
    """
    told = pair.statuses(name)
    wanted = [stage for stage in WAY[: WAY.index(last) + 1] if stage in pair.speaks.receipts]
    if last is not Stage.SENT and Stage.SENT not in (*pair.able.receipts, *told):
        wanted = [stage for stage in wanted if stage is not Stage.SENT]
    assert told == wanted


# ---- taps


@dataclass
class Trouble:
    """Does something to so many requests, the first ones or those behind some, and lets the others pass."""

    act: Tap
    times: int = 1
    behind: int = 0
    met: list[WireRequest] = field(default_factory=list)

    async def __call__(self, request: WireRequest, onward: Onward) -> Exchanged:
        self.behind -= 1
        if self.behind >= 0 or len(self.met) >= self.times:
            return await onward()
        self.met.append(request)
        return await self.act(request, onward)


@dataclass
class Listener:
    """Takes down what passes, once it has passed."""

    passed: list[WireRequest] = field(default_factory=list)

    async def __call__(self, request: WireRequest, onward: Onward) -> Exchanged:
        answer = await onward()
        self.passed.append(request)
        return answer


@dataclass
class Keeper:
    """Keeps what was to pass, and says that it was taken."""

    kept: list[WireRequest] = field(default_factory=list)

    async def __call__(self, request: WireRequest, onward: Onward) -> Exchanged:
        self.kept.append(request)
        return Answered(WireResponse(200, b"{}", {"content-type": "application/json"}))


async def drops_the_line(request: WireRequest, onward: Onward) -> Exchanged:
    """The vendor takes the request, and its answer never comes."""
    await onward()
    return NoAnswer("the line went dead")


async def answers_nothing(request: WireRequest, onward: Onward) -> Exchanged:
    """Nobody knows whether the vendor took it."""
    return NoAnswer("the line went dead")


async def cannot_be_reached(request: WireRequest, onward: Onward) -> Exchanged:
    return NeverLeft("connection refused")


def answers(response: WireResponse) -> Tap:
    """The vendor answers this, having done nothing."""

    async def tap(request: WireRequest, onward: Onward) -> Exchanged:
        return Answered(response)

    return tap


def is_busy(carrier: str) -> Tap:
    """The vendor says in its own form that it is busy."""

    async def tap(request: WireRequest, onward: Onward) -> Exchanged:
        dialect = PROVIDERS[carrier].dialect
        if dialect is None:
            return Answered(WireResponse(429, b'{"error": {"code": "busy"}}', {"retry-after": "1"}))
        parts = urlsplit(request.url)
        seen = replace(request, url=f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return Answered(dialect.refuse(Refusal(Fault.RATE_LIMITED, retry_after=1), seen))

    return tap

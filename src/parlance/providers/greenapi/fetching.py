"""Notifications that the vendor keeps until they are fetched (spec/greenapi.md §8.2)."""

from parlance.contract.provider import Ask, Heard
from parlance.contract.vendor import Fetching
from parlance.model.fault import Fault, Malformed, Refusal
from parlance.model.outcome import Report, StatusReport
from parlance.model.sender import Route
from parlance.model.wire import WireResponse
from parlance.providers.greenapi import causes, hearing
from parlance.providers.greenapi.carrying import PATIENCE, asking
from parlance.providers.greenapi.wild import object_of, text, told_at

UNREADABLE = "unreadable"
"""How a notification is recorded that is none."""

_NOTHING = frozenset({b"", b"null", b'""', b"[]", b"{}"})


def fetch(route: Route) -> Fetching:
    """Take one notification; what it says is stored before it is deleted at the vendor.

    Raises `Refusal`, with `CARRIER_REFUSED` also where another program has taken the same notification away.
    """
    answer = yield Ask(asking(route, "receiveNotification", f"receiveTimeout={PATIENCE}"))
    if answer is None or answer.status != 200:
        raise _refusal(answer, route)
    taken = _taken(answer)
    if taken is None:
        return False
    receipt, body = taken
    yield Heard(_reports(body, route, told_at(answer)), WireResponse(200))
    deleted = yield Ask(asking(route, "deleteNotification", behind=f"/{receipt}", verb="DELETE"))
    if deleted is None or deleted.status != 200:
        raise _refusal(deleted, route)
    if object_of(deleted).get("result") is False:
        raise Refusal(Fault.CARRIER_REFUSED, "receiptId", "Another program fetches this instance's notifications.")
    return True


def _refusal(answer: WireResponse | None, route: Route) -> Refusal:
    return Refusal(Fault.CARRIER_REFUSED) if answer is None else causes.refusal(answer, route)


def _taken(answer: WireResponse) -> tuple[int, object] | None:
    """The receipt's number and the notification; None where there was none to be had (§10.1, §11.1)."""
    if answer.body.strip() in _NOTHING:
        return None
    said = object_of(answer)
    receipt = text(said.get("receiptId"))
    if not (receipt.isascii() and receipt.isdigit()):
        raise Refusal(Fault.CARRIER_REFUSED, "receiptId", "What was fetched is no notification.")
    return int(receipt), said.get("body")


def _reports(body: object, route: Route, now: int) -> tuple[Report, ...]:
    """Read what was fetched; what cannot be read is recorded as such, or it would stay first in the queue for a day."""
    try:
        return hearing.reports_of(body, route, now)
    except Malformed:
        return (StatusReport("", None, now, word=UNREADABLE),)

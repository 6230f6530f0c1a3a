"""The vendor's API as we call it."""

from dataclasses import fields

from parlance.contract.provider import Ask, Capabilities, Commit, Heard, Limits, PairLimit, Setting, Steps
from parlance.contract.vendor import Finding, Inquiry
from parlance.formats.meta import CONTACTS_LIMIT, TEXT_LIMIT
from parlance.model.address import Address
from parlance.model.contact import ContactCard
from parlance.model.fault import Failure, Refusal
from parlance.model.message import Message, Receipt, Stage
from parlance.model.outcome import Refused, Unsure
from parlance.model.sender import Route, TemplateRecord
from parlance.model.wire import WireRequest
from parlance.providers.cloud import calls, carrying, causes, checking, hearing, listing

PAIR = PairLimit(interval=6_000, burst=45)
"""One message each six seconds to one customer, 45 of them lent at a time (spec/cloud-api.md §12)."""


class CloudCarrier:
    """Messages by the Graph API, news by webhooks. An unsure message is settled by a status that carries our id."""

    capabilities = Capabilities(
        text_limit=TEXT_LIMIT,
        cards=CONTACTS_LIMIT,
        card_fields=frozenset(field.name for field in fields(ContactCard)),
        templates=True,
        quotes=True,
        reactions=True,
        read=True,
        receipts=frozenset({Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED}),
    )
    settings: tuple[Setting, ...] = calls.SETTINGS

    def limits(self, route: Route) -> Limits:
        """The number's throughput, and the limit for each customer."""
        return Limits(per_second=calls.throughput(route), pair=PAIR)

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message; a read receipt may be repeated at will."""
        try:
            request = carrying.request(message, route)
        except Refusal as refusal:
            return Refused(Failure(refusal.fault, detail=refusal.detail or refusal.field))
        if isinstance(message.content, Receipt):
            return causes.read_done((yield Ask(request)), route)
        return causes.read_sent((yield Commit(request)), route)

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:  # noqa: ARG002  nobody to ask
        """The vendor cannot be asked what became of a message (spec/cloud-api.md §15.2)."""
        return _no_call()

    def find(self, address: Address, route: Route) -> Steps:  # noqa: ARG002  nobody to ask
        """The vendor cannot be asked who is on WhatsApp."""
        return _no_call()

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        """See `hearing.authentic`."""
        return hearing.authentic(callback, route)

    def hear(self, callback: WireRequest, route: Route) -> Heard:
        """See `hearing.hear`."""
        return hearing.hear(callback, route)

    def templates(self, route: Route) -> Inquiry[tuple[TemplateRecord, ...]]:
        """See `listing.templates`."""
        return listing.templates(route)

    def set_callback(self, address: str, route: Route) -> Inquiry[None]:
        """See `checking.set_callback`."""
        return checking.set_callback(address, route)

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
        """See `checking.check`."""
        return checking.check(address, route)


def _no_call() -> Steps:
    yield from ()
    return Unsure("the vendor offers no call for this")

"""How Parlance calls the vendor (spec/99digital.md)."""

from parlance.contract.provider import Ask, Capabilities, Commit, Heard, Limits, Setting, Steps
from parlance.contract.vendor import Finding, Inquiry
from parlance.model.address import Address
from parlance.model.fault import Failure, Refusal
from parlance.model.message import Message, Receipt, Stage
from parlance.model.outcome import Refused, Unsure
from parlance.model.sender import Route, TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.digital99 import carrying, causes, checking, hearing, listing, wire, words
from parlance.providers.digital99.sending import TEXT_LIMIT


class Digital99Carrier:
    """Texts, one contact card at a time, templates, reactions, read receipts.

    Nothing of ours comes back from the vendor, and it cannot be asked after a message: one that may have left is
    settled by a person.
    """

    capabilities = Capabilities(
        text_limit=TEXT_LIMIT,
        cards=1,
        card_fields=words.CARD_FIELDS,
        card_phones=1,
        templates=True,
        quotes=True,
        reactions=True,
        read=True,
        receipts=frozenset({Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED}),
    )
    settings: tuple[Setting, ...] = (
        Setting("base_url", "Where the vendor's API is.", kind="url", default=words.HOST),
        Setting("api_key", "The apiKey of the number's account.", required=True, secret=True),
    )

    def limits(self, route: Route) -> Limits:  # noqa: ARG002  the same for everyone
        """As fast as may be: the vendor names no numbers (§13)."""
        return Limits()

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message; a read receipt may be repeated at will."""
        try:
            method, fields = carrying.write_message(message)
        except Refusal as refusal:
            return Refused(Failure(refusal.fault, "", refusal.detail))
        request = carrying.post(method, route, fields)
        answer = yield Ask(request) if isinstance(message.content, Receipt) else Commit(request)
        return causes.judge(method, answer)

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:  # noqa: ARG002  nobody to ask
        """The vendor cannot be asked what became of a message (§2)."""
        return _no_call()

    def find(self, address: Address, route: Route) -> Steps:  # noqa: ARG002  nobody to ask
        """The vendor cannot be asked who is on WhatsApp."""
        return _no_call()

    def authentic(self, callback: WireRequest, route: Route) -> bool:  # noqa: ARG002  nothing is signed
        """The callback's address is the secret: the vendor signs nothing (§9.1)."""
        return True

    def hear(self, callback: WireRequest, route: Route) -> Heard:  # noqa: ARG002  every route hears alike
        """Read a callback; raises `Malformed` for what is no JSON object. Taken is only what is answered 200 (§9.6)."""
        return Heard(hearing.read_reports(callback), WireResponse(200, b"{}", wire.JSON_HEADERS))

    # ---- beside sending

    def templates(self, route: Route) -> Inquiry[tuple[TemplateRecord, ...]]:
        """List the account's templates; raises `Refusal`."""
        answer = yield Ask(carrying.post("getTemplates", route, {}))
        return listing.read_templates(causes.read_ok("getTemplates", answer))

    def set_callback(self, address: str, route: Route) -> Inquiry[None]:
        """See `checking.set_callback`."""
        return checking.set_callback(address, route)

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
        """See `checking.check`."""
        return checking.check(address, route)


def _no_call() -> Steps:
    yield from ()
    return Unsure("the vendor offers no call for this")

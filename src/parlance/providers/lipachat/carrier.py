"""How Parlance calls the vendor (spec/lipachat.md)."""

from parlance.contract.provider import Ask, Capabilities, Commit, Heard, Limits, Setting, Steps
from parlance.contract.vendor import Finding, Inquiry
from parlance.model.address import Address
from parlance.model.fault import Failure, Fault, Refusal
from parlance.model.message import Message, Stage
from parlance.model.outcome import Refused, Unsure
from parlance.model.sender import Route, TemplateRecord
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.lipachat import carrying, causes, hearing, listing, wire, words


class LipaChatCarrier:
    """Texts, one contact card at a time, templates. A message is repeated under its own id without harm (§10)."""

    capabilities = Capabilities(
        text_limit=wire.TEXT_LIMIT,
        cards=1,
        card_fields=frozenset({"formatted", "phones"}),
        templates=True,
        # SENT stands in the answer; no callback repeats it (§8.4, §12 row 22).
        receipts=frozenset({Stage.DELIVERED, Stage.READ, Stage.FAILED}),
        idempotent_send=True,
    )
    settings: tuple[Setting, ...] = (
        Setting("base_url", "Where the vendor's API is.", kind="url", default=words.HOST),
        Setting("api_key", "The apiKey of the settings tab of the vendor's portal.", required=True, secret=True),
        Setting("webhook_secret", "What callbacks are signed with; empty: signatures are not looked at.", secret=True),
    )

    def limits(self, route: Route) -> Limits:  # noqa: ARG002  the same for everyone
        """As fast as may be: the vendor names no limit."""
        return Limits()

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message."""
        try:
            request = carrying.message_request(message, route)
        except Refusal as refusal:
            return Refused(Failure(refusal.fault, "", refusal.detail))
        answer = yield Commit(request)
        return causes.judge(answer, route)

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:  # noqa: ARG002  found by our own id
        """Find out whether the vendor took it, by sending it again under its id; the vendor cannot be asked."""
        return self.send(message, route)

    def find(self, address: Address, route: Route) -> Steps:  # noqa: ARG002  nobody to ask
        """Say that it cannot be told who is on WhatsApp."""
        yield from ()
        return Unsure("the vendor cannot be asked")

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        """Check the signature where the route has a secret for it; the vendor's pages tell of none (§8.6)."""
        secret = route.settings.get("webhook_secret", "")
        return not secret or hearing.is_signed(callback, secret)

    def hear(self, callback: WireRequest, route: Route) -> Heard:  # noqa: ARG002  every route hears alike
        """Read a callback; raises `Malformed` for what is no JSON object."""
        return Heard(hearing.read_reports(callback), WireResponse(200, b"{}", wire.JSON_HEADERS))

    # ---- beside sending

    def templates(self, route: Route) -> Inquiry[tuple[TemplateRecord, ...]]:
        """List the account's templates; raises `Refusal`."""
        answer = yield Ask(carrying.templates_request(route))
        return listing.read_templates(causes.read_data(answer, route))

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:  # noqa: ARG002  not to be asked
        """Look at the key and its number; where callbacks go stands in the portal alone. Raises `Refusal`."""
        answer = yield Ask(carrying.templates_request(route))
        try:
            causes.read_data(answer, route)
        except Refusal as refusal:
            if refusal.fault is not Fault.CARRIER_CREDENTIAL:
                raise
            repair = "Set api_key to the key of the vendor's portal, of the account that has this number."
            return (Finding("credential", refusal.detail, repair),)
        return (Finding("credential"),)

"""How Parlance calls the built-in network."""

from dataclasses import fields

from parlance.contract.provider import Ask, Capabilities, Commit, Heard, Limits, PairLimit, Setting, Steps
from parlance.formats.sandbox import JSON_HEADERS, read_reports
from parlance.model.address import Address
from parlance.model.contact import ContactCard
from parlance.model.message import Message, Receipt, Stage
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.sandbox.wire import (
    find_request,
    look_up_request,
    message_request,
    read_answer,
    read_found,
    receipt_request,
)

PACES = {
    "": Limits(),
    # WhatsApp's own pace: messages a second for a number, and for one recipient (spec/cloud-api.md §12).
    "meta": Limits(per_second=80, pair=PairLimit(interval=6_000, burst=45)),
}


class SandboxCarrier:
    """Says everything there is to say to phones that exist only here."""

    capabilities = Capabilities(
        text_limit=65_536,
        cards=257,
        card_fields=frozenset(field.name for field in fields(ContactCard)),
        templates=True,
        quotes=True,
        reactions=True,
        read=True,
        groups=True,
        receipts=frozenset({Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED}),
        idempotent_send=True,
        look_up=True,
        find=True,
        knows_windows=True,
    )
    settings: tuple[Setting, ...] = (
        Setting(
            "pacing",
            "How fast the sandbox lets messages out: as fast as they come, or at WhatsApp's own pace.",
            kind="choice",
            choices=tuple(PACES),
        ),
    )

    def limits(self, route: Route) -> Limits:
        """How fast this route may send."""
        return PACES.get(route.settings.get("pacing", ""), PACES[""])

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message; a receipt may be repeated at will."""
        if isinstance(message.content, Receipt):
            answer = yield Ask(receipt_request(message, message.content))
        else:
            answer = yield Commit(message_request(message, route))
        return read_answer(answer)

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:  # noqa: ARG002  found by our own id
        """Find out whether the network took it."""
        answer = yield Ask(look_up_request(message))
        return read_found(answer)

    def find(self, address: Address, route: Route) -> Steps:  # noqa: ARG002  every route leads to the same phones
        """Ask whether there is such a phone."""
        answer = yield Ask(find_request(address))
        return read_found(answer)

    def authentic(self, callback: WireRequest, route: Route) -> bool:  # noqa: ARG002  nothing is signed
        """The callback's address is the secret; the network signs nothing."""
        return True

    def hear(self, callback: WireRequest, route: Route) -> Heard:  # noqa: ARG002  every route hears alike
        """Read a callback; raises `Refusal(MALFORMED)` for what is no list of reports."""
        return Heard(read_reports(callback.body), WireResponse(200, b"{}", JSON_HEADERS))

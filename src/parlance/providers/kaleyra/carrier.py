"""The vendor's HTTP API as we call it."""

import hmac
from dataclasses import fields

from parlance.contract.provider import Ask, Capabilities, Commit, Heard, Limits, PairLimit, Setting, Steps
from parlance.contract.vendor import Finding, Inquiry
from parlance.formats import meta
from parlance.model.address import Address
from parlance.model.contact import ContactCard
from parlance.model.fault import Failure, Refusal
from parlance.model.message import Message, Receipt, Stage
from parlance.model.outcome import Refused, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.kaleyra import carrying, checking, hearing, wire, words

RATE = 20.0
"""Messages a second: the most that the vendor says it was tested with; what is above gets 429 (§12)."""
_MOST_RATE = 1_000.0
PAIR = PairLimit(interval=6_000, burst=45)
"""Meta's own limit for one recipient, which holds below the vendor's (spec/cloud-api.md §12)."""


class KaleyraCarrier:
    """Sends by the `/v2/<sid>/whatsapp/<number>/messages` call, and hears callbacks of both versions."""

    capabilities = Capabilities(
        text_limit=meta.TEXT_LIMIT,
        cards=meta.CONTACTS_LIMIT,
        card_fields=frozenset(field.name for field in fields(ContactCard)),
        templates=True,
        quotes=True,
        reactions=True,
        read=True,
        receipts=frozenset({Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED}),
    )
    settings: tuple[Setting, ...] = (
        Setting("sid", "The account's SID, as the vendor's console shows it.", required=True),
        Setting("api_key", "The API key.", required=True, secret=True),
        Setting("pod", "Where the account lives.", kind="choice", default=carrying.POD, choices=tuple(words.PODS)),
        Setting("base_url", "Another address to call in place of the pod's.", kind="url"),
        Setting("callback_profile", "The id of the callback profile that leads here; sent with every message."),
        Setting("callback_secret", "What the callback profile sends in a header to be known by.", secret=True),
        Setting("callback_header", "The name of that header.", default=checking.HEADER),
        Setting("per_second", "How many messages a second may leave.", kind="number", default=f"{RATE:g}"),
    )

    def limits(self, route: Route) -> Limits:
        """How fast this route may send."""
        try:
            rate = float(route.settings.get("per_second") or RATE)
        except ValueError:
            rate = RATE
        return Limits(per_second=rate if 0 < rate <= _MOST_RATE else RATE, pair=PAIR)

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message, refused here where the vendor has no form for it; a receipt may be repeated at will."""
        try:
            request = carrying.message_request(message, route)
        except Refusal as refusal:
            return Refused(Failure(refusal.fault, detail=f"The carrier {route.carrier} cannot send: {refusal.field}."))
        if isinstance(message.content, Receipt):
            answer = yield Ask(request)
            return carrying.read_harmless(answer, route)
        answer = yield Commit(request)
        return carrying.read_answer(answer, route)

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:  # noqa: ARG002  nobody can be asked
        """The vendor has no call that tells of a message (§13): a callback with our `ref` settles what is unsure."""
        yield from ()
        return Unsure()

    def find(self, address: Address, route: Route) -> Steps:  # noqa: ARG002  as above
        """The vendor has no call that tells who is on WhatsApp."""
        yield from ()
        return Unsure()

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
        """See `checking.check`."""
        return checking.check(address, route)

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        """Compare the header of the callback profile; the vendor signs nothing, and without a secret all is let in."""
        secret = route.settings.get("callback_secret", "")
        header = (route.settings.get("callback_header") or checking.HEADER).lower()
        return not secret or hmac.compare_digest(callback.headers.get(header, "").encode(), secret.encode())

    def hear(self, callback: WireRequest, route: Route) -> Heard:  # noqa: ARG002  every route hears alike
        """Read a callback of either version; raises `Malformed` for what is none."""
        return Heard(hearing.read(callback), WireResponse(200, b"{}", wire.JSON_HEADERS))

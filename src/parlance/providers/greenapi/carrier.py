"""The vendor's HTTP API as we call it."""

from typing import Final

from parlance.contract.provider import Ask, Capabilities, Commit, Heard, Limits, Setting, Steps
from parlance.contract.vendor import Fetching, Finding, Inquiry
from parlance.model.address import Address
from parlance.model.fault import Failure, Refusal
from parlance.model.message import Message, Receipt, Stage
from parlance.model.outcome import Absent, Busy, Outcome, Refused, Sent, Unsure
from parlance.model.sender import Route
from parlance.model.wire import WireRequest, WireResponse
from parlance.providers.greenapi import arranging, causes, fetching, hearing, tracing
from parlance.providers.greenapi.carrying import HOST, finding, reading, request, sending
from parlance.providers.greenapi.chats import read_chat
from parlance.providers.greenapi.wild import external_id, object_of

JOURNAL_LAG: Final = 120_000
"""Milliseconds after which a message stands in the journal (spec/greenapi.md §9)."""
SENDS_A_SECOND: Final = 50
"""Requests of one sending method (§2.1)."""


class GreenApiCarrier:
    """Says texts and single contacts, into a queue of the vendor's own."""

    capabilities = Capabilities(
        text_limit=20_000,
        cards=1,
        # Of an organisation the name arrives, but neither department nor title.
        card_fields=frozenset({"formatted", "first", "middle", "last", "phones", "organisation.company"}),
        card_phones=1,
        quotes=True,
        read=True,
        groups=True,
        receipts=frozenset({Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED}),
        look_up=True,
        journal_lag=JOURNAL_LAG,
        find=True,
    )
    settings: tuple[Setting, ...] = (
        Setting("id_instance", "idInstance, the number of the instance.", kind="number", required=True),
        Setting("api_token_instance", "apiTokenInstance, the instance's key.", required=True, secret=True),
        Setting("api_url", "apiUrl, the address of the instance's pod as the console shows it.", "url", default=HOST),
        Setting(
            "receive",
            "How notifications come: posted to the callback address, or fetched where no callback can reach.",
            kind="choice",
            default="webhook",
            choices=("webhook", "poll"),
        ),
        Setting("webhook_token", "webhookUrlToken, which notifications bring along when it is set.", secret=True),
        Setting(
            "delay",
            "Milliseconds between two messages, as delaySendMessagesMilliseconds.",
            kind="number",
            default=str(arranging.SHORTEST_DELAY),
        ),
    )

    def limits(self, route: Route) -> Limits:
        """How fast this route may send: as fast as the vendor's own queue lets out (§2.1, §4.5)."""
        return Limits(per_second=SENDS_A_SECOND, gap=arranging.delay_of(route))

    def send(self, message: Message, route: Route) -> Steps:
        """Send one message; a receipt may be repeated at will."""
        try:
            if isinstance(message.content, Receipt):
                step: Ask | Commit = Ask(request(route, reading(message, message.content)))
            else:
                step = Commit(request(route, sending(message)))
        except Refusal as refusal:
            return _refused(refusal)
        answer = yield step
        return _read_receipt(answer, route) if isinstance(step, Ask) else _read_sent(answer, route)

    def look_up(self, message: Message, external_id: str, route: Route) -> Steps:
        """Find out what became of a message; see `tracing`."""
        return tracing.trace(message, external_id, route)

    def find(self, address: Address, route: Route) -> Steps:
        """Ask whether somebody is on WhatsApp (§5.1)."""
        try:
            call = finding(address)
        except Refusal as refusal:
            return _refused(refusal)
        answer = yield Ask(request(route, call))
        said = object_of(answer) if answer.status == 200 else {}
        if said.get("existsWhatsapp") is False:
            return Absent()
        if said.get("existsWhatsapp") is not True:
            return causes.of_answer(answer, route)
        number = read_chat(external_id(said, "phoneNumber"))
        return Sent(external_id(said, "chatId") or call.body["chatId"], number.value if number else "")

    def authentic(self, callback: WireRequest, route: Route) -> bool:
        """Whether the callback brings the route's token."""
        return hearing.is_from_vendor(callback, route)

    def hear(self, callback: WireRequest, route: Route) -> Heard:
        """Read a notification; raises `Malformed` for what is none."""
        return Heard(hearing.read(callback, route), WireResponse(200))

    def polls(self, route: Route) -> bool:
        """Whether this route is set to fetch."""
        return route.settings.get("receive") == "poll"

    def fetch(self, route: Route) -> Fetching:
        """Fetch one notification; see `fetching`."""
        return fetching.fetch(route)

    def set_callback(self, address: str, route: Route) -> Inquiry[None]:
        """Let notifications go to an address, or be kept where the route fetches them; see `arranging`."""
        return arranging.set_callback(address, route)

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
        """Look at the instance's state and settings; see `arranging`."""
        return arranging.check(address, route)


def _refused(refusal: Refusal) -> Refused:
    detail = f"{refusal.field}: {refusal.detail or refusal.fault.message}" if refusal.field else refusal.detail
    return Refused(Failure(refusal.fault, "", detail))


def _read_sent(answer: WireResponse, route: Route) -> Outcome:
    """Taken into the queue (§2 rule 5), or why not."""
    known = external_id(object_of(answer), "idMessage") if 200 <= answer.status < 300 else ""
    return Sent(known) if known else causes.of_answer(answer, route)


def _read_receipt(answer: WireResponse, route: Route) -> Outcome:
    if answer.status == 200:
        # False: there is nothing left unread, which is all that was asked for.
        return Sent("")
    outcome = causes.of_answer(answer, route)
    return Busy(detail=outcome.detail) if isinstance(outcome, Unsure) else outcome

"""The scenarios, numbered, and what a pair is expected to do in each.

The suite asserts what stands here, and the support page prints it: what a pair can do follows from what its two sides
declare.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from conformance.cards import CARD, WHOLE, carried, lost
from conformance.manners import Side
from parlance.contract.provider import Capabilities
from parlance.model.fault import Fault


class How(StrEnum):
    """`yes`, `in parts`, `without` some fields, `refused` by us, or (—) nothing the client's API has a call for."""

    YES = "yes"
    PARTS = "in parts"
    WITHOUT = "without"
    REFUSED = "refused"
    UNSPOKEN = "—"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a pair does. `fields` are those refused or lost, `note` says more for the page."""

    how: How
    fields: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        if self.how is How.WITHOUT and not self.note:
            return f"without {', '.join(self.fields)}"
        return self.note or self.how


YES = Expected(How.YES)
UNSPOKEN = Expected(How.UNSPOKEN)
BY_HAND = Expected(How.WITHOUT, note="by a person")
Expectation = Callable[[Side, Side], Expected]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `expect` None: every pair does the same."""

    title: str
    about: str
    expect: Expectation | None = None


def _said(field: str, *, able: Callable[[Side], bool]) -> Expectation:
    """What the client's API can say goes where the carrier can say it, and is refused where it cannot."""

    def expect(client: Side, carrier: Side) -> Expected:
        if not able(client):
            return UNSPOKEN
        return YES if able(carrier) else Expected(How.REFUSED, (field,))

    return expect


def _long_text(client: Side, carrier: Side) -> Expected:
    return Expected(How.YES, note=f"up to {longest(client, carrier):,}")


def longest(client: Side, carrier: Side) -> int:
    """The most characters of a text."""
    return min(client.able.text_limit, carrier.able.text_limit)


def _full_card(client: Side, carrier: Side) -> Expected:
    gone = lost(CARD, client.able, carrier.able)
    return Expected(How.WITHOUT, gone) if gone else YES


def _strict(client: Side, carrier: Side) -> Expected:
    gone = lost(CARD, client.able, carrier.able)
    return Expected(How.REFUSED, gone[:1]) if gone else YES


def _many_cards(client: Side, carrier: Side) -> Expected:
    if client.able.cards == 1:
        return UNSPOKEN
    return Expected(How.PARTS) if carrier.able.cards == 1 else YES


def _numbers(client: Side, carrier: Side) -> Expected:
    if client.able.card_phones == 1:
        return UNSPOKEN
    return Expected(How.REFUSED, ("contacts[0].phones",)) if carrier.able.card_phones == 1 else YES


def _shut(fault: Fault) -> Expectation:
    def expect(client: Side, carrier: Side) -> Expected:
        return Expected(How.REFUSED, note=_when(fault, client))

    return expect


def _corrected(client: Side, carrier: Side) -> Expected:
    if carrier.able.knows_windows:
        return Expected(How.YES, note="never wrong")
    return Expected(How.YES, note="corrected") if carrier.manners.shuts else Expected(How.REFUSED, note="not corrected")


def _unwatched(client: Side, carrier: Side) -> Expected:
    if carrier.able.knows_windows:
        return _shut(Fault.WINDOW_NEVER_OPENED)(client, carrier)
    return Expected(How.YES, note="left to the carrier")


def _heard(*, able: Callable[[Side], bool]) -> Expectation:
    """What a customer sends is told where both APIs have words for it."""

    def expect(client: Side, carrier: Side) -> Expected:
        return YES if able(client) and able(carrier) else Expected(How.WITHOUT, ("the link",))

    return expect


def _cards_heard(client: Side, carrier: Side) -> Expected:
    told = heard_of_card(client, carrier)
    gone = (*([] if "formatted" in told else ["formatted"]), *lost(CARD, WHOLE, Capabilities(card_fields=told)))
    return Expected(How.WITHOUT, gone) if gone else YES


def heard_of_card(client: Side, carrier: Side) -> frozenset[str]:
    """The parts of a customer's card that both APIs tell."""
    both = [Capabilities(card_fields=frozenset(side.manners.cards)) for side in (client, carrier)]
    names = ["formatted"] if all("formatted" in each.card_fields for each in both) else []
    return frozenset([*names, *carried(CARD, *both)])


def _unknown_template(client: Side, carrier: Side) -> Expected:
    said = _said("template", able=lambda side: side.able.templates)(client, carrier)
    if said != YES:
        return said
    if not carrier.able.knows_windows:
        return Expected(How.YES, note="refused by the vendor")
    return Expected(How.REFUSED, note=_when(Fault.UNKNOWN_TEMPLATE, client))


def _unknown_quote(client: Side, carrier: Side) -> Expected:
    said = _said("quote", able=lambda side: side.able.quotes)(client, carrier)
    return said if said != YES else Expected(How.REFUSED, note=_when(Fault.UNKNOWN_QUOTE, client))


def _when(fault: Fault, client: Side) -> str:
    return "told afterwards" if fault in client.late else "refused at once"


def _context(client: Side, carrier: Side) -> Expected:
    return YES if client.manners.tagged else UNSPOKEN


def _untaken(client: Side, carrier: Side) -> Expected:
    able = carrier.able
    if able.look_up:
        return Expected(How.YES, note="looked up, sent again")
    return Expected(How.YES, note="sent again under its id") if able.idempotent_send else BY_HAND


def _taken(client: Side, carrier: Side) -> Expected:
    able = carrier.able
    if carrier.manners.tagged:
        return Expected(How.YES, note="by its callback")
    if able.look_up:
        return Expected(How.YES, note="by a look-up")
    return Expected(How.YES, note="sent again under its id") if able.idempotent_send else BY_HAND


def _forged(client: Side, carrier: Side) -> Expected:
    return Expected(How.REFUSED, note="401") if carrier.signs else Expected(How.YES, note="its address is the secret")


SCENARIOS: Mapping[int, Scenario] = {
    1: Scenario("Text", "A text arrives; sent, delivered and read are told to the client."),
    2: Scenario(
        "Long text", "A text at the limit of both APIs arrives whole; one character more is refused.", _long_text
    ),
    3: Scenario("Scripts", "Every script, emoji, line break and quote arrives as it was sent, a NUL so or not at all."),
    4: Scenario(
        "Full card",
        "A card with every field arrives; what the carrier cannot say is named in the answer and the history.",
        _full_card,
    ),
    5: Scenario(
        "Many cards",
        "Several cards arrive as one message, or one by one in their order as one message's parts.",
        _many_cards,
    ),
    6: Scenario("Card with two numbers", "Both numbers of a card arrive, or the card is refused.", _numbers),
    7: Scenario("Who is on WhatsApp", "A card names the WhatsApp id of somebody known to be there."),
    8: Scenario(
        "Template",
        "A template with its values arrives while the window is open.",
        _said("template", able=lambda side: side.able.templates),
    ),
    9: Scenario(
        "Template, window shut",
        "A template reaches a customer who never wrote, and opens no window.",
        _said("template", able=lambda side: side.able.templates),
    ),
    10: Scenario(
        "Window never opened",
        "A text to a customer who never wrote is refused, in each API's own way.",
        _shut(Fault.WINDOW_NEVER_OPENED),
    ),
    11: Scenario(
        "Window closed",
        "24 hours after the customer last wrote a text is refused, in each API's own way.",
        _shut(Fault.WINDOW_CLOSED),
    ),
    12: Scenario(
        "Opinion of the window", "A refusal by the carrier for the window corrects what we believe of it.", _corrected
    ),
    13: Scenario(
        "Unknown customer",
        "Where nobody has watched for 24 hours, an unknown customer is left to the carrier.",
        _unwatched,
    ),
    14: Scenario(
        "Reply",
        "A reply quotes the customer's message on their phone.",
        _said("quote", able=lambda side: side.able.quotes),
    ),
    15: Scenario(
        "Customer's reply",
        "A customer's reply names the quoted message by the client's own id of it.",
        _heard(able=lambda side: side.manners.quotes),
    ),
    16: Scenario(
        "Reaction",
        "A reaction sits on the customer's message.",
        _said("reaction", able=lambda side: side.able.reactions),
    ),
    17: Scenario("Customer's reaction", "A customer's reaction names the message by the client's own id of it."),
    18: Scenario(
        "Read receipt",
        "The customer sees that their message was read.",
        _said("receipt", able=lambda side: side.able.read),
    ),
    19: Scenario("Customer's text", "What a customer writes is told, with their name and the time."),
    20: Scenario("Customer's cards", "Cards that a customer sends are told.", _cards_heard),
    21: Scenario(
        "Customer's media, unknown content", "Media are told by their address; what nobody knows is told too."
    ),
    22: Scenario("Number forms", "Brazil's, Mexico's and Argentina's two forms of a number are one customer."),
    23: Scenario("Statuses", "What the phone does is told in order, once each, and nothing that it did not do."),
    24: Scenario("Callbacks again", "Callbacks that come twice and in any order change nothing and are told once."),
    25: Scenario("Early callback", "A status that comes before the send's own answer is not lost."),
    26: Scenario(
        "Webhook down", "What a client could not be told is told later, once, in order where its API promises that."
    ),
    27: Scenario("Not on WhatsApp", "A number that is not on WhatsApp fails, and the client is told why."),
    28: Scenario("Caller's own id", "The client's own id of a message comes back with its statuses.", _context),
    29: Scenario("Busy vendor", "A vendor that is busy gets the message again, and the customer gets it once."),
    30: Scenario("Unreachable vendor", "A message that never left goes later, once."),
    31: Scenario(
        "Vendor's 5xx", "After a 5xx nothing is sent again blindly; the customer gets the message once.", _untaken
    ),
    32: Scenario(
        "Answer lost",
        "The vendor took the message and its answer was lost: it is not doubled, and its truth is found.",
        _taken,
    ),
    33: Scenario("Unsure ends", "After a day an unsure message has failed, told once; a late receipt still wins."),
    34: Scenario("Order", "Messages of one chat arrive in the order sent, though the first one had to wait."),
    35: Scenario("Bad recipient", "A number that is none is refused at once, and nothing is kept."),
    36: Scenario("Wrong key", "A client with a wrong key is refused, and nothing is kept."),
    37: Scenario("Same request twice", "One key, one message; under it, other content is refused."),
    38: Scenario(
        "Vendor's credential expired",
        "The route is held and says so, nothing is lost, and after the repair all goes out in order.",
    ),
    39: Scenario("Backup route", "While a route cannot be reached or is held, its backup carries the message."),
    40: Scenario("Strict route", "On a strict route any loss is refused.", _strict),
    41: Scenario("Forged callback", "A callback that the vendor did not sign is refused and leaves no trace.", _forged),
    42: Scenario("Unknown address", "A callback to an address that nobody gave out is answered 404."),
    43: Scenario("Secrets", "Neither a key nor a text stands in a log line, nor a key in a message's history."),
    44: Scenario("Sender removed", "A sender's clients and its vendor's callbacks are refused once it is removed."),
    45: Scenario(
        "Unknown template",
        "A template that nobody knows is refused by whoever knows all of them, in its own words.",
        _unknown_template,
    ),
    46: Scenario(
        "Reply to a stranger",
        "A reply to a message that the chat does not have is refused, in each API's own way.",
        _unknown_quote,
    ),
    47: Scenario(
        "Parts, answer lost",
        "Where the answer to one part is lost, every card still arrives once and in order.",
        _many_cards,
    ),
}


def expected(number: int, client: Side, carrier: Side) -> Expected:
    """What a pair is expected to do in a scenario."""
    expect = SCENARIOS[number].expect
    return YES if expect is None else expect(client, carrier)

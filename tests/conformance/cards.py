"""A card that says all there is to say, and what of it each side of a pair can say."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from parlance.contract.provider import Capabilities
from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url

CARD = ContactCard(
    "Noa Miriam Levi",
    first="Noa",
    middle="Miriam",
    last="Levi",
    prefix="Dr.",
    suffix="PhD",
    phones=(Phone("+972 52-765-4321", "WORK"),),
    emails=(Email("noa@example.com", "WORK"), Email("levi@example.org", "HOME")),
    addresses=(
        PostalAddress("1 Herzl St", "Haifa", "North", "3303001", "Israel", "IL", "WORK"),
        PostalAddress("2 Dizengoff St", "Tel Aviv", "Centre", "6433222", "Israel", "IL", "HOME"),
    ),
    organisation=Organisation("Café Levi", "Kitchen", "Chef"),
    urls=(Url("https://example.com/noa", "WORK"), Url("https://example.org", "HOME")),
    birthday="1990-02-28",
)
DECORATIVE = ("middle", "prefix", "suffix", "emails", "addresses", "organisation", "urls", "birthday")
"""In the order in which losses are told."""

WHOLE = Capabilities(card_fields=frozenset(each.name for each in fields(ContactCard)))
"""What can say a card with all of its fields."""


def card(name: str, number: str) -> ContactCard:
    """The least that is a contact everywhere."""
    return ContactCard(name, first=name, phones=(Phone(f"+{number}", "CELL"),))


def leaves(given: ContactCard) -> dict[str, object]:
    """What a card says, part by part: `emails[1].type`, `organisation.title`, `birthday`."""
    found: dict[str, object] = {}
    for name in DECORATIVE:
        value = getattr(given, name)
        for place, each in enumerate(value if isinstance(value, tuple) else (value,)):
            at = f"{name}[{place}]" if isinstance(value, tuple) else name
            if is_dataclass(each):
                parts = {f"{at}.{part.name}": getattr(each, part.name) for part in fields(each)}
                found |= {path: part for path, part in parts.items() if part}
            elif each:
                found[at] = each
    return found


def says(able: Capabilities, path: str) -> bool:
    """Whether a carrier's declaration has a part in it; `emails[0].email` is the first e-mail's, `emails.email` each's.

    The whole of something has its parts in it.
    """
    name, _, part = path.partition(".")
    bare, bracket, place = name.partition("[")
    ways = {path, name, bare} | ({f"{bare}.{part}"} if part else set())
    return bool(ways & able.card_fields) and (not bracket or bool(place))


def carried(given: ContactCard, *through: Capabilities) -> dict[str, object]:
    """What is left of a card's decoration behind these carriers."""
    return {path: value for path, value in leaves(given).items() if all(says(able, path) for able in through)}


def lost(given: ContactCard, client: Capabilities, carrier: Capabilities) -> tuple[str, ...]:
    """The names of what a client said of a card and a carrier does not, as the gateway tells them."""
    said = carried(given, client)
    return tuple(told for name in DECORATIVE for told in _lost(name, [*said], carrier))


def _lost(name: str, said: list[str], carrier: Capabilities) -> Iterator[str]:
    mine = [path for path in said if path.replace("[", ".").partition(".")[0] == name]
    gone = [path for path in mine if not says(carrier, path)]
    if gone and len(gone) == len(mine):
        yield name
        return
    told: list[str] = []
    for path in gone:
        place, _, part = path.partition(".")
        whole = [each for each in mine if each.partition(".")[0] == place]
        bare = place.partition("[")[0]
        # One of several that is gone as a whole is named by its place, else the part that none of them keeps.
        short = place if all(each in gone for each in whole) and "[" in place else f"{bare}.{part}" if part else bare
        if short not in told:
            told.append(short)
    yield from told

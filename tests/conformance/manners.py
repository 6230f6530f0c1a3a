"""What a vendor's API is like beyond what its carrier declares, as its `loopback.json` says.

A provider's carrier is also the client of its dialect: what it sends to a vendor is what the vendor's programs send,
and what it hears is what they are told. The file says how that client is set up against a gateway, and what it makes of
what it is told: the words of some APIs cannot be told apart again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from parlance.contract.provider import Capabilities, Carrier
from parlance.model.contact import ContactCard
from parlance.model.fault import Fault
from parlance.model.sender import Route
from parlance.model.wire import WireRequest
from parlance.providers import discover

PROVIDERS = discover()
DIALECTS = sorted(name for name, each in PROVIDERS.items() if each.dialect is not None)
CARRIERS = sorted(name for name, each in PROVIDERS.items() if each.carrier is not None)
PAIRS = [(dialect, carrier) for dialect in DIALECTS for carrier in CARRIERS]

FILES = Path(__file__).parents[1] / "providers"
ANY = "*"
"""Stands for every fault that is not named."""


@dataclass(frozen=True)
class Manners:
    """How one provider's two halves deal with each other.

    `settings` and `secret`, with credentials in braces, are a route to a gateway that plays the vendor, and what that
    one signs its callbacks with. `at_once` says what a client makes of a refusal (by fault; `busy` and `unsure` are
    outcomes), `later` of a failure that it is told of; a fault that is not named is taken for what it is. `tagged`:
    statuses bring the sender's own id of the message. `quotes`: customers' messages name the one they answer. `cards`
    are the parts of a customer's card that are told, as in `card_fields`. `shuts`: a failure says that the window was
    shut.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    at_once: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = False
    quotes: bool = False
    cards: tuple[str, ...] = tuple(each.name for each in fields(ContactCard))
    shuts: bool = False

    def route(self, credentials: Mapping[str, Any], url: str) -> tuple[dict[str, str], str]:
        """The settings and the secret, filled in."""
        known = {name: str(value) for name, value in credentials.items()} | {"url": url}

        def filled(text: str) -> str:
            for name, value in known.items():
                text = text.replace(f"{{{name}}}", value)
            return text

        return {name: filled(value) for name, value in self.settings.items()}, filled(self.secret)


@cache
def manners_of(provider: str) -> Manners:
    return Manners(**json.loads((FILES / provider / "loopback.json").read_text()))


@dataclass(frozen=True)
class Side:
    """One side of a pair: the API a client speaks, or the one a message leaves by."""

    name: str

    @property
    def carrier(self) -> Carrier:
        found = PROVIDERS[self.name].carrier
        assert found is not None
        return found

    @property
    def able(self) -> Capabilities:
        return self.carrier.capabilities

    @property
    def manners(self) -> Manners:
        return manners_of(self.name)

    @property
    def late(self) -> frozenset[Fault]:
        """Faults that the API takes a message with, and tells of afterwards."""
        dialect = PROVIDERS[self.name].dialect
        return dialect.policy({}).late if dialect else frozenset()

    @property
    def signs(self) -> bool:
        """Whether the vendor's callbacks prove that they are its own, as the route is set up here."""
        route = Route(0, 0, self.name, "", self.manners.settings)
        return not self.carrier.authentic(WireRequest("POST", "/"), route)

    def made_of(self, fault: Fault) -> str:
        """What a client makes of a refusal."""
        return self.manners.at_once.get(fault, fault)

    def heard_of(self, fault: Fault) -> str:
        """What a client makes of a failure it is told of."""
        return self.manners.later.get(fault, self.manners.later.get(ANY, fault))

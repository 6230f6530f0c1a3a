"""What a carrier may offer beside sending. A carrier that offers something has the method; nothing else declares it.

All of it is pure, like `contract.provider`: generators that yield requests and are sent the answers.
"""

from collections.abc import Generator
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from parlance.contract.provider import Ask, Heard
from parlance.model.sender import Route, TemplateRecord
from parlance.model.value import dataclass
from parlance.model.wire import WireResponse

T = TypeVar("T")
Inquiry: TypeAlias = Generator[Ask, WireResponse, T]
"""Questions to a vendor, each harmless to repeat.

Raises `Refusal` when the vendor says no: `CARRIER_CREDENTIAL` for the account, `RATE_LIMITED` for a pause it asks for,
else `CARRIER_REFUSED`, with the vendor's words as detail.
"""

Fetching: TypeAlias = Generator[Ask | Heard, WireResponse | None, bool]
"""Fetches what a vendor holds ready. A `Heard` it yields is stored before it goes on (and is sent None for it), so that
what is then deleted at the vendor is safe. Gives True when there may be more at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check of a route found.

    `what` names the part looked at in a word or two (`credential`, `webhook`, `number`, `account`, `quality`), `fault`
    says what is wrong (empty: all is well), `repair` what to do about it.
    """

    what: str
    fault: str = ""
    repair: str = ""


@runtime_checkable
class ListsTemplates(Protocol):
    """The vendor lists the account's templates."""

    def templates(self, route: Route) -> Inquiry[tuple[TemplateRecord, ...]]:
        """All templates of the route's account, whatever their status; `id`, `account_id`, `created_at` are 0."""


@runtime_checkable
class SetsCallback(Protocol):
    """The vendor has a call that sets where its callbacks go."""

    def set_callback(self, address: str, route: Route) -> Inquiry[None]:
        """Let the vendor's callbacks for this route go to `address`, with every event that `hear` reads switched on."""


@runtime_checkable
class Fetches(Protocol):
    """The vendor holds notifications ready to be fetched, for where no callback can reach."""

    def polls(self, route: Route) -> bool:
        """Whether this route is set to fetch instead of being called."""

    def fetch(self, route: Route) -> Fetching:
        """Fetch one round of notifications; may wait at the vendor for one to come."""


@runtime_checkable
class Checks(Protocol):
    """The vendor can be asked how a route fares."""

    def check(self, address: str, route: Route) -> Inquiry[tuple[Finding, ...]]:
        """Look at credential, number and callback set-up; `address` is where callbacks should go.

        Wrong credentials are a finding, not a refusal.
        """

"""What operators ask of carriers' vendors: templates, callback addresses, how a route fares."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import structlog

from parlance.contract.moments import Written
from parlance.contract.provider import Carrier
from parlance.contract.store import Store
from parlance.contract.vendor import Checks, Finding, Inquiry, ListsTemplates, SetsCallback
from parlance.contract.world import Answered, Clock, Exchange
from parlance.engine.options import EngineOptions
from parlance.model.fault import Fault, Refusal
from parlance.model.ids import Id
from parlance.model.sender import Route, Sender, TemplateRecord
from parlance.model.value import dataclass
from parlance.model.wire import WireRequest, WireResponse

T = TypeVar("T")
_log = structlog.get_logger("vendors")


@dataclass(frozen=True, slots=True)
class Synced:
    """What a comparison with the vendor's templates came to; `missing` are ours that the vendor does not list."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: int = 0
    missing: tuple[str, ...] = ()


async def ask(steps: Inquiry[T], exchange: Exchange, limit: int) -> T:
    """Perform an inquiry, each request within `limit` milliseconds.

    Raises what the inquiry raises, `Refusal(UNAVAILABLE)` when the vendor cannot be reached, and
    `Refusal(CARRIER_REFUSED)` when its answer cannot be read.
    """
    try:
        step = next(steps)
        while True:
            step = steps.send(await _answer(step.request, exchange, limit))
    except StopIteration as end:
        value: T = end.value
        return value
    except Refusal:
        raise
    except Exception as fault:
        _log.warning("a vendor's answer could not be read", fault=type(fault).__name__)
        raise Refusal(Fault.CARRIER_REFUSED, detail="The vendor's answer could not be read.") from fault
    finally:
        steps.close()


async def _answer(request: WireRequest, exchange: Exchange, limit: int) -> WireResponse:
    answer = await exchange.perform(request, limit)
    if not isinstance(answer, Answered):
        raise Refusal(Fault.UNAVAILABLE, detail=f"The vendor could not be reached: {answer.why}.")
    return answer.response


class Vendors:
    """Asks vendors, and changes what it learns from them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        exchange: Exchange,
        carriers: Mapping[str, Carrier],
        options: EngineOptions,
        written: Callable[[Written], None],
        reload: Callable[[Id], Awaitable[None]],
    ) -> None:
        """`written` is told what was set in motion, `reload` reads a sender's queue anew."""
        self._store = store
        self._clock = clock
        self._exchange = exchange
        self._carriers = carriers
        self._options = options
        self._written = written
        self._reload = reload

    async def change_route(self, route: Route, *, held: str | None, strict: bool | None) -> None:
        """Hold or release a route, make it strict or not; what waited for it goes on."""
        self._written(await self._store.change_route(route.id, held=held, strict=strict))
        await self._reload(route.sender_id)

    def sets_callback(self, route: Route) -> bool:
        """Whether the vendor has a call that sets where its callbacks go."""
        return isinstance(self._carriers.get(route.carrier), SetsCallback)

    async def set_callback(self, route: Route, address: str) -> None:
        """Let the vendor's callbacks for a route go to `address`; raises `Refusal` as the vendor words it."""
        carrier: object = self._carriers.get(route.carrier)
        if not isinstance(carrier, SetsCallback):
            detail = f"The carrier {route.carrier} has no call for it: paste the address at the vendor."
            raise Refusal(Fault.UNSUPPORTED, "carrier", detail)
        await ask(carrier.set_callback(address, route), self._exchange, self._options.request_limit)

    async def check(self, route: Route, address: str) -> tuple[Finding, ...]:
        """Ask the vendor how a route fares; nothing where it cannot be. `address` is where callbacks should go."""
        carrier: object = self._carriers.get(route.carrier)
        if not isinstance(carrier, Checks):
            return ()
        try:
            return await ask(carrier.check(address, route), self._exchange, self._options.request_limit)
        except Refusal as refusal:
            repair = "See that this machine reaches the vendor, and that base_url is right."
            return (Finding("vendor", str(refusal), repair),)

    def lists_templates(self, route: Route) -> bool:
        """Whether the vendor lists its templates."""
        return isinstance(self._carriers.get(route.carrier), ListsTemplates)

    async def sync_templates(self, sender: Sender) -> Synced:
        """Take over the templates that the vendor of the sender's active route lists; none of ours is removed.

        Raises `Refusal(UNSUPPORTED)` for a carrier that lists none, and as the vendor words it.
        """
        carrier: object = self._carriers.get(sender.route.carrier)
        if not isinstance(carrier, ListsTemplates):
            detail = f"The carrier {sender.route.carrier} does not list templates."
            raise Refusal(Fault.UNSUPPORTED, "carrier", detail)
        listed = await ask(carrier.templates(sender.route), self._exchange, self._options.request_limit)
        known = {(each.name, each.language): each for each in await self._store.templates(sender.account_id)}
        added: list[str] = []
        changed: list[str] = []
        same = 0
        for record in listed:
            ours = known.pop((record.name, record.language), None)
            if ours is not None and _alike(ours, record):
                same += 1
                continue
            now = ours.created_at if ours else self._clock.now()
            await self._store.add_template(replace(record, account_id=sender.account_id, created_at=now))
            (changed if ours else added).append(_title(record))
        return Synced(tuple(added), tuple(changed), same, tuple(_title(each) for each in known.values()))


def _alike(ours: TemplateRecord, listed: TemplateRecord) -> bool:
    return replace(listed, id=ours.id, account_id=ours.account_id, created_at=ours.created_at) == ours


def _title(record: TemplateRecord) -> str:
    return f"{record.name} ({record.language})"

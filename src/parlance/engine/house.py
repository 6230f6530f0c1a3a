"""The engine put together."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from parlance.contract.cluster import Duty
from parlance.contract.moments import Written
from parlance.contract.provider import Carrier, Dialect, Provider
from parlance.contract.store import Store
from parlance.contract.world import Clock, Exchange, Ids
from parlance.engine.announce import Announce
from parlance.engine.arrangements import Arrangements
from parlance.engine.dispatch import Dispatch
from parlance.engine.enquiry import Enquiry
from parlance.engine.fetching import Fetcher
from parlance.engine.intake import Intake
from parlance.engine.options import EngineOptions
from parlance.engine.settle import Settle
from parlance.engine.setup import Setup
from parlance.engine.tenancy import Movement, Tenancy
from parlance.engine.vendors import Vendors
from parlance.model.ids import Id
from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine's doors, as the web and the composition root use them."""

    store: Store
    clock: Clock
    ids: Ids
    dialects: Mapping[str, Dialect]
    carriers: Mapping[str, Carrier]
    intake: Intake
    dispatch: Dispatch
    settle: Settle
    announce: Announce
    setup: Setup
    vendors: Vendors
    fetcher: Fetcher
    tenancy: Tenancy


def _chance(entropy: Callable[[int], bytes]) -> float:
    """A number from 0 to 1."""
    return int.from_bytes(entropy(4), "big") / 0xFFFF_FFFF


def build(
    *,
    store: Store,
    clock: Clock,
    ids: Ids,
    providers: Mapping[str, Provider],
    outward: Exchange,
    webhooks: Exchange,
    options: EngineOptions,
    entropy: Callable[[int], bytes],
    clock_moved: Callable[[], Awaitable[None]],
    duties: frozenset[Duty] = frozenset(Duty),
    keeping: Callable[[], Awaitable[None]] | None = None,
) -> Engine:
    """Put the engine together.

    `outward` performs carriers' requests, `webhooks` those to subscribers. `entropy` gives random bytes. `clock_moved`
    is called after a sandbox clock was moved, beside the engine's own waking. `duties` are what this node does, among
    others that share its store; `keeping` is run while it is the one that does what one does for all.
    """
    dialects = {name: each.dialect for name, each in providers.items() if each.dialect is not None}
    carriers = {name: each.carrier for name, each in providers.items() if each.carrier is not None}

    def mine(duty: Duty) -> Callable[[Id], bool]:
        return lambda sender_id: tenancy.mine(duty, sender_id)

    def held(sender_id: Id) -> bool:
        return store.cluster.holds(Duty.DISPATCH, sender_id)

    chance = partial(_chance, entropy)
    announce = Announce(store, clock, webhooks, dialects, mine(Duty.ANNOUNCE))

    def told(written: Written) -> None:
        if written.subscriptions:
            announce.wake(written.subscriptions)

    dispatch = Dispatch(store, clock, outward, carriers, dialects, options, chance, told, mine(Duty.DISPATCH), held)

    def heard(written: Written) -> None:
        told(written)
        dispatch.settled_elsewhere(written)

    async def moved(sender_id: Id | None) -> None:
        await dispatch.reload(sender_id)
        announce.wake()
        await clock_moved()

    settle = Settle(store, clock, ids, dialects, carriers, heard, moved, dispatch.reload)
    enquiry = Enquiry(store, clock, outward, dialects, carriers, options, announce, heard)
    arrangements = Arrangements(store, clock, webhooks, dialects, options, settle.hear, dispatch.reload)
    intake = Intake(store, clock, ids, dialects, carriers, options, dispatch.accepted, enquiry, arrangements)
    vendors = Vendors(store, clock, outward, carriers, options, told, dispatch.reload)
    fetcher = Fetcher(store, clock, outward, carriers, settle.hear, chance, mine(Duty.DISPATCH))
    movements: dict[Duty, Movement] = {Duty.DISPATCH: dispatch, Duty.ANNOUNCE: announce}
    done = {duty: movement for duty, movement in movements.items() if duty in duties}
    tenancy = Tenancy(store, store.cluster, clock, done, keeping if Duty.KEEPING in duties else None, announce.ring)
    setup = Setup(store, clock, dialects, carriers, options, entropy)
    return Engine(
        store, clock, ids, dialects, carriers, intake, dispatch, settle, announce, setup, vendors, fetcher, tenancy
    )

"""What came of telling, many at once."""

from collections.abc import Sequence

from parlance.contract.world import Ids
from parlance.model.ids import Id
from parlance.store.groupwise.arrays import maybe_numbers, numbers, texts
from parlance.store.postgres_link import PostgresLink
from parlance.store.telling import TRY, Told, delivered, is_over, is_tried

_WRITE = (
    "UPDATE deliveries d SET state = i.state, due_at = coalesce(i.due_at, d.due_at), tries = d.tries + i.tried, "
    "last_status = i.status, last_error = i.error, done_at = i.done_at "
    "FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[]) "
    "AS i (subscription, number, state, due_at, tried, status, error, done_at) "
    "WHERE d.subscription_id = i.subscription AND d.number = i.number RETURNING d.subscription_id, d.number"
)


def delivered_all(con: PostgresLink, ids: Ids, told: Sequence[Told]) -> list[list[Id]]:
    """Write what came of tries, in their order; each gives what it would give alone."""
    results = [result for each in told for result in each.results]
    pausing = any(result.pause for result in results)
    if pausing or len({(result.subscription_id, result.number) for result in results}) < len(results):
        # A pause changes a subscription, and of one delivery only the last result would count: one after the other.
        return [delivered(con, ids, each.results) for each in told]
    rows = con.execute(
        _WRITE,
        (
            numbers(result.subscription_id for result in results),
            numbers(result.number for result in results),
            texts(result.state.value for result in results),
            maybe_numbers(None if is_over(result) else result.due_at for result in results),
            numbers(int(is_tried(result)) for result in results),
            maybe_numbers(result.status for result in results),
            texts(result.error for result in results),
            maybe_numbers(result.at if is_over(result) else None for result in results),
        ),
    ).fetchall()
    there = set(rows)
    tries = [
        (*known, ids.mint(), result.state.value, result.at, result.status, result.error)
        for result in results
        if (known := (result.subscription_id, result.number)) in there and is_tried(result)
    ]
    if tries:
        con.copy("tries", TRY, tries)
    return [[] for _ in told]

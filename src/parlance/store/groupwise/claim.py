"""Claim and mark, many at once."""

from collections.abc import Iterable, Mapping, Sequence

from parlance.contract.moments import Claimed
from parlance.model.ids import Id
from parlance.model.message import Contacts
from parlance.store import customers
from parlance.store.claiming import Claim, cut, ready_for, with_message
from parlance.store.connection import Connection
from parlance.store.groupwise.arrays import numbers, texts
from parlance.store.postgres_link import PostgresLink
from parlance.store.rows import Entry

_WHOLE = ", ".join(f"m.{name}" for name in Entry._fields)
_MARK = (
    "WITH marked AS (UPDATE outbox o SET state = 'marked', attempt = o.attempt + 1, marked_at = i.at, "  # noqa: S608
    "route_id = i.route FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) "
    "AS i (sender, message, at, route) "
    "WHERE o.sender_id = i.sender AND o.message_id = i.message AND o.state = 'ready' "
    "RETURNING o.message_id, o.attempt, o.doomed, o.part) "
    f"SELECT k.attempt, k.doomed, k.part, {_WHOLE} FROM marked k JOIN messages m ON m.id = k.message_id"
)
_SENDING = (
    "UPDATE messages m SET stage = 'sending', parts = i.parts FROM unnest(?::bigint[], ?::smallint[]) AS i (id, parts) "
    "WHERE m.id = i.id"
)
_WA_IDS = (
    "SELECT i.account, i.alias, c.wa_id FROM unnest(?::bigint[], ?::text[]) AS i (account, alias) "
    "JOIN aliases a ON a.account_id = i.account AND a.alias = i.alias JOIN customers c ON c.id = a.customer_id"
)


def claim_all(con: PostgresLink, claims: Sequence[Claim]) -> list[list[Claimed]]:
    """Claim and mark, in their order; each gives what it would give alone."""
    # Where two want the same message, the first one has it.
    wanted = {message_id: claim for claim in reversed(claims) for message_id in claim.message_ids}
    whose = list(wanted.values())
    marked = (
        *(numbers(claim.sender.id for claim in whose), numbers(wanted)),
        *(numbers(claim.now for claim in whose), numbers(claim.route.id for claim in whose)),
    )
    cuts = {row[3]: cut(wanted[row[3]], row) for row in con.execute(_MARK, marked).fetchall()}
    changed = {id_: found.claimed.message.parts for id_, found in cuts.items() if found.changed}
    if changed:
        con.leave((_SENDING, (numbers(changed), numbers(changed.values()))))
    known = _wa_ids(con, [(wanted[id_], found.claimed) for id_, found in cuts.items()])

    def wa_id(_: Connection, account_id: Id, alias: str) -> str:
        return known.get((account_id, alias), "")

    def ready(claim: Claim, found: Claimed) -> Claimed:
        return with_message(found, ready_for(con, found.message, claim.sender, claim.route, wa_id))

    return [
        [ready(claim, cuts[id_].claimed) for id_ in claim.message_ids if id_ in cuts and wanted[id_] is claim]
        for claim in claims
    ]


def _wa_ids(con: PostgresLink, found: Iterable[tuple[Claim, Claimed]]) -> Mapping[tuple[Id, str], str]:
    """The ids on WhatsApp of all people whose phones stand in cards, by account and alias."""
    asked = {
        (claim.sender.account_id, alias)
        for claim, claimed in found
        if isinstance(claimed.message.content, Contacts)
        for alias in customers.unmarked(claimed.message.content).values()
    }
    if not asked:
        return {}
    values = (numbers(account_id for account_id, _ in asked), texts(alias for _, alias in asked))
    return {(account_id, alias): wa_id for account_id, alias, wa_id in con.execute(_WA_IDS, values).fetchall()}

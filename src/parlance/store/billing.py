"""What vendors said of billing, counted from the event log."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from parlance.contract.views import Priced
from parlance.model.ids import Id, compose
from parlance.store.connection import Connection
from parlance.store.ledger import Ledger

_PAGE = 5_000
_FIRST = (
    # Every status repeats what it costs: the first one that says so counts, whenever the rest came.
    "SELECT e.id, e.body, a.name, m.number, r.carrier FROM events e JOIN messages m ON m.id = e.message_id "
    "LEFT JOIN senders s ON s.id = m.sender_id LEFT JOIN accounts a ON a.id = s.account_id "
    "LEFT JOIN routes r ON r.id = m.route_id "
    """WHERE e.id > ? AND e.id < ? AND e.body LIKE '%"pricing":{%' AND NOT EXISTS """
    "(SELECT 1 FROM events f WHERE f.message_id = e.message_id AND f.id < e.id "
    """AND f.body LIKE '%"pricing":{%') ORDER BY e.id LIMIT ?"""
)


class Billing(Ledger):
    """Counts what was priced."""

    async def priced(self, since: int, until: int) -> Sequence[Priced]:
        """What vendors priced from `since` to before `until` (when it was reported, real time), each message once."""
        found: Counter[tuple[str, str, str, str, str, str, bool | None]] = Counter()
        after, end = compose(since, 0, 0) - 1, compose(until, 0, 0)
        while True:
            rows = await self._priced_page(after, end)
            found.update(_words(*row[1:]) for row in rows)
            if len(rows) < _PAGE:
                return [Priced(*words, count) for words, count in sorted(found.items(), key=lambda each: str(each[0]))]
            after = rows[-1][0]

    async def _priced_page(self, after: Id, end: Id) -> list[tuple[Any, ...]]:
        def work(con: Connection) -> list[tuple[Any, ...]]:
            return con.execute(_FIRST, (after, end, _PAGE)).fetchall()

        return await self._read(work)


def _words(
    body: str, account: str | None, number: str, carrier: str | None
) -> tuple[str, str, str, str, str, str, bool | None]:
    pricing: Mapping[str, Any] = json.loads(body)["pricing"]
    billable = pricing.get("billable")
    return (
        account or "",
        number,
        carrier or "",
        str(pricing.get("category") or ""),
        str(pricing.get("pricing_model") or ""),
        str(pricing.get("type") or ""),
        billable if isinstance(billable, bool) else None,
    )

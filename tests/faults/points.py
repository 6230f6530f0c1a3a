"""The points at which a gateway is killed: before, within and after each call of the store that the scenario makes."""

from itertools import product

CALLS = {
    "recover": 1,
    "accept": 6,
    "busy_senders": 1,
    "pending": 3,
    "claim": 4,
    "settle": 4,
    "hear": 6,
    "due_subscriptions": 3,
    "due_deliveries": 6,
    "delivered": 9,
    "take": 4,
    "owed": 3,
    "paid": 2,
    "reach": 2,
}
"""How often the scenario at least makes each call."""

READS = frozenset({"busy_senders", "pending", "due_subscriptions", "due_deliveries", "owed"})
WHEN = ("before", "within", "committed", "after")


def points() -> list[str]:
    """All of them."""
    found = []
    for (call, most), when in product(CALLS.items(), WHEN):
        if call not in READS or when in {"before", "after"}:
            found += [f"{call}:{number}:{when}" for number in range(1, most + 1)]
    return found

"""Which stage may follow which.

Vendors report late, twice and out of order. A message therefore moves through a lattice: whatever the order in which
reports come, it ends in the highest stage reported, and never goes back.
"""

from parlance.model.message import Stage
from parlance.model.value import dataclass

_ORDER = (
    Stage.ACCEPTED,
    Stage.SENDING,
    Stage.UNSURE,
    Stage.SENT,
    Stage.CANCELLED,
    Stage.EXPIRED,
    Stage.FAILED,
    Stage.DELIVERED,
    Stage.READ,
)
_RANK = {stage: rank for rank, stage in enumerate(_ORDER)}
_ENDED_WITHOUT = frozenset({Stage.CANCELLED, Stage.EXPIRED, Stage.FAILED})
_ARRIVED = frozenset({Stage.DELIVERED, Stage.READ})

FINAL = _ENDED_WITHOUT | _ARRIVED
"""Stages after which nothing more is owed to the customer; a later report may still correct or complete them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one report does to a message. `conflict`: the reports contradict each other (delivered and failed)."""

    stage: Stage
    changed: bool
    conflict: bool


def join(now: Stage, reported: Stage) -> Change:
    """Put a report on top of what is known.

    Arrival wins over failure in either order: a customer who read the message got it, whatever was said before.
    """
    stage = reported if _RANK[reported] > _RANK[now] else now
    conflict = (now in _ENDED_WITHOUT and reported in _ARRIVED) or (now in _ARRIVED and reported in _ENDED_WITHOUT)
    return Change(stage, stage is not now, conflict)

"""Which commands only read, and so are open to keys that may do no more."""

from parlance.model.command import (
    Command,
    CountDeliveries,
    FindCustomer,
    ListNumbers,
    ListTemplates,
    ReadJournal,
    ReadProfile,
    ReadQueue,
    ReadSettings,
    TakeDelivery,
)

_READING = (
    CountDeliveries,
    FindCustomer,
    ListNumbers,
    ListTemplates,
    ReadJournal,
    ReadProfile,
    ReadQueue,
    ReadSettings,
    TakeDelivery,
)
"""Named one by one, so that a command made later is refused to them until somebody has thought of it."""


def only_reads(command: Command) -> bool:
    """Whether a command leaves everything as it is."""
    return isinstance(command, _READING)

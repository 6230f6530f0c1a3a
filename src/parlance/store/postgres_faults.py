"""What PostgreSQL's errors mean to callers and to operators."""

import psycopg
from psycopg import errors

from parlance.contract.store import StoreFault
from parlance.store.connection import Again, Trouble


class Gone(Exception):
    """There is no connection to the database, and none can be had now."""


_STORAGE_CLASSES = frozenset({"53", "58", "XX", "F0"})
"""Resources are used up; the system failed; data are damaged; its configuration file is."""
_STORAGE_STATES = frozenset({"25006", "57014"})
"""The server takes no writes (it is a standby); the statement took too long."""
_LEAVING = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
"""The server is being shut down, has crashed, starts, or has ended an idle session or transaction."""


def trouble(fault: BaseException) -> Trouble:
    """Whose a fault is."""
    if isinstance(fault, Again | errors.SerializationFailure | errors.DeadlockDetected | errors.LockNotAvailable):
        return Trouble.AGAIN
    if isinstance(fault, errors.UniqueViolation):
        return Trouble.CLASH
    if isinstance(fault, Gone):
        return Trouble.STORAGE
    if not isinstance(fault, psycopg.Error):
        return Trouble.OWN
    state = fault.sqlstate or ""
    if state in _LEAVING or (not state and isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError)):
        return Trouble.LOST
    if state[:2] in _STORAGE_CLASSES or state in _STORAGE_STATES:
        return Trouble.STORAGE
    return Trouble.OWN


def cannot_open(place: str, fault: BaseException) -> StoreFault:
    """Say in one sentence why the database cannot be used, and in another what to do."""
    text = " ".join(str(fault).split())
    state = getattr(fault, "sqlstate", None) or ""
    at_first = place[:1].upper() + place[1:]
    if state[:2] == "53":
        return StoreFault(f"{at_first} has no room or no connection left ({text}). Make room, or allow it more.")
    if state == "25006":
        return StoreFault(f"{at_first} takes no writes: it is a standby. Name the primary server.")
    if state == "42501":
        return StoreFault(f"The user may not make tables in {place} ({text}). Grant it CREATE on the schema.")
    return StoreFault(
        f"{at_first} cannot be used ({text}). See that the server runs and is reached from here, and that user, "
        "password and database name are right."
    )

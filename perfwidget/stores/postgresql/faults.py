"""What PostgreSQL refuses, in one sentence for people; its own words go to the log."""

import logging

import psycopg
from psycopg import errors

from perfwidget.errors import InvalidFact, PerfwidgetError, StoreUnavailable
from perfwidget.stores.failures import AWAY, FULL, LONGEST, TOO_LONG

log = logging.getLogger(__name__)

DENIED = "The store's database role may not do this; grant it what perfwidget/stores/postgresql/README.md lists."
ONLY_READ = "The store's database takes no changes; write by an address that does, such as that of its primary server."
CROSSED = "Another transaction wrote the same facts meanwhile, so nothing of this is kept; write it again."
TOO_LARGE = (
    "The ids and actions of one fact are too long together for a PostgreSQL store (about 2,700 bytes); shorten them."
)


def store_error(fault: psycopg.Error) -> PerfwidgetError:
    """Return what to raise in place of what the database says."""
    if isinstance(fault, errors.QueryCanceled):
        return StoreUnavailable(TOO_LONG.format(seconds=LONGEST))
    if isinstance(fault, errors.DiskFull):
        return StoreUnavailable(FULL)
    if isinstance(fault, errors.ProgramLimitExceeded):
        return InvalidFact(TOO_LARGE)
    if isinstance(fault, errors.DeadlockDetected | errors.SerializationFailure):
        return StoreUnavailable(CROSSED)
    log.warning("The database refuses: %s", fault)
    if isinstance(fault, errors.InsufficientPrivilege):
        return StoreUnavailable(DENIED)
    if isinstance(fault, errors.ReadOnlySqlTransaction):
        return StoreUnavailable(ONLY_READ)
    return StoreUnavailable(AWAY)


def unopened(name: str, fault: psycopg.Error) -> StoreUnavailable:
    """Return what to say where a store cannot be opened, with the first line of the reason."""
    reason = str(fault).strip().split("\n", maxsplit=1)[0]
    return StoreUnavailable(
        f"The store {name} cannot be opened ({reason}); check the address, and that the database runs and lets you in."
    )

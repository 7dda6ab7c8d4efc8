"""What ClickHouse refuses, in one sentence for people; its own words go to the log."""

import logging

from clickhouse_connect.driver.exceptions import Error

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, FULL, LONGEST, TOO_LONG

log = logging.getLogger(__name__)

DENIED = "The store's database user may not do this; grant it what the README lists for ClickHouse."
DISPLACED = "Another program wrote to the store while this write stood still, so nothing of it was kept; write it again."

TIMEOUT_EXCEEDED, TOO_SLOW, READONLY, NOT_ENOUGH_SPACE, ACCESS_DENIED = 159, 160, 164, 243, 497
FUNCTION_THROW_IF = 395
UNKNOWN_DATABASE = 81


def told(fault: Error) -> StoreUnavailable:
    """Return what to raise in place of what the server says."""
    match fault.code:
        case 159 | 160:
            return StoreUnavailable(TOO_LONG.format(seconds=LONGEST))
        case 243:
            return StoreUnavailable(FULL)
        case 395:  # the only condition that our statements throw of
            return StoreUnavailable(DISPLACED)
    log.warning("The server refuses: %s", fault)
    return StoreUnavailable(DENIED if fault.code in (READONLY, ACCESS_DENIED) else AWAY)


def unopened(name: str, fault: Error) -> StoreUnavailable:
    """Return what to say where a store cannot be opened; the reason goes to the log, for it may name the user."""
    log.warning("The store %s cannot be opened: %s", name, fault)
    code = "" if fault.code is None else f" (ClickHouse error {fault.code}{f', {fault.name}' if fault.name else ''})"
    return StoreUnavailable(
        f"The store {name} cannot be opened{code}; check the address, and that the server runs and lets you in."
    )

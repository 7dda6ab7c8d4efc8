"""What ClickHouse refuses, in one sentence for people; its own words go to the log."""

import logging

from clickhouse_connect.driver.exceptions import Error
from urllib3.exceptions import HTTPError

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, FULL, LONGEST, TOO_LONG

log = logging.getLogger(__name__)

DENIED = "The store's database user may not do this; grant it what perfwidget/stores/clickhouse/README.md lists."
DISPLACED = (
    "Another program wrote to the store while this write stood still, so nothing of it was kept; write it again."
)

_TOO_LONG = {159, 160}  # TIMEOUT_EXCEEDED, TOO_SLOW
_FULL = {243}  # NOT_ENOUGH_SPACE
_DISPLACED = {395}  # FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, which a claim that has ended raises
_DENIED = {164, 497}  # READONLY, ACCESS_DENIED


def store_error(fault: Error | HTTPError) -> StoreUnavailable:
    """Return what to raise in place of what the server says, or where it falls silent."""
    code = getattr(fault, "code", None)
    if code in _TOO_LONG:
        return StoreUnavailable(TOO_LONG.format(seconds=LONGEST))
    if code in _DISPLACED:
        return StoreUnavailable(DISPLACED)
    log.warning("The server refuses: %s", fault)
    if code in _FULL:
        return StoreUnavailable(FULL)
    return StoreUnavailable(DENIED if code in _DENIED else AWAY)


def unopened(name: str, fault: Error) -> StoreUnavailable:
    """Return what to say where a store cannot be opened; the reason goes to the log, for it may name the user."""
    log.warning("The store %s cannot be opened: %s", name, fault)
    code = "" if fault.code is None else f" (ClickHouse error {fault.code}{f', {fault.name}' if fault.name else ''})"
    return StoreUnavailable(
        f"The store {name} cannot be opened{code}; check the address, and that the server runs and lets you in."
    )

"""The ClickHouse store: one database, read by any number of processes and threads, and written by one at a time."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.choosing import Noted
from perfwidget.stores.clickhouse import history, schema
from perfwidget.stores.clickhouse.address import Address, parse
from perfwidget.stores.clickhouse.database import ClickHouseDatabase
from perfwidget.stores.clickhouse.session import ClickHouseSession
from perfwidget.stores.clickhouse.staging import SentStaging
from perfwidget.stores.clickhouse.write_lock import WriteLock
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

WRITES_UNTIL_CLEARED = 200
"""Every so many writes, of all programs, whoever writes removes what was taken away long ago."""


class ClickHouseStore(Store):
    """Facts in one database; the protocol says what each method means."""

    def __init__(self, address: Address, *, create: bool) -> None:
        """Open the database, making its tables if they are not there and may be; raises StoreUnavailable."""
        self._writing = threading.Lock()
        self._database = ClickHouseDatabase(address)
        self._noted: tuple[history.State | None, Noted] = None, {}
        schema.prepare(self._database, create=create)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading; what readers of it have noted is not asked again."""
        session = ClickHouseSession(self._database)
        state, noted = self._noted
        if state != session.state:
            noted = {}
            self._noted = session.state, noted
        yield Reader(session, noted)

    def settle(self) -> None:
        """Remove what was taken away long ago."""
        with self._claim():
            history.compact(self._database)

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()

    @contextmanager
    def _claim(self) -> Iterator[WriteLock]:
        """Be the only one who writes, of this process and of all others."""
        with self._writing:
            claim = WriteLock(self._database)
            try:
                yield claim
            finally:
                with suppress(StoreUnavailable):  # then it ends by itself
                    claim.release()

    @contextmanager
    def staging(self) -> Iterator[SentStaging]:
        """Open a write: it is committed at the end, or void."""
        with self._claim() as claim:
            history.give_up_unfinished(self._database)
            write = claim.begin()
            try:
                staging = SentStaging(self._database, claim, history.newest(self._database)._replace(write=write))
                yield staging
                staging.conclude()
                staging.check()
                claim.commit(write)
            except BaseException:
                with suppress(StoreUnavailable):  # then the next write does it
                    history.give_up(self._database, write)
                raise
            if write % WRITES_UNTIL_CLEARED == 0:
                try:
                    history.compact(self._database)
                except StoreUnavailable as fault:  # what was written is kept, and the rest is only in the way
                    log.warning("Rows that were taken away long ago could not be removed: %s", fault)


def opener(url: str, *, create: bool) -> Callable[[], Store]:
    """Return what opens the store at an address, or raises StoreUnavailable; raises InvalidSetting."""
    return partial(ClickHouseStore, parse(url), create=create)

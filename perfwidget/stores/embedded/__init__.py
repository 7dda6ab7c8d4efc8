"""The embedded store: one DuckDB file, owned by one process, read by many threads and written by one at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfwidget.stores.embedded import recovery
from perfwidget.stores.embedded.abreast import Abreast
from perfwidget.stores.embedded.database import Database
from perfwidget.stores.embedded.order import Sorter
from perfwidget.stores.embedded.session import EmbeddedSession
from perfwidget.stores.embedded.staging import FrameStaging
from perfwidget.stores.embedded.time_limit import TimeLimit
from perfwidget.stores.reading import SqlReader
from perfwidget.stores.writing.staged import StagedStore


class EmbeddedStore(StagedStore):
    """Facts in one DuckDB file; the protocol says what each method means."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if it is not there; raises StoreUnavailable with what to do."""
        self._writing = threading.Lock()
        self._time_limit = TimeLimit()
        self._database = Database(path)
        self._abreast = Abreast(self._database, self._time_limit)
        self._order = Sorter(self._database, self._writing)

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store."""
        return recovery.notices(self._database.path)

    @contextmanager
    def reading(self) -> Iterator[SqlReader]:
        """Open one consistent state for reading."""
        with self._database.transaction() as cursor:
            yield SqlReader(EmbeddedSession(cursor, self._database, self._time_limit, self._abreast.each))

    def settle(self) -> None:
        """Put what was written in the order in which it is read, now rather than some time later."""
        self._order.settle()

    def close(self) -> None:
        """Let go of the file."""
        self._order.close()
        self._database.close()
        self._abreast.close()

    @contextmanager
    def _staging(self) -> Iterator[FrameStaging]:
        """Open a transaction that writes; one at a time."""
        with self._order.given_way():
            with self._database.writing() as cursor:
                staging = FrameStaging(cursor)
                yield staging
            self._order.notice(staging.added)

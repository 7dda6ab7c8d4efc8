"""The embedded store: one DuckDB file, owned by one process, read by many threads and written by one at a time."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from perfwidget.facts import Fact
from perfwidget.facts.ingest import Observation
from perfwidget.stores.duckdb import ahead, journal, recovery
from perfwidget.stores.duckdb.database import Database
from perfwidget.stores.duckdb.order import Sorter
from perfwidget.stores.duckdb.session import EmbeddedSession
from perfwidget.stores.duckdb.staging import FrameStaging
from perfwidget.stores.duckdb.time_limit import TimeLimit
from perfwidget.stores.duckdb.working_in import WorkingIn
from perfwidget.stores.reading import SqlReader
from perfwidget.stores.writing.staged import StagedStore

FEW = 500
"""Facts of a write that are put into the journal; more are faster as a transaction of their own."""


class EmbeddedStore(StagedStore):
    """Facts in one DuckDB file; the protocol says what each method means."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if it is not there; raises StoreUnavailable with what to do."""
        self._time_limit = TimeLimit()
        self._database = Database(path)
        self._order = Sorter(self._database, threading.Lock())
        self._working_in = WorkingIn(self._database, self._order)
        if self._working_in.ahead():
            self._working_in.wake()

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store."""
        return recovery.notices(self._database.path)

    @contextmanager
    def reading(self) -> Iterator[SqlReader]:
        """Open one consistent state for reading, with all that was acknowledged before."""
        waiting = self._working_in.ahead()
        with self._database.reading() as cursor:
            if waiting:
                ahead.show(cursor, waiting)
            yield SqlReader(EmbeddedSession(cursor, self._time_limit))

    def write(self, facts: Iterable[Fact | Observation]) -> None:
        """Keep facts, all or nothing: a few are put into the journal, which is faster."""
        self._database.require_own_process()
        given = iter(facts)
        first = list(islice(given, FEW + 1))
        text = journal.text_of(first) if len(first) <= FEW else None
        if text is not None and self._database.journal.keep(text, len(first)):
            self._working_in.wake()
        else:
            super().write(chain(first, given))

    def settle(self) -> None:
        """Put what was written in the order in which it is read, now rather than some time later."""
        with self._working_in.all_in():
            pass
        self._order.settle()

    def close(self) -> None:
        """Let go of the file."""
        self._working_in.close()
        self._database.close()

    @contextmanager
    def _staging(self) -> Iterator[FrameStaging]:
        """Open a transaction that writes; one at a time."""
        with self._working_in.all_in():
            with self._database.writing() as cursor:
                staging = FrameStaging(cursor)
                yield staging
            self._order.notice(staging.added)

"""Two parts of the work on one question at the same time, each in a cursor of its own, in one state of the file.

DuckDB reads rows with all processors, but it plans a statement with one, and that is half of what a page's cost.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.embedded.database import Database
from perfwidget.stores.embedded.session import EmbeddedSession
from perfwidget.stores.embedded.time_limit import TimeLimit
from perfwidget.stores.failures import CLOSED
from perfwidget.stores.session import Part, T, U

THREADS = max(1, (os.cpu_count() or 1) - 1)
"""Threads that help; the one that asks works, too."""


class Abreast:
    """Threads that do a part of the work; where none is free, a session does all of its work itself."""

    def __init__(self, database: Database, time_limit: TimeLimit) -> None:
        self._database = database
        self._time_limit = time_limit
        self._threads = ThreadPoolExecutor(THREADS, "perfwidget-abreast")
        self._free = threading.Semaphore(THREADS)

    def both(self, session: EmbeddedSession, one: Part[T], other: Part[U]) -> tuple[T, U]:
        """Do both parts; the other one elsewhere if that sees the session's state."""
        state = session.state
        if state is None or not self._free.acquire(blocking=False):
            return one(session), other(session)
        try:
            there = self._threads.submit(self._elsewhere, state, other)
        except RuntimeError as fault:  # the store has been closed meanwhile
            self._free.release()
            raise StoreUnavailable(CLOSED) from fault
        try:
            mine = one(session)
        finally:
            wait([there])
        found = there.result()
        return mine, other(session) if found is None else found[0]

    def _elsewhere(self, state: int, part: Part[T]) -> tuple[T] | None:
        """Do a part in a cursor of its own; None if that saw another state."""
        try:
            with self._database.transaction() as cursor:
                session = EmbeddedSession(cursor, self._database, self._time_limit)
                found = part(session)
                return (found,) if session.state == state else None
        finally:
            self._free.release()

    def close(self) -> None:
        """Let go of the threads, of which none is at work any more."""
        self._threads.shutdown()

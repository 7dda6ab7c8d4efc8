"""Parts of the work on one question, two at the same time, each in a cursor of its own, in one state of the file.

DuckDB plans a statement in the thread that asks, and that is half of what a page's cost.
"""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb.database import Database
from perfwidget.stores.duckdb.session import EmbeddedSession
from perfwidget.stores.duckdb.time_limit import TimeLimit
from perfwidget.stores.failures import CLOSED
from perfwidget.stores.session import Part, T

THREADS = max(1, (os.cpu_count() or 1) - 1)
"""Threads that help; the one that asks works, too."""


class Abreast:
    """Threads that do a part of the work; where none is free, a session does all of its work itself."""

    def __init__(self, database: Database, time_limit: TimeLimit) -> None:
        self._database = database
        self._time_limit = time_limit
        self._threads = ThreadPoolExecutor(THREADS, "perfwidget-abreast")
        self._free = threading.Semaphore(THREADS)

    def each(self, session: EmbeddedSession, parts: list[Part[T]]) -> list[T]:
        """Do the parts: here from the first on, and elsewhere from the last on if that sees the session's state."""
        state = session.state
        if state is None or not self._free.acquire(blocking=False):
            return [part(session) for part in parts]
        left = _Left(parts)
        first = left.first()  # which may add others, of this session's state
        try:
            there = self._threads.submit(self._elsewhere, state, left)
        except RuntimeError as fault:  # the store has been closed meanwhile
            self._free.release()
            raise StoreUnavailable(CLOSED) from fault
        try:
            found = _done(session, left, left.first, first)
        finally:
            left.stop()  # after a fault nothing more is begun
            wait([there])
        found |= there.result()
        return [found[place] if place in found else part(session) for place, part in enumerate(parts)]

    def _elsewhere(self, state: int, left: "_Left[T]") -> dict[int, T]:
        """Do parts in a cursor of its own, and return what they gave by place; nothing if that saw another state."""
        try:
            with self._database.transaction() as cursor:
                session = EmbeddedSession(cursor, self._database, self._time_limit)
                found = _done(session, left, left.last, left.last())
                return found if session.state == state else {}
        finally:
            self._free.release()

    def close(self) -> None:
        """Let go of the threads, of which none is at work any more."""
        self._threads.shutdown()


class _Left(Generic[T]):
    """The parts that nobody has taken so far, of a list that may grow meanwhile."""

    def __init__(self, parts: Sequence[Part[T]]) -> None:
        self.parts = parts
        self._taken: set[int] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def first(self) -> int | None:
        """Take the first part, and return its place; None if there is none."""
        return self._take(range(len(self.parts)))

    def last(self) -> int | None:
        """Take the last part, and return its place; None if there is none."""
        return self._take(reversed(range(len(self.parts))))

    def _take(self, places: Iterable[int]) -> int | None:
        with self._lock:
            place = None if self._stopped else next((each for each in places if each not in self._taken), None)
            if place is not None:
                self._taken.add(place)
            return place

    def stop(self) -> None:
        """Let no further part be taken."""
        with self._lock:
            self._stopped = True


def _done(session: EmbeddedSession, left: _Left[T], take: Callable[[], int | None], place: int | None) -> dict[int, T]:
    """Do the part at a place, and others until none is left to take."""
    found: dict[int, T] = {}
    while place is not None:
        found[place] = left.parts[place](session)
        place = take()
    return found

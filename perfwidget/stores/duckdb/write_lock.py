"""The right to write to the file: one thread has it at a time, and what is put in order beside the work gives way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import WITHIN

_ASKED_AGAIN = 0.05
"""Seconds after which a writer that waits asks again that way be given."""


class WriteLock:
    """A lock that its own thread may not take twice; raises StoreUnavailable then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._yielding = threading.Lock()
        self._gives_way: duckdb.DuckDBPyConnection | None = None

    def expect_free_thread(self) -> None:
        """Raise StoreUnavailable in the thread that writes."""
        if self._holder == threading.get_ident():
            raise StoreUnavailable(WITHIN)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Write, when nobody else does."""
        self.expect_free_thread()
        mine = self._lock.acquire(blocking=False)
        while not mine:
            self._interrupt()  # which is in vain between two statements
            mine = self._lock.acquire(timeout=_ASKED_AGAIN)
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()

    @contextmanager
    def giving_way(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Hold the lock for work that whoever wants to write breaks off."""
        with self._yielding:
            self._gives_way = cursor
        try:
            yield
        finally:
            with self._yielding:
                self._gives_way = None

    def _interrupt(self) -> None:
        with self._yielding:
            if self._gives_way is not None:
                self._gives_way.interrupt()

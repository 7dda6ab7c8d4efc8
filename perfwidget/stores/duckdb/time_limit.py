"""Statements that take too long are broken off, by one watching thread for all of them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import LONGEST, TOO_LONG

_GLANCE = 0.1
"""Seconds between two looks at the clock while something runs."""

_IDLE = 20
"""Looks with nothing to see after which the thread ends; the next statement starts another."""


class TimeLimit:
    """Breaks statements off. DuckDB knows no limit of its own, and a timer for each would cost more than most take."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: dict[int, tuple[float, duckdb.DuckDBPyConnection]] = {}
        self._watching = False

    @contextmanager
    def watched(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Run a statement on the cursor; raises StoreUnavailable if it was broken off."""
        with self._changed:
            self._running[id(cursor)] = time.monotonic() + LONGEST, cursor
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="perfwidget-time-limit").start()
        try:
            yield
        except duckdb.InterruptException as fault:
            raise StoreUnavailable(TOO_LONG.format(seconds=LONGEST)) from fault
        finally:
            with self._changed:
                self._running.pop(id(cursor), None)

    def _watch(self) -> None:
        """Watch until there is nothing more to watch, or the program ends: it waits for this thread."""
        idle, main = 0, threading.main_thread()
        while self._watching:
            time.sleep(_GLANCE)
            with self._changed:
                idle = 0 if self._running else idle + 1
                now = time.monotonic()
                for until, cursor in self._running.values():
                    if now > until:
                        cursor.interrupt()
                self._watching = idle < _IDLE and main.is_alive()

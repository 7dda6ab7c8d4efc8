"""Small writes that wait for each other become one transaction, and wait for the disk together.

Whoever gets the right to write takes all that waits and writes it. Facts have keys, and of several with one key the
outcome is the same whether they come in one transaction or in one after the other.
"""

import threading
import time
from collections.abc import Callable, Sequence

from perfwidget.facts import Fact
from perfwidget.stores.duckdb.write_lock import WriteLock
from perfwidget.stores.writing import Rows
from perfwidget.stores.writing.staging import Row

_GATHERING = 0.0005
"""Seconds that are left to those who wrote together to write again, before the next ones do; else two groups of half
the size would take turns."""


class _Given:
    """A write that waits, and what became of it."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.turn = threading.Event()
        """Whether it is done, or it is its thread's turn to write all that waits."""
        self.done = False
        self.fault: Exception | None = None


class GroupCommit:
    """Writes rows in groups, by what writes some in one transaction; that is only called by who may write."""

    def __init__(self, lock: WriteLock, write: Callable[[Rows], None]) -> None:
        self._lock = lock
        self._write = write
        self._queue = threading.Lock()
        self._waiting: list[_Given] = []
        self._together = 0

    def write(self, rows: Rows) -> None:
        """Return when the rows are on the disk; raises what kept just these from it."""
        self._lock.expect_free_thread()
        given = _Given(rows)
        with self._queue:
            self._waiting.append(given)
            if self._waiting[0] is given:
                given.turn.set()
        given.turn.wait()
        if not given.done:
            self._lead(given)
        if given.fault is not None:
            raise given.fault

    def _lead(self, given: _Given) -> None:
        """Write all that waits. Whoever comes meanwhile waits behind the first, who stays until its group is done."""
        group = [given]
        try:
            with self._lock.held():
                if self._together > 1:
                    time.sleep(_GATHERING)
                with self._queue:
                    group = list(self._waiting)
                self._together = len(group)
                fault = self._tried(group)
                for each in group:  # one of several may be at fault, and the others are not to go with it
                    each.fault = self._tried([each]) if fault is not None and len(group) > 1 else fault
                    each.done = True
        finally:
            with self._queue:  # if this thread ends halfway, another one goes on
                self._waiting = [each for each in self._waiting if not each.done and each is not given]
                if self._waiting:
                    self._waiting[0].turn.set()
            for each in group:
                if each.done:
                    each.turn.set()

    def _tried(self, group: Sequence[_Given]) -> Exception | None:
        try:
            self._write(_together([each.rows for each in group]))
        except Exception as fault:
            return fault
        return None


def _together(writes: Sequence[Rows]) -> Rows:
    """Return the rows of several writes, one after the other."""
    rows: dict[type[Fact], list[Row]] = {}
    for each in writes:
        for kind, some in each.items():
            rows.setdefault(kind, []).extend(some)
    return rows

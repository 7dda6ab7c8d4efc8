"""Small writes that wait for each other become one transaction, and wait for the disk together.

One thread writes all that waits. Facts have keys, and of several with one key the outcome is the same whether they come
in one transaction or in one after the other.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from perfwidget.facts import Fact
from perfwidget.stores.duckdb.write_lock import WriteLock
from perfwidget.stores.writing import Rows
from perfwidget.stores.writing.staging import Row

_GATHERING = 0.0005
"""Seconds that are left to those who wrote together to write again, before the next ones do; else two groups of half
the size would take turns."""


class GroupCommit:
    """Writes rows in groups, by what writes some in one transaction; that is only called by who may write."""

    def __init__(self, lock: WriteLock, write: Callable[[Rows], None]) -> None:
        self._lock = lock
        self._write = write
        self._waiting: SimpleQueue[tuple[Rows, Future[None]]] = SimpleQueue()
        self._writer = ThreadPoolExecutor(1, "perfwidget-writer")
        self._together = 0

    def write(self, rows: Rows) -> None:
        """Return when the rows are on the disk; raises what kept just these from it."""
        self._lock.expect_free_thread()
        done: Future[None] = Future()
        self._waiting.put((rows, done))
        try:
            self._writer.submit(self._write_waiting)
        except RuntimeError:  # the store is closed, or the program ends
            self._write_waiting()
        done.result()

    def close(self) -> None:
        """End the thread, for a store that is closed."""
        self._writer.shutdown()

    def _write_waiting(self) -> None:
        """Write all that waits; whoever comes meanwhile is in the next group."""
        if self._waiting.empty():  # an earlier group had them all
            return
        with self._lock.held():
            if self._together > 1:
                time.sleep(_GATHERING)
            group = [self._waiting.get() for _ in range(self._waiting.qsize())]
            self._together = len(group)
            fault = self._tried([rows for rows, _ in group])
            for rows, done in group:  # one of several may be at fault, and the others are not to go with it
                told = self._tried([rows]) if fault is not None and len(group) > 1 else fault
                done.set_result(None) if told is None else done.set_exception(told)

    def _tried(self, writes: Sequence[Rows]) -> BaseException | None:
        try:
            self._write(_together(writes))
        except BaseException as fault:  # whatever it is, its writer waits for it
            return fault
        return None


def _together(writes: Sequence[Rows]) -> Rows:
    """Return the rows of several writes, one after the other."""
    rows: dict[type[Fact], list[Row]] = {}
    for each in writes:
        for kind, some in each.items():
            rows.setdefault(kind, []).extend(some)
    return rows

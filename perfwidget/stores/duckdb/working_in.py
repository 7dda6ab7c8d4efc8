"""When small writes are worked from the journal into the store's file: before anybody could miss them."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from perfwidget.errors import StoreUnavailable
from perfwidget.stores import writing
from perfwidget.stores.duckdb.database import Database
from perfwidget.stores.duckdb.journal import Waiting, rows_of
from perfwidget.stores.duckdb.order import Sorter
from perfwidget.stores.duckdb.staging import FrameStaging
from perfwidget.stores.failures import CLOSED

log = logging.getLogger(__name__)

MANY = 8_000
"""Facts that are worked in though more are coming."""

IDLE = 0.2
"""Seconds without a write after which what waits is worked in."""

LONGEST = 2.0
"""Seconds after which it is even if writes go on, and after which it is tried again where it failed."""


class WorkingIn:
    """Works in what waits: for readers and writers as they come, and in a thread of its own if none comes."""

    def __init__(self, database: Database, order: Sorter) -> None:
        self._database = database
        self._journal = database.journal
        self._order = order
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._many = threading.Event()
        self._closed = False
        self._over = False
        self._failed_at = -LONGEST

    def wake(self) -> None:
        """See to it that what waits is worked in some time."""
        if self._journal.facts >= MANY and time.monotonic() - self._failed_at >= LONGEST:
            self._many.set()
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="perfwidget-journal")
                self._thread.start()

    def ahead(self) -> list[Waiting]:
        """Work in all that was acknowledged so far for a reader; return what cannot be just now."""
        number = self._journal.last
        if self._waits(number) and time.monotonic() - self._failed_at >= LONGEST:
            with self._order.given_way(lambda: self._order.stays or not self._waits(number)) as mine:
                if mine:
                    self._try(number)
        return [each for each in tuple(self._journal.waiting) if each.number <= number] if self._waits(number) else []

    @contextmanager
    def all_in(self) -> Iterator[None]:
        """Let a writer write by itself, behind all that waits; raises StoreUnavailable where that cannot be."""
        with self._order.given_way(), self._journal.held_up():
            if self._over:
                raise StoreUnavailable(CLOSED)
            self._work_in()
            yield
            self._order.tidy()

    def close(self) -> None:
        """Work in what waits; where that cannot be, it is when the store is opened again."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._many.set()
        if thread is not None:
            thread.join()
        self._journal.stop()
        self._order.close()
        with self._order.given_way():
            self._over = True
            self._try(self._journal.last)

    def _waits(self, number: int) -> bool:
        waiting = self._journal.waiting[:1]
        return bool(waiting) and waiting[0].number <= number

    def _try(self, number: int) -> None:
        """Work in what waits if that is not done yet; the writing is this thread's."""
        if not self._waits(number):
            return
        try:
            self._work_in()
        except StoreUnavailable as fault:
            self._failed_at = time.monotonic()
            log.warning("Writes that were acknowledged stay in the journal of %s: %s", self._database.path, fault)

    def _work_in(self) -> None:
        waiting = tuple(self._journal.waiting)
        if not waiting:
            return
        with self._database.writing(waiting[-1].number) as cursor:
            [(there,)] = cursor.execute("SELECT writes FROM perfwidget").fetchall()
            staging = FrameStaging(cursor)
            writing.write_in_turn(staging, rows_of(each for each in waiting if each.number > there))
        self._order.notice(staging.added)

    def _run(self) -> None:
        """Work in what waits when no more comes, when much does, and from time to time; end when nothing waits."""
        main, since = threading.main_thread(), time.monotonic()
        while True:
            last = self._journal.last
            many = self._many.wait(IDLE)
            if many or last == self._journal.last or time.monotonic() - since >= LONGEST:
                self._many.clear()
                with self._order.given_way():
                    self._try(last)
                    self._order.tidy()
                since = time.monotonic()
            with self._lock:
                if not self._journal.waiting or self._closed or not main.is_alive():
                    self._thread = None
                    return

"""The open DuckDB file: its connection and cursors, and what to do when it falls ill.

DuckDB gives a whole database up after some failures, as when the disk is full while it tidies its write-ahead log. What
was acknowledged is safe in the log then, so the file is opened again, and only the statements of that moment fail.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb import recovery, schema
from perfwidget.stores.duckdb.faults import is_damage, not_beside, store_error, unopened
from perfwidget.stores.duckdb.write_counter import WriteCounter
from perfwidget.stores.failures import AWAY, CLOSED, DAMAGED, FORKED, FULL, GRACE, LONGEST, NOT_ERASED

log = logging.getLogger(__name__)

MEMORY_LIMIT = "1GB"
"""What queries and writes may use at most; a guest must not take the host's memory. Larger work goes to disk."""

LONGEST_LOG = 16 * 1024 * 1024
"""Bytes of the write-ahead log from which on it is worked into the file, after a write and never within its commit."""

ROOM = 16 * 1024 * 1024
"""Bytes of the disk that are left free: nothing is committed where there are fewer, for DuckDB shows others rows of a
commit that fails for want of room, and may end the program. A commit needs less; what is more is written before it."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": MEMORY_LIMIT,
    "checkpoint_threshold": "1TB",  # never by itself: if the disk is full then, DuckDB gives the database up
}


_UNLIMITED = "SET max_execution_time = 0"
_AS_IT_IS = "PRAGMA disable_checkpoint_on_shutdown"  # a damaged file is closed as it was opened


class Database:
    """The file of a store; raises StoreUnavailable with what to do wherever it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()  # what belongs to the file is named after it, by whichever name it is opened
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._exchanging = False
        self._cursors: set[duckdb.DuckDBPyConnection] = set()
        self._committed = threading.Lock()
        self._failures = 0
        self._damaged = self._closed = False
        # Before DuckDB opens the file: its own lock is gone as soon as this process closes the file in whatever way,
        # and what another one then opens and closes again is damaged.
        try:
            self._counter = WriteCounter(self.path)
            try:
                self._begin()
            except BaseException:
                self._counter.give_back()
                raise
        except OSError as fault:
            raise not_beside(self.path, fault) from fault

    def _begin(self) -> None:
        """Open the file, bring it up to date, and see whether writes are missing."""
        lacking = recovery.lacking(self.path, counted=not self._counter.made)
        if lacking is None:
            recovery.make(self.path)
            self._counter.keep()
        self._counter.take(self.path)
        self._connection = self._open()
        try:
            schema.prepare(self.path, self._connection, new=lacking is None)
            [(writes,)] = self._connection.execute("SELECT writes FROM perfwidget").fetchall()
            acknowledged = self._counter.value()
            if writes < acknowledged or self._counter.made:
                recovery.note_lost_writes(self.path, lacking or (), writes, acknowledged)
            self._counter.begin(writes)
            self._signs = recovery.signs(self.path)
        except BaseException as fault:
            self._connection.close()
            recovery.unshield(self.path)
            if isinstance(fault, duckdb.Error):
                raise unopened(self.path, fault) from fault
            raise

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know: by the files that were beside it when it was last opened."""
        said = [text for sign, text in self._signs.items() if sign.exists()]
        return tuple(dict.fromkeys([DAMAGED] * self._damaged + said))

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            return recovery.opened(self.path, self._connect)
        except duckdb.Error as fault:
            raise unopened(self.path, fault) from fault

    def _connect(self) -> duckdb.DuckDBPyConnection:
        limit = {"max_execution_time": int(LONGEST * 1000)}  # milliseconds of a question's statement
        connection = duckdb.connect(str(self.path), config=_CONFIG | limit)
        connection.execute(_UNLIMITED)
        connection.execute(_AS_IT_IS)
        recovery.shield(self.path)
        return connection

    @contextmanager
    def transaction(self, *, takes_long: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor in a transaction, which is committed at the end; its statements may be such as take long."""
        cursor = self._cursor()
        try:
            if takes_long:  # which is to write
                if self._damaged:
                    raise StoreUnavailable(DAMAGED)
                cursor.execute(_UNLIMITED)
            cursor.execute("BEGIN")
            yield cursor
            self._commit(cursor)
        except duckdb.Error as fault:
            self._notice_damage(fault)
            if isinstance(fault, duckdb.FatalException):
                self._open_again(fault)
            raise store_error(fault) from fault
        finally:
            cursor.close()  # without a commit this rolls back
            with self._changed:
                self._cursors.discard(cursor)
                self._changed.notify_all()

    def _commit(self, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._committed:
            try:
                cursor.execute("COMMIT")
            except duckdb.Error:
                self._failures += 1
                raise

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor in a transaction that reads; raises StoreUnavailable if a commit failed meanwhile.

        While DuckDB takes back what it could not write to a full disk, others may see rows of it. So a reader waits for
        a commit that is going on when it has read everything, and is refused if that, or one before, has failed.
        """
        failures = self._failures
        with self.transaction() as cursor:
            yield cursor
        if self._failures != failures:
            raise StoreUnavailable(AWAY)

    def require_own_process(self) -> None:
        """Raise StoreUnavailable in a process that was forked off the one which opened the file."""
        if os.getpid() != self._process:
            raise StoreUnavailable(FORKED)

    def require_room(self, more: int = 0) -> None:
        """Raise StoreUnavailable where the disk has no room for a commit, and for so many bytes more."""
        with suppress(OSError):
            disk = os.statvfs(self.path.parent)
            if disk.f_bavail * disk.f_frsize < ROOM + more:
                raise StoreUnavailable(FULL)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor in a transaction that writes; one at a time. When it has ended, the write is acknowledged."""
        with self.transaction(takes_long=True) as cursor:
            yield cursor
            self.require_room()
            count = parsed(cursor, "UPDATE perfwidget SET writes = writes + 1 RETURNING writes", {})
            [(writes,)] = cursor.execute(*count).fetchall()
        self._counter.tell(writes)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if not self._closed:
                self._closed = True
                if not self._damaged:
                    _quietly(partial(self._connection.execute, "CHECKPOINT"))
                self._connection.close()
                recovery.unshield(self.path)
                self._counter.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._changed:
            self._changed.wait_for(lambda: not self._exchanging)
            if self._closed:
                raise StoreUnavailable(CLOSED)
            self.require_own_process()
            try:
                cursor = self._connection.cursor()
            except duckdb.Error as fault:  # it failed, and could not be opened again so far
                self._open_again(fault)
                cursor = self._connection.cursor()
            self._cursors.add(cursor)
            return cursor

    def rewrite(self) -> None:
        """Put a new file in place that holds nothing of what was deleted; only for whoever may write.

        Questions go on while it is made, and are waited for before it takes its place.
        """
        try:
            with TemporaryDirectory(prefix=f"{self.path.name}.", dir=self.path.parent) as folder:
                new = Path(folder, self.path.name)
                recovery.make(new)
                with self.transaction(takes_long=True) as cursor:
                    self.require_room(self.path.stat().st_size)
                    recovery.copy(cursor, new)
                self._exchange(new)
        except (duckdb.Error, OSError, StoreUnavailable) as fault:
            log.warning("The file of %s could not be written anew: %s", self.path, fault)
            raise StoreUnavailable(NOT_ERASED) from fault

    def _exchange(self, new: Path) -> None:
        with self._changed:
            self._exchanging = True
            try:
                if not self._changed.wait_for(lambda: not self._cursors, LONGEST + GRACE):
                    raise StoreUnavailable(NOT_ERASED)
                recovery.exchange(self._connection, self.path, new)
                self._counter.take(self.path)
                self._connection = self._open()
            finally:
                self._exchanging = False
                self._changed.notify_all()

    def tidy(self) -> None:
        """Work a long write-ahead log into the file. Where that cannot be, it is tried after the next write."""
        with suppress(FileNotFoundError):
            if recovery.beside(self.path, "wal").stat().st_size < LONGEST_LOG:
                return
            try:
                self._connection.execute("CHECKPOINT")
                recovery.shield(self.path)
            except duckdb.Error as fault:  # others are at work, or the disk is full
                log.info("The write-ahead log of %s stays for now: %s", self.path, fault)
                self._notice_damage(fault)
                if isinstance(fault, duckdb.FatalException):
                    self._open_again(fault)

    def _notice_damage(self, fault: duckdb.Error) -> None:
        """Write nothing more to a file of which a part cannot be read: what is done about it begins with a copy."""
        if is_damage(fault) and not self._damaged:
            self._damaged = True
            log.error("The file of the store %s is damaged, and takes nothing more: %s", self.path, fault)

    def _open_again(self, fault: duckdb.Error) -> None:
        """Open a database that DuckDB has given up; statements that run on it fail."""
        with self._lock:
            if self._closed:
                return
            with suppress(duckdb.Error):
                self._connection.execute("SELECT 1")
                return  # another thread was faster
            log.error("The store %s has failed and is opened again.", self.path, exc_info=fault)
            for cursor in self._cursors:
                _quietly(cursor.interrupt)
                _quietly(cursor.close)
            self._cursors.clear()
            _quietly(self._connection.close)
            self._connection = self._open()
            self._signs = recovery.signs(self.path)


def _quietly(act: Callable[[], object]) -> None:
    with suppress(duckdb.Error):
        act()


MOST_PARSED = 1_000_000
"""Characters of the statements that are kept as they were parsed: some hundreds, or few of very long periods."""

_PARSED: dict[str, duckdb.Statement] = {}


def parsed(
    cursor: duckdb.DuckDBPyConnection, text: str, parameters: Mapping[str, Any]
) -> tuple[duckdb.Statement, dict[str, Any]]:
    """Return a statement as DuckDB parsed it, and the parameters that it names, for DuckDB refuses others.

    To parse a small one takes about as long as to answer it.
    """
    known = _PARSED.get(text)
    if known is None:
        if sum(map(len, list(_PARSED))) + len(text) > MOST_PARSED:
            _PARSED.clear()
        [known] = cursor.extract_statements(text)
        _PARSED[text] = known  # of which DuckDB takes a copy whenever it is carried out, in any thread
    return known, {name: value for name, value in parameters.items() if name in known.named_parameters}

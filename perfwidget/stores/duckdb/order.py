"""Rows in the order in which they are read: those of one member in one stretch of time lie beside each other.

DuckDB skips the parts of a table whose smallest and largest values rule them out, so what a question costs depends on
how the rows lie. Writes append them as they come (`run` is 0), or many at once in order, as a run. Once there are many
that came so they are put in order among themselves, four runs of one size become one, and once there are as many rows
in runs as there were in order, the whole table is: each row is moved a few times in all, however long the store lives.
Stretches of time come before members, so that newer rows need not be mixed with older ones, and so that ids, which grow
with time, can be found without looking everywhere.
"""

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.metrics import ANNOTATED, COMMENTS_RECEIVED, REVIEWED, REVIEWING, TIMELINE, VISITED, Scan
from perfwidget.stores.failures import WITHIN
from perfwidget.stores.sql import instant_of

log = logging.getLogger(__name__)

ROW_GROUP = 122_880
"""Rows that DuckDB keeps together."""

TAIL = ROW_GROUP // 4
"""Rows that may lie as they came, all of which a question looks at; more are put in order when nobody writes."""

LONGEST_TAIL = 4 * TAIL
"""Rows from which on they are put in order even if a writer has to wait."""

STRETCH = 32 * ROW_GROUP
"""Rows of a stretch of time, on average."""

_ASKED_AGAIN = 0.05
"""Seconds after which a writer that waits asks again that way be given."""

AS_IT_CAME, _WHOLE = 0, 1
"""Runs: rows as they came, and those that were in order when the whole table was put in order; later runs follow."""

FEW_RUNS = 4
"""So many runs of about one size become one beside the work, so that questions look into few; each row is moved once
more for every fourfold growth of what was written."""

MOST_RUNS = 8
"""A question looks into every run: so many of them may stay when rows are put in order for good."""

COPIES = {"reviews_by_reviewer": "reviews"}
"""Tables that hold the rows of another one, to lie in another order; every write writes to both."""


def table_for(scan: Scan) -> str:
    """Return the table whose rows lie in the order in which a scan reads them."""
    return "reviews_by_reviewer" if scan is REVIEWING else scan.fact.table


_SCANS = (TIMELINE.scan, COMMENTS_RECEIVED.scan, ANNOTATED, REVIEWED, REVIEWING, VISITED)

_READ_BY = {table_for(scan): (scan.member, instant_of(scan)) for scan in _SCANS}
"""The tables that grow with the work, by whose rows and by when they are read."""

TABLES = tuple(_READ_BY)


class Writing(Protocol):
    """The store's file, for what is written without changing any fact."""

    def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Give a cursor in a transaction."""

    def require_room(self) -> None:
        """Raise StoreUnavailable where the disk has no room for a commit."""

    def tidy(self) -> None:
        """Work the write-ahead log into the file if it is long."""


class _Lying(NamedTuple):
    """How many rows of a table lie how."""

    as_they_came: int
    in_runs: int
    in_order: int
    runs: int

    def asks_for_whole(self, most_runs: int) -> bool:
        """Say whether the whole table is to be put in order, which so many runs are no reason for."""
        came = self.as_they_came
        worth = came + self.in_runs >= self.in_order
        return worth and (self.runs + (came > 0) > most_runs or came > self.in_runs + self.in_order)


class Sorter:
    """Puts rows in order in a thread of its own, and gives way to writers until it is overdue.

    Readers never wait: each sees the state that it began with.
    """

    def __init__(self, file: Writing, writing: threading.Lock) -> None:
        self._file = file
        self._writing = writing
        self._lock = threading.Lock()
        self._written = TAIL  # what is there already may lie as it came
        self._thread: threading.Thread | None = None
        self._at_work: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self._writer: int | None = None
        self.stays = False
        """Whether rows are being put in order and no way is given."""

    def notice(self, rows: int) -> None:
        """Take note of rows that were written; from time to time this looks how the tables lie."""
        with self._lock:
            self._written += rows
            if self._written < TAIL or self._closed or (self._thread is not None and self._thread.is_alive()):
                return
            self._written = 0
            self._thread = threading.Thread(target=self._sort, name="perfwidget-order")
            self._thread.start()

    @contextmanager
    def given_way(self, unless: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Let a writer write: what is being put in order gives way, and stays as it was.

        Says whether it is the writer's turn, for which it does not wait where `unless` says so.
        """
        if self._writer == threading.get_ident():
            raise StoreUnavailable(WITHIN)
        mine = self._writing.acquire(blocking=False)
        while not mine and not unless():
            self._interrupt()  # which is in vain between two statements
            mine = self._writing.acquire(timeout=_ASKED_AGAIN)
        self._writer = threading.get_ident() if mine else self._writer
        try:
            yield mine
        finally:
            if mine:
                self._writer = None
                self._writing.release()

    def _interrupt(self) -> None:
        with self._lock:
            if self._at_work is not None:
                self._at_work.interrupt()
                self._written = TAIL - ROW_GROUP  # it is tried again after so many rows more

    def settle(self) -> None:
        """Put in order what lies as it came, now, however little; returns when that is done."""
        self._wait()
        with self._writing:
            self._put_in_order(least=1, gives_way=False, most_runs=MOST_RUNS)

    def close(self) -> None:
        """Stop; what is being put in order stays as it was."""
        with self._lock:
            self._closed = True
        with self.given_way():
            pass
        self._wait()

    def _wait(self) -> None:
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _sort(self) -> None:
        try:
            with self._writing:
                self._put_in_order(least=LONGEST_TAIL, gives_way=False)
                self._put_in_order(least=TAIL, gives_way=True)
                self._join_runs()
        except StoreUnavailable as fault:
            if not isinstance(fault.__cause__, duckdb.InterruptException):
                log.warning("Rows could not be put in order, and are slower to read: %s", fault)

    def _put_in_order(self, *, least: int, gives_way: bool, most_runs: int = 0) -> None:
        for table in TABLES:
            with self._file.transaction() as cursor:
                lying = _lying(cursor, table)
                whole = lying.asks_for_whole(most_runs)
                if (lying.as_they_came < least and not (most_runs and whole)) or self._closed:
                    continue
                with self._interrupted_by_writers(cursor, gives_way=gives_way):
                    if whole:
                        _sort_whole(cursor, table)
                    else:
                        _sort_runs(cursor, table, [AS_IT_CAME])
                    self._file.require_room()
            self.tidy()

    def _join_runs(self) -> None:
        """Make one run of several, of which questions would have to look into each."""
        for table in TABLES:
            while not self._closed:
                with self._file.transaction() as cursor:
                    runs = _alike(cursor, table)
                    if not runs:
                        break
                    with self._interrupted_by_writers(cursor, gives_way=True):
                        _sort_runs(cursor, table, runs)
                        self._file.require_room()
                self.tidy()

    def tidy(self) -> None:
        """Work a long write-ahead log into the file; the writing is this thread's, and no way is given."""
        self.stays = True
        try:
            self._file.tidy()
        finally:
            self.stays = False

    @contextmanager
    def _interrupted_by_writers(self, cursor: duckdb.DuckDBPyConnection, *, gives_way: bool) -> Iterator[None]:
        with self._lock:
            self._at_work = cursor if gives_way else None
            self.stays = not gives_way
        try:
            yield
        finally:
            with self._lock:
                self._at_work = None
                self.stays = False


def _lying(cursor: duckdb.DuckDBPyConnection, table: str) -> _Lying:
    """Say how the rows of a table lie; what cannot be of a run is not looked at, so this costs little."""
    counts = (f"(SELECT count(*) FROM {table} WHERE run {which})" for which in ("= 0", "> 1", "= 1"))
    last = f"(SELECT coalesce(max(run), 0) FROM {table})"
    [row] = cursor.execute(f"SELECT {', '.join((*counts, last))}").fetchall()
    return _Lying(*row)


def run_for(cursor: duckdb.DuckDBPyConnection, table: str, rows: int) -> int:
    """Return which run so many rows are that are added to a table in order; too few are none."""
    if rows < TAIL:
        return AS_IT_CAME
    [(last,)] = cursor.execute(f"SELECT max(run) FROM {table}").fetchall()
    return _WHOLE if last is None else max(last, _WHOLE) + 1


def _alike(cursor: duckdb.DuckDBPyConnection, table: str) -> Sequence[int]:
    """Return runs of about one size of which there are too many, the smallest first; or none."""
    asked = f"SELECT run, count(*) FROM {table} WHERE run > {_WHOLE} GROUP BY run ORDER BY run"
    by_size: dict[int, list[int]] = {}
    for run, rows in cursor.execute(asked).fetchall():
        by_size.setdefault(int(math.log(max(1, rows // TAIL), FEW_RUNS) + 1e-9), []).append(run)
    return next((runs for _, runs in sorted(by_size.items()) if len(runs) >= FEW_RUNS), ())


def _sort_runs(cursor: duckdb.DuckDBPyConnection, table: str, runs: Sequence[int]) -> None:
    """Put the rows of some runs in order among themselves, as a run of their own."""
    those = f"run IN ({', '.join(map(str, runs))})"
    cursor.execute(
        f"INSERT INTO {table} SELECT * REPLACE ((SELECT max(run) + 1 FROM {table}) AS run) FROM {table} "
        f"WHERE {those} ORDER BY {_order(cursor, table)}"
    )
    cursor.execute(f"DELETE FROM {table} WHERE {those}")


def _sort_whole(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put a table in order, in place of what it was: one stretch after the other, so that each fits into memory."""
    [(made,)] = cursor.execute("SELECT sql FROM duckdb_tables() WHERE table_name = $table", {"table": table}).fetchall()
    cursor.execute(made.replace(table, f"{table}_in_order", 1))
    _, instant = _READ_BY[table]  # which no row is without
    first, last, length = _stretches(cursor, table)
    for begin in range(first, last + 1, length):
        within = f"{instant} >= {begin} AND {instant} < {begin + length}"
        cursor.execute(
            f"INSERT INTO {table}_in_order SELECT * REPLACE ({_WHOLE} AS run) FROM {table} WHERE {within} "
            f"ORDER BY organization_id, {read_by(table)}"
        )
    cursor.execute(f"DROP TABLE {table}")
    cursor.execute(f"ALTER TABLE {table}_in_order RENAME TO {table}")


def read_by(table: str) -> str:
    """Return what the rows of a run are put in order by."""
    return ", ".join(_READ_BY[table])


def _order(cursor: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return the expressions that the rows of a table are put in order by."""
    instant, (*_, length) = _READ_BY[table][1], _stretches(cursor, table)
    return f"({instant}) // {length}, organization_id, {read_by(table)}"


def _stretches(cursor: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int, int]:
    """Return where the first stretch of a table's time begins, where the last does, and how long each is."""
    _, instant = _READ_BY[table]
    asked = f"SELECT count(*), coalesce(min({instant}), 0), coalesce(max({instant}), 0) FROM {table}"
    [(rows, first, last)] = cursor.execute(asked).fetchall()
    length = max(1, (last - first) * STRETCH // max(1, rows))
    return first // length * length, last // length * length, length

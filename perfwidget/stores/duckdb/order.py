"""Rows in the order in which they are read: those of one member in one stretch of time lie beside each other.

DuckDB skips the parts of a table whose smallest and largest values rule them out, so what a question costs depends on
how the rows lie. Writes append rows as they come. Once there are many of these, a thread puts them in order together
with the newest stretch, or lets them begin another one if that is long enough. A whole table is put in order when its
writer says that it is done. Stretches of time come before members, so that newer rows need not be mixed with older
ones, and so that ids, which grow with time, can be found without looking everywhere.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb.database import Database
from perfwidget.stores.duckdb.schema import READ_BY, TABLES, read_by
from perfwidget.stores.duckdb.write_lock import WriteLock

log = logging.getLogger(__name__)

ROW_GROUP = 122_880
"""Rows that DuckDB keeps together."""

TAIL = ROW_GROUP // 2
"""Rows that may lie as they came, all of which a question looks at; more are put in order when nobody writes."""

OVERDUE = 4 * TAIL
"""Rows from which on they are put in order by themselves, which is soon done, and writers wait for that."""

STRETCH = 16 * ROW_GROUP
"""Rows from which on a stretch is left as it is; about so many has each where a whole table is put in order."""

MOST_STRETCHES = 8
"""A question looks into every stretch that is not of the whole: with more of them the whole is put in order."""

AS_IT_CAME, _WHOLE = 0, 1
"""Stretches: rows as they came; all that were put in order with the whole table. Later stretches follow."""


_Lying = Mapping[int, int]
"""How many rows of a table lie in each stretch that has some."""


class Sorter:
    """Puts rows in order in a thread of its own. Readers never wait: each sees the state that it began with."""

    def __init__(self, file: Database, lock: WriteLock) -> None:
        self._file = file
        self._write_lock = lock
        self._lock = threading.Lock()
        self._written = TAIL  # what is there already may lie as it came
        self._thread: threading.Thread | None = None
        self._closed = False

    def notice(self, rows: int) -> None:
        """Take note of rows that were written; from time to time this looks how the tables lie."""
        with self._lock:
            self._written += rows
            if self._written < TAIL or self._closed or (self._thread is not None and self._thread.is_alive()):
                return
            self._written = 0
            self._thread = threading.Thread(target=self._sort, name="perfwidget-order")
            self._thread.start()

    def settle(self) -> None:
        """Put all in order that is not; returns when that is done."""
        self._wait()
        for table in TABLES:
            self._put_in_order(table, settling=True)

    def close(self) -> None:
        """Stop; what is being put in order stays as it was."""
        with self._lock:
            self._closed = True
        with self._write_lock.held():
            pass
        self._wait()

    def _wait(self) -> None:
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _sort(self) -> None:
        try:
            for table in TABLES:
                self._put_in_order(table)
        except StoreUnavailable as fault:
            if not isinstance(fault.__cause__, duckdb.InterruptException):
                log.warning("Rows could not be put in order, and are slower to read: %s", fault)

    def _put_in_order(self, table: str, *, settling: bool = False) -> None:
        with self._write_lock.held():
            with self._file.transaction(takes_long=True) as cursor:
                lying = _lying(cursor, table)
                whole, came = settling and _asks_for_whole(lying), lying.get(AS_IT_CAME, 0)
                if self._closed or not (whole or came >= (1 if settling else TAIL)):
                    return
                overdue, newest = not settling and came >= OVERDUE, max(lying)
                alone = overdue or newest == AS_IT_CAME or lying[newest] >= STRETCH
                with nullcontext() if settling or overdue else self._write_lock.giving_way(cursor):
                    if whole:
                        _sort_whole(cursor, table)
                    else:
                        _sort_stretch(cursor, table, [AS_IT_CAME] if alone else [AS_IT_CAME, newest])
                    self._file.require_room()
            self._file.tidy()


def _lying(cursor: duckdb.DuckDBPyConnection, table: str) -> _Lying:
    """Say how the rows of a table lie; those of the whole are not looked at, so this costs little."""
    apart = f"SELECT stretch, count(*) FROM {table} WHERE stretch <> {_WHOLE} GROUP BY stretch"
    lying: dict[int, int] = dict(cursor.execute(apart).fetchall())
    [(rows,)] = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()
    whole = rows - sum(lying.values())
    return lying | ({_WHOLE: whole} if whole else {})


def _asks_for_whole(lying: _Lying) -> bool:
    """Say whether it is worth it to put the whole table in order."""
    came, whole = lying.get(AS_IT_CAME, 0), lying.get(_WHOLE, 0)
    others = sum(lying.values()) - came
    many = len(lying.keys() - {_WHOLE}) > MOST_STRETCHES or came > others
    return many and came + others >= 2 * whole


def stretch_for(cursor: duckdb.DuckDBPyConnection, table: str, rows: int) -> int:
    """Return which stretch so many rows are that are added to a table in order; too few are none."""
    if rows < TAIL:
        return AS_IT_CAME
    [(newest,)] = cursor.execute(f"SELECT coalesce(max(stretch), 0) FROM {table}").fetchall()
    return int(newest) + 1


def _sort_stretch(cursor: duckdb.DuckDBPyConnection, table: str, stretches: Sequence[int]) -> None:
    """Put the rows of some stretches in order among themselves, as a stretch of their own."""
    those = f"stretch IN ({', '.join(map(str, stretches))})"
    cursor.execute(
        f"INSERT INTO {table} SELECT * REPLACE ((SELECT max(stretch) + 1 FROM {table}) AS stretch) FROM {table} "
        f"WHERE {those} ORDER BY organization_id, {read_by(table)}"
    )
    cursor.execute(f"DELETE FROM {table} WHERE {those}")


def _sort_whole(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put a table in order, in place of what it was: one stretch after the other, so that each fits into memory."""
    [(made,)] = cursor.execute("SELECT sql FROM duckdb_tables() WHERE table_name = $table", {"table": table}).fetchall()
    cursor.execute(made.replace(table, f"{table}_in_order", 1))
    _, instant = READ_BY[table]  # which no row is without
    asked = f"SELECT count(*), coalesce(min({instant}), 0), coalesce(max({instant}), 0) FROM {table}"
    [(rows, first, last)] = cursor.execute(asked).fetchall()
    length = max(1, (last - first) * STRETCH // max(1, rows))
    for begin in range(first // length * length, last + 1, length):
        cursor.execute(
            f"INSERT INTO {table}_in_order SELECT * REPLACE ({_WHOLE} AS stretch) FROM {table} "
            f"WHERE {instant} >= {begin} AND {instant} < {begin + length} ORDER BY organization_id, {read_by(table)}"
        )
    cursor.execute(f"DROP TABLE {table}")
    cursor.execute(f"ALTER TABLE {table}_in_order RENAME TO {table}")

"""The embedded store: one DuckDB file, owned by one process, read by many threads and written by one at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from perfwidget.facts import Fact, Member
from perfwidget.facts.ingest import Observation
from perfwidget.facts.words import Unknown, known_words
from perfwidget.metrics import REVIEWING
from perfwidget.stores import writing
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.duckdb.database import Database, parsed
from perfwidget.stores.duckdb.group_commit import GroupCommit
from perfwidget.stores.duckdb.order import Sorter
from perfwidget.stores.duckdb.schema import table_for
from perfwidget.stores.duckdb.staging import DuckDBStaging
from perfwidget.stores.duckdb.write_lock import WriteLock
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Noted

if TYPE_CHECKING:
    import numpy.typing as npt

SHORT_LIST = 500
"""Ids of a list that is looked through for each row."""

FEW = 500
"""Facts of a write that share a transaction with others; more have one of their own."""


def _in_list(column: str, name: str, ids: Sized) -> str:
    """Return the condition that an id is in a list; a short one is looked through faster than a join is planned."""
    given = f"CAST(${name} AS VARCHAR[])"
    return f"list_contains({given}, {column})" if len(ids) <= SHORT_LIST else _joined(column, name, ids)


def _joined(column: str, name: str, _: Sized) -> str:
    return f"{column} IN (SELECT unnest(CAST(${name} AS VARCHAR[])))"


DIALECT = Dialect(
    in_list=_in_list,
    in_list_alone=_joined,  # reads other columns of the rows alone that it finds
    among_numbers="{} IN (SELECT unnest(CAST(${} AS BIGINT[])))".format,
    count="count_if({})".format,  # is planned faster than a filtered count
    # DuckDB's median is a double, exact to the half for anything below 2⁵².
    middle="CAST(2 * median({}) FILTER (WHERE {}) AS BIGINT)".format,
    outermost="arg_{}({}, ({}, {}))".format,
    quotient="({}) // {}".format,
    in_lower_case="lower({})".format,
    holds="contains({}, {})".format,
    matches="regexp_full_match({}, '{}')".format,
    hashed="hash({})".format,
    and_null="unnest([{0}, NULL]) AS {0}".format,
    review="rowid",
    copies={REVIEWING.name: table_for(REVIEWING)},
)


class EmbeddedSession:
    """One transaction of one cursor."""

    dialect = DIALECT

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        return self._execute(text, parameters).fetchall()

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once."""
        answer = self._execute(text, parameters)
        while batch := answer.fetchmany(size):
            yield batch

    def columns(self, text: str, parameters: Mapping[str, Any]) -> "list[npt.NDArray[Any]]":
        """Return the columns of a statement's rows."""
        found: dict[str, Any] = self._execute(text, parameters).fetchnumpy()
        return list(found.values())

    def _execute(self, text: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        return self._cursor.execute(*parsed(self._cursor, text, parameters))


class DuckDBStore(Store):
    """Facts in one DuckDB file; the protocol says what each method means."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if it is not there; raises StoreUnavailable with what to do."""
        self.path = path
        self._database = Database(path)
        self._lock = WriteLock()
        self._order = Sorter(self._database, self._lock)
        self._group_commit = GroupCommit(self._lock, self._write_rows)
        self._noted: Noted = set()

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store."""
        return self._database.notices

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading, with all that was acknowledged before."""
        with self._database.reading() as cursor:
            yield Reader(EmbeddedSession(cursor))

    def write(self, facts: Iterable[Fact | Observation], *, unknown: Unknown = "refuse") -> Outcome:
        """Keep facts, all or nothing; a few share a transaction with what else waits to be written."""
        self._database.require_own_process()
        rows, given = writing.few(known_words(facts, unknown), FEW)
        if rows is None:
            return super().write(given, unknown="keep")
        if rows:
            self._group_commit.write(rows)
        return Outcome()

    def settle(self) -> None:
        """Put what was written in the order in which it is read, now rather than some time later."""
        self._order.settle()

    def erase(self) -> None:
        """Write the file anew, without what was removed."""
        with self._lock.held():
            self._database.rewrite()

    def close(self) -> None:
        """Let go of the file."""
        self._order.close()
        with self._lock.held():
            self._database.close()
        self._group_commit.close()

    @contextmanager
    def staging(self) -> Iterator[DuckDBStaging]:
        """Open a transaction that writes; one at a time."""
        self._database.require_own_process()
        with self._lock.held(), self._transaction() as staging:
            yield staging

    @contextmanager
    def _transaction(self) -> Iterator[DuckDBStaging]:
        """Open a transaction that writes, for the thread that may."""
        with self._database.writing() as cursor:
            staging = DuckDBStaging(cursor, DIALECT, self._noted.copy())
            yield staging
            staging.conclude()
        self._noted = staging.noted
        self._order.notice(staging.added)
        self._database.tidy()

    def _write_rows(self, rows: writing.Rows) -> None:
        with self._transaction() as staging:
            writing.write_rows(staging, rows)
            if Member in rows:
                writing.settle(staging, Outcome())

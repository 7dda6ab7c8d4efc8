"""Questions to one consistent state of the embedded file."""

from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Any, Protocol

import duckdb
import numpy as np
import numpy.typing as npt

from perfwidget.facts.ingest import NOTHING
from perfwidget.metrics import Scan
from perfwidget.stores.counting import Columns
from perfwidget.stores.duckdb.order import table_for
from perfwidget.stores.duckdb.time_limit import TimeLimit
from perfwidget.stores.schema import DOING
from perfwidget.stores.session import Part, T

SHORT_LIST = 500
"""Ids that are faster looked through for each row than a join is planned."""

MOST_PARSED = 512
"""Statements that are kept as they were parsed; there are far fewer, as values never stand in a text."""

_PARSED: dict[str, duckdb.Statement] = {}


def parsed(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """Return a statement as DuckDB parsed it, which takes about as long as to answer a small one."""
    known = _PARSED.get(text)
    if known is None:
        if len(_PARSED) >= MOST_PARSED:
            _PARSED.clear()
        [known] = cursor.extract_statements(text)
        _PARSED[text] = known  # of which DuckDB takes a copy whenever it is carried out, in any thread
    return known


class DuckDBDialect:
    """How DuckDB writes what engines write differently; it orders texts by their bytes anyway."""

    keeps_more = True

    def noted(self, scan: Scan) -> bool:
        """Return whether mentions tell who has facts of a scan: of all that is written here."""
        return scan.name in DOING

    def table(self, scan: Scan) -> str:
        """Return the table that lies in a scan's order."""
        return table_for(scan)

    def in_list(self, column: str, name: str, ids: Sized) -> str:
        """Return the condition that an id is in a list: a long one is joined, a short one looked through."""
        given = f"CAST(${name} AS VARCHAR[])"
        return f"{column} IN (SELECT unnest({given}))" if len(ids) > SHORT_LIST else f"list_contains({given}, {column})"

    def middle(self, column: str, condition: str) -> str:
        """Return twice the exact median: DuckDB's is a double, exact to the half for anything below 2⁵²."""
        return f"CAST(2 * median({column}) FILTER (WHERE {condition}) AS BIGINT)"

    def total(self, column: str) -> str:
        """Return the sum, of which DuckDB makes a larger type by itself."""
        return f"sum({column})"

    def flag(self, condition: str) -> str:
        """Return a truth as it is."""
        return condition

    def small(self, number: str) -> str:
        """Return a number in a byte."""
        return f"CAST({number} AS UTINYINT)"

    def place(self, column: str, texts: str) -> str:
        """Return a text's place in a list."""
        return f"coalesce(list_position([{texts}], {column}), 0)"

    def latest(self, column: str, instant: str, identity: str) -> str:
        """Return the value at the latest instant."""
        return f"arg_max({column}, ({instant}, {identity}))"

    def quotient(self, dividend: str, divisor: int) -> str:
        """Return how often a number goes into another."""
        return f"({dividend}) // {divisor}"

    def as_text(self, column: str) -> str:
        """Return an id or text as it is."""
        return column

    def in_lower_case(self, text: str) -> str:
        """Return a text in lower case."""
        return f"lower({text})"

    def holds(self, text: str, part: str) -> str:
        """Return the condition that a text holds another."""
        return f"contains({text}, {part})"


class File(Protocol):
    """The open file."""

    @property
    def state(self) -> int | None:
        """The number of the state that the file is in; None while a write is being committed."""


class Abreast(Protocol):
    """Does parts of the work in a session, two at the same time where there is a thread for it."""

    def __call__(self, session: "EmbeddedSession", parts: list[Part[T]]) -> list[T]:
        """Do all parts."""


class EmbeddedSession:
    """One transaction of one cursor."""

    dialect = DuckDBDialect()

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        file: File,
        time_limit: TimeLimit,
        abreast: Abreast | None = None,
    ) -> None:
        self._cursor = cursor
        self._file = file
        self._time_limit = time_limit
        self._abreast = abreast
        self._before = file.state
        self.state: int | None = None
        """Which state of the file is seen, once something has been asked; None where that cannot be told."""

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        with self._time_limit.watched(self._cursor):
            return self._execute(text, parameters).fetchall()

    def columns(
        self, names: Sequence[str], text: str, parameters: Mapping[str, Any], texts: Sequence[str] = ()
    ) -> Columns:
        """Return the columns of a statement."""
        with self._time_limit.watched(self._cursor):
            found = self._execute(text, parameters).fetchnumpy()
        numbers = {name: _filled(found[name], np.int64, NOTHING) for name in names}
        return numbers | {name: _filled(found[name], object, None) for name in texts}

    def each(self, parts: list[Part[T]]) -> list[T]:
        """Do the parts of the work, two at the same time if there is a thread for that."""
        return [part(self) for part in parts] if self._abreast is None else self._abreast(self, parts)

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once."""
        with self._time_limit.watched(self._cursor):
            self._execute(text, parameters)
            batch = self._cursor.fetchmany(size)
        while batch:
            yield batch
            with self._time_limit.watched(self._cursor):
                batch = self._cursor.fetchmany(size)

    def _execute(self, text: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        statement = parsed(self._cursor, text)
        # DuckDB refuses parameters that a statement does not name.
        used = {name: value for name, value in parameters.items() if name in statement.named_parameters}
        answer = self._cursor.execute(statement, used)
        if self._before is not None:  # the first statement decides which state a transaction sees
            self.state = self._before if self._before == self._file.state else None
            self._before = None
        return answer


def _filled(column: Any, kind: type[Any], null: Any) -> npt.NDArray[Any]:
    """Return a column with something in place of nulls; numpy's own way to do so costs more than most columns.

    Without nulls, flags and numbers of a byte stay what they are.
    """
    if not isinstance(column, np.ma.MaskedArray) and column.dtype.itemsize == 1:
        return np.asarray(column)
    values = np.asarray(column).astype(kind, copy=isinstance(column, np.ma.MaskedArray))
    if isinstance(column, np.ma.MaskedArray):
        values[np.ma.getmaskarray(column)] = null
    return values

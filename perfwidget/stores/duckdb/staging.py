"""Rows on their way in: data frames that the statements of one write can name."""

# ruff: noqa: ARG001 (DuckDB finds the data frames by the names of the arguments)

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from perfwidget.facts import Fact
from perfwidget.facts.ingest import NOTHING, Coded, StoredColumn
from perfwidget.stores.duckdb import order
from perfwidget.stores.duckdb.order import COPIES, TABLES
from perfwidget.stores.duckdb.session import DuckDBDialect, parsed
from perfwidget.stores.schema import DOING, MENTIONED, Mentioned
from perfwidget.stores.writing.staging import Staging, key_match

_PANDAS_TYPES = {"VARCHAR": "str", "BIGINT": "Int64", "BOOLEAN": "boolean"}


class FrameStaging(Staging):
    """The cursor of one transaction, and data frames of rows."""

    dialect = DuckDBDialect()
    takes_columns = True
    mentioned: ClassVar[Mentioned] = {**MENTIONED, **DOING}

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._frames: dict[str, pd.DataFrame] = {}
        self.added = 0
        """How many rows were added to tables that grow with the work, and lie there as they came."""

    def holding(self, table: str) -> Sequence[str]:
        """Return the tables that hold a table's rows."""
        return (table, *(copy for copy, of in COPIES.items() if of == table))

    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows of the given columns (name and SQL type), in place of any of that name."""
        frame = pd.DataFrame(
            {
                column: pd.Series([row[place] for row in rows], dtype=_PANDAS_TYPES[sql_type])
                for place, (column, sql_type) in enumerate(columns)
            }
        )
        frame["place"] = range(len(rows))
        self._frames[name] = frame

    def put_columns(self, name: str, columns: Mapping[str, StoredColumn]) -> None:
        """Let statements name rows that are given as columns, in place of any of that name."""
        self._frames[name] = pd.DataFrame({column: _series(values) for column, values in columns.items()}, copy=False)

    def whole_numbers(self, query: str, parameters: Mapping[str, Any]) -> npt.NDArray[np.int64]:
        """Return the texts that a query gives in one column as whole numbers, without those that are none."""
        text = f"SELECT number FROM (SELECT TRY_CAST(id AS BIGINT) FROM ({query}) kept(id)) read(number) "
        answer = _execute(self._cursor, f"{text} WHERE number IS NOT NULL", dict(parameters), **self._frames)
        return np.asarray(answer.fetchnumpy()["number"], np.int64)

    def add_in_order(
        self, table: str, columns: Sequence[str], query: str, parameters: Mapping[str, Any], *, rows: int
    ) -> None:
        """Add rows to a table as a run of their own, unless they are too few for that."""
        named = f"({', '.join(columns)}, run)"
        for each in self.holding(table):
            run = order.run_for(self._cursor, each, rows)
            lying = "" if each == table else f" ORDER BY {order.read_by(each)}"
            given = {**parameters, "run": run}
            self.execute(f"INSERT INTO {each} {named} SELECT *, $run FROM ({query}){lying}", given)
        if run == order.AS_IT_CAME:
            self.added += rows

    def put_answer(self, name: str, query: str) -> None:
        """Let statements name the answer of a query."""
        self._frames[name] = _execute(self._cursor, query, {}, **self._frames).df()

    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""
        found = self.execute(f"SELECT place FROM {name} WHERE {condition}")
        self._leave_out(name, [place for (place,) in found])

    def _leave_out(self, name: str, places: Sequence[int]) -> None:
        if places:
            frame = self._frames[name]
            self._frames[name] = frame[~frame["place"].isin(places)]

    def replace(self, kind: type[Fact], name: str) -> None:
        """Put rows in place of those with their keys: all are looked up once, and found again by where they lie."""
        version = kind.version_column
        newer = f"{kind.table}.{version} > {name}.{version}" if version else "FALSE"
        found = self.execute(
            f"SELECT {kind.table}.rowid, {name}.place, {newer} FROM {kind.table} "
            f"JOIN {name} ON {key_match(kind, kind.table, name)}"
        )
        self._leave_out(name, [place for _, place, kept in found if kept])
        replaced = [row for row, _, kept in found if not kept]
        if replaced:
            self.execute(f"DELETE FROM {kind.table} WHERE rowid IN (SELECT unnest($rows))", {"rows": replaced})
            for copy in self.holding(kind.table)[1:]:
                match = key_match(kind, kind.table, name)
                self.execute(f"DELETE FROM {copy} AS {kind.table} USING {name} WHERE {match}")
        self.insert(name, kind)

    def insert(self, name: str, kind: type[Fact]) -> None:
        """Add the rows to a table of facts."""
        super().insert(name, kind)
        if kind.table in TABLES:
            self.added += len(self._frames[name])

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that may name the rows."""
        return _execute(self._cursor, text, dict(parameters or {}), **self._frames).fetchall()


def _series(column: StoredColumn) -> Any:
    if isinstance(column, Coded):
        return pd.Categorical.from_codes(column.codes, pd.Index(list(column.texts) or [""]))
    if column.dtype == np.int64:
        return pd.arrays.IntegerArray(column, column == NOTHING)
    return pd.Series(column, dtype="str") if column.dtype == object else column


def _execute(
    cursor: duckdb.DuckDBPyConnection,
    text: str,
    parameters: dict[str, Any],
    incoming: pd.DataFrame | None = None,
    outgoing: pd.DataFrame | None = None,
    guessed: pd.DataFrame | None = None,
    incoming_rows: pd.DataFrame | None = None,
    incoming_actions: pd.DataFrame | None = None,
    incoming_reviewed: pd.DataFrame | None = None,
    incoming_reviews: pd.DataFrame | None = None,
    touched: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
) -> duckdb.DuckDBPyConnection:
    """Carry out a statement where DuckDB finds data frames by the names of these variables.

    Frames that are registered instead stay in memory until the transaction ends, and an import is one transaction.
    """
    return cursor.execute(parsed(cursor, text), parameters)

"""Rows on their way in: arrays that the statements of one write can name as tables."""

# ruff: noqa: ARG001 (DuckDB finds the arrays by the names of the arguments)

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from perfwidget.facts import Fact
from perfwidget.facts.snapshots import NOTHING, Coded, StoredColumn
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.duckdb import order
from perfwidget.stores.duckdb.database import parsed
from perfwidget.stores.duckdb.schema import TABLES, holding, read_by
from perfwidget.stores.writing.staging import Noted, Staging, key_match

_NUMPY_TYPES: dict[str, type[Any]] = {"BIGINT": np.int64, "BOOLEAN": np.bool_}


class DuckDBStaging(Staging):
    """The cursor of one transaction, and arrays of rows: DuckDB reads them where they are, a few or many."""

    takes_columns = True

    def __init__(self, cursor: duckdb.DuckDBPyConnection, dialect: Dialect, noted: Noted) -> None:
        """Take what is known to be noted, which this thread alone writes."""
        super().__init__(noted)
        self.dialect = dialect
        self._cursor = cursor
        self._staged: dict[str, Any] = {}  # arrays by column, or data frames
        self.added = 0
        """How many rows were added to tables that grow with the work, and lie there as they came."""

    def holding(self, table: str) -> Sequence[str]:
        """Return the tables that hold a table's rows."""
        return holding(table)

    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows of the given columns (name and SQL type), in place of any of that name."""
        values = zip(*rows, strict=True) if rows else [()] * len(columns)
        arrays = {column: _array(sql_type, given) for (column, sql_type), given in zip(columns, values, strict=True)}
        self._staged[name] = arrays | {"place": np.arange(len(rows))}

    def put_columns(self, name: str, columns: Mapping[str, StoredColumn]) -> None:
        """Let statements name rows that are given as columns, in place of any of that name."""
        import pandas as pd  # of which imports alone have need

        self._staged[name] = pd.DataFrame({column: _series(values) for column, values in columns.items()}, copy=False)

    def add_in_order(
        self, table: str, columns: Sequence[str], query: str, parameters: Mapping[str, Any], *, rows: int
    ) -> None:
        """Add rows to a table as a stretch of their own, unless they are too few for that."""
        named = f"({', '.join(columns)}, stretch)"
        for each in self.holding(table):
            stretch = order.stretch_for(self._cursor, each, rows)
            lying = "" if each == table else f" ORDER BY {read_by(each)}"
            given = {**parameters, "stretch": stretch}
            self.execute(f"INSERT INTO {each} {named} SELECT *, $stretch FROM ({query}){lying}", given)
        if stretch == order.AS_IT_CAME:
            self.added += rows

    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""
        found = self.execute(f"SELECT place FROM {name} WHERE {condition}")
        self._leave_out(name, [place for (place,) in found])

    def _leave_out(self, name: str, places: Sequence[int]) -> None:
        if places:
            arrays = self._staged[name]
            stays = ~np.isin(arrays["place"], places)
            self._staged[name] = {column: array[stays] for column, array in arrays.items()}

    def replace(self, kind: type[Fact], name: str) -> None:
        """Put rows in place of those with their keys; of kinds with versions these are looked up, and found again."""
        if not kind.version_column:
            super().replace(kind, name)
            return
        match = key_match(kind, kind.table, name)
        found = self.execute(
            f"SELECT {kind.table}.rowid, {name}.place, {kind.table}.{kind.version_column} > "
            f"{name}.{kind.version_column} FROM {kind.table} JOIN {name} ON {match}"
        )
        self._leave_out(name, [place for _, place, newer in found if newer])
        replaced = [row for row, _, newer in found if not newer]
        if replaced:
            self.execute(f"DELETE FROM {kind.table} WHERE rowid IN (SELECT unnest($rows))", {"rows": replaced})
        self.insert(name, kind)

    def insert(self, name: str, kind: type[Fact]) -> None:
        """Add the rows to a table of facts."""
        super().insert(name, kind)
        if kind.table in TABLES:
            self.added += len(self._staged[name]["place"])

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that may name the rows."""
        return _execute(self._cursor, text, dict(parameters or {}), **self._staged).fetchall()


def _array(sql_type: str, values: Sequence[Any]) -> npt.NDArray[Any]:
    """Return values as DuckDB reads them fastest: texts as they are, numbers and flags with a mask for nulls."""
    if sql_type == "VARCHAR":
        return np.array(values, object)
    kind = _NUMPY_TYPES[sql_type]
    if None not in values:
        return np.array(values, kind)
    return np.ma.MaskedArray(
        np.array([0 if value is None else value for value in values], kind), [value is None for value in values]
    )


def _series(column: StoredColumn) -> Any:
    import pandas as pd

    if isinstance(column, Coded):
        return pd.Categorical.from_codes(column.codes, pd.Index(list(column.texts) or [""]))
    if column.dtype == np.int64:
        return pd.arrays.IntegerArray(column, column == NOTHING)
    return pd.Series(column, dtype="str") if column.dtype == object else column


def _execute(
    cursor: duckdb.DuckDBPyConnection,
    text: str,
    parameters: dict[str, Any],
    incoming: Any = None,
    outgoing: Any = None,
    guessed: Any = None,
    noted: Any = None,
    incoming_rows: Any = None,
    incoming_actions: Any = None,
    incoming_reviewed: Any = None,
    incoming_reviews: Any = None,
) -> duckdb.DuckDBPyConnection:
    """Carry out a statement where DuckDB finds arrays and data frames by the names of these variables.

    What is registered instead stays in memory until the transaction ends, and an import is one transaction.
    """
    return cursor.execute(*parsed(cursor, text, parameters))

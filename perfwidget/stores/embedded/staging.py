"""Rows on their way in: data frames that the statements of one write can name."""

# ruff: noqa: ARG001 (DuckDB finds the data frames by the names of the arguments)

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from perfwidget.facts import Fact
from perfwidget.stores.embedded.schema import MENTIONED_MEMBERS, MENTIONED_PROJECTS

_PANDAS_TYPES = {"VARCHAR": "str", "BIGINT": "Int64", "BOOLEAN": "boolean"}


class Staging:
    """The cursor of one transaction, and the rows that its statements can name as tables."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._frames: dict[str, pd.DataFrame] = {}

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

    def put_answer(self, name: str, query: str) -> None:
        """Let statements name the answer of a query."""
        self._frames[name] = _execute(self._cursor, query, {}, **self._frames).df()

    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""
        found = self.execute(f"SELECT place FROM {name} WHERE {condition}")
        if found:
            frame = self._frames[name]
            self._frames[name] = frame[~frame["place"].isin([place for (place,) in found])]

    def insert(self, name: str, table: str, without: str = "") -> None:
        """Add the rows to a table that has their columns, but for one named."""
        excluded = f"place, {without}" if without else "place"
        self.execute(f"INSERT INTO {table} SELECT * EXCLUDE ({excluded}) FROM {name}")

    def delete_matching(self, kind: type[Fact], name: str) -> None:
        """Delete the facts whose keys stand in the rows."""
        self.execute(f"DELETE FROM {kind.table} USING {name} WHERE {key_match(kind, kind.table, name)}")

    def mention(self, table: str, name: str) -> None:
        """Note the members and projects that the rows, which have the columns of a table of facts, refer to."""
        for kind, mentioned in (("member", MENTIONED_MEMBERS), ("project", MENTIONED_PROJECTS)):
            for column in (column for named, column in mentioned if named == table):
                self.execute(
                    f"INSERT INTO mentions SELECT DISTINCT organization_id, '{kind}', {column} FROM {name} "
                    f"WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mentions WHERE "
                    f"mentions.organization_id = {name}.organization_id AND kind = '{kind}' AND id = {name}.{column})"
                )

    def execute(self, text: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that may name the rows."""
        return _execute(self._cursor, text, parameters or {}, **self._frames).fetchall()


def key_match(kind: type[Fact], left: str, right: str) -> str:
    """Return the condition that two tables' rows have the same key."""
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in kind.key_columns)


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
    return cursor.execute(text, parameters)

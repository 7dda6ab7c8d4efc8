"""Questions to one consistent state of the embedded file."""

from collections.abc import Iterator, Mapping, Sized
from typing import Any

import duckdb

from perfwidget.metrics import Scan
from perfwidget.stores.duckdb.order import table_for

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

    def table(self, scan: Scan) -> str:
        """Return the table that lies in a scan's order."""
        return table_for(scan)

    def in_list(self, column: str, name: str, ids: Sized) -> str:
        """Return the condition that an id is in a list: a long one is joined, a short one looked through."""
        given = f"CAST(${name} AS VARCHAR[])"
        return f"{column} IN (SELECT unnest({given}))" if len(ids) > SHORT_LIST else f"list_contains({given}, {column})"

    def count(self, condition: str) -> str:
        """Return the number of rows, by an aggregate that is planned faster than a filtered one."""
        return f"count_if({condition})"

    def middle(self, column: str, condition: str) -> str:
        """Return twice the exact median: DuckDB's is a double, exact to the half for anything below 2⁵²."""
        return f"CAST(2 * median({column}) FILTER (WHERE {condition}) AS BIGINT)"

    def total(self, column: str) -> str:
        """Return the sum, of which DuckDB makes a larger type by itself."""
        return f"sum({column})"

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


class EmbeddedSession:
    """One transaction of one cursor."""

    dialect = DuckDBDialect()

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

    def _execute(self, text: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        statement = parsed(self._cursor, text)
        # DuckDB refuses parameters that a statement does not name.
        used = {name: value for name, value in parameters.items() if name in statement.named_parameters}
        return self._cursor.execute(statement, used)

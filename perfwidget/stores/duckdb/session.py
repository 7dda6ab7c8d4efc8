"""Questions to one consistent state of the embedded file."""

from collections.abc import Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any

import duckdb

from perfwidget.metrics import REVIEWING
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.duckdb.schema import table_for

if TYPE_CHECKING:
    import numpy.typing as npt

SHORT_LIST = 500
"""Ids of a list that is looked through for each row."""

MOST_PARSED = 1_000_000
"""Characters of the statements that are kept as they were parsed: some hundreds, or few of very long periods."""

_PARSED: dict[str, duckdb.Statement] = {}


def parsed(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """Return a statement as DuckDB parsed it, which takes about as long as to answer a small one."""
    known = _PARSED.get(text)
    if known is None:
        if sum(map(len, list(_PARSED))) + len(text) > MOST_PARSED:
            _PARSED.clear()
        [known] = cursor.extract_statements(text)
        _PARSED[text] = known  # of which DuckDB takes a copy whenever it is carried out, in any thread
    return known


def used(statement: duckdb.Statement, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a statement names, for DuckDB refuses others."""
    return {name: value for name, value in parameters.items() if name in statement.named_parameters}


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
    quotient="({}) // {}".format,
    in_lower_case="lower({})".format,
    holds="contains({}, {})".format,
    matches="regexp_full_match({}, '{}')".format,
    hashed="hash({})".format,
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
        statement = parsed(self._cursor, text)
        return self._cursor.execute(statement, used(statement, parameters))

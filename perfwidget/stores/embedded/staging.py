"""Rows on their way in: temporary tables, matching by key, and the note of who and what is mentioned."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from perfwidget.facts import Fact
from perfwidget.stores.embedded.schema import MENTIONED_MEMBERS, MENTIONED_PROJECTS

_PANDAS_TYPES = {"VARCHAR": "object", "BIGINT": "Int64", "BOOLEAN": "boolean"}


def stage(
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Put rows into a temporary table of the given columns, in place of one of that name."""
    frame = pd.DataFrame(
        {
            column: pd.Series([row[place] for row in rows], dtype=_PANDAS_TYPES[sql_type])
            for place, (column, sql_type) in enumerate(columns)
        }
    )
    casts = ", ".join(f"CAST({column} AS {sql_type}) AS {column}" for column, sql_type in columns)
    cursor.register("staged_rows", frame)
    try:
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {casts} FROM staged_rows")
    finally:
        cursor.unregister("staged_rows")


def key_match(kind: type[Fact], left: str, right: str) -> str:
    """Return the condition that two tables' rows have the same key."""
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in kind.key_columns)


def mention(cursor: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
    """Note the members and projects that the rows, which have the columns of a table of facts, refer to."""
    for kind, mentioned in (("member", MENTIONED_MEMBERS), ("project", MENTIONED_PROJECTS)):
        for column in (column for named, column in mentioned if named == table):
            cursor.execute(
                f"INSERT INTO mentions SELECT DISTINCT organization_id, '{kind}', {column} FROM {rows} "
                f"WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mentions WHERE "
                f"mentions.organization_id = {rows}.organization_id AND kind = '{kind}' AND id = {rows}.{column})"
            )


def delete_matching(cursor: duckdb.DuckDBPyConnection, kind: type[Fact], rows: str) -> None:
    """Delete the facts whose keys stand in a table of rows."""
    cursor.execute(f"DELETE FROM {kind.table} USING {rows} WHERE {key_match(kind, kind.table, rows)}")

"""Rows on their way in: facts as arrays that go with their statement, all else as temporary tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg

from perfwidget.facts import Fact, Membership
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.postgresql.session import numbered
from perfwidget.stores.schema import BOOKMARKS, CHANGED, Table, column_types
from perfwidget.stores.writing.staging import NO_POSITION, Row, Staging

Cursor = psycopg.RawCursor[tuple[Any, ...]]


class TableStaging(Staging):
    """The cursor of one transaction, and its temporary tables, which names are looked up in first.

    Rows are locked in the order of their keys, so that of writes that touch the same facts one waits for the other.
    """

    dialect: Dialect

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        super().__init__()
        self.dialect = dialect
        self._cursor = cursor
        self._names: set[str] = set()

    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows."""
        declared = ", ".join(f"{column} {collated(sql_type)}" for column, sql_type in columns)
        self._make(name, f"({declared}) ON COMMIT DROP")
        with self._cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""
        self.execute(f"DELETE FROM {name} WHERE {condition}")

    def put_in_place(self, kind: type[Fact], rows: Iterable[Row]) -> None:
        """Put rows in place of those with their keys."""
        if kind is Membership:  # which no key of the database keeps apart
            super().put_in_place(kind, rows)
            return
        columns, key = column_types(kind), kind.key_columns
        places = [[name for name, _ in columns].index(name) for name in key]
        in_order = sorted(rows, key=lambda row: [row[place] for place in places])
        changes = ", ".join(f"{name} = excluded.{name}" for name, _ in columns if name not in key)
        version = kind.version_column
        unless_newer = f" WHERE {kind.table}.{version} <= excluded.{version}" if version else ""
        self._insert(kind.table, columns, in_order, f"({', '.join(key)}) DO UPDATE SET {changes}{unless_newer}")

    def add_new(self, table: Table, rows: Sequence[Row]) -> None:
        """Add those rows to a table whose keys are not there."""
        columns = [(name, sql_type) for name, sql_type, _ in table.columns]
        self._insert(table.name, columns, rows, f"({', '.join(table.key)}) DO NOTHING")

    def _insert(self, table: str, columns: Sequence[tuple[str, str]], rows: Sequence[Row], on_conflict: str) -> None:
        arrays = ", ".join(f"CAST(${name} AS {in_words(sql_type)}[])" for name, sql_type in columns)
        names = [name for name, _ in columns]
        self.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT * FROM unnest({arrays}) ON CONFLICT {on_conflict}",
            dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
        )

    def mark(self, organization_id: str, source: str) -> None:
        """Put a mark in place of those that no other transaction holds, for whose end nobody waits here.

        So there are as many marks as were written at once. What sees a state of before may take none away.
        """
        theirs = f"organization_id = $organization_id AND source LIKE '{CHANGED}%'"
        self.execute(
            f"WITH free AS (SELECT source FROM {BOOKMARKS.name} WHERE {theirs} "
            "AND current_setting('transaction_isolation') LIKE 'read %' FOR UPDATE SKIP LOCKED), "
            f"gone AS (DELETE FROM {BOOKMARKS.name} WHERE {theirs} AND source IN (SELECT source FROM free)) "
            f"INSERT INTO {BOOKMARKS.name} (organization_id, source, position) "
            f"VALUES ($organization_id, $source, '{NO_POSITION}')",
            {"organization_id": organization_id, "source": source},
        )

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that may name the rows."""
        self._cursor.execute(*numbered(text, parameters or {}))
        return self._cursor.fetchall() if self._cursor.description else []

    def drop(self) -> None:
        """Leave no table behind in a transaction that goes on."""
        for name in self._names:
            self._cursor.execute(f"DROP TABLE pg_temp.{name}")
        self._names.clear()

    def _make(self, name: str, text: str) -> None:
        if name in self._names:
            self._cursor.execute(f"DROP TABLE pg_temp.{name}")
        self._names.add(name)
        self._cursor.execute(f"CREATE TEMPORARY TABLE {name} {text}")


def in_words(sql_type: str) -> str:
    """Return a type in PostgreSQL's words."""
    return "TEXT" if sql_type == "VARCHAR" else sql_type


def collated(sql_type: str) -> str:
    """Return a column's type in PostgreSQL's words, with the order of texts by their bytes as on every engine."""
    return 'TEXT COLLATE "C"' if sql_type == "VARCHAR" else sql_type

"""Rows on their way in: temporary tables that are gone when the transaction ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from perfwidget.stores.dialect import Dialect
from perfwidget.stores.postgresql.database import Connection
from perfwidget.stores.postgresql.session import numbered
from perfwidget.stores.writing.staging import Staging


class TableStaging(Staging):
    """The connection of one transaction, and its temporary tables, which names are looked up in first."""

    dialect: Dialect

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        super().__init__()
        self.dialect = dialect
        self._connection = connection
        self._names: set[str] = set()

    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows."""
        declared = ", ".join(f"{column} {collated(sql_type)}" for column, sql_type in columns)
        self._make(name, f"({declared}) ON COMMIT DROP")
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""
        self.execute(f"DELETE FROM {name} WHERE {condition}")

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that may name the rows."""
        cursor = self._connection.execute(*numbered(text, parameters or {}))
        return cursor.fetchall() if cursor.description else []

    def _make(self, name: str, text: str) -> None:
        if name in self._names:
            self._connection.execute(f"DROP TABLE pg_temp.{name}")
        self._names.add(name)
        self._connection.execute(f"CREATE TEMPORARY TABLE {name} {text}")


def collated(sql_type: str) -> str:
    """Return a column's type in PostgreSQL's words, with the order of texts by their bytes as on every engine."""
    return 'TEXT COLLATE "C"' if sql_type == "VARCHAR" else sql_type

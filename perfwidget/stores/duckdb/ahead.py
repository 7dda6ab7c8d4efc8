"""Facts that a question sees before the file has them.

Where what was acknowledged cannot be worked into the file for now, a question is not to wait for that, nor to go
without: its cursor gets views in place of the tables, which show them as they are going to be.
"""

import duckdb

from perfwidget.facts import Fact
from perfwidget.stores import writing
from perfwidget.stores.duckdb import journal
from perfwidget.stores.duckdb.staging import FrameStaging
from perfwidget.stores.schema import column_types
from perfwidget.stores.writing.staging import key_match


def show(cursor: duckdb.DuckDBPyConnection, waiting: list[journal.Waiting]) -> None:
    """Let all that is asked by a cursor, which is in a transaction, see writes that wait."""
    [(there, file)] = cursor.execute("SELECT writes, current_database() FROM perfwidget").fetchall()
    missing = [each for each in waiting if each.number > there]
    if missing:
        staging = _Views(cursor, file)
        writing.write_in_turn(staging, journal.rows_of(missing))


class _Views(FrameStaging):
    """Keeps rows in temporary tables of the cursor, which nobody else sees and which go with it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, file: str) -> None:
        super().__init__(cursor)
        quoted = file.replace('"', '""')
        self._file = f'"{quoted}".main'
        cursor.execute(f"CREATE TEMP TABLE mentions AS FROM {self._file}.mentions")

    def replace(self, kind: type[Fact], name: str) -> None:
        """Show rows in place of those with their keys, but for those that are older than what is there."""
        if kind.version_column:
            newer = f"{kind.table}.{kind.version_column} > {name}.{kind.version_column}"
            match = key_match(kind, kind.table, name)
            self.leave_out(name, f"EXISTS (SELECT 1 FROM {kind.table} WHERE {match} AND {newer})")
        columns = ", ".join(column for column, _ in column_types(kind))
        ahead = f"{kind.table}_ahead"
        self.execute(f"CREATE TEMP TABLE {ahead} AS SELECT {columns} FROM {name}")
        for table in self.holding(kind.table):
            self._cursor.execute(
                f"CREATE TEMP VIEW {table} AS SELECT * FROM {self._file}.{table} there WHERE NOT EXISTS "
                f"(SELECT 1 FROM {ahead} WHERE {key_match(kind, 'there', ahead)}) UNION ALL BY NAME FROM {ahead}"
            )

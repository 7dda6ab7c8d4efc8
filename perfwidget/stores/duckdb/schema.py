"""The tables of the embedded file: those of every store, and what DuckDB keeps beside them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from perfwidget.metrics import REVIEWING, SCANS, Scan
from perfwidget.stores.schema import TABLES as STORED
from perfwidget.stores.schema import AddColumn, Table, newest_version, not_migrated, outstanding
from perfwidget.stores.sql import instant_of

_PACKED = ("annotation_id", "task_id", "action_id", "review_id", "visit_id", "comment_id")
"""Ids that hardly two rows share. What DuckDB packs them with by itself, a dictionary of each row group, has to be
unpacked as a whole where a few ids are asked for, and takes longer to make."""


STRETCH_COLUMN = "stretch"
"""The column that says how a row lies; not a fact's."""

COPIES = {"reviews_by_reviewer": "reviews"}
"""Tables that hold the rows of another one, to lie in another order; every write writes to both."""


def table_for(scan: Scan) -> str:
    """Return the table whose rows lie in the order in which a scan reads them."""
    return "reviews_by_reviewer" if scan is REVIEWING else scan.fact.table


READ_BY = {table_for(scan): (scan.member, instant_of(scan)) for scan in SCANS}
"""The tables that grow with the work, by whose rows and by when they are read."""

TABLES = tuple(READ_BY)


def read_by(table: str) -> str:
    """Return what the rows of a stretch are put in order by."""
    return ", ".join(READ_BY[table])


def holding(table: str) -> Sequence[str]:
    """Return the tables that hold a table's rows: itself, and copies that lie in another order."""
    return (table, *(copy for copy, of in COPIES.items() if of == table))


def prepare(path: Path, cursor: duckdb.DuckDBPyConnection, *, new: bool) -> None:
    """Make the tables of a new file, or of one that has none, or add what an older one lacks.

    Raises StoreUnavailable for a file of a newer version, or one that cannot be changed; the file stays as it was.
    """
    found = None if new else _version(cursor)
    if found is None:
        _carry_out(cursor, _made(), newest_version())
        return
    for version, added in outstanding(str(path), found):
        try:
            _carry_out(cursor, map(_altered, added), version)
        except duckdb.Error as fault:
            raise not_migrated(str(path), version) from fault


def _version(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """Return the version of the file's schema; None where it has none. To list all tables takes ten times as long."""
    try:
        found = cursor.execute("SELECT max(schema_version) FROM perfwidget").fetchone()
    except duckdb.CatalogException:
        return None
    return found[0] if found else None


def _carry_out(cursor: duckdb.DuckDBPyConnection, statements: Iterable[str], version: int) -> None:
    """Carry out all of some statements or none, and note the version."""
    cursor.execute("BEGIN")
    try:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("UPDATE perfwidget SET schema_version = ?", [version])
    except duckdb.Error:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


def _made() -> Iterable[str]:
    yield "CREATE TABLE perfwidget (schema_version INTEGER NOT NULL, writes BIGINT NOT NULL)"
    yield "INSERT INTO perfwidget VALUES (0, 0)"
    for table in STORED:
        for name in holding(table.name):
            yield f"CREATE TABLE {name} ({', '.join(_columns(table))})"


def _columns(table: Table) -> Iterable[str]:
    for name, sql_type, nullable in table.columns:
        packed = " USING COMPRESSION zstd" if name in _PACKED else ""
        yield f"{name} {sql_type}{packed}{'' if nullable else ' NOT NULL'}"
    if table.name in TABLES:
        yield f"{STRETCH_COLUMN} BIGINT DEFAULT 0"


def _altered(added: AddColumn) -> str:
    return "; ".join(f"ALTER TABLE {name} ADD COLUMN {added.name} {added.sql_type}" for name in holding(added.table))

"""The tables of the embedded file, made from the data contract."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import FACTS
from perfwidget.stores.embedded import recovery
from perfwidget.stores.schema import BOOKMARKS, MENTIONS, SNAPSHOTS, column_types, required

Migration = Sequence[str]
"""The statements that bring a file from one version of the schema to the next."""

MIGRATIONS: Sequence[Migration] = (
    # 1 to 2: how many writes the file holds.
    ("ALTER TABLE perfwidget ADD COLUMN writes BIGINT", "UPDATE perfwidget SET writes = 0"),
    # 2 to 3: what is odd about annotations, and how far sources have been read.
    ("ALTER TABLE annotations ADD COLUMN doubts BIGINT DEFAULT 0", BOOKMARKS),
    # 3 to 4: which rows lie in order.
    tuple(
        f"ALTER TABLE {table} ADD COLUMN run BIGINT DEFAULT 0"
        for table in ("annotations", "actions", "reviews", "review_visits", "comments")
    ),
    # 4 to 5: reviews once more, to lie in the order in which they are read by reviewer.
    (
        "CREATE TABLE reviews_by_reviewer AS SELECT * REPLACE (CAST(0 AS BIGINT) AS run) FROM reviews",
        "ALTER TABLE reviews_by_reviewer ALTER run SET DEFAULT 0",
    ),
    # 5 to 6: whose journal stands beside it, and that one may: an older perfwidget would count past what is in there.
    ("ALTER TABLE perfwidget ADD COLUMN store VARCHAR", "UPDATE perfwidget SET store = CAST(uuid() AS VARCHAR)"),
)
"""From version 1 on, in order; the number of the last is the version of a new file."""

VERSION = len(MIGRATIONS) + 1
"""The version of the files that this writes."""


def prepare(path: Path, cursor: duckdb.DuckDBPyConnection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make the tables of a new file, or bring an older one up to date, with a copy of it set aside before.

    Raises StoreUnavailable for a file of a newer version, or one whose migration fails; the file stays as it was.
    """
    newest = len(migrations) + 1
    found = _version(cursor)
    if found is None:
        _make(cursor)
        found = 1
    elif found > newest:
        raise StoreUnavailable(
            f"The store {path} was written by a newer perfwidget (its schema is {found}, this one knows {newest}); "
            "use that version, or a copy of the store from before it."
        )
    elif found < newest:
        _set_copy_aside(path, cursor, found)
    for version, statements in enumerate(migrations[found - 1 :], start=found + 1):
        try:
            cursor.execute("BEGIN")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("UPDATE perfwidget SET schema_version = ?", [version])
            cursor.execute("COMMIT")
        except duckdb.Error as fault:
            cursor.execute("ROLLBACK")
            raise StoreUnavailable(
                f"The store {path} could not be brought from schema {version - 1} to {version} and is as it was; go on "
                "with the version of perfwidget that you had, and report this."
            ) from fault


def _version(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """Return the version of the file's schema; None for a new file."""
    known = cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'perfwidget'").fetchone()
    found = cursor.execute("SELECT max(schema_version) FROM perfwidget").fetchone() if known else None
    return found[0] if found else None


def _set_copy_aside(path: Path, cursor: duckdb.DuckDBPyConnection, version: int) -> None:
    cursor.execute("CHECKPOINT")  # all of it stands in the one file then, and nobody writes yet
    copy = recovery.dated(path, f"schema-{version}")
    try:
        shutil.copyfile(path, copy)
        recovery.synced(copy)
        recovery.synced(path.parent)
    except OSError as fault:
        copy.unlink(missing_ok=True)
        raise StoreUnavailable(
            f"The store {path} needs a copy before it is brought up to date, and there is no room for one "
            f"({fault.strerror}); make room beside it."
        ) from fault


def _make(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of version 1, in one transaction."""
    cursor.execute("BEGIN")
    cursor.execute("CREATE TABLE perfwidget (schema_version INTEGER NOT NULL)")
    cursor.execute("INSERT INTO perfwidget VALUES (1)")
    for fact in FACTS:
        columns = (
            f"{name} {sql_type}{' NOT NULL' if name in required(fact) else ''}"
            for name, sql_type in column_types(fact)
            if name != "doubts"  # version 3 adds it
        )
        cursor.execute(f"CREATE TABLE {fact.table} ({', '.join(columns)})")
    for statement in (SNAPSHOTS, MENTIONS):
        cursor.execute(statement)
    cursor.execute("COMMIT")

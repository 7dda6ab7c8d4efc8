"""The tables of the embedded file, made from the data contract."""

import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import FACTS, Fact, Review
from perfwidget.stores.duckdb import recovery
from perfwidget.stores.schema import BOOKMARKS, MENTIONS, SNAPSHOTS, column_types, required

Migration = Sequence[str]
"""The statements that bring a file from one version of the schema to the next."""

_GROWING = ("annotations", "actions", "reviews", "review_visits", "comments")
"""The tables that grow with the work."""

_PACKED = ("annotation_id", "task_id", "action_id", "review_id", "visit_id", "comment_id")
"""Ids that hardly two rows share. What DuckDB packs them with by itself, a dictionary of each row group, has to be
unpacked as a whole where a few ids are asked for, and takes longer to make."""


def _column(name: str, sql_type: str, *, null: bool = True) -> str:
    packed = " USING COMPRESSION zstd" if name in _PACKED else ""
    default = " DEFAULT 0" if name in {"flags", "run"} else ""
    return f"{name} {sql_type}{packed}{default}{'' if null else ' NOT NULL'}"


def _growing(fact: type[Fact]) -> str:
    """Return the columns of a table that grows with the work."""
    columns = [_column(name, sql_type, null=name not in required(fact)) for name, sql_type in column_types(fact)]
    return ", ".join([*columns, _column("run", "BIGINT")])


_SNAPSHOTS_PACKED = ", ".join(
    (
        _column("organization_id", "VARCHAR", null=False),
        _column("annotation_id", "VARCHAR", null=False),
        _column("reviews_at", "BIGINT"),
        _column("history", "BOOLEAN", null=False),
    )
)


def _made_anew(table: str, columns: str) -> Migration:
    """Return the statements that give a table other columns of the same names."""
    return (
        f"ALTER TABLE {table} RENAME TO {table}_before",
        f"CREATE TABLE {table} ({columns})",
        f"INSERT INTO {table} BY NAME FROM {table}_before",
        f"DROP TABLE {table}_before",
    )


MIGRATIONS: Sequence[Migration] = (
    # 1 to 2: how many writes the file holds.
    ("ALTER TABLE perfwidget ADD COLUMN writes BIGINT", "UPDATE perfwidget SET writes = 0"),
    # 2 to 3: what is odd about annotations, and how far sources have been read.
    ("ALTER TABLE annotations ADD COLUMN flags BIGINT DEFAULT 0", BOOKMARKS),
    # 3 to 4: which rows lie in order.
    tuple(f"ALTER TABLE {table} ADD COLUMN run BIGINT DEFAULT 0" for table in _GROWING),
    # 4 to 5: ids packed so that few of them are unpacked fast; reviews once more, to lie in the order of reviewers.
    (
        *chain.from_iterable(_made_anew(fact.table, _growing(fact)) for fact in FACTS if fact.table in _GROWING),
        *_made_anew("snapshots", _SNAPSHOTS_PACKED),
        f"CREATE TABLE reviews_by_reviewer ({_growing(Review)})",
        "INSERT INTO reviews_by_reviewer BY NAME SELECT * REPLACE (0 AS run) FROM reviews",
    ),
    # 5 to 6: whose journal stands beside it, and that one may: an older perfwidget would count past what is in there.
    ("ALTER TABLE perfwidget ADD COLUMN store VARCHAR", "UPDATE perfwidget SET store = CAST(uuid() AS VARCHAR)"),
    # 6 to 7: who reviewed, and visited to review.
    (
        "INSERT INTO mentions SELECT DISTINCT organization_id, 'reviewing', reviewer_id FROM reviews "
        "WHERE reviewer_id IS NOT NULL",
        "INSERT INTO mentions SELECT DISTINCT organization_id, 'visited', user_id FROM review_visits "
        "WHERE user_id IS NOT NULL",
    ),
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
            if name != "flags"  # version 3 adds it
        )
        cursor.execute(f"CREATE TABLE {fact.table} ({', '.join(columns)})")
    for statement in (SNAPSHOTS, MENTIONS):
        cursor.execute(statement)
    cursor.execute("COMMIT")

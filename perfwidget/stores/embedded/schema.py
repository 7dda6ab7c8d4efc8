"""The tables of the embedded file, made from the data contract."""

import duckdb

from perfwidget.columns import Kind
from perfwidget.errors import StoreUnavailable
from perfwidget.facts import FACTS, Fact

SCHEMA_VERSION = 1

SQL_TYPES = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.FLAG: "BOOLEAN",
    Kind.INSTANT: "BIGINT",
    Kind.LEAD_TIME: "BIGINT",
    Kind.SCORE: "BIGINT",
}
"""Instants and lead times are whole microseconds (`make_timestamp(completed_at)` shows one), scores millionths."""

EXTRA_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "members": (("inferred", "BOOLEAN"), ("seen_at", "BIGINT")),
    "actions": (("origin", "VARCHAR"),),
    "reviews": (("origin", "VARCHAR"),),
}
"""Ours beside the contract's: what was inferred may yield to the host, what came from an export's row goes with it."""

FROM_ROW = "row"
FROM_REVIEW = "review"
"""Origins: from an export's row; made from a review because the row had no history. Null: written by the host."""

_OWN_TABLES = (
    # What the latest export rows said of an annotation beyond its own columns.
    "CREATE TABLE IF NOT EXISTS snapshots (organization_id VARCHAR NOT NULL, annotation_id VARCHAR NOT NULL, "
    "reviews_at BIGINT, history BOOLEAN NOT NULL)",
    # Every member and project that some fact refers to, so that unknown ones can be listed without reading all facts.
    "CREATE TABLE IF NOT EXISTS mentions (organization_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, "
    "id VARCHAR NOT NULL)",
)

MENTIONED_MEMBERS = (
    ("annotations", "completed_by"),
    ("actions", "user_id"),
    ("reviews", "completed_by"),
    ("reviews", "reviewer_id"),
    ("review_visits", "user_id"),
    ("comments", "completed_by"),
    ("comments", "created_by"),
)
MENTIONED_PROJECTS = tuple(
    (table, "project_id") for table in ("annotations", "actions", "reviews", "review_visits", "comments")
)


def column_types(fact: type[Fact]) -> list[tuple[str, str]]:
    """Return names and SQL types of a table's columns, the contract's first."""
    own = [(column.name, SQL_TYPES[column.kind]) for column in fact.columns()]
    return own + list(EXTRA_COLUMNS.get(fact.table, ()))


def prepare(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a new file; raises StoreUnavailable for a file of another version."""
    cursor.execute("BEGIN")
    cursor.execute("CREATE TABLE IF NOT EXISTS perfwidget (schema_version INTEGER NOT NULL)")
    found = cursor.execute("SELECT max(schema_version) FROM perfwidget").fetchone()
    version = found[0] if found else None
    if version not in (None, SCHEMA_VERSION):
        cursor.execute("ROLLBACK")
        raise StoreUnavailable(
            f"The store was written by another version of perfwidget (its schema is {version}, this one reads "
            f"{SCHEMA_VERSION}); use the version that wrote it."
        )
    if version is None:
        cursor.execute("INSERT INTO perfwidget VALUES (?)", [SCHEMA_VERSION])
    for fact in FACTS:
        nullable = {column.name for column in fact.columns() if column.nullable}
        nullable |= {name for name, _ in EXTRA_COLUMNS.get(fact.table, ())}
        columns = (
            f"{name} {sql_type}{'' if name in nullable else ' NOT NULL'}" for name, sql_type in column_types(fact)
        )
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {fact.table} ({', '.join(columns)})")
    for statement in _OWN_TABLES:
        cursor.execute(statement)
    cursor.execute("COMMIT")

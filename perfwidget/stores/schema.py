"""The tables of every store: those of the data contract, and what is kept beside them; engines only render them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import FACTS, Fact, Recorded
from perfwidget.facts.columns import Kind

SQL_TYPES = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.FLAG: "BOOLEAN",
    Kind.INSTANT: "BIGINT",
    Kind.LEAD_TIME: "BIGINT",
    Kind.SCORE: "BIGINT",
    Kind.FLAGS: "BIGINT",
}
"""Instants and lead times are whole microseconds (DuckDB's `make_timestamp(completed_at)` shows one), scores
millionths."""

EXTRA_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "members": (("inferred", "BOOLEAN"), ("seen_at", "BIGINT")),
    "actions": (("origin", "VARCHAR"),),
    "reviews": (("origin", "VARCHAR"),),
}
"""Ours beside the contract's: that a member was inferred and may yield to the host; that a row came from an export's
row and goes with it."""

FROM_ROW = "row"
FROM_REVIEW = "review"
"""Origins: from an export's row; made from a review because the row had no history. Null: written by the host."""

Mentioned = Mapping[str, Sequence[tuple[str, str]]]
"""By kinds of mentions, the tables and columns whose values they are."""

MENTIONED: Mentioned = {
    "member": (
        ("annotations", "completed_by"),
        ("actions", "user_id"),
        ("reviews", "completed_by"),
        ("reviews", "reviewer_id"),
        ("review_visits", "user_id"),
        ("comments", "completed_by"),
        ("comments", "created_by"),
    ),
    "project": tuple(
        (table, "project_id") for table in ("annotations", "actions", "reviews", "review_visits", "comments")
    ),
}
"""What is noted of members and projects."""


def column_types(fact: type[Fact]) -> list[tuple[str, str]]:
    """Return names and SQL types of a table's columns, the contract's first."""
    own = [(column.name, SQL_TYPES[column.kind]) for column in fact.columns()]
    return own + list(EXTRA_COLUMNS.get(fact.table, ()))


def required(fact: type[Fact]) -> set[str]:
    """Return the names of a table's columns that are never null."""
    return {column.name for column in fact.columns() if not column.nullable}


class StoreColumn(NamedTuple):
    """A column of a table, with its type in standard words: VARCHAR, BIGINT or BOOLEAN."""

    name: str
    sql_type: str
    nullable: bool = True


class Table(NamedTuple):
    """A table of a store, and the columns by which its rows differ."""

    name: str
    columns: tuple[StoreColumn, ...]
    key: tuple[str, ...]


def _of(fact: type[Fact]) -> Table:
    never_null = required(fact)
    columns = (StoreColumn(name, sql_type, name not in never_null) for name, sql_type in column_types(fact))
    return Table(fact.table, tuple(columns), fact.key_columns)


def _ids(*names: str) -> tuple[StoreColumn, ...]:
    return tuple(StoreColumn(name, "VARCHAR", nullable=False) for name in names)


SNAPSHOTS = Table(
    "snapshots",
    (
        *_ids("organization_id", "annotation_id"),
        StoreColumn("reviews_at", "BIGINT"),
        StoreColumn("history", "BOOLEAN", nullable=False),
        StoreColumn("task_updated_at", "BIGINT"),
        StoreColumn("unique_id", "BIGINT"),
        StoreColumn("spelled", "VARCHAR"),
        StoreColumn("beside", "VARCHAR"),
        StoreColumn("emails", "VARCHAR"),
    ),
    ("organization_id", "annotation_id"),
)
"""What rows said of an annotation beyond its own columns: `updated_at` of the row that holds its reviews; of the row
that stands, whether it has a history, when its task was updated, and its people and last action as the file spells
them; the fingerprint of its `unique_id`; other rows that matter and their instants, as JSON (`facts/standing.py`); the
e-mails by which alone they name somebody, each on a line."""

MENTIONS = Table("mentions", _ids("organization_id", "kind", "id"), ("organization_id", "kind", "id"))
"""Every member and project that some fact refers to, so that unknown ones can be listed without reading all facts; and
what is told of e-mails (`writing/emails.py`)."""

BOOKMARKS = Table(
    "bookmarks",
    (*_ids("organization_id", "source", "position"), StoreColumn("as_of", "BIGINT")),
    ("organization_id", "source"),
)
"""How far sources have been read, and marks of changes."""

CHANGED = "changed "
"""Before a random text: the name of a bookmark which each write that changes facts of an organization puts anew."""

COPYING = {"organization_id": "", "source": "copy"}
"""The bookmark of a copy that has begun: beside those of organizations, which all have an id."""

RECORDED = _of(Recorded)

TABLES: tuple[Table, ...] = (*map(_of, FACTS), SNAPSHOTS, MENTIONS, BOOKMARKS)
"""Every table, as a new store has it."""


CONTRACT: tuple[Table, ...] = tuple(
    table._replace(columns=table.columns[: len(fact.columns())]) for table, fact in zip(TABLES, FACTS, strict=False)
)
"""The tables and columns of the contract alone."""


class AddColumn(NamedTuple):
    """A later version's new column of a table; it is null in the rows that were there before."""

    table: str
    name: str
    sql_type: str


MIGRATIONS: Sequence[Sequence[AddColumn]] = (
    (
        AddColumn("snapshots", "task_updated_at", "BIGINT"),
        AddColumn("snapshots", "unique_id", "BIGINT"),
        AddColumn("snapshots", "spelled", "VARCHAR"),
        AddColumn("snapshots", "beside", "VARCHAR"),
        AddColumn("snapshots", "emails", "VARCHAR"),
    ),
)
"""What each version after the first one added, in order. A new column is added to `TABLES`, too."""


def newest_version() -> int:
    """Return the version of the schema that this perfwidget writes."""
    return 1 + len(MIGRATIONS)


def outstanding(store: str, found: int) -> Iterator[tuple[int, Sequence[AddColumn]]]:
    """Yield each version that a store of version `found` lacks, and what it adds.

    Raises StoreUnavailable for a newer version than this perfwidget knows.
    """
    newest = newest_version()
    if found > newest:
        raise StoreUnavailable(
            f"The store {store} was written by a newer perfwidget (its schema is {found}, this one knows {newest}); "
            "use that version."
        )
    yield from enumerate(MIGRATIONS[found - 1 :], start=found + 1)


def not_migrated(store: str, version: int) -> StoreUnavailable:
    """Return what to say where a store could not be brought to a version."""
    return StoreUnavailable(
        f"The store {store} could not be brought from schema {version - 1} to {version} and is as it was; go on with "
        "the version of perfwidget that you had, and report this."
    )

"""How engines keep the tables of the data contract, and what they keep beside them."""

from collections.abc import Mapping, Sequence

from perfwidget.facts import Fact
from perfwidget.facts.columns import Kind
from perfwidget.metrics import REVIEWING, VISITED

SQL_TYPES = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.FLAG: "BOOLEAN",
    Kind.INSTANT: "BIGINT",
    Kind.LEAD_TIME: "BIGINT",
    Kind.SCORE: "BIGINT",
}
"""Instants and lead times are whole microseconds (DuckDB's `make_timestamp(completed_at)` shows one), scores
millionths."""

EXTRA_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "annotations": (("flags", "BIGINT"),),
    "members": (("inferred", "BOOLEAN"), ("seen_at", "BIGINT")),
    "actions": (("origin", "VARCHAR"),),
    "reviews": (("origin", "VARCHAR"),),
}
"""Ours beside the contract's: what its source finds odd about an annotation (the bits of `AnnotationFlag`); that a
member was inferred and may yield to the host; that a row came from an export's row and goes with it."""

FROM_ROW = "row"
FROM_REVIEW = "review"
"""Origins: from an export's row; made from a review because the row had no history. Null: written by the host."""

SNAPSHOTS = (
    "CREATE TABLE snapshots (organization_id VARCHAR NOT NULL, annotation_id VARCHAR NOT NULL, "
    "reviews_at BIGINT, history BOOLEAN NOT NULL)"
)
"""What the latest export rows said of an annotation beyond its own columns."""

MENTIONS = "CREATE TABLE mentions (organization_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, id VARCHAR NOT NULL)"
"""Every member and project that some fact refers to, so that unknown ones can be listed without reading all facts; and
who does what few do, so that the others' facts need not be looked for."""

BOOKMARKS = (
    "CREATE TABLE bookmarks (organization_id VARCHAR NOT NULL, source VARCHAR NOT NULL, position VARCHAR NOT NULL, "
    "as_of BIGINT)"
)
"""How far sources have been read."""

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
"""What every engine notes of members and projects."""

DOING: Mentioned = {scan.name: ((scan.fact.table, scan.member),) for scan in (REVIEWING, VISITED)}
"""Who does what few do, by the name of the scan of these facts; only for engines whose writers all note it."""


def column_types(fact: type[Fact]) -> list[tuple[str, str]]:
    """Return names and SQL types of a table's columns, the contract's first."""
    own = [(column.name, SQL_TYPES[column.kind]) for column in fact.columns()]
    return own + list(EXTRA_COLUMNS.get(fact.table, ()))


def required(fact: type[Fact]) -> set[str]:
    """Return the names of a table's columns that are never null."""
    return {column.name for column in fact.columns() if not column.nullable}

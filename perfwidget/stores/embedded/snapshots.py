"""Snapshots of annotations: the newest decides alone, whatever order they come in."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb

from perfwidget.facts import Action, Annotation, Review
from perfwidget.observations import Snapshot
from perfwidget.stores.embedded.schema import FROM_REVIEW, FROM_ROW, column_types
from perfwidget.stores.embedded.staging import delete_matching, mention, stage

_UPDATED_AT = [column.name for column in Annotation.columns()].index("updated_at")
_SAME_ANNOTATION = "{0}.organization_id = {1}.organization_id AND {0}.annotation_id = {1}.annotation_id"


class _Seen(NamedTuple):
    row: tuple[Any, ...]
    snapshot: Snapshot


def write(cursor: duckdb.DuckDBPyConnection, snapshots: Sequence[Snapshot]) -> None:
    """Keep what newer snapshots say of annotations, their actions and their reviews."""
    if not snapshots:
        return
    deciding, reviewed = _newest(snapshots)
    _stage(cursor, deciding, reviewed)
    _keep_rows(cursor)
    _keep_reviews(cursor)
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT organization_id, annotation_id FROM incoming_rows "
        "UNION SELECT organization_id, annotation_id FROM incoming_reviewed"
    )
    _keep_states(cursor)
    _give_reviews_to_owners(cursor)
    _tell_reviews_as_actions(cursor)
    for table in ("annotations", "actions", "reviews"):
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE mentioning AS SELECT {table}.* FROM {table} "
            f"SEMI JOIN touched ON {_SAME_ANNOTATION.format(table, 'touched')}"
        )
        mention(cursor, table, "mentioning")


def _newest(snapshots: Sequence[Snapshot]) -> tuple[list[_Seen], list[_Seen]]:
    """Return for each annotation the snapshot that decides, and the one that holds its reviews if there is one."""
    deciding: dict[Any, _Seen] = {}
    reviewed: dict[Any, _Seen] = {}
    for snapshot in snapshots:
        seen = _Seen(snapshot.annotation.row(), snapshot)
        for newest in (deciding, reviewed) if snapshot.reviews is not None else (deciding,):
            kept = newest.get(seen.row[:2])
            if kept is None or seen.row[_UPDATED_AT] >= kept.row[_UPDATED_AT]:
                newest[seen.row[:2]] = seen
    return list(deciding.values()), list(reviewed.values())


def _stage(cursor: duckdb.DuckDBPyConnection, deciding: Sequence[_Seen], reviewed: Sequence[_Seen]) -> None:
    stage(
        cursor,
        "incoming_rows",
        [*column_types(Annotation), ("history", "BOOLEAN")],
        [(*seen.row, seen.snapshot.history) for seen in deciding],
    )
    actions = {action.key: (*action.row(), FROM_ROW) for seen in deciding for action in seen.snapshot.actions}
    stage(cursor, "incoming_actions", column_types(Action), list(actions.values()))
    stage(
        cursor,
        "incoming_reviewed",
        [("organization_id", "VARCHAR"), ("annotation_id", "VARCHAR"), ("reviews_at", "BIGINT")],
        [(*seen.row[:2], seen.row[_UPDATED_AT]) for seen in reviewed],
    )
    reviews = {review.key: (*review.row(), FROM_ROW) for seen in reviewed for review in seen.snapshot.reviews or ()}
    stage(cursor, "incoming_reviews", column_types(Review), list(reviews.values()))


def _keep_rows(cursor: duckdb.DuckDBPyConnection) -> None:
    match = _SAME_ANNOTATION.format("annotations", "incoming_rows")
    cursor.execute(
        f"DELETE FROM incoming_rows USING annotations WHERE {match} "
        "AND annotations.updated_at > incoming_rows.updated_at"
    )
    cursor.execute(f"DELETE FROM annotations USING incoming_rows WHERE {match}")
    cursor.execute("INSERT INTO annotations SELECT * EXCLUDE (history) FROM incoming_rows")
    cursor.execute(
        f"DELETE FROM incoming_actions WHERE NOT EXISTS (SELECT 1 FROM incoming_rows "
        f"WHERE {_SAME_ANNOTATION.format('incoming_rows', 'incoming_actions')})"
    )
    cursor.execute(
        f"DELETE FROM actions USING incoming_rows WHERE {_SAME_ANNOTATION.format('actions', 'incoming_rows')} "
        f"AND origin = '{FROM_ROW}'"
    )
    delete_matching(cursor, Action, "incoming_actions")
    cursor.execute("INSERT INTO actions SELECT * FROM incoming_actions")


def _keep_reviews(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        f"DELETE FROM incoming_reviewed USING snapshots "
        f"WHERE {_SAME_ANNOTATION.format('incoming_reviewed', 'snapshots')} "
        "AND snapshots.reviews_at > incoming_reviewed.reviews_at"
    )
    cursor.execute(
        f"DELETE FROM incoming_reviews WHERE NOT EXISTS (SELECT 1 FROM incoming_reviewed "
        f"WHERE {_SAME_ANNOTATION.format('incoming_reviewed', 'incoming_reviews')})"
    )
    cursor.execute(
        f"DELETE FROM reviews USING incoming_reviewed WHERE {_SAME_ANNOTATION.format('reviews', 'incoming_reviewed')}"
    )
    delete_matching(cursor, Review, "incoming_reviews")
    cursor.execute("INSERT INTO reviews SELECT * FROM incoming_reviews")


def _keep_states(cursor: duckdb.DuckDBPyConnection) -> None:
    """Remember for the touched annotations whether their row has a history, and as of when their reviews are."""
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE states AS SELECT touched.organization_id, touched.annotation_id, "
        "coalesce(incoming_reviewed.reviews_at, snapshots.reviews_at) AS reviews_at, "
        "coalesce(incoming_rows.history, snapshots.history, FALSE) AS history FROM touched "
        "LEFT JOIN snapshots USING (organization_id, annotation_id) "
        "LEFT JOIN incoming_rows USING (organization_id, annotation_id) "
        "LEFT JOIN incoming_reviewed USING (organization_id, annotation_id)"
    )
    cursor.execute(f"DELETE FROM snapshots USING touched WHERE {_SAME_ANNOTATION.format('snapshots', 'touched')}")
    cursor.execute("INSERT INTO snapshots SELECT * FROM states")


def _give_reviews_to_owners(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        "UPDATE reviews SET completed_by = owned.completed_by, project_id = owned.project_id, task_id = owned.task_id "
        "FROM (SELECT annotations.* FROM annotations "
        f"SEMI JOIN touched ON {_SAME_ANNOTATION.format('annotations', 'touched')}) owned "
        f"WHERE {_SAME_ANNOTATION.format('reviews', 'owned')} AND reviews.origin IS NOT NULL "
        "AND (reviews.completed_by IS DISTINCT FROM owned.completed_by "
        "OR reviews.project_id <> owned.project_id OR reviews.task_id <> owned.task_id)"
    )


def _tell_reviews_as_actions(cursor: duckdb.DuckDBPyConnection) -> None:
    """Give annotations without a history one action for each review."""
    cursor.execute(
        f"DELETE FROM actions USING touched WHERE {_SAME_ANNOTATION.format('actions', 'touched')} "
        f"AND origin = '{FROM_REVIEW}'"
    )
    cursor.execute(
        "INSERT INTO actions SELECT organization_id, 'review-' || review_id, annotation_id, project_id, task_id, "
        f"reviewer_id, action, NULL, created_at, NULL, review_id, NULL, '{FROM_REVIEW}' FROM reviews "
        f"SEMI JOIN states ON {_SAME_ANNOTATION.format('reviews', 'states')} AND NOT states.history"
    )

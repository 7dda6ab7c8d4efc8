"""Snapshots of annotations: the newest decides alone, whatever order they come in."""

from collections.abc import Sequence
from typing import Any

from perfwidget.facts import Action, Annotation, Review
from perfwidget.facts.snapshot_rows import SnapshotRows
from perfwidget.stores.schema import FROM_REVIEW, FROM_ROW, column_types
from perfwidget.stores.writing.bulk import review_actions
from perfwidget.stores.writing.staging import Staging

_UPDATED_AT = [column.name for column in Annotation.columns()].index("updated_at")

_TOUCHED = (
    "(SELECT organization_id, annotation_id FROM incoming_rows "
    "UNION SELECT organization_id, annotation_id FROM incoming_reviewed) touched"
)
"""The annotations of which something is kept."""


def _same(one: str, other: str) -> str:
    return f"{one}.organization_id = {other}.organization_id AND {one}.annotation_id = {other}.annotation_id"


def write(staging: Staging, snapshots: Sequence[SnapshotRows]) -> None:
    """Keep what newer snapshots say of annotations, their actions and their reviews."""
    if not snapshots:
        return
    deciding, reviewed = _newest(snapshots)
    _keep_rows(staging, deciding)
    _keep_reviews(staging, reviewed)
    _keep_states(staging)
    _give_reviews_to_owners(staging)
    _tell_reviews_as_actions(staging)
    # Of all that was given, so that it does not matter what comes first.
    staging.note(Annotation, (seen.row for seen in snapshots))
    staging.note(Review, (review for seen in snapshots for review in seen.reviews or ()))
    for history in (True, False):  # what is told without one is no record of actions
        actions = (action for seen in snapshots if seen.history is history for action in seen.actions)
        staging.note(Action, actions, recorded=history)


def _newest(snapshots: Sequence[SnapshotRows]) -> tuple[list[SnapshotRows], list[SnapshotRows]]:
    """Return for each annotation the snapshot that decides, and the one that holds its reviews if there is one."""
    deciding: dict[Any, SnapshotRows] = {}
    reviewed: dict[Any, SnapshotRows] = {}
    for seen in snapshots:
        for newest in (deciding, reviewed) if seen.reviews is not None else (deciding,):
            kept = newest.get(seen.row[:2])
            if kept is None or seen.row[_UPDATED_AT] >= kept.row[_UPDATED_AT]:
                newest[seen.row[:2]] = seen
    return list(deciding.values()), list(reviewed.values())


def _keep_rows(staging: Staging, deciding: Sequence[SnapshotRows]) -> None:
    """Keep the annotations that are no older than what is there, and replace their actions."""
    columns = [*column_types(Annotation), ("history", "BOOLEAN")]
    rows = [(*seen.row, seen.history) for seen in deciding]
    staging.put("incoming_rows", columns, rows)
    staging.replace(Annotation, "incoming_rows")
    told = {action[:2]: (*action, FROM_ROW) for seen in deciding for action in seen.actions}
    staging.put("incoming_actions", column_types(Action), list(told.values()))
    staging.leave_out(
        "incoming_actions",
        f"NOT EXISTS (SELECT 1 FROM incoming_rows WHERE {_same('incoming_rows', 'incoming_actions')})",
    )
    same = _same("actions", "incoming_rows")
    staging.delete("actions", f"{same} AND origin = '{FROM_ROW}'", using="incoming_rows")
    staging.delete_matching(Action, "incoming_actions")
    staging.insert("incoming_actions", Action)


def _keep_reviews(staging: Staging, reviewed: Sequence[SnapshotRows]) -> None:
    """Replace the reviews of annotations by those that are no older."""
    staging.put(
        "incoming_reviewed",
        [("organization_id", "VARCHAR"), ("annotation_id", "VARCHAR"), ("reviews_at", "BIGINT")],
        [(*seen.row[:2], seen.row[_UPDATED_AT]) for seen in reviewed],
    )
    newer = f"{_same('snapshots', 'incoming_reviewed')} AND snapshots.reviews_at > incoming_reviewed.reviews_at"
    staging.leave_out("incoming_reviewed", f"EXISTS (SELECT 1 FROM snapshots WHERE {newer})")
    told = {review[:2]: (*review, FROM_ROW) for seen in reviewed for review in seen.reviews or ()}
    staging.put("incoming_reviews", column_types(Review), list(told.values()))
    kept = _same("incoming_reviewed", "incoming_reviews")
    staging.leave_out("incoming_reviews", f"NOT EXISTS (SELECT 1 FROM incoming_reviewed WHERE {kept})")
    staging.delete("reviews", _same("reviews", "incoming_reviewed"), using="incoming_reviewed")
    staging.delete_matching(Review, "incoming_reviews")
    staging.insert("incoming_reviews", Review)


def _keep_states(staging: Staging) -> None:
    """Keep as of when the reviews of annotations are, and whether their rows have a history."""
    match = _same("snapshots", "touched")
    staging.add(
        "snapshots",
        ("organization_id", "annotation_id", "reviews_at", "history"),
        "SELECT organization_id, annotation_id, NULL, FALSE "
        f"FROM {_TOUCHED} WHERE NOT EXISTS (SELECT 1 FROM snapshots WHERE {match})",
    )
    for column, rows in (("history", "incoming_rows"), ("reviews_at", "incoming_reviewed")):
        staging.update("snapshots", {column: f"{rows}.{column}"}, _same("snapshots", rows), using=rows)


def _give_reviews_to_owners(staging: Staging) -> None:
    staging.update(
        "reviews",
        {column: f"owned.{column}" for column in ("completed_by", "project_id", "task_id")},
        f"{_same('reviews', 'owned')} AND reviews.origin IS NOT NULL "
        "AND (reviews.completed_by IS DISTINCT FROM owned.completed_by "
        "OR reviews.project_id <> owned.project_id OR reviews.task_id <> owned.task_id)",
        using=f"(SELECT annotations.* FROM annotations JOIN {_TOUCHED} ON {_same('annotations', 'touched')}) owned",
    )


def _tell_reviews_as_actions(staging: Staging) -> None:
    """Give annotations without a history one action for each review."""
    staging.delete("actions", f"{_same('actions', 'touched')} AND origin = '{FROM_REVIEW}'", using=_TOUCHED)
    told = (
        f"reviews JOIN {_TOUCHED} ON {_same('reviews', 'touched')} "
        f"JOIN snapshots ON {_same('reviews', 'snapshots')} AND NOT snapshots.history"
    )
    staging.delete(
        "actions",
        "actions.organization_id = told.organization_id AND actions.action_id = told.action_id",
        using="(SELECT reviews.organization_id AS organization_id, 'review-' || review_id AS action_id "
        f"FROM {told}) told",
    )
    staging.add("actions", [name for name, _ in column_types(Action)], review_actions(told))

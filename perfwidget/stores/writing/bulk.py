"""Snapshots of many annotations that are all new: added as columns, with nothing to replace and nothing to compare.

They are added in the order in which they are read, as a few numbers are put in order for less than the rows of a table.
"""

from perfwidget.facts import Action, Annotation, Review
from perfwidget.facts.snapshots import NOTHING, Snapshots, in_order, numbers, owned_reviews, used
from perfwidget.stores.schema import FROM_REVIEW, FROM_ROW, column_types
from perfwidget.stores.writing.staging import Staging

MANY = 1_000
"""Annotations from which on it is worth it to ask whether all of them are new."""

_ID = "CAST(incoming_rows.annotation_id AS VARCHAR)"
_REVIEW_ID = "CAST(incoming_reviews.review_id AS VARCHAR)"
_KNOWN = " UNION ALL ".join(
    f"SELECT 1 FROM {table} JOIN {incoming} ON {table}.organization_id = $organization_id AND {column} = {given}"
    for table, column, incoming, given in (
        ("annotations", "annotations.annotation_id", "incoming_rows", _ID),
        ("snapshots", "snapshots.annotation_id", "incoming_rows", _ID),
        ("reviews", "reviews.annotation_id", "incoming_rows", _ID),
        ("actions", "actions.action_id", "incoming_rows", f"'annotation-' || {_ID}"),
        ("reviews", "reviews.review_id", "incoming_reviews", _REVIEW_ID),
        ("actions", "actions.action_id", "incoming_reviews", f"'review-' || {_REVIEW_ID}"),
        ("actions", "actions.action_id", "incoming_actions", "incoming_actions.action_id"),
    )
)
"""Whatever a new row could have something in common with: its own key, and those that are made of it."""


def write(staging: Staging, snapshots: Snapshots) -> bool:
    """Keep snapshots if all of them are new and none comes twice; else say so and keep nothing."""
    if len(snapshots) < MANY or not _each_once(snapshots):
        return False
    staging.put_columns("incoming_rows", in_order(snapshots.columns, "completed_by", "completed_at"))
    staging.put_columns("incoming_reviews", in_order(owned_reviews(snapshots, FROM_ROW), "completed_by", "created_at"))
    staging.put("incoming_actions", column_types(Action), [(*row, FROM_ROW) for _, row in snapshots.actions])
    if staging.execute(f"{_KNOWN} LIMIT 1", {"organization_id": snapshots.organization_id}):
        return False
    _insert(staging, snapshots)
    _note(staging, snapshots)
    return True


def _each_once(snapshots: Snapshots) -> bool:
    """Say whether no annotation, review or action comes twice."""
    import numpy as np

    ids = (numbers(snapshots.columns["annotation_id"]), numbers(snapshots.reviews["review_id"]))
    actions = {row[1] for _, row in snapshots.actions}
    return all(len(np.unique(each)) == len(each) for each in ids) and len(actions) == len(snapshots.actions)


def _note(staging: Staging, snapshots: Snapshots) -> None:
    organization, columns = snapshots.organization_id, snapshots.columns
    staging.touched.add(organization)
    user = [name for name, _ in column_types(Action)].index("user_id")
    members = used(columns["completed_by"]) | used(snapshots.reviews["reviewer_id"])
    members |= {row[user] for _, row in snapshots.actions if row[user] is not None}
    found = {"member": members, "project": used(columns["project_id"])}
    staging.mention((organization, what, each) for what, some in found.items() for each in some)
    if len(numbers(snapshots.reviews["place"])):
        staging.note_recorded([(organization, "reviews")])
    if (numbers(columns["flags"]) != NOTHING).any():
        staging.note_recorded([(organization, "flags")])
    history = snapshots.flags("history")
    if any(history[place] for place, _ in snapshots.actions):
        staging.note_recorded([(organization, "actions")])


def _insert(staging: Staging, snapshots: Snapshots) -> None:
    mine = {"organization_id": snapshots.organization_id}
    ids = {name: f"CAST({name} AS VARCHAR)" for name in ("annotation_id", "project_id", "task_id", "completed_by")}
    names = [name for name, _ in column_types(Annotation)][1:]
    staging.add_in_order(
        "annotations",
        ("organization_id", *names),
        f"SELECT $organization_id, {', '.join(ids.get(name, name) for name in names)} FROM incoming_rows",
        mine,
        rows=len(snapshots),
    )
    staging.execute(
        "INSERT INTO snapshots "
        "(organization_id, annotation_id, reviews_at, history, task_updated_at, unique_id, spelled) "
        f"SELECT $organization_id, {ids['annotation_id']}, CASE WHEN reviewed THEN updated_at END, history, "
        "task_updated_at, unique_id, spelled FROM incoming_rows",
        mine,
    )
    columns = [name for name, _ in column_types(Review)]
    reviewed = len(numbers(snapshots.reviews["place"]))
    staging.add_in_order("reviews", columns, f"SELECT {', '.join(columns)} FROM incoming_reviews", {}, rows=reviewed)
    action_columns = [name for name, _ in column_types(Action)]
    actions = (
        f"SELECT $organization_id, 'annotation-' || annotation_id, {', '.join(ids.values())}, only_action, started_at, "
        f"completed_at, lead_time, NULL, NULL, '{FROM_ROW}' FROM incoming_rows WHERE only_action IS NOT NULL",
        f"SELECT {', '.join(action_columns)} FROM incoming_actions ORDER BY user_id, created_at",
        f"{review_actions('incoming_reviews reviews WHERE NOT history')} ORDER BY reviewer_id, created_at",
    )
    count = len(snapshots) + len(snapshots.actions) + reviewed
    query = " UNION ALL ".join(f"({each})" for each in actions)
    staging.add_in_order("actions", action_columns, query, mine, rows=count)


def review_actions(reviews: str) -> str:
    """Return the query of one action for each review, for annotations without a history."""
    return (
        "SELECT reviews.organization_id, 'review-' || review_id, "
        "reviews.annotation_id, project_id, task_id, reviewer_id, action, NULL, created_at, NULL, review_id, NULL, "
        f"'{FROM_REVIEW}' FROM {reviews}"
    )

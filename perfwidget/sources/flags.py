"""What is odd about an annotation row: who wrote it, whether anybody did, whether its time can be true."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from perfwidget.facts import Action, Annotation, AnnotationFlag, Review
from perfwidget.metrics import REVIEW_ACTIONS
from perfwidget.sources.row_values import JsonObject, optional_instant

PROPAGATED = "propagated_annotation"
"""The last action of a copy of another annotation that nobody has worked on. It has no time and was never updated."""

NO_CHANGE = timedelta(seconds=1)
"""Label Studio writes both instants of a new row within milliseconds."""


def flags(
    task: JsonObject, values: JsonObject, annotation: Annotation, posted_by_other: bool, updated: bool
) -> AnnotationFlag:
    """Return what is odd about an annotation.

    `posted_by_other` says that its last writer is meant by that flag, `updated` that its owner has updated it.
    """
    found = AnnotationFlag.NONE
    changed = annotation.updated_at - annotation.created_at >= NO_CHANGE
    taken_over = values.get("parent_prediction") is not None and annotation.lead_time is None and not updated
    if posted_by_other:
        found |= AnnotationFlag.POSTED_BY_OTHER
    if taken_over:
        found |= AnnotationFlag.FROM_PREDICTION
    made_here = taken_over or annotation.last_action == PROPAGATED
    if values.get("import_id") is not None or (_written_by_nobody(values, changed) and not made_here):
        found |= AnnotationFlag.IMPORTED
    elif _longer(annotation, optional_instant(task.get("created_at"))):
        found |= AnnotationFlag.LONGER_THAN_TASK
    return found


def reviewed_last(
    last_action: str, entries: Iterable[Action], reviews: Iterable[Review], last_created_by: str | None
) -> set[str] | None:
    """Return the ids of who took a row's last review action, as far as it tells. None if a review came last of all by
    nobody knows whom.

    `last_created_by` is who made the last entry of its history, also where the row does not have it.
    """
    told = [(entry.created_at, entry.user_id) for entry in entries if entry.action in REVIEW_ACTIONS]
    told += [(review.created_at, review.reviewer_id) for review in reviews if review.action in REVIEW_ACTIONS]
    latest = max(range(len(told)), key=lambda place: (told[place][0], place), default=None)
    found = {str(who) for who in (None if latest is None else told[latest][1],) if who is not None}
    if last_action not in REVIEW_ACTIONS:
        return found
    return (found | ({last_created_by} if last_created_by else set())) or None


def _written_by_nobody(values: JsonObject, changed: bool) -> bool:
    """Say whether a row names nobody who wrote it, though it could: it came with an import."""
    says_who = "import_id" in values and "updated_by" in values
    return says_who and values["updated_by"] is None and values.get("completed_by") is not None and not changed


def _longer(annotation: Annotation, task_created_at: datetime | None) -> bool:
    time = annotation.lead_time
    if task_created_at is None or time is None or not 0 <= time <= 10**9:
        return False
    return timedelta(seconds=float(time)) > annotation.completed_at - task_created_at

"""What is odd about an annotation row: who wrote it, whether anybody did, whether its time can be true."""

from datetime import datetime, timedelta

from perfwidget.facts import Annotation, AnnotationFlag
from perfwidget.sources.row_values import JsonObject, optional_instant

NO_CHANGE = timedelta(seconds=1)
"""Label Studio writes both instants of a new row within milliseconds."""


def flags(
    task: JsonObject, values: JsonObject, annotation: Annotation, written_by_owner: bool, updated: bool
) -> AnnotationFlag:
    """Return what is odd about an annotation.

    `written_by_owner` says that nobody else is known as its last writer, `updated` that its owner has updated it.
    """
    found = AnnotationFlag.NONE
    changed = annotation.updated_at - annotation.created_at >= NO_CHANGE
    taken_over = values.get("parent_prediction") is not None and annotation.lead_time is None and not updated
    # Where the platform names the last action, a reviewer who fixed the annotation is its last writer, and rightly so.
    if not written_by_owner and not (changed and values.get("last_action")):
        found |= AnnotationFlag.POSTED_BY_OTHER
    if taken_over:
        found |= AnnotationFlag.FROM_PREDICTION
    if values.get("import_id") is not None or (_written_by_nobody(values, changed) and not taken_over):
        found |= AnnotationFlag.IMPORTED
    elif _longer(annotation, optional_instant(task.get("created_at"))):
        found |= AnnotationFlag.LONGER_THAN_TASK
    return found


def _written_by_nobody(values: JsonObject, changed: bool) -> bool:
    """Say whether a row names nobody who wrote it, though it could: it came with an import."""
    says_who = "import_id" in values and "updated_by" in values
    return says_who and values["updated_by"] is None and values.get("completed_by") is not None and not changed


def _longer(annotation: Annotation, task_created_at: datetime | None) -> bool:
    time = annotation.lead_time
    if task_created_at is None or time is None or not 0 <= time <= 10**9:
        return False
    return timedelta(seconds=float(time)) > annotation.completed_at - task_created_at

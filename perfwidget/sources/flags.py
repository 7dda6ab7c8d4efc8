"""What is odd about an annotation row: who wrote it, whether it was imported, whether its time can be true."""

from datetime import datetime, timedelta

from perfwidget.facts import Annotation, AnnotationFlag
from perfwidget.sources.row_values import JsonObject, optional_instant

NO_CHANGE = timedelta(seconds=1)
"""Label Studio writes both instants of a new row within milliseconds."""


def flags(task: JsonObject, values: JsonObject, annotation: Annotation, written_by_owner: bool) -> AnnotationFlag:
    """Return what is odd about an annotation; `written_by_owner` says that nobody else is known as its last writer."""
    found = AnnotationFlag.NONE
    changed = annotation.updated_at - annotation.created_at >= NO_CHANGE
    # Where the platform names the last action, a reviewer who fixed the annotation is its last writer, and rightly so.
    if not written_by_owner and not (changed and values.get("last_action")):
        found |= AnnotationFlag.POSTED_BY_OTHER
    if _imported(values, changed):
        found |= AnnotationFlag.IMPORTED
    elif _longer(annotation, optional_instant(task.get("created_at"))):
        found |= AnnotationFlag.LONGER_THAN_TASK
    return found


def _imported(values: JsonObject, changed: bool) -> bool:
    """Say whether a row came with an import: it has the id of its origin, or nobody wrote it."""
    if values.get("import_id") is not None:
        return True
    says_who = "import_id" in values and "updated_by" in values
    return says_who and values["updated_by"] is None and values.get("completed_by") is not None and not changed


def _longer(annotation: Annotation, task_created_at: datetime | None) -> bool:
    time = annotation.lead_time
    if task_created_at is None or time is None or not 0 <= time <= 10**9:
        return False
    return timedelta(seconds=float(time)) > annotation.completed_at - task_created_at

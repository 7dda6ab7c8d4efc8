"""By what two states of an annotation are told apart: as Label Studio has it, and as it is kept."""

from typing import Any

from perfwidget.errors import SourceUnavailable
from perfwidget.facts.columns import lead_time_microseconds, microseconds
from perfwidget.label_studio.pages import NONSENSE, Task
from perfwidget.sources.row_values import lead_time, optional_instant
from perfwidget.stores.reading import Kept


def annotations_of(task: Task) -> list[dict[str, Any]]:
    """Return a task's annotations; raises SourceUnavailable where they are none."""
    rows = task.get("annotations")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceUnavailable(NONSENSE.format("annotations"))
    return rows


Version = tuple[int, int | None]
"""By what two states of an annotation differ: the instant of its last change and its lead time, in microseconds."""


def version(row: dict[str, Any]) -> Version | None:
    """Return the version of an annotation as Label Studio has it, None where it has no instant."""
    instant = optional_instant(row.get("updated_at"))
    if instant is None:
        return None
    return microseconds(instant), lead_time_microseconds(lead_time(row.get("lead_time")))


def version_kept(kept: Kept) -> Version:
    """Return the version of an annotation as it is kept."""
    return kept.updated_at, kept.lead_time

"""Figures of Label Studio's own export, worked out by plain arithmetic, to hold against reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

Row = Mapping[str, Any]


def rows_of(exported: Iterable[Row], user: int) -> list[tuple[Row, Row]]:
    """Return a member's annotations, each with its task."""
    return [(task, row) for task in exported for row in task["annotations"] if row["completed_by"] == user]


def figures(exported: Iterable[Row], user: int, days: set[date] | None = None) -> dict[str, object]:
    """Return a member's figures, of some days (in UTC) or all; Community names no last action."""
    mine = [(task, row) for task, row in rows_of(exported, user) if days is None or completed(row).date() in days]
    kept = [(task, row) for task, row in mine if not row["was_cancelled"]]
    counted = [(task, row) for task, row in kept if not nobodys_work(row)]
    times = [Fraction(str(row["lead_time"])) for _, row in counted if usable(row)]
    middle = median(times) if times else None
    return {
        "submitted_annotations": len(counted),
        "submitted": sum(not updated(row) for _, row in counted),
        "updated": sum(updated(row) for _, row in counted),
        "skipped": len(mine) - len(kept),
        "from_predictions": sum(row["parent_prediction"] is not None and nobodys_work(row) for _, row in kept),
        "other_actions": sum(row["parent_annotation"] is not None and nobodys_work(row) for _, row in kept),
        "total_time": float(sum(times)) if times or not counted else None,
        "time_per_annotation_median": None if middle is None else float(middle),
        "total_time_median": None if middle is None else float(len(counted) * middle),
        "time_per_annotation_average": float(sum(times) / len(times)) if times else None,
        "lead_time_missing": sum(row["lead_time"] is None for _, row in counted),
        "lead_time_invalid": sum(row["lead_time"] is not None and not usable(row) for _, row in counted),
        "posted_by_others": sum(row["updated_by"] not in (None, user) for _, row in counted),
        "imported": sum(imported(row) for _, row in counted),
        "longer_than_task": sum(too_long(task, row) for task, row in counted),
        "performance_score": None,
        "rejected": 0,  # Community rejects nothing
        "review_time": None,
    }


def usable(row: Row) -> bool:
    return row["lead_time"] is not None and 0 <= row["lead_time"] <= 10**9


def updated(row: Row) -> bool:
    """Say whether the owner wrote it again, a second or more after the first time."""
    later = instant(row["updated_at"]) - instant(row["created_at"]) >= timedelta(seconds=1)
    return later and row["updated_by"] in (None, row["completed_by"])


def nobodys_work(row: Row) -> bool:
    """Say whether Label Studio made it, of a prediction or another annotation, and its owner did nothing about it."""
    copied = row["parent_prediction"] is not None or row["parent_annotation"] is not None
    return copied and row["lead_time"] is None and not updated(row)


def completed(row: Row) -> datetime:
    skipped_or_updated = row["was_cancelled"] or updated(row)
    own = row["updated_by"] in (None, row["completed_by"])
    return instant(row["updated_at"] if skipped_or_updated and own else row["created_at"])


def imported(row: Row) -> bool:
    return row["import_id"] is not None or (row["updated_by"] is None and not nobodys_work(row))


def too_long(task: Row, row: Row) -> bool:
    lived = completed(row) - instant(task["created_at"])
    return usable(row) and not imported(row) and timedelta(seconds=row["lead_time"]) > lived


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

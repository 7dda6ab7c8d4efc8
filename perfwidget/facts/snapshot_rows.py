"""What snapshots tell, as rows: of each annotation, or of many in columns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from perfwidget.facts.columns import Kind
from perfwidget.facts.ingest import Snapshot
from perfwidget.facts.snapshots import NOTHING, NULL, Coded, Snapshots, StoredColumn
from perfwidget.facts.tables import Annotation, Review


class SnapshotRows(NamedTuple):
    """What one snapshot tells, as it is stored."""

    row: tuple[Any, ...]
    history: bool
    actions: Sequence[tuple[Any, ...]]
    reviews: Sequence[tuple[Any, ...]] | None


def rows_of_snapshots(snapshots: Iterable[Snapshot | Snapshots]) -> Iterator[SnapshotRows]:
    """Yield what each snapshot tells, in the order given."""
    for each in snapshots:
        if isinstance(each, Snapshots):
            yield from _rows_of_many(each)
            continue
        reviews = None if each.reviews is None else [review.row() for review in each.reviews]
        actions = [action.row() for action in each.actions]
        yield SnapshotRows(each.annotation.row(), each.history, actions, reviews)


def _rows_of_many(many: Snapshots) -> Iterator[SnapshotRows]:
    actions: dict[int, list[tuple[Any, ...]]] = {}
    for place, row in many.actions:
        actions.setdefault(place, []).append(row)
    names = [column.name for column in Annotation.columns()][1:]
    texts = {column.name for column in Annotation.columns() if column.kind in (Kind.ID, Kind.TEXT)}
    columns = {name: _values(column, name in texts) for name, column in many.columns.items()}
    rows = list(zip(*(columns[name] for name in names), strict=True))
    reviews = _reviews_told(
        many, [dict(zip(names, row, strict=True)) for row in rows] if len(many.reviews["place"]) else []
    )
    beside = zip(*(columns[name] for name in ("history", "reviewed", "only_action")), strict=True)
    for place, (row, (history, reviewed, only_action)) in enumerate(zip(rows, beside, strict=True)):
        whole = (many.organization_id, *row)
        own = actions.get(place, []) if only_action is None else [_only_action(whole, only_action)]
        yield SnapshotRows(whole, history, own, reviews.get(place, []) if reviewed else None)


def _reviews_told(many: Snapshots, rows: Sequence[dict[str, Any]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of reviews by the places of their annotations."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    columns = {name: _values(column, name == "review_id") for name, column in many.reviews.items()}
    names = [column.name for column in Review.columns()][1:]
    for number, place in enumerate(columns["place"]):
        row = (columns[name][number] if name in columns else rows[place][name] for name in names)
        found.setdefault(place, []).append((many.organization_id, *row))
    return found


def _values(column: StoredColumn, text: bool) -> list[Any]:
    if isinstance(column, Coded):
        return [None if code == NULL else column.texts[code] for code in column.codes.tolist()]
    values: list[Any] = column.tolist()
    if column.dtype != np.int64:
        return values
    return [None if value == NOTHING else str(value) if text else value for value in values]


def _only_action(row: tuple[Any, ...], action: str) -> tuple[Any, ...]:
    names = (column.name for column in Annotation.columns())
    said = dict(zip(names, row, strict=True))
    owning = (said["annotation_id"], said["project_id"], said["task_id"], said["completed_by"])
    when = (said["started_at"], said["completed_at"])
    return (row[0], f"annotation-{owning[0]}", *owning, action, *when, said["lead_time"], None, None)

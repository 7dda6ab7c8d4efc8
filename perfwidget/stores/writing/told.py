"""What snapshots tell, as rows: of each annotation, or of many in columns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from perfwidget.facts import Annotation
from perfwidget.observations import NOTHING, Coded, Snapshot, Snapshots, StoredColumn
from perfwidget.stores.schema import column_types

NULL = -1
"""The code of null."""


class Told(NamedTuple):
    """What one snapshot tells, as it is stored."""

    row: tuple[Any, ...]
    doubts: int
    history: bool
    actions: Sequence[tuple[Any, ...]]
    reviews: Sequence[tuple[Any, ...]] | None


def told(snapshots: Iterable[Snapshot | Snapshots]) -> Iterator[Told]:
    """Yield what each snapshot tells, in the order given."""
    for each in snapshots:
        if isinstance(each, Snapshots):
            yield from _told_of_many(each)
            continue
        reviews = None if each.reviews is None else [review.row() for review in each.reviews]
        actions = [action.row() for action in each.actions]
        yield Told(each.annotation.row(), int(each.doubts), each.history, actions, reviews)


def _told_of_many(many: Snapshots) -> Iterator[Told]:
    actions: dict[int, list[tuple[Any, ...]]] = {}
    reviews: dict[int, list[tuple[Any, ...]]] = {}
    for found, placed in ((actions, many.actions), (reviews, many.reviews)):
        for place, row in placed:
            found.setdefault(place, []).append(row)
    names = [column.name for column in Annotation.columns()][1:]
    types = dict(column_types(Annotation))
    columns = {name: _values(column, types.get(name) == "VARCHAR") for name, column in many.columns.items()}
    rows = zip(*(columns[name] for name in names), strict=True)
    beside = zip(*(columns[name] for name in ("doubts", "history", "reviewed", "only_action")), strict=True)
    for place, (row, (doubts, history, reviewed, only_action)) in enumerate(zip(rows, beside, strict=True)):
        whole = (many.organization_id, *row)
        own = actions.get(place, []) if only_action is None else [_only_action(whole, only_action)]
        yield Told(whole, doubts, history, own, reviews.get(place, []) if reviewed else None)


def used(column: StoredColumn) -> set[str]:
    """Return the texts that stand in a column of coded texts."""
    if not isinstance(column, Coded):
        raise TypeError("The column holds no coded texts.")
    return {column.texts[code] for code in np.unique(column.codes).tolist() if code != NULL}


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
